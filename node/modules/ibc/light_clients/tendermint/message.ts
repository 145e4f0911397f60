/**
 * Headers and evidence for `07-tendermint` clients: what can be said of them without state and without signatures (ibc-go
 * v10 `07-tendermint/header.go` and `misbehaviour.go`, `ValidateBasic`).
 * @module
 */
import type { Any } from "cosmjs-types/google/protobuf/any";
import { Header as HeaderCodec, Misbehaviour } from "cosmjs-types/ibc/lightclients/tendermint/v1/tendermint";
import type { Commit, Header } from "cosmjs-types/tendermint/types/types";
import { BlockIDFlag, type ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import { decodeStrict } from "../../../../core/codec/mod.ts";
import {
  checkIdentifier,
  compareHeights,
  formatHeight,
  type IbcHeight,
  refuse,
  revisionOfChainId,
  wrapRefusal,
} from "../../../../core/ibc/mod.ts";
import type { LightBlock } from "../../../../core/light/mod.ts";
import { err, ok, type Result } from "../../../../core/result.ts";
import { VOTES_MAX } from "../../../../core/types/mod.ts";

/** Longest message that is read, in bytes; the limit of transactions comes before. 10 000 validators have 3.6 MB. */
export const MESSAGE_BYTES_MAX = 4_194_304;

/** A header with all that is needed to follow it from `trustedHeight`. */
export interface TendermintHeader {
  readonly header: Header;
  readonly commit: Commit;
  readonly validatorSet: ValidatorSet;
  readonly height: IbcHeight;
  readonly trustedHeight: IbcHeight;
  /** The validators after the trusted height. */
  readonly trustedValidators: ValidatorSet;
}

export type TendermintMessage =
  | { readonly type: "header"; readonly header: TendermintHeader }
  | { readonly type: "misbehaviour"; readonly header1: TendermintHeader; readonly header2: TendermintHeader };

export const HEADER_TYPE_URL = HeaderCodec.typeUrl;
export const MISBEHAVIOUR_TYPE_URL = Misbehaviour.typeUrl;

const NO_VALIDATORS: ValidatorSet = { validators: [], totalVotingPower: 0n };

/** Decodes one of the two kinds of messages. */
export function decodeMessage({ typeUrl, value }: Any): Result<TendermintMessage> {
  if (typeUrl === MISBEHAVIOUR_TYPE_URL) return decodeMisbehaviour(value);
  const decoded = decodeStrict(HeaderCodec, value, "tendermint header", MESSAGE_BYTES_MAX);
  if (!decoded.ok) return refuse("invalidClientHeader", decoded.error.message);
  const header = readHeader(decoded.value);
  return header.ok ? ok({ type: "header", header: header.value }) : header;
}

function readHeader(message: HeaderCodec): Result<TendermintHeader> {
  const { signedHeader, validatorSet, trustedHeight, trustedValidators = NO_VALIDATORS } = message;
  if (signedHeader === undefined) return refuse("invalidClientHeader", "tendermint signed header cannot be nil");
  const { header, commit } = signedHeader;
  if (header === undefined) return refuse("invalidClientHeader", "tendermint header cannot be nil");
  if (commit === undefined) return refuse("invalidClientHeader", "tendermint commit cannot be nil");
  if (header.height <= 0n) return refuse("invalidClientHeader", `header height is ${header.height}`);
  const height = { revisionNumber: revisionOfChainId(header.chainId), revisionHeight: header.height };
  if (compareHeights(trustedHeight, height) >= 0) {
    const detail = `TrustedHeight ${formatHeight(trustedHeight)} must be less than header height`;
    return refuse("tendermintHeaderHeight", `${detail} ${formatHeight(height)}`);
  }
  if (validatorSet === undefined) return refuse("invalidClientHeader", "validator set is nil");
  const counts = [commit.signatures.length, validatorSet.validators.length, trustedValidators.validators.length];
  if (counts.some((count) => count > VOTES_MAX)) {
    return refuse("invalidClientHeader", `more than ${VOTES_MAX} signatures or validators`);
  }
  return ok({ header, commit, validatorSet, height, trustedHeight, trustedValidators });
}

function decodeMisbehaviour(value: Uint8Array): Result<TendermintMessage> {
  const decoded = decodeStrict(Misbehaviour, value, "tendermint misbehaviour", MESSAGE_BYTES_MAX);
  if (!decoded.ok) return refuse("invalidMisbehaviour", decoded.error.message);
  const headers: TendermintHeader[] = [];
  for (const [i, message] of [decoded.value.header1, decoded.value.header2].entries()) {
    const name = `Header${i + 1}`;
    if (message === undefined) return refuse("tendermintHeader", `misbehaviour ${name} cannot be nil`);
    if (message.trustedHeight.revisionHeight === 0n) {
      return refuse("tendermintHeaderHeight", `misbehaviour ${name} cannot have zero revision height`);
    }
    if (message.trustedValidators === undefined) {
      return refuse("tendermintValidatorSet", `trusted validator set in ${name} cannot be empty`);
    }
    const header = readHeader(message);
    if (!header.ok) return refuse("invalidMisbehaviour", `${name}: ${header.error.message}`);
    headers.push(header.value);
  }
  // The field is deprecated, and ibc-go still wants an identifier in it.
  const id = checkIdentifier("client", decoded.value.clientId);
  if (!id.ok) return err(wrapRefusal(id.error, "misbehaviour client ID is invalid"));
  const [header1, header2] = [headers[0]!, headers[1]!];
  if (header1.header.chainId !== header2.header.chainId) {
    return refuse("invalidMisbehaviour", "headers must have identical chainIDs");
  }
  if (compareHeights(header1.height, header2.height) < 0) {
    const detail = `(${formatHeight(header1.height)} < ${formatHeight(header2.height)})`;
    return refuse("invalidMisbehaviour", `Header1 height is less than Header2 height ${detail}`);
  }
  return ok({ type: "misbehaviour", header1, header2 });
}

/** The header as the light client takes it. */
export const lightBlockOf = ({ header, commit, validatorSet }: TendermintHeader): LightBlock => ({
  signedHeader: { header, commit },
  validatorSet,
});

/** Signatures that may have to be verified, by the header's own validators and by the trusted ones; and validators. */
export function costOf({ commit, validatorSet, trustedValidators }: TendermintHeader): [number, number] {
  const signed = commit.signatures.filter(({ blockIdFlag }) => blockIdFlag === BlockIDFlag.BLOCK_ID_FLAG_COMMIT);
  return [2 * signed.length, validatorSet.validators.length + trustedValidators.validators.length];
}

/** The state of a `10-attestation` client, its messages, and which of them may be. @module */
import type { Any } from "cosmjs-types/google/protobuf/any";
import { utf8ToBytes } from "../../../../core/bytes.ts";
import { decodeStrict } from "../../../../core/codec/mod.ts";
import {
  type AttestationClientState,
  AttestationClientStateCodec,
  type AttestationConsensusState,
  AttestationConsensusStateCodec,
  type AttestationHeader,
  AttestationHeaderCodec,
  AttestationMisbehaviourCodec,
  ATTESTED_ROOT_BYTES_MAX,
  type Attestors,
  checkAttestationForm,
  checkAttestors,
  CLIENT_STATE_BYTES_MAX,
  type IbcHeight,
  proofSpecsFault,
  refuse,
  revisionOfChainId,
} from "../../../../core/ibc/mod.ts";
import { ok, type Result } from "../../../../core/result.ts";
import type { Nanos } from "../../../../core/time.ts";
import { ClientStore } from "../../client/client_store.ts";

/** A state with what every client has. */
export interface AttestedChain extends AttestationClientState {
  readonly attestors: Attestors;
  readonly latestHeight: IbcHeight;
}

export type AttestationMessage =
  | { readonly type: "header"; readonly header: AttestationHeader }
  | { readonly type: "misbehaviour"; readonly header1: AttestationHeader; readonly header2: AttestationHeader };

/** All clients of this type; what `initialize` stored is whole. */
export const store = new ClientStore(AttestationClientStateCodec, AttestationConsensusStateCodec) as ClientStore<
  AttestedChain,
  AttestationConsensusState
>;

export const HEADER_TYPE_URL = AttestationHeaderCodec.typeUrl;
export const MISBEHAVIOUR_TYPE_URL = AttestationMisbehaviourCodec.typeUrl;

const CHAIN_ID_BYTES_MAX = 50;
const CONSENSUS_STATE_BYTES_MAX = 256;
/** 128 signatures, 128 keys and a root, twice. */
const MESSAGE_BYTES_MAX = 32_768;

/** Whether an attestation of that time is no longer good. */
export const isExpired = ({ trustingPeriod }: AttestationClientState, timestamp: Nanos, now: Nanos): boolean =>
  trustingPeriod !== 0n && timestamp + trustingPeriod <= now;

/** The height as other clients count it. */
export const heightOf = ({ chainId }: AttestationClientState, revisionHeight: bigint): IbcHeight => ({
  revisionNumber: revisionOfChainId(chainId),
  revisionHeight,
});

export function readState(bytes: Uint8Array): Result<AttestedChain> {
  const decoded = decodeStrict(AttestationClientStateCodec, bytes, "attestation client state", CLIENT_STATE_BYTES_MAX);
  if (!decoded.ok) return refuse("invalidClient", decoded.error.message);
  const { chainId, attestors, latestHeight, proofSpecs, maxClockDrift } = decoded.value;
  if (chainId.trim() === "" || utf8ToBytes(chainId).length > CHAIN_ID_BYTES_MAX) {
    return refuse("invalidClient", `chain id must have 1 to ${CHAIN_ID_BYTES_MAX} bytes`);
  }
  if (attestors === undefined) return refuse("attestors", "there are none");
  const named = checkAttestors(attestors);
  if (!named.ok) return named;
  if (latestHeight === undefined || latestHeight.revisionHeight === 0n) {
    return refuse("invalidClient", "latest height cannot be zero");
  }
  if (latestHeight.revisionNumber !== revisionOfChainId(chainId)) {
    return refuse("invalidClient", "latest height revision number must match chain id revision number");
  }
  const specs = proofSpecsFault(proofSpecs);
  if (specs !== undefined) return refuse("invalidClient", `check proof specs: ${specs}`);
  if (maxClockDrift === 0n) return refuse("invalidClient", "max clock drift must be greater than zero");
  return ok({ ...decoded.value, attestors, latestHeight });
}

export function readConsensusState(bytes: Uint8Array): Result<AttestationConsensusState> {
  const codec = AttestationConsensusStateCodec;
  const decoded = decodeStrict(codec, bytes, "attestation consensus state", CONSENSUS_STATE_BYTES_MAX);
  if (!decoded.ok) return refuse("invalidConsensus", decoded.error.message);
  const { timestamp, root } = decoded.value;
  if (timestamp === 0n) return refuse("invalidConsensus", "timestamp cannot be 0");
  if (root.length > 0 && root.length <= ATTESTED_ROOT_BYTES_MAX) return decoded;
  return refuse("invalidConsensus", `root must have 1 to ${ATTESTED_ROOT_BYTES_MAX} bytes`);
}

/** Decodes a header or evidence; signatures are not looked at. */
export function decodeMessage({ typeUrl, value }: Any): Result<AttestationMessage> {
  if (typeUrl === HEADER_TYPE_URL) {
    const decoded = decodeStrict(AttestationHeaderCodec, value, "attestation", MESSAGE_BYTES_MAX);
    if (!decoded.ok) return refuse("attestation", decoded.error.message);
    const form = checkAttestationForm(decoded.value);
    return form.ok ? ok({ type: "header", header: decoded.value }) : form;
  }
  const decoded = decodeStrict(AttestationMisbehaviourCodec, value, "attestation misbehaviour", MESSAGE_BYTES_MAX);
  if (!decoded.ok) return refuse("invalidMisbehaviour", decoded.error.message);
  const { header1, header2 } = decoded.value;
  if (header1 === undefined || header2 === undefined) {
    return refuse("invalidMisbehaviour", "two attestations are needed");
  }
  for (const header of [header1, header2]) {
    const form = checkAttestationForm(header);
    if (!form.ok) return refuse("invalidMisbehaviour", form.error.message);
  }
  if (header1.height < header2.height) {
    return refuse(
      "invalidMisbehaviour",
      `the first height is below the second (${header1.height} < ${header2.height})`,
    );
  }
  return ok({ type: "misbehaviour", header1, header2 });
}

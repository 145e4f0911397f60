/**
 * The chain state out of headers that were proven, for a node that did not execute what led there: CometBFT v0.38
 * `statesync/stateprovider.go`.
 * @module
 */
import type { Commit, Header } from "cosmjs-types/tendermint/types/types";
import type { Validator, ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import { bytesToHex, equalBytes } from "../core/bytes.ts";
import { ok, type Result } from "../core/result.ts";
import { timestampToNanos } from "../core/time.ts";
import { hashConsensusParams } from "../core/types/mod.ts";
import { hashValidatorSet, updateValidators } from "../core/validators/mod.ts";
import { rotated } from "./apply_block.ts";
import { refuse } from "./errors.ts";
import type { ChainParams, ChainState } from "./types.ts";

/** A proven header with the seal of its block and the validators of its height. */
export interface ProvenHeader {
  readonly header: Header;
  readonly commit: Commit;
  readonly validators: ValidatorSet;
}

/** Three headers in a row; `last` is of the block that the state is after. The priorities that count are those of `current`. */
export interface ProvenHeaders {
  readonly last: ProvenHeader;
  readonly current: ProvenHeader;
  readonly next: ProvenHeader;
}

/**
 * The state after `last`. `params` come from the application's state, of which the header covers only the block limits.
 * Refused when they, or the sets, do not belong to the headers.
 */
export function chainStateFromHeaders(
  initialHeight: bigint,
  { last, current, next }: ProvenHeaders,
  params: ChainParams,
): Result<ChainState> {
  const { header } = current;
  const bad = (found: string) => refuse("genesis", `begin from block ${last.header.height}: ${found}`);
  if (!equalBytes(hashConsensusParams(params), header.consensusHash)) {
    return bad(`the consensus parameters are not those of hash ${bytesToHex(header.consensusHash)}`);
  }
  if (params.version.app !== header.version.app) {
    return bad(`the application has version ${params.version.app}, the header ${header.version.app}`);
  }
  const nextValidators = nextOf(current.validators, next.validators);
  if (!nextValidators.ok) return nextValidators;
  if (!equalBytes(hashValidatorSet(nextValidators.value), header.nextValidatorsHash)) {
    return bad("the next validators are not those of the header");
  }
  return ok({
    chainId: header.chainId,
    initialHeight,
    appVersion: header.version.app,
    lastHeight: last.header.height,
    lastBlockId: header.lastBlockId,
    lastBlockTime: timestampToNanos(last.header.time),
    nextValidators: nextValidators.value,
    validators: current.validators,
    lastValidators: last.validators,
    // When they changed is not known; these heights are stored in full, and pointed to from then on.
    lastHeightValidatorsChanged: next.header.height,
    consensusParams: params,
    lastHeightConsensusParamsChanged: header.height,
    appHash: header.appHash,
    lastResultsHash: header.lastResultsHash,
  });
}

/** The priorities after one step from `before` to the members of `after`, whose own priorities do not count. */
function nextOf(before: ValidatorSet, after: ValidatorSet): Result<ValidatorSet> {
  const power = (set: ValidatorSet) =>
    new Map(set.validators.map((validator) => [bytesToHex(validator.address), validator.votingPower]));
  const [known, wanted] = [power(before), power(after)];
  const changes: Validator[] = after.validators.filter(({ address, votingPower }) =>
    known.get(bytesToHex(address)) !== votingPower
  );
  for (const validator of before.validators) {
    if (!wanted.has(bytesToHex(validator.address))) changes.push({ ...validator, votingPower: 0n });
  }
  if (changes.length === 0) return ok(rotated(before));
  const changed = updateValidators(before, changes);
  return changed.ok ? ok(rotated(changed.value)) : changed;
}

/** The state of a `07-tendermint` client, and which states may be (ibc-go v10 `07-tendermint/client_state.go`). @module */
import type { Duration } from "cosmjs-types/google/protobuf/duration";
import { ConsensusState } from "cosmjs-types/ibc/lightclients/tendermint/v1/tendermint";
import { utf8ToBytes } from "../../../../core/bytes.ts";
import { decodeStrict } from "../../../../core/codec/mod.ts";
import {
  ClientStateCodec,
  decodeClientState,
  type IbcHeight,
  proofSpecsFault,
  refuse,
  revisionOfChainId,
  type TendermintClientState,
} from "../../../../core/ibc/mod.ts";
import { ok, type Result } from "../../../../core/result.ts";
import { durationToNanos, type Nanos, timestampToNanos } from "../../../../core/time.ts";
import { CHAIN_ID_LENGTH_MAX } from "../../../../core/types/mod.ts";
import { ClientStore } from "../../client/client_store.ts";

export type { ConsensusState };

/** All clients of this type. */
export const store: ClientStore<TendermintClientState, ConsensusState> = new ClientStore(
  ClientStateCodec,
  ConsensusState,
);

/** What every frozen client is frozen at, whatever the height of the misbehaviour. */
export const FROZEN_HEIGHT: IbcHeight = { revisionNumber: 0n, revisionHeight: 1n };

const CONSENSUS_STATE_BYTES_MAX = 1_024;
const HASH_BYTES = 32;
/** Go keeps durations as signed 64-bit nanoseconds. */
const DURATION_LIMIT = 1n << 63n;
/** The end of the year 9999, where protobuf timestamps end. */
const TIMESTAMP_SECONDS_MAX = 253_402_300_799n;

/** More than zero and within Go's durations. */
function isPeriod(duration: Duration): boolean {
  const { seconds, nanos } = duration;
  return seconds >= 0n && nanos >= 0 && nanos < 1e9 && (seconds > 0n || nanos > 0) &&
    durationToNanos(duration) < DURATION_LIMIT;
}

/** A consensus state is trusted before the end of the trusting period, not at its end. */
export const isExpired = (state: TendermintClientState, { timestamp }: ConsensusState, now: Nanos): boolean =>
  timestampToNanos(timestamp) + durationToNanos(state.trustingPeriod) <= now;

/** Reads a client state and judges its parameters. */
export function readState(bytes: Uint8Array): Result<TendermintClientState> {
  const decoded = decodeClientState(bytes);
  if (!decoded.ok) return refuse("invalidClient", decoded.error.message);
  const valid = validateState(decoded.value);
  return valid.ok ? decoded : valid;
}

/** The rules of `ClientState.Validate`. */
export function validateState(state: TendermintClientState): Result<undefined> {
  const { chainId, latestHeight } = state;
  if (chainId.trim() === "") return refuse("tendermintChainId", "chain id cannot be empty string");
  if (utf8ToBytes(chainId).length > CHAIN_ID_LENGTH_MAX) {
    return refuse("tendermintChainId", `chain id is longer than ${CHAIN_ID_LENGTH_MAX} bytes`);
  }
  const periods = validatePeriods(state);
  if (!periods.ok) return periods;
  const revision = revisionOfChainId(chainId);
  if (latestHeight.revisionNumber !== revision) {
    const detail = "latest height revision number must match chain id revision number";
    return refuse("tendermintHeaderHeight", `${detail} (${latestHeight.revisionNumber} != ${revision})`);
  }
  if (latestHeight.revisionHeight === 0n) {
    return refuse("tendermintHeaderHeight", "tendermint client's latest height revision height cannot be zero");
  }
  if (durationToNanos(state.trustingPeriod) >= durationToNanos(state.unbondingPeriod)) {
    return refuse("tendermintTrustingPeriod", "trusting period should be < unbonding period");
  }
  const specs = proofSpecsFault(state.proofSpecs);
  if (specs !== undefined) return refuse("tendermintProofSpecs", `check proof specs: ${specs}`);
  const blank = state.upgradePath.findIndex((key) => key.trim() === "");
  if (blank >= 0) return refuse("invalidClient", `key in upgrade path at index ${blank} cannot be empty`);
  return ok(undefined);
}

/** Trust level, periods and drift (`light.ValidateTrustLevel` for the first: less than a third may all be faulty). */
function validatePeriods(state: TendermintClientState): Result<undefined> {
  const { numerator, denominator } = state.trustLevel;
  if (denominator === 0n || numerator * 3n < denominator || numerator > denominator) {
    const detail = `trustLevel must be within [1/3, 1], given ${numerator}/${denominator}`;
    return refuse("tendermintTrustLevel", detail);
  }
  if (!isPeriod(state.trustingPeriod)) {
    return refuse("tendermintTrustingPeriod", "trusting period must be greater than zero");
  }
  if (!isPeriod(state.unbondingPeriod)) {
    return refuse("tendermintUnbondingPeriod", "unbonding period must be greater than zero");
  }
  if (!isPeriod(state.maxClockDrift)) {
    return refuse("tendermintMaxClockDrift", "max clock drift must be greater than zero");
  }
  return ok(undefined);
}

/** Decodes a consensus state; nothing of it is judged. */
export function decodeConsensusState(bytes: Uint8Array): Result<ConsensusState> {
  const decoded = decodeStrict(ConsensusState, bytes, "consensus state", CONSENSUS_STATE_BYTES_MAX);
  return decoded.ok ? decoded : refuse("invalidConsensus", decoded.error.message);
}

/** The rules of `ConsensusState.ValidateBasic`. */
export function readConsensusState(bytes: Uint8Array): Result<ConsensusState> {
  const decoded = readStoredConsensusState(bytes);
  if (decoded.ok && decoded.value.root.hash.length === 0) return refuse("invalidConsensus", "root cannot be empty");
  return decoded;
}

/** As {@linkcode readConsensusState}, but for the root: a header may carry none, and nothing is proven by that. */
export function readStoredConsensusState(bytes: Uint8Array): Result<ConsensusState> {
  const decoded = decodeConsensusState(bytes);
  if (!decoded.ok) return decoded;
  const { nextValidatorsHash, timestamp } = decoded.value;
  if (nextValidatorsHash.length !== 0 && nextValidatorsHash.length !== HASH_BYTES) {
    return refuse("invalidConsensus", `next validators hash is invalid: ${nextValidatorsHash.length} bytes`);
  }
  if (!isTimestamp(timestamp)) return refuse("invalidConsensus", "timestamp must be a positive Unix time");
  return decoded;
}

/** After the epoch's first second and within what protobuf calls a timestamp. */
export const isTimestamp = ({ seconds, nanos }: ConsensusState["timestamp"]): boolean =>
  seconds > 0n && seconds <= TIMESTAMP_SECONDS_MAX && nanos >= 0 && nanos < 1e9;

/** The client state as a chain commits to that of its next revision: without what each client chooses for itself. */
export const zeroCustomFields = (state: TendermintClientState): TendermintClientState => ({
  ...state,
  trustLevel: { numerator: 0n, denominator: 0n },
  trustingPeriod: { seconds: 0n, nanos: 0 },
  maxClockDrift: { seconds: 0n, nanos: 0 },
  frozenHeight: { revisionNumber: 0n, revisionHeight: 0n },
  allowUpdateAfterExpiry: false,
  allowUpdateAfterMisbehaviour: false,
});

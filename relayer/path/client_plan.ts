/** A new client: its parameters from what the chain it is to follow says of itself. @module */
import type { Any } from "cosmjs-types/google/protobuf/any";
import { MsgCreateClient } from "cosmjs-types/ibc/core/client/v1/tx";
import { ConsensusState } from "cosmjs-types/ibc/lightclients/tendermint/v1/tendermint";
import type { Header } from "cosmjs-types/tendermint/types/types";
import { encode } from "../../node/core/codec/mod.ts";
import type { CodedError } from "../../node/core/errors.ts";
import { ClientStateCodec, encodeClientState, revisionOfChainId, ZERO_HEIGHT } from "../../node/core/ibc/mod.ts";
import type { Ics23Spec } from "../../node/core/merkle/mod.ts";
import { err, ok, type Result } from "../../node/core/result.ts";
import { NANOS_PER_SECOND, nanosToDuration } from "../../node/core/time.ts";

/** What a relayer finds out about a chain, or is told. Nanoseconds. */
export interface ChainFacts {
  /** How long stakes can be taken for misbehaviour. */
  readonly unbondingNs: bigint;
  /** Missing: two thirds of the unbonding period. */
  readonly trustingNs?: bigint;
  /** By how much its time may be ahead of the other chain's. */
  readonly clockDriftNs: bigint;
  /** Missing: one third. */
  readonly trustLevel?: { readonly numerator: bigint; readonly denominator: bigint };
  /** Of its proofs, from the lowest tree up. */
  readonly proofSpecs: readonly Ics23Spec[];
}

/** Codes of the codespace `client_plan`. Append-only. */
export const CLIENT_PLAN_CODE = { period: 1, trustLevel: 2, specs: 3 } as const;

/** Where a chain of the cosmos-sdk puts the client state of its successor. */
const UPGRADE_PATH = ["upgrade", "upgradedIBCState"];
const DAY_NS = 86_400n * NANOS_PER_SECOND;

/** When a chain has no staking to ask: three weeks, as chains have it. */
export const UNBONDING_DEFAULT_NS = 21n * DAY_NS;
/** Blocks of two chains are seldom further apart, and clocks much less. */
export const CLOCK_DRIFT_DEFAULT_NS = 40n * NANOS_PER_SECOND;

const refuse = (code: keyof typeof CLIENT_PLAN_CODE, state: string): Result<never, CodedError> =>
  err({ codespace: "client_plan", code: CLIENT_PLAN_CODE[code], message: `plan client: ${state}` });

/** The states of a client that begins at `header`, which the caller has reason to believe. */
export function planClient(
  header: Header,
  facts: ChainFacts,
): Result<{ readonly clientState: Any; readonly consensusState: Any }, CodedError> {
  const { unbondingNs, clockDriftNs, proofSpecs, trustLevel = { numerator: 1n, denominator: 3n } } = facts;
  const trustingNs = facts.trustingNs ?? unbondingNs * 2n / 3n;
  if (trustingNs <= 0n || trustingNs >= unbondingNs) {
    return refuse("period", `a trusting period of ${trustingNs} ns in an unbonding period of ${unbondingNs} ns`);
  }
  if (clockDriftNs <= 0n) return refuse("period", `a clock drift of ${clockDriftNs} ns`);
  const { numerator, denominator } = trustLevel;
  if (denominator <= 0n || numerator * 3n < denominator || numerator > denominator) {
    return refuse("trustLevel", `a trust level of ${numerator}/${denominator}`);
  }
  if (proofSpecs.length === 0) return refuse("specs", "no proof specifications");
  const { chainId, height, time, appHash, nextValidatorsHash } = header;
  const clientState = encodeClientState({
    chainId,
    trustLevel,
    trustingPeriod: nanosToDuration(trustingNs),
    unbondingPeriod: nanosToDuration(unbondingNs),
    maxClockDrift: nanosToDuration(clockDriftNs),
    frozenHeight: ZERO_HEIGHT,
    latestHeight: { revisionNumber: revisionOfChainId(chainId), revisionHeight: height },
    proofSpecs: [...proofSpecs],
    upgradePath: UPGRADE_PATH,
    allowUpdateAfterExpiry: false,
    allowUpdateAfterMisbehaviour: false,
  });
  const consensusState = encode(ConsensusState, { timestamp: time, root: { hash: appHash }, nextValidatorsHash });
  return ok({
    clientState: { typeUrl: ClientStateCodec.typeUrl, value: clientState },
    consensusState: { typeUrl: ConsensusState.typeUrl, value: consensusState },
  });
}

/** The message that makes it. */
export const createClientMessage = (states: { clientState: Any; consensusState: Any }, signer: string) => ({
  typeUrl: MsgCreateClient.typeUrl,
  value: encode(MsgCreateClient, { ...states, signer }),
});

/**
 * Bringing a client of type `07-tendermint` up to a height: which blocks are needed, and whether the client will believe
 * them. A pure machine: it asks for one block at a time, from the chain (source 0) or a witness, and ends with headers in
 * the order in which they are to be submitted. What it gives out has passed the client's own rules.
 * @module
 */
import type { Header } from "cosmjs-types/ibc/lightclients/tendermint/v1/tendermint";
import { bytesToHex } from "../../node/core/bytes.ts";
import type { IbcHeight } from "../../node/core/ibc/mod.ts";
import { invariant } from "../../node/core/invariant.ts";
import {
  answerBisection,
  type AskingBisection,
  type Bisection,
  type BisectionFailure,
  type BisectionPlan,
  type Divergence,
  type LightBlock,
  readLightBlock,
  startBisection,
  type WitnessFault,
} from "../../node/core/light/mod.ts";
import { NANOS_PER_MS } from "../../node/core/time.ts";
import { hashHeader } from "../../node/core/types/mod.ts";
import type { FollowedClient, TrustedPoint } from "./client.ts";
import { conflictOf } from "./conflict.ts";
import { ibcHeightOf, tendermintHeader } from "./header.ts";

/** One header to submit. */
export interface UpdateStep {
  readonly height: IbcHeight;
  readonly header: Header;
  /** Of the header, nanoseconds since the Unix epoch. */
  readonly block: LightBlock;
}

/** Why a client cannot be brought up to a height. Append-only. */
export type UpdateFailure =
  | BisectionFailure
  /** The chain's block at the trusted height is not what the client believes. */
  | "forked"
  /** The client does not follow headers, or not those of that chain. */
  | "kind";

/** What is wanted of whom. */
export interface UpdatePlan {
  readonly client: FollowedClient;
  /** What the client trusts; best its latest. */
  readonly trusted: TrustedPoint;
  /** Above the trusted height, of the same revision. */
  readonly targetHeight: bigint;
  /** How many others are asked for the target block; they are the sources 1 to `witnesses`. */
  readonly witnesses: number;
}

/** `block` of `source` at `height` is wanted next. */
export interface AskingUpdate {
  readonly tag: "asking";
  readonly source: number;
  readonly height: bigint;
  /** Of no use to callers. */
  readonly bisection: { readonly state: AskingBisection; readonly plan: BisectionPlan } | undefined;
}

export type ClientUpdate =
  | AskingUpdate
  | { readonly tag: "done"; readonly steps: readonly UpdateStep[]; readonly faults: readonly WitnessFault[] }
  | {
    readonly tag: "failed";
    readonly code: UpdateFailure;
    readonly reason: string;
    /** With `forked`: the chain's block at the trusted height. */
    readonly block?: LightBlock;
    /** With `diverged`: two blocks of the same height, both valid. */
    readonly divergence?: Divergence;
  };

const fail = (code: UpdateFailure, reason: string, block?: LightBlock): ClientUpdate => ({
  tag: "failed",
  code,
  reason,
  ...(block !== undefined && { block }),
});

/** The first question, or a failure when the plan makes no sense. */
export function startUpdate(plan: UpdatePlan): ClientUpdate {
  const { client, trusted, targetHeight } = plan;
  if (client.feed !== "headers") return fail("kind", `a client of type ${client.clientType} is not fed with headers`);
  if (targetHeight <= trusted.height.revisionHeight) {
    return fail("plan", `height ${targetHeight} is not above the trusted ${trusted.height.revisionHeight}`);
  }
  return { tag: "asking", source: 0, height: trusted.height.revisionHeight, bisection: undefined };
}

/**
 * The state after the answer; undefined when the source has no such block. `nowNs` is best the time of the newest block of
 * the chain that keeps the client, because that is the time by which it judges.
 */
export function answerUpdate(
  state: AskingUpdate,
  answer: LightBlock | undefined,
  plan: UpdatePlan,
  nowNs: bigint,
): ClientUpdate {
  if (state.bisection === undefined) return onTrusted(answer, plan, nowNs);
  const { state: asking, plan: bisectionPlan } = state.bisection;
  return carryOn(answerBisection(asking, answer, bisectionPlan, nowNs), bisectionPlan);
}

/** The chain's block at the trusted height is the root of everything, so it must be what the client believes. */
function onTrusted(answer: LightBlock | undefined, plan: UpdatePlan, nowNs: bigint): ClientUpdate {
  const { client, trusted, targetHeight, witnesses } = plan;
  const height = trusted.height.revisionHeight;
  if (answer === undefined) return fail("unavailable", `no block at height ${height}`);
  const read = readLightBlock(answer);
  if (!read.ok) return fail("invalid", `block at height ${height}: ${read.error}`);
  if (read.value.header.chainId !== client.chainId) {
    return fail(
      "kind",
      `the client follows ${client.chainId}, the block is of ${read.value.header.chainId.slice(0, 60)}`,
    );
  }
  const conflict = conflictOf(trusted, answer);
  if (conflict !== undefined) return fail("forked", `height ${height}: ${conflict}`, answer);
  const bisectionPlan: BisectionPlan = {
    trusted: { height, hash: hashHeader(read.value.header) },
    targetHeight,
    witnesses,
    trustLevel: client.trustLevel,
    trustingPeriodMs: client.trustingPeriodNs / NANOS_PER_MS,
    clockDriftMs: client.maxClockDriftNs / NANOS_PER_MS,
  };
  const started = startBisection(bisectionPlan);
  if (started.tag !== "asking") return carryOn(started, bisectionPlan);
  return carryOn(answerBisection(started, answer, bisectionPlan, nowNs), bisectionPlan);
}

function carryOn(state: Bisection, plan: BisectionPlan): ClientUpdate {
  if (state.tag === "asking") {
    return { tag: "asking", source: state.source, height: state.height, bisection: { state, plan } };
  }
  if (state.tag === "failed") {
    const { code, reason, divergence } = state;
    return { ...fail(code, reason), ...(divergence && { divergence }) };
  }
  const [root, ...verified] = state.verified;
  invariant(root !== undefined, "a bisection ended without its root");
  const steps: UpdateStep[] = [];
  let trusted = root.block;
  for (const { block, height, hash } of verified) {
    const header = tendermintHeader(block, trusted);
    // A source may leave out the next validators, which only the header that comes after needs.
    if (!header.ok) return fail("invalid", `height ${height}, ${bytesToHex(hash)}: ${header.error}`);
    steps.push({ height: ibcHeightOf(header.value.signedHeader!.header!), header: header.value, block });
    trusted = block;
  }
  return { tag: "done", steps, faults: state.faults };
}

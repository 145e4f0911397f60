/**
 * Which light blocks a client must see to believe a far one: skipping verification as CometBFT v0.38's client does it,
 * and then the comparison with witnesses. A pure machine: it asks for one block at a time, the caller fetches it from
 * whomever it names and answers.
 * @module
 */
import type { LightClientAttackEvidence } from "cosmjs-types/tendermint/types/evidence";
import { bytesToHex, equalBytes } from "../bytes.ts";
import { hashHeader } from "../types/mod.ts";
import { advance, type KnownBlock, type Run } from "./_advance.ts";
import type { AttackKind } from "./attack.ts";
import {
  beginExamination,
  continueExamination,
  evidenceAgainst,
  type Examination,
  type Finding,
  timeOf,
} from "./detect.ts";
import { type LightBlock, readLightBlock } from "./light_block.ts";
import { type Instant, type LightOptions, readOptions } from "./options.ts";
import { checkSealed, isExpired } from "./verify.ts";

/** How far behind the primary an honest witness may be (CometBFT `defaultMaxBlockLag`). */
const BLOCK_LAG_MS = 10_000;

/** What is believed from the start, what is wanted, and how. */
export interface BisectionPlan extends Omit<LightOptions, "now"> {
  /** A block known from outside: its height and the 32 bytes of its header's hash. */
  readonly trusted: { readonly height: bigint; readonly hash: Uint8Array };
  /** Not below the trusted height. */
  readonly targetHeight: bigint;
  /** How many others are asked for the target block; they are the sources 1 to `witnesses`. */
  readonly witnesses: number;
  /** How far behind the primary an honest witness may be, in milliseconds; 10 s unless given. */
  readonly blockLagMs?: number;
}

/** A witness that was left out, and why. */
export interface WitnessFault {
  readonly witness: number;
  readonly reason: string;
}

interface Progress {
  /** Believed through the primary, in order, from the trusted block on. */
  readonly verified: readonly KnownBlock[];
  readonly faults: readonly WitnessFault[];
  /** How many witnesses have the same target block. */
  readonly agreed: number;
}

/** The caller is to fetch the block at `height` from `source` (0 is the primary) and to call {@linkcode answerBisection}. */
export interface AskingBisection extends Progress {
  readonly tag: "asking";
  readonly source: number;
  /** 0: the newest block that the source has. */
  readonly height: bigint;
  /** How long to wait before: a witness that is behind is given time to come up. */
  readonly waitMs: number;
  /** How far the machine is; of no use to callers. */
  readonly phase: Phase;
}

/** The last of `verified` is the target block. */
export interface DoneBisection extends Progress {
  readonly tag: "done";
}

/** Why a bisection came to no good. Append-only. */
export type BisectionFailure =
  | "plan"
  | "unavailable"
  | "untrusted_root"
  | "expired"
  | "invalid"
  | "no_witness"
  | "diverged";

/** Two chains with valid signatures, and the evidence that each is against the other. */
export interface Divergence {
  readonly witness: number;
  /** The height of the last block that both are known to have. */
  readonly commonHeight: bigint;
  readonly kind: AttackKind;
  /** The first block of the primary that contradicts the witness. */
  readonly primary: KnownBlock;
  /** What the witness has instead: of the same height, or its newest. */
  readonly other: KnownBlock;
  /** For the witness and whoever agrees with it. */
  readonly againstPrimary: LightClientAttackEvidence;
  /** For the primary and whoever agrees with it; undefined when the primary could not prove its block again. */
  readonly againstWitness: LightClientAttackEvidence | undefined;
}

export interface FailedBisection extends Progress {
  readonly tag: "failed";
  readonly code: BisectionFailure;
  readonly reason: string;
  /** With `diverged` only. */
  readonly divergence?: Divergence;
}

export type { KnownBlock };
export type Bisection = AskingBisection | DoneBisection | FailedBisection;

type Phase =
  | { readonly tag: "root" }
  | { readonly tag: "primary"; readonly run: Run }
  /** `again`: it had no such block before, and said that it has one now. */
  | { readonly tag: "witness"; readonly again: boolean }
  /** The witness has no block of the height: its newest is asked for, a second time after waiting. */
  | { readonly tag: "latest"; readonly waited: boolean }
  /** The witness is to prove that the primary lied. */
  | { readonly tag: "primary_suspected"; readonly examination: Examination }
  /** It did; now the primary is to prove the same of the witness. */
  | { readonly tag: "witness_suspected"; readonly examination: Examination; readonly divergence: Divergence };

const START: Progress = { verified: [], faults: [], agreed: 0 };
const PRIMARY = 0;

function fail(progress: Progress, code: BisectionFailure, reason: string, divergence?: Divergence): FailedBisection {
  const { verified, faults, agreed } = progress;
  return { tag: "failed", verified, faults, agreed, code, reason, ...(divergence && { divergence }) };
}

const ask = (progress: Progress, source: number, height: bigint, phase: Phase, waitMs = 0): AskingBisection => ({
  tag: "asking",
  waitMs,
  verified: progress.verified,
  faults: progress.faults,
  agreed: progress.agreed,
  source,
  height,
  phase,
});

/** The answer as a block of the height asked for; a string says what is wrong with it. */
function know(answer: LightBlock | undefined, height: bigint): KnownBlock | string {
  if (answer === undefined) return `no block at height ${height}`;
  const read = readLightBlock(answer);
  if (!read.ok) return `block at height ${height}: ${read.error}`;
  const { header } = read.value;
  if (height === 0n) return { height: header.height, hash: hashHeader(header), block: answer };
  if (header.height !== height) return `block at height ${height}: it has height ${header.height}`;
  return { height, hash: hashHeader(header), block: answer };
}

/** The first question, or a failure when the plan makes no sense. */
export function startBisection(plan: BisectionPlan): Bisection {
  const { trusted, targetHeight, witnesses } = plan;
  const options = readOptions({ ...plan, now: 0n });
  if (!options.ok) return fail(START, "plan", options.error);
  if (trusted.height < 1n || trusted.hash.length !== 32) return fail(START, "plan", "the trusted block is not known");
  if (targetHeight < trusted.height) {
    return fail(START, "plan", `height ${targetHeight} is below the trusted height ${trusted.height}`);
  }
  if (!Number.isInteger(witnesses) || witnesses < 0) {
    return fail(START, "plan", `there cannot be ${witnesses} witnesses`);
  }
  return ask(START, PRIMARY, trusted.height, { tag: "root" });
}

/** The state after the answer; `undefined` when the source has no such block. Witnesses may fail, the primary may not. */
export function answerBisection(
  state: AskingBisection,
  answer: LightBlock | undefined,
  plan: BisectionPlan,
  now: Instant,
): Bisection {
  const block = know(answer, state.height);
  const { phase } = state;
  if (phase.tag === "root" || phase.tag === "primary") {
    if (typeof block === "string") return fail(state, answer === undefined ? "unavailable" : "invalid", block);
    return phase.tag === "root" ? onRoot(state, block, plan, now) : onPrimary(state, phase.run, block, plan, now);
  }
  const verify = { ...plan, now };
  switch (phase.tag) {
    case "witness":
      if (answer === undefined && !phase.again) return ask(state, state.source, 0n, { tag: "latest", waited: false });
      return typeof block === "string" ? leaveOut(state, block, plan) : onWitness(state, block, plan, verify);
    case "latest":
      // Said of the height that was wanted first.
      if (typeof block === "string") return leaveOut(state, `no block at height ${plan.targetHeight}`, plan);
      return onLatest(state, phase.waited, block, plan, verify);
    case "primary_suspected":
      if (typeof block === "string") return leaveOut(state, block, plan);
      return onPrimarySuspected(state, continueExamination(phase.examination, block, verify), plan, verify);
    case "witness_suspected":
      if (typeof block === "string") return diverged(state, phase.divergence, plan);
      return onWitnessSuspected(state, continueExamination(phase.examination, block, verify), phase.divergence, plan);
  }
}

function onRoot(state: AskingBisection, root: KnownBlock, plan: BisectionPlan, now: Instant): Bisection {
  if (!equalBytes(root.hash, plan.trusted.hash)) {
    return fail(state, "untrusted_root", `the block at height ${root.height} has hash ${bytesToHex(root.hash)}`);
  }
  const sealed = checkSealed(root.block);
  if (!sealed.ok) return fail(state, "untrusted_root", sealed.error.message);
  const options = readOptions({ ...plan, now });
  if (!options.ok) return fail(state, "plan", options.error);
  const read = readLightBlock(root.block);
  if (!read.ok || isExpired(read.value.header, options.value)) {
    return fail(state, "expired", `the trusting period of the block at height ${root.height} is over`);
  }
  const progress = { ...state, verified: [root] };
  if (plan.targetHeight === root.height) return askWitness(progress, 1, plan);
  return ask(progress, PRIMARY, plan.targetHeight, { tag: "primary", run: { verified: [root], pending: [] } });
}

function onPrimary(
  state: AskingBisection,
  run: Run,
  block: KnownBlock,
  plan: BisectionPlan,
  now: Instant,
): Bisection {
  const next = advance({ ...run, pending: [...run.pending, block] }, { ...plan, now });
  const progress = { ...state, verified: next.run.verified };
  if (next.tag === "refused") return fail(progress, "invalid", next.reason);
  if (next.tag === "arrived") return askWitness(progress, 1, plan);
  return ask(progress, PRIMARY, next.height, { tag: "primary", run: next.run });
}

/** Asks the witness, or ends after the last one: of those there are, one at least must have answered the same. */
function askWitness(progress: Progress, witness: number, plan: BisectionPlan): Bisection {
  if (witness <= plan.witnesses) return ask(progress, witness, plan.targetHeight, { tag: "witness", again: false });
  const { verified, faults, agreed } = progress;
  if (plan.witnesses > 0 && agreed === 0) {
    const reasons = faults.map(({ witness, reason }) => `witness ${witness}: ${reason}`).join("; ");
    return fail(progress, "no_witness", `no witness could confirm the block: ${reasons}`);
  }
  return { tag: "done", verified, faults, agreed };
}

function leaveOut(state: AskingBisection, reason: string, plan: BisectionPlan): Bisection {
  const faults = [...state.faults, { witness: state.source, reason }];
  return askWitness({ ...state, faults }, state.source + 1, plan);
}

function onWitness(state: AskingBisection, block: KnownBlock, plan: BisectionPlan, verify: LightOptions): Bisection {
  if (equalBytes(block.hash, state.verified.at(-1)!.hash)) {
    return askWitness({ ...state, agreed: state.agreed + 1 }, state.source + 1, plan);
  }
  return suspectPrimary(state, block, plan, verify);
}

/**
 * The witness is behind, or the primary is ahead of the truth: then the witness has a block that is lower and not earlier,
 * if not now, then after the time in which an honest witness makes one (`compareNewLightBlockWithWitness`).
 */
function onLatest(
  state: AskingBisection,
  waited: boolean,
  latest: KnownBlock,
  plan: BisectionPlan,
  verify: LightOptions,
): Bisection {
  if (latest.height >= plan.targetHeight) {
    return ask(state, state.source, plan.targetHeight, { tag: "witness", again: true });
  }
  if (timeOf(latest) >= timeOf(state.verified.at(-1)!)) return suspectPrimary(state, latest, plan, verify);
  if (waited) return leaveOut(state, `no block at height ${plan.targetHeight}: its newest is ${latest.height}`, plan);
  const waitMs = 2 * Number(plan.clockDriftMs) + (plan.blockLagMs ?? BLOCK_LAG_MS);
  return ask(state, state.source, 0n, { tag: "latest", waited: true }, waitMs);
}

function suspectPrimary(state: AskingBisection, block: KnownBlock, plan: BisectionPlan, verify: LightOptions) {
  return onPrimarySuspected(state, beginExamination(state.verified, block, verify), plan, verify);
}

/** A witness with another block must prove it; if it can, one of the two chains is an attack. */
function onPrimarySuspected(
  state: AskingBisection,
  finding: Finding,
  plan: BisectionPlan,
  verify: LightOptions,
): Bisection {
  if (finding.tag === "unproven") return leaveOut(state, finding.reason, plan);
  if (finding.tag === "ask") {
    const { height, examination } = finding;
    return ask(state, state.source, height, { tag: "primary_suspected", examination });
  }
  const { conflicting, trace } = finding;
  const { kind, evidence } = evidenceAgainst(conflicting, trace);
  const divergence: Divergence = {
    witness: state.source,
    commonHeight: trace[0]!.height,
    kind,
    primary: conflicting,
    other: trace.at(-1)!,
    againstPrimary: evidence,
    againstWitness: undefined,
  };
  return onWitnessSuspected(state, beginExamination(trace, conflicting, verify), divergence, plan);
}

/** Who of the two lies is not for a light client to say, so the evidence is made both ways. */
function onWitnessSuspected(
  state: AskingBisection,
  finding: Finding,
  divergence: Divergence,
  plan: BisectionPlan,
): Bisection {
  if (finding.tag === "ask") {
    const { height, examination } = finding;
    return ask({ ...state }, PRIMARY, height, { tag: "witness_suspected", examination, divergence });
  }
  if (finding.tag === "unproven") return diverged(state, divergence, plan);
  const { evidence } = evidenceAgainst(finding.conflicting, finding.trace);
  return diverged(state, { ...divergence, againstWitness: evidence }, plan);
}

function diverged(progress: Progress, divergence: Divergence, plan: BisectionPlan): FailedBisection {
  const { witness, other } = divergence;
  const where = other.height === plan.targetHeight ? `another valid block at` : "valid blocks that contradict";
  return fail(progress, "diverged", `witness ${witness} has ${where} height ${plan.targetHeight}`, divergence);
}

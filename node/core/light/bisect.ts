/**
 * Which light blocks a client must see to believe a far one: skipping verification as CometBFT v0.38's client does it,
 * and then the comparison with witnesses. A pure machine: it asks for one block at a time, the caller fetches it from
 * whomever it names and answers.
 * @module
 */
import { bytesToHex, equalBytes } from "../bytes.ts";
import { hashHeader } from "../types/mod.ts";
import { type LightBlock, readLightBlock } from "./light_block.ts";
import { type Instant, type LightOptions, readOptions } from "./options.ts";
import { checkSealed, isExpired, verifyLightBlock } from "./verify.ts";

/** What is believed from the start, what is wanted, and how. */
export interface BisectionPlan extends Omit<LightOptions, "now"> {
  /** A block known from outside: its height and the 32 bytes of its header's hash. */
  readonly trusted: { readonly height: bigint; readonly hash: Uint8Array };
  /** Not below the trusted height. */
  readonly targetHeight: bigint;
  /** How many others are asked for the target block; they are the sources 1 to `witnesses`. */
  readonly witnesses: number;
}

/** A block with what it is known by. */
export interface KnownBlock {
  readonly height: bigint;
  readonly hash: Uint8Array;
  readonly block: LightBlock;
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
  readonly height: bigint;
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

/** Two chains with valid signatures: the matter for evidence of an attack. */
export interface Divergence {
  readonly witness: number;
  /** The highest height at which both are known to be the same. */
  readonly commonHeight: bigint;
  readonly primary: KnownBlock;
  readonly other: KnownBlock;
}

export interface FailedBisection extends Progress {
  readonly tag: "failed";
  readonly code: BisectionFailure;
  readonly reason: string;
  /** With `diverged` only. */
  readonly divergence?: Divergence;
}

export type Bisection = AskingBisection | DoneBisection | FailedBisection;

/** One chain of verifications along one source. */
interface Run {
  readonly verified: readonly KnownBlock[];
  /** Fetched but not believed yet, the target first, then lower and lower. */
  readonly pending: readonly KnownBlock[];
}

type Phase =
  | { readonly tag: "root" }
  | { readonly tag: "primary"; readonly run: Run }
  | { readonly tag: "witness" }
  | { readonly tag: "conflict"; readonly run: Run };

type Advance =
  | { readonly tag: "ask"; readonly run: Run; readonly height: bigint }
  | { readonly tag: "arrived"; readonly run: Run }
  | { readonly tag: "refused"; readonly run: Run; readonly reason: string };

const START: Progress = { verified: [], faults: [], agreed: 0 };
const PRIMARY = 0;

function fail(progress: Progress, code: BisectionFailure, reason: string, divergence?: Divergence): FailedBisection {
  const { verified, faults, agreed } = progress;
  return { tag: "failed", verified, faults, agreed, code, reason, ...(divergence && { divergence }) };
}

const ask = (progress: Progress, source: number, height: bigint, phase: Phase): AskingBisection => ({
  tag: "asking",
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
  if (header.height !== height) return `block at height ${height}: it has height ${header.height}`;
  return { height, hash: hashHeader(header), block: answer };
}

/**
 * Goes as far as the blocks at hand allow. Each new belief is tried on the target first and then on nearer blocks; when
 * none is near enough, the block halfway is asked for. Two neighbours are never too far apart, so this ends.
 */
function advance(run: Run, plan: BisectionPlan, now: Instant): Advance {
  let { verified, pending } = run;
  for (let i = 0; i < pending.length;) {
    const { verdict, reason } = verifyLightBlock(verified.at(-1)!.block, pending[i]!.block, { ...plan, now });
    if (verdict === "invalid") {
      return { tag: "refused", run: { verified, pending }, reason: `height ${pending[i]!.height}: ${reason}` };
    }
    if (verdict === "not_enough_trust") {
      i++;
      continue;
    }
    verified = [...verified, pending[i]!];
    pending = pending.slice(0, i);
    if (pending.length === 0) return { tag: "arrived", run: { verified, pending } };
    i = 0;
  }
  const from = verified.at(-1)!.height;
  const to = pending.at(-1)?.height;
  const height = to === undefined ? plan.targetHeight : (from + to) / 2n;
  return { tag: "ask", run: { verified, pending }, height };
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
  if (typeof block === "string") return leaveOut(state, block, plan);
  return phase.tag === "witness" ? onWitness(state, block, plan, now) : onConflict(state, phase.run, block, plan, now);
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
  const next = advance({ ...run, pending: [...run.pending, block] }, plan, now);
  const progress = { ...state, verified: next.run.verified };
  if (next.tag === "refused") return fail(progress, "invalid", next.reason);
  if (next.tag === "arrived") return askWitness(progress, 1, plan);
  return ask(progress, PRIMARY, next.height, { tag: "primary", run: next.run });
}

/** Asks the witness, or ends after the last one: of those there are, one at least must have answered the same. */
function askWitness(progress: Progress, witness: number, plan: BisectionPlan): Bisection {
  if (witness <= plan.witnesses) return ask(progress, witness, plan.targetHeight, { tag: "witness" });
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

function onWitness(state: AskingBisection, block: KnownBlock, plan: BisectionPlan, now: Instant): Bisection {
  if (equalBytes(block.hash, state.verified.at(-1)!.hash)) {
    return askWitness({ ...state, agreed: state.agreed + 1 }, state.source + 1, plan);
  }
  if (plan.targetHeight === plan.trusted.height) return leaveOut(state, "its block is not the trusted one", plan);
  return onConflict(state, { verified: [state.verified[0]!], pending: [] }, block, plan, now);
}

/** A witness with another block must prove it from the same root; if it can, one of the two chains is an attack. */
function onConflict(
  state: AskingBisection,
  run: Run,
  block: KnownBlock,
  plan: BisectionPlan,
  now: Instant,
): Bisection {
  const next = advance({ ...run, pending: [...run.pending, block] }, plan, now);
  if (next.tag === "refused") return leaveOut(state, `its block differs and is not valid: ${next.reason}`, plan);
  if (next.tag === "ask") return ask(state, state.source, next.height, { tag: "conflict", run: next.run });
  const hashes = new Map(next.run.verified.map(({ height, hash }) => [height, hash]));
  const common = state.verified.findLast(({ height, hash }) => {
    const other = hashes.get(height);
    return other !== undefined && equalBytes(hash, other);
  })!;
  return fail(state, "diverged", `witness ${state.source} has another valid block at height ${plan.targetHeight}`, {
    witness: state.source,
    commonHeight: common.height,
    primary: state.verified.at(-1)!,
    other: next.run.verified.at(-1)!,
  });
}

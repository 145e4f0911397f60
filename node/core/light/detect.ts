/**
 * Where two chains that both verify part ways, and the evidence that follows: CometBFT v0.38 `light/detector.go`,
 * `examineConflictingHeaderAgainstTrace`. One side has shown a trace, blocks that each follow from the one before; the
 * other is asked for the same heights until it shows, and proves, another block. A pure machine, part of
 * {@link file://./bisect.ts}.
 * @module
 */
import type { LightClientAttackEvidence } from "cosmjs-types/tendermint/types/evidence";
import type { Header } from "cosmjs-types/tendermint/types/types";
import { equalBytes } from "../bytes.ts";
import { invariant } from "../invariant.ts";
import { timestampToNanos } from "../time.ts";
import { attackEvidence, type AttackKind, type ConflictingBlock } from "./attack.ts";
import { type Advance, advance, type KnownBlock, type Run } from "./_advance.ts";
import { readLightBlock } from "./light_block.ts";

/** How far the comparison is. */
export interface Examination {
  /** Of the side that is suspected; the first block is the one both are to share. */
  readonly trace: readonly KnownBlock[];
  /** The highest block that the other side has shown. */
  readonly target: KnownBlock;
  /** The place in the trace that is compared next. */
  readonly index: number;
  /** The last block that both have. */
  readonly common: KnownBlock | undefined;
  /** The other side's way from the common block, while blocks between are asked for. */
  readonly run: Run | undefined;
}

/** What became of a comparison: a question to the other side, two different blocks, or no proof. */
export type Finding =
  | { readonly tag: "ask"; readonly height: bigint; readonly examination: Examination }
  | {
    readonly tag: "parted";
    /** Of the suspected side. */
    readonly conflicting: KnownBlock;
    /** Of the other side: from the common block to the one that contradicts. */
    readonly trace: readonly KnownBlock[];
  }
  | { readonly tag: "unproven"; readonly reason: string };

type Verify = Parameters<typeof advance>[1];

export function beginExamination(trace: readonly KnownBlock[], target: KnownBlock, verify: Verify): Finding {
  return compare({ trace, target, index: 0, common: undefined, run: undefined }, undefined, verify);
}

/** Goes on with the block that was asked for. */
export function continueExamination(examination: Examination, block: KnownBlock, verify: Verify): Finding {
  if (examination.run === undefined) return compare(examination, block, verify);
  const { run } = examination;
  return follow(examination, { ...run, pending: [...run.pending, block] }, verify);
}

/** Compares the block in turn with `given`, the other side's block of that height, which is asked for when it is missing. */
function compare(examination: Examination, given: KnownBlock | undefined, verify: Verify): Finding {
  const { trace, target, index, common } = examination;
  const suspect = trace[index];
  if (suspect === undefined) return { tag: "unproven", reason: "its blocks are the same at each height" };
  if (suspect.height > target.height) return compareForward(examination, suspect, verify);
  const other = suspect.height === target.height ? target : given;
  if (other === undefined) return { tag: "ask", height: suspect.height, examination };
  const same = equalBytes(other.hash, suspect.hash);
  // What the suspected side has proven needs no second proof, if it is the same block.
  if (same) return compare({ ...examination, index: index + 1, common: suspect }, undefined, verify);
  if (common === undefined) return { tag: "unproven", reason: "its block is not the trusted one" };
  return follow(examination, { verified: [common], pending: [other] }, verify);
}

/**
 * The suspected side has a block of a height that the other has not reached, with a time that is past there (a forward
 * lunatic attack): the first block of the trace above contradicts the other's newest.
 */
function compareForward(examination: Examination, suspect: KnownBlock, verify: Verify): Finding {
  const { target, common } = examination;
  if (timeOf(suspect) > timeOf(target)) {
    return { tag: "unproven", reason: `its newest block ${target.height} contradicts nothing` };
  }
  if (common === undefined) return { tag: "unproven", reason: "its block is not the trusted one" };
  if (common.height === target.height) return { tag: "parted", conflicting: suspect, trace: [common] };
  return follow(examination, { verified: [common], pending: [target] }, verify);
}

/** The other side must prove its block from the common one. */
function follow(examination: Examination, run: Run, verify: Verify): Finding {
  const next: Advance = advance(run, verify);
  if (next.tag === "refused") return { tag: "unproven", reason: `its block differs and is not valid: ${next.reason}` };
  if (next.tag === "ask") return { tag: "ask", height: next.height, examination: { ...examination, run: next.run } };
  return { tag: "parted", conflicting: examination.trace[examination.index]!, trace: next.run.verified };
}

const headerOf = ({ block }: KnownBlock): Header => block.signedHeader!.header!;
export const timeOf = (block: KnownBlock): bigint => timestampToNanos(headerOf(block).time);

/** Evidence against who showed `conflicting`, for those who have the last block of `trace`. */
export function evidenceAgainst(
  conflicting: KnownBlock,
  trace: readonly KnownBlock[],
): { readonly kind: AttackKind; readonly evidence: LightClientAttackEvidence } {
  return attackEvidence(whole(conflicting), whole(trace.at(-1)!), whole(trace[0]!));
}

/** Of a block that was verified, so that everything is there. */
function whole({ block }: KnownBlock): ConflictingBlock {
  const read = readLightBlock(block);
  invariant(read.ok, "make evidence: a verified block cannot be read");
  const { header, commit, validators } = read.value;
  invariant(commit !== undefined && validators !== undefined, "make evidence: a verified block is not whole");
  return { header, commit, validators };
}

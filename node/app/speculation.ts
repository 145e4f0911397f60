/**
 * Running transactions ahead of their turn. A transaction is a pure function of the block, its bytes and what it reads: when
 * it reads in its turn what it read ahead of it, it does in its turn what it did ahead of it. So whoever runs it notes its
 * reads with their values and its writes; in its turn the reads are compared, and the writes are taken, or the transaction
 * runs again. The block is the one that running everything in order gives, always.
 * @module
 */
import type { Result } from "../core/result.ts";
import type { Work } from "../core/work.ts";
import { Journal, type Reads, type StateChange } from "../state/mod.ts";
import type { AnteOptions } from "./ante.ts";
import { type DecodedTx, type DecodeOptions, decodeTx } from "./decode.ts";
import { Execution, type Outcome } from "./execute.ts";
import { COMPUTED_GAS_BLOCK_MAX } from "./limits.ts";
import type { BlockContext } from "./module.ts";
import type { SpeculatedTx } from "./ports.ts";
import { attempt, Prefetch, type PrefetchParts } from "./prefetch.ts";

/** What a transaction does if it reads what `reads` says. */
export interface Speculation {
  /** Place of the transaction in its block. */
  readonly index: number;
  readonly outcome: Outcome;
  readonly reads: Reads;
  readonly changes: readonly StateChange[];
}

/** The committed state of one thread, and what running transactions needs beside it. */
export interface SpeculatingParts {
  readonly state: PrefetchParts["state"];
  readonly decode: DecodeOptions;
  readonly ante: AnteOptions;
}

/** Where what was run goes, and what is still worth running. */
export interface SpeculationSink {
  /** Transactions before this place in the block are needed no more. */
  readonly from: number;
  /** False: there is no room for more. */
  write(made: Speculation): boolean;
}

/**
 * Runs transactions in order over the committed state and over each other. What cannot be decoded, or is too much for a block, is
 * left out: its turn will tell. So is what one sender sent after something that was not needed any more: it would need that.
 */
export function* speculate(
  { state, decode, ante }: SpeculatingParts,
  block: BlockContext,
  txs: readonly SpeculatedTx[],
  sink: SpeculationSink,
): Work<void> {
  const decoded: Result<DecodedTx>[] = [];
  const decodedAt = (i: number) => decoded[i] ??= decodeTx(txs[i]!.bytes, decode);
  const prefetch = new Prefetch({ state, ...ante }, txs.length, decodedAt);
  const batch = new Journal(state.committed);
  const passed = new Set<number>();
  let computed = 0n;
  for (const [i, { index, sender, verified }] of txs.entries()) {
    // The block has no more than this for all of them together: what is behind will hardly run.
    if (computed >= COMPUTED_GAS_BLOCK_MAX) return;
    yield { type: "pause" };
    if (index < sink.from) passed.add(sender);
    if (passed.has(sender)) continue;
    const tx = decodedAt(i);
    if (!tx.ok) continue;
    believeSignatures(tx.value, verified);
    const journal = new Journal(batch, { trackReads: true });
    const execution = new Execution(journal, tx.value, block, "deliver", ante, tx.value.gasLimit, index);
    const advance = () => execution.advance();
    let outcome = attempt(advance) ?? (yield* prefetch.thenRun(i, advance));
    while (outcome === "paused") {
      yield { type: "pause" };
      outcome = attempt(advance) ?? (yield* prefetch.thenRun(i, advance));
    }
    const changes = journal.changes();
    for (const { store, key, value } of changes) {
      if (value === undefined) batch.delete(store, key);
      else batch.set(store, key, value);
    }
    computed += outcome.gasComputed;
    if (!sink.write({ index, outcome, reads: journal.reads(), changes })) return;
  }
}

/** Takes the word of the node that asked: it has verified the signatures before. */
function believeSignatures(tx: DecodedTx, verified: SpeculatedTx["verified"]): void {
  if (verified?.length !== tx.signers.length) return;
  for (const [i, signer] of tx.signers.entries()) {
    const { pubKey } = signer;
    if (pubKey !== undefined) signer.verified ??= { pubKey, accountNumber: verified[i]! };
  }
}

/** What {@linkcode SpeculatedTx.verified} says of a transaction. */
export function verifiedSigners({ signers }: DecodedTx): readonly bigint[] | undefined {
  const numbers: bigint[] = [];
  for (const { verified } of signers) {
    if (verified === undefined) return undefined;
    numbers.push(verified.accountNumber);
  }
  return numbers;
}

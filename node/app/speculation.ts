/**
 * Running transactions ahead of their turn. A transaction is a pure function of the block, its bytes and what it reads: when
 * it reads in its turn what it read ahead of it, it does in its turn what it did ahead of it. So whoever runs it notes its
 * reads with their values and its writes; in its turn the reads are compared, and the writes are taken, or the transaction
 * runs again. The block is the one that running everything in order gives, always.
 * @module
 */
import { equalBytes } from "../core/bytes.ts";
import type { Entries, Work } from "../core/work.ts";
import { Journal, type Reads, type StateChange, type StateReader } from "../state/mod.ts";
import type { AnteOptions } from "./ante.ts";
import type { DecodedTx } from "./decode.ts";
import { Execution, type Outcome } from "./execute.ts";
import { COMPUTED_GAS_BLOCK_MAX } from "./limits.ts";
import type { BlockContext } from "./module.ts";
import type { SpeculatedTx } from "./ports.ts";
import type { TxCache } from "./tx_cache.ts";

/** What a transaction does if it reads what `reads` says. Plain data: it goes from one thread to another. */
export interface Speculation {
  /** Place of the transaction in its block. */
  readonly index: number;
  readonly outcome: Outcome;
  readonly reads: Reads;
  readonly changes: readonly StateChange[];
}

/** The committed state of one thread, and what running transactions needs beside it. */
export interface SpeculatingParts {
  readonly state: { readonly committed: StateReader; resident<T>(run: () => T): Work<T> };
  readonly cache: TxCache;
  readonly ante: AnteOptions;
}

/**
 * Runs transactions in order over the committed state and over each other. What cannot be decoded, or is too much for a block, is
 * left out: its turn will tell.
 */
export function* speculate(
  { state, cache, ante }: SpeculatingParts,
  block: BlockContext,
  txs: readonly SpeculatedTx[],
): Work<Speculation[]> {
  const batch = new Journal(state.committed);
  const made: Speculation[] = [];
  let computed = 0n;
  for (const { index, bytes, verified } of txs) {
    // The block has no more than this for all of them together: what is behind will hardly run.
    if (computed >= COMPUTED_GAS_BLOCK_MAX) break;
    yield { type: "pause" };
    const decoded = cache.decode(bytes);
    if (!decoded.ok) continue;
    believeSignatures(decoded.value, verified);
    const journal = new Journal(batch, { trackReads: true });
    const execution = new Execution(journal, decoded.value, block, "deliver", ante, decoded.value.gasLimit, index);
    let outcome = yield* state.resident(() => execution.advance());
    while (outcome === "paused") {
      yield { type: "pause" };
      outcome = yield* state.resident(() => execution.advance());
    }
    const changes = journal.changes();
    applyChanges(batch, changes);
    computed += outcome.gasComputed;
    made.push({ index, outcome, reads: journal.reads(), changes });
  }
  return made;
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

/** Whether a transaction that runs over `journal` now would read what it read. May miss. */
export function stillHolds({ reads }: Speculation, journal: Journal): boolean {
  for (const { store, key, value } of reads.keys) {
    const now = journal.get(store, key);
    if (now !== value && (now === undefined || value === undefined || !equalBytes(now, value))) return false;
  }
  return reads.pages.every(({ store, page, entries }) => equalEntries(journal.page(store, page), entries));
}

const equalEntries = (a: Entries, b: Entries): boolean =>
  a.length === b.length &&
  a.every(([key, value], i) => equalBytes(key, b[i]![0]) && equalBytes(value, b[i]![1]));

export function applyChanges(journal: Journal, changes: readonly StateChange[]): void {
  for (const { store, key, value } of changes) {
    if (value === undefined) journal.delete(store, key);
    else journal.set(store, key, value);
  }
}

/** The transactions of one block that were run ahead of their turn, and what became of that. */
import type { Result } from "../core/result.ts";
import type { Work } from "../core/work.ts";
import type { Journal } from "../state/mod.ts";
import type { BlockParts } from "./block.ts";
import type { DecodedTx } from "./decode.ts";
import type { Outcome } from "./execute.ts";
import type { BlockContext } from "./module.ts";
import type { SpeculatedTx, SpeculationRun } from "./ports.ts";
import type { StoreKey } from "./prefetch.ts";
import { applyChanges, speculate, type Speculation, stillHolds, verifiedSigners } from "./speculation.ts";

/** Results that are read between two offers to let others run. */
const TXS_PER_PAUSE = 50;

export class SpeculatedBlock {
  readonly #parts: BlockParts;
  readonly #run: SpeculationRun;
  readonly #made: ReadonlyMap<number, Speculation>;
  #held = 0;
  #again = 0;

  private constructor(parts: BlockParts, run: SpeculationRun, made: ReadonlyMap<number, Speculation>) {
    this.#parts = parts;
    this.#run = run;
    this.#made = made;
  }

  /** Has the transactions of a block run ahead, here and elsewhere; undefined when nobody is there or it is not worth it. */
  static *of(
    parts: BlockParts,
    block: BlockContext,
    txs: readonly Uint8Array[],
    decoded: readonly Result<DecodedTx>[],
  ): Work<SpeculatedBlock | undefined> {
    const { speculator, state } = parts;
    if (speculator === undefined) return undefined;
    const asked: SpeculatedTx[] = [];
    for (const [index, tx] of decoded.entries()) {
      if (!tx.ok) continue;
      const sender = tx.value.signers[0]!.address.text;
      asked.push({ index, bytes: txs[index]!, sender, verified: verifiedSigners(tx.value) });
    }
    const run = speculator.begin(block, asked);
    if (run === undefined) return undefined;
    const own = new Set(run.own);
    const made = new Map<number, Speculation>();
    const mine = yield* speculate(parts, block, asked.filter(({ index }) => own.has(index)));
    for (const one of mine) made.set(one.index, one);
    yield { type: "wait", done: run.done };
    const keys: StoreKey[] = [];
    for (const [at, { index }] of asked.entries()) {
      if (at % TXS_PER_PAUSE === TXS_PER_PAUSE - 1) yield { type: "pause" };
      const one = made.get(index) ?? run.result(index);
      if (one === undefined) continue;
      made.set(index, one);
      keys.push(...one.reads.keys);
    }
    yield* state.prefetch(keys);
    return new SpeculatedBlock(parts, run, made);
  }

  /** In its turn: what the transaction does, which is then done; undefined: it has to run. */
  *take(index: number, journal: Journal): Work<Outcome | undefined> {
    const one = this.#made.get(index);
    const holds = one !== undefined && (yield* this.#parts.state.resident(() => stillHolds(one, journal)));
    if (!holds) {
      this.#again++;
      return undefined;
    }
    this.#held++;
    applyChanges(journal, one.changes);
    return one.outcome;
  }

  settle(): void {
    this.#run.settle({ held: this.#held, again: this.#again });
  }
}

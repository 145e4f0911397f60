/** The transactions of one block that others run ahead of their turn, and what becomes of that. */
import type { Result } from "../core/result.ts";
import type { Work } from "../core/work.ts";
import type { Journal } from "../state/mod.ts";
import type { BlockParts } from "./block.ts";
import type { DecodedTx } from "./decode.ts";
import type { Outcome } from "./execute.ts";
import type { BlockContext } from "./module.ts";
import type { SpeculatedTx, SpeculationRun } from "./ports.ts";
import { attempt, type StoreKey } from "./prefetch.ts";
import { verifiedSigners } from "./speculation.ts";

export class SpeculatedBlock {
  readonly #state: BlockParts["state"];
  readonly #run: SpeculationRun;
  #held = 0;
  #again = 0;

  private constructor(state: BlockParts["state"], run: SpeculationRun) {
    this.#state = state;
    this.#run = run;
  }

  /** Has others begin with a block; undefined when nobody is there or it is not worth it. */
  static begin(
    { speculator, state }: BlockParts,
    block: BlockContext,
    txs: readonly Uint8Array[],
    decoded: readonly Result<DecodedTx>[],
  ): SpeculatedBlock | undefined {
    if (speculator === undefined) return undefined;
    const senders = new Map<string, number>();
    const asked: SpeculatedTx[] = [];
    for (const [index, tx] of decoded.entries()) {
      if (!tx.ok) continue;
      const { text } = tx.value.signers[0]!.address;
      let sender = senders.get(text);
      if (sender === undefined) senders.set(text, sender = senders.size);
      asked.push({ index, bytes: txs[index]!, sender, verified: verifiedSigners(tx.value) });
    }
    const run = speculator.begin(block, asked);
    return run && new SpeculatedBlock(state, run);
  }

  /** In its turn: what the transaction does, which is then done; undefined: it has to run. Nobody is waited for. */
  *take(index: number, tx: DecodedTx, journal: Journal): Work<Outcome | undefined> {
    const made = this.#run.made(index);
    if (made === undefined) return undefined;
    const take = (): Outcome | "false" => made.take(index, tx, journal) ?? "false";
    const outcome = attempt(take) ?? (yield* this.#takeWithAll(made.keys, take));
    if (outcome === "false") {
      this.#again++;
      return undefined;
    }
    this.#held++;
    return outcome;
  }

  /** With all that others have read so far, in one request: most of it will be compared. */
  *#takeWithAll<T>(keys: readonly StoreKey[], take: () => T): Work<T> {
    yield* this.#state.prefetch(keys);
    return yield* this.#state.resident(take);
  }

  /** The block needs nothing more. */
  settle(): void {
    this.#run.settle({ held: this.#held, again: this.#again });
  }
}

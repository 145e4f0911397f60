/** One transaction in its turn, which is given aside when beginning anew has taken too long. */
import type { Work } from "../core/work.ts";
import { answerOver, type Journal, Miss, type StateAt } from "../state/mod.ts";
import type { AnteOptions } from "./ante.ts";
import type { Aside, AsideOutcome, AsideTask, Patience } from "./aside.ts";
import type { DecodedTx } from "./decode.ts";
import { Execution, type Outcome } from "./execute.ts";

export class Turn {
  readonly #journal: Journal;
  readonly #task: AsideTask;
  readonly #execution: Execution;
  readonly #aside: Aside | undefined;
  readonly #patience: Patience | undefined;
  readonly #checkpoint: ReturnType<Journal["checkpoint"]>;

  /** `aside`: undefined for one that stays here, whatever it takes. */
  constructor(journal: Journal, tx: DecodedTx, task: AsideTask, ante: AnteOptions, aside: Aside | undefined) {
    this.#journal = journal;
    this.#task = task;
    this.#aside = aside;
    this.#patience = aside?.patience(task.block);
    this.#checkpoint = journal.checkpoint();
    this.#execution = new Execution(journal, tx, task.block, "deliver", ante, tx.gasLimit, task.index);
  }

  /** As {@linkcode Execution.advance}; `aside`: nothing is left of it here, and {@linkcode Turn.aside} goes on. */
  advance(): Outcome | "paused" | "aside" {
    let done: Outcome | "paused";
    try {
      this.#patience?.begin();
      done = this.#execution.advance();
    } catch (thrown) {
      if (!(thrown instanceof Miss) || this.#patience?.isOver() !== true) throw thrown;
      this.#execution.abandon();
      this.#journal.revert(this.#checkpoint);
      return "aside";
    }
    if (done !== "paused") this.#journal.commit(this.#checkpoint);
    return done;
  }

  /** Has it run aside, over the block as it is. Undefined: it failed there. */
  *aside(resident: StateAt["resident"]): Work<Outcome | undefined> {
    const run = this.#aside!.run(this.#task);
    let result: AsideOutcome | undefined;
    try {
      for (;;) {
        yield { type: "wait", done: run.next() };
        const asked = run.asked();
        if (asked === undefined) break;
        run.answer(asked.type === "load_nodes" ? yield asked : yield* answerOver(this.#journal, resident, asked));
      }
      result = run.result();
    } finally {
      run.end();
    }
    for (const { store, key, value } of result?.changes ?? []) {
      if (value === undefined) this.#journal.delete(store, key);
      else this.#journal.set(store, key, value);
    }
    return result?.outcome;
  }
}

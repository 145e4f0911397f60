/**
 * The state that admission is judged by: the last committed one with everything on top that was admitted since, so that
 * several transactions of one sender in a row pass.
 * @module
 */
import { Journal } from "../state/mod.ts";
import type { StateReader } from "../state/view.ts";
import type { AnteOptions } from "./ante.ts";
import type { DecodedTx } from "./decode.ts";
import { Execution, type Outcome } from "./execute.ts";
import type { BlockContext } from "./module.ts";
import type { CheckKind } from "./ports.ts";

export class CheckState {
  #journal: Journal;

  constructor(
    readonly committed: StateReader,
    readonly options: AnteOptions,
  ) {
    this.#journal = new Journal(committed);
  }

  /** Forgets what was admitted: a block changed the state, and what is left is checked again. */
  reset(): void {
    this.#journal = new Journal(this.committed);
  }

  /** The state after everything admitted, as simulations are to see it. */
  get reader(): StateReader {
    return this.#journal;
  }

  /** What was admitted over the last committed state; goes on until the next commit, and then stays as it is. */
  get admitted(): Journal {
    return this.#journal;
  }

  /** A refusal leaves nothing. */
  check(tx: DecodedTx, kind: CheckKind, block: BlockContext): Outcome {
    return new Execution(this.#journal, tx, block, kind === "new" ? "check" : "recheck", this.options).run();
  }
}

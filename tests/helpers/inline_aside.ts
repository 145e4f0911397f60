/** Running transactions aside without a thread: in the same one, over a state that asks the block. @module */
import type { ExecutionEngine } from "../../contracts/engine.ts";
import { type Aside, type AsideOutcome, type AsideRun, createAside, standardModules } from "../../node/app/mod.ts";
import type { LoadKeys, LoadRange, Reply } from "../../node/core/work.ts";
import { FollowingState } from "../../node/state/mod.ts";

export interface InlineAsideOptions {
  /** Whether a transaction that lacks something is run aside. */
  readonly isOver: () => boolean;
  /** Whether what was run is lost at its end. */
  readonly fails: () => boolean;
  readonly engine?: ExecutionEngine;
}

export class InlineAside implements Aside {
  readonly #options: InlineAsideOptions;
  readonly #run;
  readonly tally = { asked: 0, ran: 0, failed: 0 };

  constructor(options: InlineAsideOptions) {
    this.#options = options;
    const { engine } = options;
    this.#run = createAside({ bech32Prefix: "cat", modules: (codec) => standardModules(codec, { engine }) });
  }

  patience: Aside["patience"] = () => ({ begin: () => {}, isOver: this.#isOver });

  readonly #isOver = () => this.#options.isOver();

  run: Aside["run"] = (task): AsideRun => {
    const { height } = task.block;
    const state = new FollowingState(height - 1n, 1 << 16);
    const work = this.#run(structuredClone(task), { reader: state.committed, resident: (run) => state.resident(run) });
    let asked: LoadKeys | LoadRange | undefined;
    let result: AsideOutcome | undefined;
    const advance = (reply: Reply) => {
      let step = work.next(reply);
      while (!step.done && step.value.type === "pause") step = work.next(undefined);
      if (step.done) {
        asked = undefined;
        if (this.#options.fails()) this.tally.failed++;
        else {
          this.tally.ran++;
          result = structuredClone(step.value);
        }
      } else {
        this.tally.asked++;
        asked = structuredClone(step.value) as LoadKeys | LoadRange;
      }
    };
    advance(undefined);
    return {
      next: () => ({ then: () => Promise.reject(new Error("wait for what is run in this thread: nobody need")) }),
      asked: () => asked,
      answer: (reply) => advance(structuredClone(reply)),
      result: () => result,
      end: () => {},
    };
  };
}

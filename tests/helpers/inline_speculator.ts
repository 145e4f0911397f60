/** Speculation without threads: others run transactions in the same thread, over a state that follows the chain's. @module */
import {
  createSpeculating,
  type SpeculatedTx,
  type Speculating,
  SpeculationReader,
  type SpeculationTally,
  type Speculator,
  standardModules,
} from "../../node/app/mod.ts";
import type { ExecutionEngine } from "../../contracts/engine.ts";
import type { Reply, Request } from "../../node/core/work.ts";
import { FollowingState, type StagedCommit } from "../../node/state/mod.ts";

export interface InlineOptions {
  /** Who runs the transaction at a place: 0 the asker, 1, 2 … others, -1 nobody (one that failed). */
  readonly share: (sender: number, index: number) => number;
  /** Places that the asker comes to before they were run. */
  readonly late?: (index: number) => boolean;
  /** Before each of theirs: the first place that the others are still to run. */
  readonly from?: (index: number) => number;
  /** Bytes that each of the others has for what it ran. */
  readonly logBytes?: number;
  readonly answer: (request: Request, version: bigint) => Reply;
  /** Of all others; absent: each has its own. */
  readonly engine?: ExecutionEngine;
}

/** Room for all that a test's block is. */
const LOG_BYTES = 1 << 20;

interface Other {
  readonly state: FollowingState;
  readonly run: Speculating;
}

/** Others that answer at once, through a copy as between threads. */
export class InlineSpeculator implements Speculator {
  readonly #options: InlineOptions;
  readonly #others = new Map<number, Other>();
  #version = 0n;
  readonly tally = { held: 0, again: 0 };

  constructor(options: InlineOptions) {
    this.#options = options;
  }

  follow({ version, flat }: StagedCommit): void {
    for (const { state } of this.#others.values()) state.follow(version, structuredClone(flat));
    this.#version = version;
  }

  begin: Speculator["begin"] = (block, txs) => {
    const shares = new Map<number, SpeculatedTx[]>();
    for (const tx of txs) {
      const share = this.#options.share(tx.sender, tx.index);
      shares.set(share, [...shares.get(share) ?? [], tx]);
    }
    const readers: SpeculationReader[] = [];
    for (const [share, asked] of shares) {
      if (share <= 0) continue;
      const { state, run } = this.#other(share);
      const log = new ArrayBuffer(this.#options.logBytes ?? LOG_BYTES);
      const reader = new SpeculationReader(log);
      const work = run(structuredClone(block), structuredClone(asked), log);
      let step = work.next(undefined);
      for (let at = 0; !step.done; step = work.next(this.#options.answer(step.value, state.version))) {
        if (step.value.type === "pause") reader.skipTo(this.#options.from?.(asked[at++]?.index ?? 0) ?? 0);
      }
      readers.push(reader);
    }
    return {
      made: (index) => {
        return this.#options.late?.(index) === true ? undefined : readers.find((reader) => reader.has(index));
      },
      settle: ({ held, again }: SpeculationTally) => {
        for (const reader of readers) reader.skipTo(Infinity);
        this.tally.held += held;
        this.tally.again += again;
      },
    };
  };

  #other(share: number): Other {
    let other = this.#others.get(share);
    if (other === undefined) {
      const { engine } = this.#options;
      const state = new FollowingState(this.#version, 1 << 20);
      other = {
        state,
        run: createSpeculating({ bech32Prefix: "cat", state, modules: (codec) => standardModules(codec, { engine }) }),
      };
      this.#others.set(share, other);
    }
    return other;
  }
}

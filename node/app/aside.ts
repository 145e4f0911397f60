/**
 * Running a transaction aside: in a thread that stands still for what it reads. In its turn a transaction that lacks something begins
 * anew when that is there; one that computes long between reads that depend on each other would do so for each of them, and its
 * gas bounds one run only. Its reads are answered out of the block as it is, so that it does what it would do in its turn.
 * @module
 */
import { AddressCodec } from "../core/address.ts";
import { invariant } from "../core/invariant.ts";
import type { LoadKeys, LoadNodes, LoadRange, Reply, Work } from "../core/work.ts";
import { Journal, type StateAt, type StateChange } from "../state/mod.ts";
import type { AnteOptions } from "./ante.ts";
import { decodeTx } from "./decode.ts";
import { Execution, type Outcome } from "./execute.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import type { BlockContext } from "./module.ts";
import { Router } from "./router.ts";
import { type ModuleSet, standardModules } from "./standard_modules.ts";

/** A transaction of a block, in its turn. */
export interface AsideTask {
  readonly block: BlockContext;
  /** Its place in the block. */
  readonly index: number;
  readonly bytes: Uint8Array;
}

/** What it did. Plain data: it goes from one thread to another. */
export interface AsideOutcome {
  readonly outcome: Outcome;
  readonly changes: readonly StateChange[];
}

/** A transaction that is being run aside. */
export interface AsideRun {
  /** Resolves when it asks for something, is done, or will never be. Never rejects. */
  next(): PromiseLike<void>;
  /** After that, what it asks for; undefined: it is over. */
  asked(): LoadKeys | LoadRange | LoadNodes | undefined;
  answer(reply: Reply): void;
  /** When it is over: what it did; undefined: it failed, and is to be run in its turn after all. */
  result(): AsideOutcome | undefined;
  /** Nobody waits for it any more. */
  end(): void;
}

/** What one transaction takes in vain, in its turn. */
export interface Patience {
  /** Another attempt begins. */
  begin(): void;
  /** It lacks something. Whether so much was in vain that it is better run aside. */
  isOver(): boolean;
}

/** A thread aside. When it is used changes nothing but time. */
export interface Aside {
  patience(block: BlockContext): Patience;
  run(task: AsideTask): AsideRun;
}

export interface AsideOptions {
  /** Of addresses, for example `cat`. */
  readonly bech32Prefix: string;
  readonly limits?: Partial<Limits>;
  /** The same modules as the application's. */
  readonly modules?: (codec: AddressCodec) => ModuleSet;
}

/** In the thread: runs one transaction over a state that asks whoever gave it. */
export type RunningAside = (task: AsideTask, state: Pick<StateAt, "reader" | "resident">) => Work<AsideOutcome>;

export function createAside(options: AsideOptions): RunningAside {
  const codec = new AddressCodec(options.bech32Prefix);
  const { modules, accounts, fees } = (options.modules ?? standardModules)(codec);
  const decode = { router: new Router(modules), codec, limits: { ...DEFAULT_LIMITS, ...options.limits } };
  const ante: AnteOptions = { accounts, fees, gasPrices: [] };
  return function* ({ block, index, bytes }, { reader, resident }) {
    const tx = decodeTx(bytes, decode);
    invariant(tx.ok, `run a transaction aside: it was decoded before, and is not now`);
    const journal = new Journal(reader);
    const execution = new Execution(journal, tx.value, block, "deliver", ante, tx.value.gasLimit, index);
    for (;;) {
      const outcome = yield* resident(() => execution.advance());
      if (outcome !== "paused") return { outcome, changes: journal.changes() };
      yield { type: "pause" };
    }
  };
}

/** The context in which one transaction, or the begin or end of a block, runs. */
import type { Event } from "cosmjs-types/tendermint/abci/types";
import { sdkRefusal } from "../core/errors.ts";
import { err, type Result } from "../core/result.ts";
import type { Journal } from "../state/mod.ts";
import type { StateView } from "../state/view.ts";
import { BoundedGasMeter, MeteredView, OutOfGas } from "./gas.ts";
import type { Attempt, BlockContext, Context, GasMeter } from "./module.ts";

export class RunContext implements Context {
  readonly events: Event[];
  readonly view: StateView;

  constructor(
    readonly journal: Journal,
    readonly gas: GasMeter,
    readonly block: BlockContext,
    /** Where events go; a part of a message writes to those of the whole. */
    events: Event[] = [],
  ) {
    this.view = new MeteredView(journal, gas);
    this.events = events;
  }

  /** Texts of strangers may be cut in the middle of a character: protobuf has no such texts, and other decoders refuse them. */
  emit(event: Event): void {
    for (const attribute of event.attributes) {
      if (!attribute.value.isWellFormed()) attribute.value = attribute.value.toWellFormed();
    }
    this.events.push(event);
  }

  attempt<T>(run: (context: Context) => Result<T>, gasLimit?: number): Attempt<T> {
    const checkpoint = this.journal.checkpoint();
    const first = this.events.length;
    let keep = false;
    try {
      const result = gasLimit === undefined ? run(this) : this.#runBounded(run, gasLimit);
      keep = result.ok;
      return { result, reverted: keep ? [] : this.events.splice(first) };
    } finally {
      if (keep) this.journal.commit(checkpoint);
      else this.journal.revert(checkpoint);
    }
  }

  #runBounded<T>(run: (context: Context) => Result<T>, gasLimit: number): Result<T> {
    const meter = new BoundedGasMeter(this.gas, gasLimit);
    try {
      return run(new RunContext(this.journal, meter, this.block, this.events));
    } catch (thrown) {
      if (!(thrown instanceof OutOfGas) || thrown.meter !== meter) throw thrown;
      const detail = `out of gas in location: ${thrown.what}; limit: ${meter.limit}, used: ${meter.used}`;
      return err(sdkRefusal("outOfGas", detail));
    }
  }
}

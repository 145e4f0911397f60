/** The context in which one transaction, or the begin or end of a block, runs. */
import type { Event } from "cosmjs-types/tendermint/abci/types";
import { sdkRefusal } from "../core/errors.ts";
import { err, type Result } from "../core/result.ts";
import type { Journal } from "../state/mod.ts";
import type { StateView } from "../state/view.ts";
import { Notes } from "./_tx_notes.ts";
import { BoundedGasMeter, CappedGasMeter, MeteredView, OutOfGas } from "./gas.ts";
import type { Attempt, BlockContext, Branch, Context, GasMeter, TxNotes, TxPosition } from "./module.ts";

/** What belongs to one transaction, and to all its parts. */
export interface TxScope {
  readonly tx: TxPosition | undefined;
  readonly notes: TxNotes;
}

export class RunContext implements Context {
  readonly events: Event[];
  readonly view: StateView;

  constructor(
    readonly journal: Journal,
    readonly gas: GasMeter,
    readonly block: BlockContext,
    /** Where events go; a part of a message writes to those of the whole. */
    events: Event[] = [],
    readonly scope: TxScope = { tx: undefined, notes: new Notes() },
  ) {
    this.view = new MeteredView(journal, gas);
    this.events = events;
  }

  get free(): StateView {
    return this.journal;
  }

  get tx(): TxPosition | undefined {
    return this.scope.tx;
  }

  get notes(): TxNotes {
    return this.scope.notes;
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
      return run(new RunContext(this.journal, meter, this.block, this.events, this.scope));
    } catch (thrown) {
      if (!(thrown instanceof OutOfGas) || thrown.meter !== meter) throw thrown;
      const detail = `out of gas in location: ${thrown.what}; limit: ${meter.limit}, used: ${meter.used}`;
      return err(sdkRefusal("outOfGas", detail));
    }
  }

  branch(gasLimit?: number): Branch {
    const meter = gasLimit === undefined ? undefined : new CappedGasMeter(this.gas, gasLimit);
    const context = meter === undefined
      ? this
      : new RunContext(this.journal, meter, this.block, this.events, this.scope);
    const first = this.events.length;
    const checkpoint = this.journal.checkpoint();
    return {
      context,
      keep: () => this.journal.commit(checkpoint),
      drop: () => {
        this.journal.revert(checkpoint);
        this.events.length = first;
      },
      ranOut: (thrown) => meter !== undefined && thrown instanceof OutOfGas && thrown.meter === meter,
    };
  }
}

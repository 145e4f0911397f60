/** The context in which one transaction, or the begin or end of a block, runs. */
import type { Event } from "cosmjs-types/tendermint/abci/types";
import type { StateView } from "../state/view.ts";
import type { BlockContext, Context, GasMeter } from "./module.ts";

export class RunContext implements Context {
  readonly events: Event[] = [];

  constructor(
    readonly view: StateView,
    readonly gas: GasMeter,
    readonly block: BlockContext,
  ) {}

  emit(event: Event): void {
    this.events.push(event);
  }
}

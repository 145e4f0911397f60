/** The other side of the pool: what a thread does with what it is told. One message at a time, one request at a time. @module */
import type { BlockContext, SpeculatedTx, Speculation } from "../../app/ports.ts";
import { invariant } from "../../core/invariant.ts";
import type { Reply, Work } from "../../core/work.ts";
import type { FollowingState } from "../../state/mod.ts";
import type { FromWorker, ToWorker } from "./messages.ts";
import { packSpeculations } from "./packed.ts";

/** What a thread runs, over a state that follows the chain's. */
export interface ThreadApplication {
  readonly state: FollowingState;
  readonly run: (block: BlockContext, txs: readonly SpeculatedTx[]) => Work<Speculation[]>;
  /** Plain data for `SpeculationPoolOptions.onReport`, made after each run. */
  readonly report?: () => unknown;
}

/** Answers the pool; returns what takes its messages. */
export function speculationThread<Setup>(
  make: (setup: Setup, version: bigint) => ThreadApplication,
  post: (message: FromWorker) => void,
): (message: ToWorker<Setup>) => void {
  let application: ThreadApplication | undefined;
  let running: { readonly run: number; readonly work: Work<Speculation[]> } | undefined;

  function advance(reply: Reply): void {
    invariant(running !== undefined, "go on with a run: there is none");
    let step = running.work.next(reply);
    while (!step.done && step.value.type === "pause") step = running.work.next(undefined);
    if (step.done) {
      const made = packSpeculations(step.value);
      post({ type: "ran", run: running.run, made, report: application?.report?.() });
      running = undefined;
      return;
    }
    const request = step.value;
    invariant(request.type === "load_keys" || request.type === "load_range", `speculate: asked for ${request.type}`);
    post({ type: "load", request });
  }

  return (message) => {
    if (message.type === "set_up") {
      application = make(message.setup, message.version);
      return post({ type: "ready" });
    }
    invariant(application !== undefined, `speculate: ${message.type} before it was set up`);
    switch (message.type) {
      case "follow":
        return application.state.follow(message.version, message.changes);
      case "reset":
        return application.state.reset(message.version);
      case "run":
        running = { run: message.run, work: application.run(message.block, message.txs) };
        return advance(undefined);
      case "loaded":
        return advance(message.reply);
    }
  };
}

/** The other side of the pool: what a thread does with what it is told. One message at a time, one request at a time. @module */
import type { Speculating } from "../../app/ports.ts";
import { invariant } from "../../core/invariant.ts";
import type { Reply, Work } from "../../core/work.ts";
import type { FollowingState } from "../../state/mod.ts";
import type { FromWorker, ToWorker } from "./messages.ts";
import { unpackTxs, unpackWrites } from "./packed.ts";

/** What a thread runs, over a state that follows the chain's. */
export interface ThreadApplication {
  readonly state: FollowingState;
  readonly run: Speculating;
  /** Plain data for `SpeculationPoolOptions.onReport`, made after each run. */
  readonly report?: () => unknown;
}

/** Answers the pool; returns what takes its messages. */
export function speculationThread<Setup>(
  make: (setup: Setup, version: bigint) => ThreadApplication,
  post: (message: FromWorker) => void,
): (message: ToWorker<Setup>) => void {
  let ready: { readonly application: ThreadApplication; readonly log: SharedArrayBuffer } | undefined;
  let running: { readonly run: number; readonly work: Work<void> } | undefined;

  function advance(reply: Reply): void {
    invariant(running !== undefined, "go on with a run: there is none");
    const { run, work } = running;
    let step = work.next(reply);
    while (!step.done && step.value.type === "pause") step = work.next(undefined);
    if (step.done) return end();
    const request = step.value;
    invariant(request.type === "load_keys" || request.type === "load_range", `speculate: asked for ${request.type}`);
    post({ type: "load", run, request });
  }

  function end(): void {
    if (running === undefined) return;
    const { run } = running;
    running = undefined;
    post({ type: "ran", run, report: ready?.application.report?.() });
  }

  return (message) => {
    if (message.type === "set_up") {
      ready = { application: make(message.setup, message.version), log: message.log };
      return post({ type: "ready" });
    }
    invariant(ready !== undefined, `speculate: ${message.type} before it was set up`);
    const { application: { state, run }, log } = ready;
    switch (message.type) {
      case "follow":
        end();
        return state.follow(message.version, unpackWrites(message.changes));
      case "reset":
        end();
        return state.reset(message.version);
      case "run":
        running = {
          run: message.run,
          work: run(message.block, unpackTxs(message.txs), log),
        };
        return advance(undefined);
      case "stop":
        return message.run === running?.run ? end() : undefined;
      case "loaded":
        return message.run === running?.run ? advance(message.reply) : undefined;
    }
  };
}

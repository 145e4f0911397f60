/** The thread's side: what it does with what it is told. @module */
import type { QueryOutput, QueryTask } from "../../app/ports.ts";
import { invariant } from "../../core/invariant.ts";
import type { Reply, Work } from "../../core/work.ts";
import type { FollowingState } from "../../state/mod.ts";
import { type FromQueryThread, type ToQueryThread, wholeOutput } from "./messages.ts";

/** What a thread runs, over a state that follows the chain's. */
export interface QueryThreadApplication {
  readonly state: FollowingState;
  readonly query: (task: QueryTask) => Work<QueryOutput>;
  /** Plain data for `QueryPoolOptions.onReport`, made after each query. */
  readonly report?: () => unknown;
}

/** Answers the pool; returns what takes its messages. */
export function queryThread<Setup>(
  make: (setup: Setup, version: bigint) => QueryThreadApplication,
  post: (message: FromQueryThread) => void,
): (message: ToQueryThread<Setup>) => void {
  let application: QueryThreadApplication | undefined;
  let work: Work<QueryOutput> | undefined;

  function advance(reply: Reply): void {
    invariant(work !== undefined, "go on with a query: there is none");
    let step = work.next(reply);
    while (!step.done && step.value.type === "pause") step = work.next(undefined);
    if (step.done) {
      work = undefined;
      return post({ type: "answered", output: wholeOutput(step.value), report: application?.report?.() });
    }
    const request = step.value;
    invariant(request.type !== "pause" && request.type !== "wait", `answer a query: it asked for ${request.type}`);
    post({ type: "load", request });
  }

  return (message) => {
    if (message.type === "set_up") {
      application = make(message.setup, message.version);
      return post({ type: "ready" });
    }
    invariant(application !== undefined, `answer queries: ${message.type} before it was set up`);
    switch (message.type) {
      case "follow":
        return application.state.follow(message.version, message.changes);
      case "reset":
        return application.state.reset(message.version);
      case "ask":
        work = application.query(message.task);
        return advance(undefined);
      case "loaded":
        return advance(message.reply);
    }
  };
}

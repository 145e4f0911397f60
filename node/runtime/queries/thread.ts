/** The thread's side: what it does with what it is told. @module */
import type { QueryOutput, QueryTask } from "../../app/ports.ts";
import { invariant } from "../../core/invariant.ts";
import type { Reply, Work } from "../../core/work.ts";
import { standing, type StandingLoad } from "../standing.ts";
import type { FollowingState } from "../../state/mod.ts";
import { type FromQueryThread, type ToQueryThread, wholeOutput } from "./messages.ts";

/** What a thread runs, over a state that follows the chain's. */
export interface QueryThreadApplication {
  readonly state: FollowingState;
  readonly query: (task: QueryTask) => Work<QueryOutput>;
  /** Plain data for `QueryPoolOptions.onReport`, made after each query. */
  readonly report?: () => unknown;
}

/** Answers the pool; returns what takes its messages. `load`: for which it stands still. */
export function queryThread<Setup>(
  make: (setup: Setup, version: bigint) => QueryThreadApplication,
  post: (message: FromQueryThread) => void,
  load: (request: StandingLoad) => Reply,
): (message: ToQueryThread<Setup>) => void {
  let application: QueryThreadApplication | undefined;

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
      case "ask": {
        const output = standing(application.query(message.task), load);
        return post({ type: "answered", output: wholeOutput(output), report: application.report?.() });
      }
    }
  };
}

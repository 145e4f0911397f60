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
  /** Allows contracts so much fuel until it is called again. */
  readonly allow: (fuel: bigint) => void;
  /** Whether a query was thrown out because that was used up. */
  readonly isInterruption: (thrown: unknown) => boolean;
  /** Plain data for `QueryPoolOptions.onReport`, made after each query. */
  readonly report?: () => unknown;
}

/**
 * Nothing stops a contract that computes but its fuel. So a query is first given as much as nearly all of them need (some 700 000 gas: 0.1
 * to 4 seconds), and begun anew with twice as much when it needs more and somebody still waits for it. It takes two to three times as
 * long then, and goes on for as long as it has run when nobody waits any more.
 */
export interface Patience {
  readonly firstFuel: bigint;
  /** Whether nobody waits for this thread any more. */
  hasEnded(): boolean;
}

/** What a node's threads begin with. */
export const QUERY_FIRST_FUEL = 100_000_000_000n;

/** Answers the pool; returns what takes its messages. `load`: for which it stands still. */
export function queryThread<Setup>(
  make: (setup: Setup, version: bigint) => QueryThreadApplication,
  post: (message: FromQueryThread) => void,
  load: (request: StandingLoad) => Reply,
  patience: Patience,
): (message: ToQueryThread<Setup>) => void {
  let application: QueryThreadApplication | undefined;

  /** Undefined when nobody waits for it any more. */
  function answer({ query, allow, isInterruption }: QueryThreadApplication, task: QueryTask): QueryOutput | undefined {
    for (let fuel = patience.firstFuel; !patience.hasEnded(); fuel *= 2n) {
      allow(fuel);
      try {
        return standing(query(task), load);
      } catch (thrown) {
        if (!isInterruption(thrown)) throw thrown;
      }
    }
    return undefined;
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
      case "ask": {
        const output = answer(application, message.task);
        if (output === undefined) return;
        return post({ type: "answered", output: wholeOutput(output), report: application.report?.() });
      }
    }
  };
}

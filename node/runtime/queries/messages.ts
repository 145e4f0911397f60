/** What the node and the threads that answer queries say to each other. Bytes are whole buffers: see speculation/messages.ts. */
import type { QueryOutput, QueryTask } from "../../app/ports.ts";
import type { StateWrite } from "../../state/commit.ts";
import { whole } from "../speculation/messages.ts";
import type { StandingLoad } from "../standing.ts";

/** To a thread. */
export type ToQueryThread<Setup = unknown> =
  | { readonly type: "set_up"; readonly setup: Setup; readonly version: bigint }
  /** The next version; not while a query is being answered. */
  | { readonly type: "follow"; readonly version: bigint; readonly changes: readonly StateWrite[] }
  /** Another version, whose changes are not known. */
  | { readonly type: "reset"; readonly version: bigint }
  | { readonly type: "ask"; readonly task: QueryTask };

/** From it. It answers one query at a time, and stands still for what it asks to be loaded. */
export type FromQueryThread =
  | { readonly type: "ready" }
  | { readonly type: "load"; readonly request: StandingLoad }
  /** `report`: what whoever started the thread wants to hear of each query. */
  | { readonly type: "answered"; readonly output: QueryOutput; readonly report?: unknown };

export const wholeTask = (task: QueryTask): QueryTask => ({
  ...task,
  query: { ...task.query, data: whole(task.query.data) },
});

export const wholeOutput = (output: QueryOutput): QueryOutput => ({
  ...output,
  key: whole(output.key),
  value: whole(output.value),
});

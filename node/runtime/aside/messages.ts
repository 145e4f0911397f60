/** What the node and the thread that runs transactions aside say to each other. */
import type { AsideOutcome, AsideTask } from "../../app/ports.ts";
import { whole } from "../speculation/messages.ts";
import type { StandingLoad } from "../standing.ts";

/** To the thread. */
export type ToAside<Setup = unknown> =
  | { readonly type: "set_up"; readonly setup: Setup }
  | { readonly type: "run"; readonly task: AsideTask };

/** From it. It runs one transaction at a time, and stands still for what it asks to be loaded. */
export type FromAside =
  | { readonly type: "load"; readonly request: StandingLoad }
  /** `report`: what whoever started the thread wants to hear of each run. */
  | { readonly type: "ran"; readonly made: AsideOutcome; readonly report?: unknown };

export const wholeAsideTask = (task: AsideTask): AsideTask => ({ ...task, bytes: whole(task.bytes) });

export const wholeAsideOutcome = ({ outcome, changes }: AsideOutcome): AsideOutcome => ({
  outcome: { ...outcome, data: whole(outcome.data) },
  changes: changes.map(({ store, key, value }) => ({ store, key: whole(key), value: value && whole(value) })),
});

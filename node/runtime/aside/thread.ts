/** The thread's side: runs what it is told, and stands still for what that reads. @module */
import type { AsideOutcome, AsideTask } from "../../app/ports.ts";
import { invariant } from "../../core/invariant.ts";
import type { Reply, Work } from "../../core/work.ts";
import { FollowingState } from "../../state/mod.ts";
import { standing, type StandingLoad } from "../standing.ts";
import { type FromAside, type ToAside, wholeAsideOutcome } from "./messages.ts";

/** What one transaction has read and may read again, in bytes. It ends with it: the block changes what the next one reads. */
const CACHE_BYTES = 16 * 1024 * 1024;

/** What a thread runs. */
export interface AsideApplication {
  readonly run: (
    task: AsideTask,
    state: { reader: FollowingState["committed"]; resident: FollowingState["resident"] },
  ) => Work<AsideOutcome>;
  /** Plain data for whoever started the thread, made after each run. */
  readonly report?: () => unknown;
}

/** Returns what takes the messages. `load`: for which it stands still. */
export function asideThread<Setup>(
  make: (setup: Setup) => AsideApplication,
  post: (message: FromAside) => void,
  load: (request: StandingLoad) => Reply,
): (message: ToAside<Setup>) => void {
  let application: AsideApplication | undefined;
  return (message) => {
    if (message.type === "set_up") {
      application = make(message.setup);
      return;
    }
    invariant(application !== undefined, "run a transaction aside: before it was set up");
    const { task } = message;
    const state = new FollowingState(task.block.height - 1n, CACHE_BYTES, load);
    const work = application.run(task, { reader: state.committed, resident: (run) => state.resident(run) });
    post({ type: "ran", made: wholeAsideOutcome(standing(work, load)), report: application.report?.() });
  };
}

/** Closing the second end of a channel whose first is closed. @module */
import { IoError } from "../../node/core/errors.ts";
import { closingKey, closingMessage, isClosed, planClosing } from "../packet/mod.ts";
import type { WorkerCore } from "./core.ts";
import type { Course } from "./course.ts";
import type { LaneState } from "./lanes.ts";
import type { CourseClient } from "./ports.ts";

/** Wait after a try, in milliseconds: until its block is read, or for a later one. */
const AGAIN_MS = 10_000;

/**
 * Tries once. Afterwards the channel is to be looked at again, because it is not what it was, or never was what we
 * thought.
 */
export async function closeOtherEnd(
  core: WorkerCore,
  state: LaneState,
  course: Course,
  client: CourseClient,
): Promise<void> {
  const closing = planClosing(state.lane);
  const submitter = course.target.submitter;
  const head = core.heads.get(course.prover.name);
  if (closing === undefined || submitter === undefined || head === undefined) return;
  state.closeNotBeforeMs = core.nowMs + AGAIN_MS;
  try {
    const known = await client.known(closing.proofHeightMin);
    const height = known >= closing.proofHeightMin ? known : head.height;
    const update = height === known ? undefined : await client.update(height);
    if (update?.ok === false) return;
    const [proven] = await client.prove([closingKey(closing)], height);
    if (proven === undefined || !proven.believed || !isClosed(proven.value)) return;
    const submission = await submitter.submit((signer) => [
      ...(update?.value.messages(signer) ?? []),
      closingMessage(closing, proven, signer),
    ]);
    if (submission.tag === "included") {
      if (update !== undefined) client.onUpdated(height);
    } else client.forget();
  } catch (error) {
    if (!(error instanceof IoError)) throw error;
  }
}

/** Which of the possible actions go into the next batch. @module */
import type { Action } from "./types.ts";

/** What a batch may hold. */
export interface BatchRoom {
  /** Messages of packets: without the client update. */
  readonly messagesMax: number;
  readonly bytesMax: number;
  /** Most messages of the backlog, while there are live ones or not. */
  readonly backlogMax: number;
}

/** What one in so many places is kept for the backlog however many live packets there are. */
const BACKLOG_SHARE = 4;
/** Of a message beside data, acknowledgement and proofs: identifiers, heights, the signer. */
const MESSAGE_BYTES = 400;

/** Size of the message of `action` with proofs of `proofBytes`. An estimate: the proofs are not there yet. */
export function messageBytes({ record, kind }: Action, proofBytes: number): number {
  const proofs = kind === "timeout_on_close" ? 2 : 1;
  const acknowledgement = kind === "ack" ? record.acknowledgement?.length ?? 0 : 0;
  return MESSAGE_BYTES + record.data.length + acknowledgement + proofs * proofBytes;
}

interface Queued {
  readonly action: Action;
  readonly backlog: boolean;
  readonly seenMs: number;
}

/** On an ordered lane nothing may overtake: an action counts as no more urgent than those before it. */
function queued(actions: readonly Action[]): Queued[] {
  const behind = new Map<string, Queued>();
  return actions.map((action) => {
    const { lane, backlog, record: { seenMs }, kind } = action;
    if (!lane.ordered) return { action, backlog, seenMs };
    const name = `${kind} ${lane.id}`;
    const before = behind.get(name);
    const next = {
      action,
      backlog: backlog || before?.backlog === true,
      seenMs: Math.max(seenMs, before?.seenMs ?? 0),
    };
    behind.set(name, next);
    return next;
  });
}

/**
 * The next batch of `actions`: live ones first, the oldest of them first, then the backlog as far as its share goes. A
 * part of the places stays with the backlog, so that it ends however many live packets come. At least one action, if there
 * are any, even when it is too large.
 */
export function chooseBatch(actions: readonly Action[], room: BatchRoom, proofBytes: number): Action[] {
  const all = queued(actions);
  const byAge = (a: Queued, b: Queued) => a.seenMs - b.seenMs;
  const live = all.filter(({ backlog }) => !backlog).sort(byAge);
  const backlog = all.filter(({ backlog }) => backlog).sort(byAge);
  const kept = Math.min(backlog.length, room.backlogMax, Math.ceil(room.messagesMax / BACKLOG_SHARE));
  const keptBytes = kept === 0 ? 0 : room.bytesMax / BACKLOG_SHARE;

  const chosen: Action[] = [];
  let bytes = 0;
  const take = (queue: readonly Queued[], count: number, bytesMax: number) => {
    for (const { action } of queue.slice(0, Math.max(0, count))) {
      const size = messageBytes(action, proofBytes);
      if (chosen.length > 0 && bytes + size > bytesMax) return;
      chosen.push(action);
      bytes += size;
    }
  };
  take(live, room.messagesMax - kept, room.bytesMax - keptBytes);
  take(backlog, Math.min(room.backlogMax, room.messagesMax - chosen.length), room.bytesMax);
  return chosen;
}

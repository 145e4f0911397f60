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
  /** Ordered lanes: actions of one name must not overtake each other. */
  readonly name: string | undefined;
  readonly backlog: boolean;
  readonly seenMs: number;
}

/** On an ordered lane an action counts as no more urgent than those before it. */
function queued(actions: readonly Action[]): Queued[] {
  const behind = new Map<string, Queued>();
  return actions.map((action) => {
    const { lane, backlog, record: { seenMs }, kind } = action;
    if (!lane.ordered) return { action, name: undefined, backlog, seenMs };
    const name = `${kind} ${lane.id}`;
    const before = behind.get(name);
    const next = {
      action,
      name,
      backlog: backlog || before?.backlog === true,
      seenMs: Math.max(seenMs, before?.seenMs ?? 0),
    };
    behind.set(name, next);
    return next;
  });
}

/** A batch that is being filled. */
class Batch {
  readonly chosen: Action[] = [];
  #bytes = 0;
  /** Names of which an action was left out: those behind it stay out as well. */
  readonly #cut = new Set<string>();

  constructor(private readonly proofBytes: number) {}

  /** Takes from the front of `queue`, at most `count`, until the batch has `bytesMax`. */
  take(queue: readonly Queued[], count: number, bytesMax: number): void {
    let taken = 0;
    let full = false;
    for (const { action, name } of queue) {
      const size = messageBytes(action, this.proofBytes);
      full ||= taken >= count || (this.chosen.length > 0 && this.#bytes + size > bytesMax);
      if (name !== undefined && (full || this.#cut.has(name))) this.#cut.add(name);
      else if (!full) {
        this.chosen.push(action);
        this.#bytes += size;
        taken++;
      }
    }
  }
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
  const share = Math.min(Math.ceil(room.messagesMax / BACKLOG_SHARE), room.messagesMax - 1);
  const kept = Math.min(backlog.length, room.backlogMax, share);

  const batch = new Batch(proofBytes);
  batch.take(live, room.messagesMax - kept, kept === 0 ? room.bytesMax : room.bytesMax * (1 - 1 / BACKLOG_SHARE));
  batch.take(backlog, Math.min(room.backlogMax, room.messagesMax - batch.chosen.length), room.bytesMax);
  return batch.chosen;
}

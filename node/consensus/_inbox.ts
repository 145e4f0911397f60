/** Messages of peers that wait for their turn: bounded in all directions, and fair between peers. Pure. @module */
import type { PeerId } from "./input.ts";

/** Bounds of the {@linkcode Inbox}. What exceeds them is dropped and counted; protocols repeat what matters. */
export interface InboxLimits {
  readonly messagesPerPeerMax: number;
  readonly bytesPerPeerMax: number;
  /** For all peers together. */
  readonly bytesMax: number;
  readonly peersMax: number;
}

/** The largest message is a proposal with its block: up to 21 MiB, as CometBFT's default consensus parameters allow. */
export const INBOX_LIMITS: InboxLimits = {
  messagesPerPeerMax: 4_096,
  bytesPerPeerMax: 32 * 1024 * 1024,
  bytesMax: 128 * 1024 * 1024,
  peersMax: 1_024,
};

interface Lane {
  readonly queue: Uint8Array[];
  head: number;
  bytes: number;
}

/** First in, first out for one peer; between peers one message each in turn. */
export class Inbox {
  readonly #limits: InboxLimits;
  /** Insertion order is the order of turns; a lane in the map is never empty. */
  readonly #lanes = new Map<PeerId, Lane>();
  #bytes = 0;
  #dropped = 0;

  constructor(limits: InboxLimits) {
    this.#limits = limits;
  }

  /** How many messages were refused or displaced so far. */
  get dropped(): number {
    return this.#dropped;
  }

  get empty(): boolean {
    return this.#lanes.size === 0;
  }

  /** Takes a message in; false when there is no room for it. Another peer that holds more may have to give way. */
  push(peer: PeerId, message: Uint8Array): boolean {
    const lane = this.#lanes.get(peer);
    const waiting = lane === undefined ? 0 : lane.queue.length - lane.head;
    const laneBytes = lane?.bytes ?? 0;
    const fits = waiting < this.#limits.messagesPerPeerMax &&
      laneBytes + message.length <= this.#limits.bytesPerPeerMax &&
      (lane !== undefined || this.#lanes.size < this.#limits.peersMax) &&
      this.#makeRoom(peer, laneBytes, message.length);
    if (!fits) {
      this.#dropped++;
      return false;
    }
    if (lane === undefined) this.#lanes.set(peer, { queue: [message], head: 0, bytes: message.length });
    else {
      lane.queue.push(message);
      lane.bytes += message.length;
    }
    this.#bytes += message.length;
    return true;
  }

  /** The next message, or undefined when none waits. */
  shift(): { from: PeerId; message: Uint8Array } | undefined {
    for (const [from, lane] of this.#lanes) {
      const message = lane.queue[lane.head++]!;
      lane.bytes -= message.length;
      this.#bytes -= message.length;
      this.#lanes.delete(from);
      if (lane.head < lane.queue.length) {
        if (lane.head > 64 && lane.head * 2 > lane.queue.length) {
          lane.queue.splice(0, lane.head);
          lane.head = 0;
        }
        this.#lanes.set(from, lane);
      }
      return { from, message };
    }
    return undefined;
  }

  clear(): void {
    this.#lanes.clear();
    this.#bytes = 0;
  }

  /** Drops the newest messages of whoever holds most, as long as that is more than the asking peer would hold. */
  #makeRoom(peer: PeerId, laneBytes: number, needed: number): boolean {
    while (this.#bytes + needed > this.#limits.bytesMax) {
      let heaviest: PeerId | undefined;
      let most = laneBytes + needed;
      for (const [id, lane] of this.#lanes) {
        if (id !== peer && lane.bytes > most) {
          heaviest = id;
          most = lane.bytes;
        }
      }
      if (heaviest === undefined) return false;
      const lane = this.#lanes.get(heaviest)!;
      const gone = lane.queue.pop()!;
      lane.bytes -= gone.length;
      this.#bytes -= gone.length;
      this.#dropped++;
      if (lane.head >= lane.queue.length) this.#lanes.delete(heaviest);
    }
    return true;
  }
}

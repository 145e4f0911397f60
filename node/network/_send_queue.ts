/** What waits to be sent to one peer: bounded, consensus first, the rest in turn. @module */
import { CHANNELS, tagOf } from "./channels.ts";
import { concatBytes } from "../core/bytes.ts";
import { encodeFrame } from "./frames.ts";
import { SEND_AHEAD_BYTES, SEND_QUEUE_BYTES_MAX } from "./limits.ts";
import type { Channel } from "./ports.ts";

/** The sending half of a stream. */
export interface Outlet {
  /** Bytes taken and not yet on their way. */
  readonly writeBufferLength: number;
  send(bytes: Uint8Array): boolean;
}

/** Frames of the most urgent channel in a row, before another one gets its turn. */
const URGENT_IN_ROW_MAX = 16;

/** See the module. `pump` is to be called after `push` and whenever the outlet has room again; it throws what the outlet throws. */
export class SendQueue {
  readonly #outlet: Outlet;
  /** In the order of {@linkcode CHANNELS}: the first is the urgent one. */
  readonly #lanes: { readonly channel: Channel; frames: Uint8Array[]; head: number }[];
  #waitingBytes = 0;
  #handedBytes = 0;
  #urgentInRow = 0;
  #turn = 1;

  constructor(outlet: Outlet) {
    this.#outlet = outlet;
    this.#lanes = CHANNELS.map((channel) => ({ channel, frames: [], head: 0 }));
  }

  /** Bytes that wait, here and in the outlet. */
  get pendingBytes(): number {
    return this.#waitingBytes + this.#outlet.writeBufferLength;
  }

  /** Bytes that have left, ever: grows while the peer takes something. */
  get leftBytes(): number {
    return this.#handedBytes - this.#outlet.writeBufferLength;
  }

  /** Queues a message; false when there is no room. */
  push(channel: Channel, bytes: Uint8Array): boolean {
    return this.pushTagged(channel, tagOf(channel), bytes);
  }

  /** As `push`, in the line of `channel` under another tag. */
  pushTagged(channel: Channel, tag: number, bytes: Uint8Array): boolean {
    const frame = encodeFrame(bytes, tag);
    if (this.pendingBytes + frame.length > SEND_QUEUE_BYTES_MAX) return false;
    this.#lanes[CHANNELS.indexOf(channel)]!.frames.push(frame);
    this.#waitingBytes += frame.length;
    return true;
  }

  /** Hands frames to the outlet, in one piece, as far ahead of the wire as allowed. */
  pump(): void {
    const frames: Uint8Array[] = [];
    let bytes = 0;
    while (this.#waitingBytes > 0 && this.#outlet.writeBufferLength + bytes < SEND_AHEAD_BYTES) {
      const frame = this.#next();
      this.#waitingBytes -= frame.length;
      bytes += frame.length;
      frames.push(frame);
    }
    if (frames.length === 0) return;
    this.#handedBytes += bytes;
    this.#outlet.send(frames.length === 1 ? frames[0]! : concatBytes(...frames));
  }

  clear(): void {
    for (const lane of this.#lanes) {
      lane.frames = [];
      lane.head = 0;
    }
    this.#waitingBytes = 0;
  }

  /** Only while something waits. */
  #next(): Uint8Array {
    const filled = (index: number) => this.#lanes[index]!.head < this.#lanes[index]!.frames.length;
    const others = this.#lanes.length - 1;
    let other = 0;
    for (let step = 0; step < others && other === 0; step++) {
      const index = 1 + (this.#turn - 1 + step) % others;
      if (filled(index)) other = index;
    }
    if (other === 0 || (filled(0) && this.#urgentInRow < URGENT_IN_ROW_MAX)) {
      this.#urgentInRow = other === 0 ? 0 : this.#urgentInRow + 1;
      return this.#take(0);
    }
    this.#urgentInRow = 0;
    this.#turn = 1 + other % others;
    return this.#take(other);
  }

  #take(index: number): Uint8Array {
    const lane = this.#lanes[index]!;
    const frame = lane.frames[lane.head++]!;
    if (lane.head === lane.frames.length) {
      lane.frames = [];
      lane.head = 0;
    } else if (lane.head >= 1024) {
      lane.frames.splice(0, lane.head);
      lane.head = 0;
    }
    return frame;
  }
}

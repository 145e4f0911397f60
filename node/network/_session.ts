/**
 * The long-lived stream of a connected peer: a hello from both sides, then messages of channels. The side that dialed opens
 * it. Nothing here throws for what the peer does; the stream ends and `onClosed` is called once.
 * @module
 */
import type { Stream, StreamMessageEvent } from "@libp2p/interface";
import { setImmediate } from "node:timers";
import type { CodedError } from "../core/errors.ts";
import type { Result } from "../core/result.ts";
import { channelOf, frameBytesMax, HELLO_TAG, NEIGHBOURS_TAG } from "./channels.ts";
import { encodeFrame, type Frame, FrameReader } from "./frames.ts";
import { decodeHello, type Hello } from "./hello.ts";
import { RECEIVE_QUEUE_BYTES_MAX, WRITE_TIMEOUT_MS } from "./limits.ts";
import type { Channel } from "./ports.ts";
import { SendQueue } from "./_send_queue.ts";
import { lateWindowUpdates } from "./_thrift.ts";

export interface SessionHooks {
  /** The first message of the peer. Another than `ok` ends the session. */
  onHello(session: Session, hello: Result<Hello, CodedError>): void;
  /** Whether the peer may send so much; what it may not is dropped. Tells whoever counts. */
  allow(channel: Channel | undefined, bytes: number): boolean;
  onMessage(channel: Channel, bytes: Uint8Array): void | Promise<void>;
  /** The peer tells who is connected to it. */
  onNeighbours(bytes: Uint8Array): void;
  onFault(code: string, reason: string): void;
  onClosed(session: Session): void;
}

export interface SessionInit {
  readonly stream: Stream;
  readonly chainId: string;
  /** Encoded. */
  readonly hello: Uint8Array;
  readonly hooks: SessionHooks;
}

interface Lane {
  queue: Uint8Array[];
  head: number;
  busy: boolean;
}

/** See the module. */
export class Session {
  readonly #stream: Stream;
  readonly #hooks: SessionHooks;
  readonly #chainId: string;
  readonly #reader = new FrameReader(true, frameBytesMax);
  readonly #out: SendQueue;
  readonly #lanes = new Map<Channel, Lane>();
  #phase: "greeting" | "open" | "closed" = "greeting";
  #waitingBytes = 0;
  #pumping = false;
  /** How much had left when it was last seen to grow, and since when it does not although something waits. */
  #left = 0;
  #stuckSince: number | undefined;

  constructor(init: SessionInit) {
    this.#stream = init.stream;
    this.#hooks = init.hooks;
    this.#chainId = init.chainId;
    this.#out = new SendQueue(init.stream);
    lateWindowUpdates(this.#stream);
    this.#stream.addEventListener("message", this.#onChunk);
    this.#stream.addEventListener("close", this.#onClose);
    this.#stream.addEventListener("remoteCloseWrite", this.#onClose);
    this.#stream.addEventListener("idle", this.#onRoom);
    this.#stream.addEventListener("drain", this.#onRoom);
    this.#attempt(() => this.#stream.send(encodeFrame(init.hello, HELLO_TAG)));
  }

  get isClosed(): boolean {
    return this.#phase === "closed";
  }

  /** False when the queue is full or the session over. */
  send(channel: Channel, bytes: Uint8Array): boolean {
    return this.#phase === "open" && this.#pumpLater(this.#out.push(channel, bytes));
  }

  /** Tells the peer who else is connected to us. False as `send`. */
  sendNeighbours(bytes: Uint8Array): boolean {
    return this.#phase === "open" && this.#pumpLater(this.#out.pushTagged("sync", NEIGHBOURS_TAG, bytes));
  }

  #pumpLater(queued: boolean): boolean {
    if (!queued) return false;
    // At the end of the turn, with all that is sent in it.
    if (!this.#pumping) {
      this.#pumping = true;
      setImmediate(this.#pump);
    }
    return true;
  }

  /** Ends the session at once. */
  close(reason: string): void {
    if (this.#phase === "closed") return;
    this.#end();
    this.#stream.abort(new Error(reason));
  }

  /** To be called now and then: ends the session of a peer that takes nothing of what waits for it. */
  check(nowMs: number): void {
    const left = this.#out.leftBytes;
    if (this.#out.pendingBytes === 0 || left !== this.#left) {
      this.#left = left;
      this.#stuckSince = undefined;
      return;
    }
    this.#stuckSince ??= nowMs;
    if (nowMs - this.#stuckSince < WRITE_TIMEOUT_MS) return;
    this.#hooks.onFault("slow", `took nothing of ${this.#out.pendingBytes} bytes in ${WRITE_TIMEOUT_MS} ms`);
    this.close("too slow");
  }

  /** Runs what may throw because the stream ended meanwhile, of which `close` tells. */
  #attempt<T>(action: () => T): T | undefined {
    try {
      return action();
    } catch {
      this.close("the stream ended");
      return undefined;
    }
  }

  /** A moment later: what is sent while libp2p tells that it is idle stays in its buffer until something else is sent. */
  readonly #onRoom = (): void => queueMicrotask(this.#pump);

  readonly #pump = (): void => {
    this.#pumping = false;
    if (this.#phase === "open") this.#attempt(() => this.#out.pump());
  };

  readonly #onClose = (): void => this.close("the peer ended the stream");

  readonly #onChunk = ({ data }: StreamMessageEvent): void => {
    for (const frame of this.#reader.push(data)) {
      if (this.#phase === "closed") return;
      this.#onFrame(frame);
    }
    const fault = this.#reader.fault;
    if (fault === undefined || this.isClosed) return;
    this.#hooks.onFault("oversized", `a frame of ${fault.length} bytes on channel ${fault.tag}`);
    this.close("oversized frame");
  };

  #onFrame({ tag, bytes }: Frame): void {
    if (this.#phase === "greeting") {
      if (tag !== HELLO_TAG) {
        this.#hooks.onFault("bad_hello", `channel ${tag} before the hello`);
        return this.close("no hello");
      }
      const hello = decodeHello(bytes, this.#chainId);
      if (hello.ok) this.#phase = "open";
      this.#hooks.onHello(this, hello);
      if (!hello.ok) this.close(hello.error.message);
      return;
    }
    if (tag === NEIGHBOURS_TAG) return this.#hooks.onNeighbours(bytes);
    const channel = channelOf(tag);
    // Of a newer version, or a hello once more: passed over, but too much is too much.
    if (this.#hooks.allow(channel, bytes.length) && channel !== undefined) this.#receive(channel, bytes);
  }

  #receive(channel: Channel, bytes: Uint8Array): void {
    let lane = this.#lanes.get(channel);
    if (lane === undefined) this.#lanes.set(channel, lane = { queue: [], head: 0, busy: false });
    if (!lane.busy) {
      const handling = this.#hooks.onMessage(channel, bytes);
      if (handling !== undefined) this.#wait(channel, lane, handling);
      return;
    }
    lane.queue.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes > RECEIVE_QUEUE_BYTES_MAX && this.#stream.readStatus === "readable") this.#stream.pause();
  }

  #wait(channel: Channel, lane: Lane, handling: Promise<void>): void {
    lane.busy = true;
    void handling.then(() => {
      lane.busy = false;
      this.#drain(channel, lane);
    });
  }

  #drain(channel: Channel, lane: Lane): void {
    while (!lane.busy && !this.isClosed && lane.head < lane.queue.length) {
      const bytes = lane.queue[lane.head++]!;
      this.#waitingBytes -= bytes.length;
      if (lane.head === lane.queue.length) {
        lane.queue = [];
        lane.head = 0;
      } else if (lane.head >= 1024) {
        lane.queue.splice(0, lane.head);
        lane.head = 0;
      }
      const handling = this.#hooks.onMessage(channel, bytes);
      if (handling !== undefined) this.#wait(channel, lane, handling);
    }
    const room = this.#waitingBytes <= RECEIVE_QUEUE_BYTES_MAX / 2;
    if (room && !this.isClosed && this.#stream.readStatus === "paused") this.#stream.resume();
  }

  #end(): void {
    this.#phase = "closed";
    this.#stream.removeEventListener("message", this.#onChunk);
    this.#stream.removeEventListener("close", this.#onClose);
    this.#stream.removeEventListener("remoteCloseWrite", this.#onClose);
    this.#stream.removeEventListener("idle", this.#onRoom);
    this.#stream.removeEventListener("drain", this.#onRoom);
    this.#out.clear();
    this.#lanes.clear();
    this.#hooks.onClosed(this);
  }
}

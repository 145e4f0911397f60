/**
 * What makes libp2p cheaper for many small messages, measured on 300-byte gossip: a window update for each frame received
 * (sealed, written and opened again) and two writes for each record sealed cost as much as the messages themselves. The
 * members are private in libp2p's types; where one is missing nothing is changed.
 * @module
 */
import type { MultiaddrConnection, Stream } from "@libp2p/interface";
import { setImmediate } from "node:timers";
import { concatBytes } from "../core/bytes.ts";

/** `StreamState.Established` of yamux. */
const ESTABLISHED = 3;

interface YamuxStream {
  readonly state?: number;
  readonly recvWindow?: number;
  readonly recvWindowCapacity?: number;
  sendWindowUpdate?(): void;
}

/** Gives window back when half of it is used, as other yamux implementations do. */
export function lateWindowUpdates(stream: Stream): void {
  const yamux = stream as unknown as YamuxStream;
  const update = yamux.sendWindowUpdate?.bind(yamux);
  if (update === undefined || typeof yamux.recvWindow !== "number") return;
  yamux.sendWindowUpdate = () => {
    if (yamux.state === ESTABLISHED && 2 * yamux.recvWindowCapacity! > yamux.recvWindow!) return;
    update();
  };
}

/** A list of byte arrays as libp2p hands it down. */
interface ByteList {
  readonly bufs?: readonly Uint8Array[];
  readonly constructor: unknown;
  subarray(): Uint8Array;
}
interface Sender {
  sendData?(data: ByteList): unknown;
}
const merged = new WeakSet<object>();

/** Writes what is sent at once in one piece: the copy costs less than the system call. */
export function mergeWrites(connection: MultiaddrConnection): void {
  const sender = connection as unknown as Sender;
  const send = sender.sendData?.bind(sender);
  if (send === undefined || merged.has(connection)) return;
  merged.add(connection);
  sender.sendData = (data) => {
    if (data.bufs === undefined || data.bufs.length < 2) return send(data);
    return send(new (data.constructor as new (bytes: Uint8Array) => ByteList)(data.subarray()));
  };
}

/** What is added is written once the event loop has turned: sealing and writing cost about the same for one as for twenty. */
export class Batch {
  readonly #write: (bytes: Uint8Array) => void;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  constructor(write: (bytes: Uint8Array) => void) {
    this.#write = write;
  }

  /** Bytes that wait for the turn. */
  get bytes(): number {
    return this.#bytes;
  }

  add(parts: Iterable<Uint8Array>): void {
    if (this.#parts.length === 0) setImmediate(() => this.flush());
    for (const part of parts) {
      this.#parts.push(part);
      this.#bytes += part.length;
    }
  }

  flush(): void {
    const parts = this.#parts;
    if (parts.length === 0) return;
    this.#parts = [];
    this.#bytes = 0;
    this.#write(parts.length === 1 ? parts[0]! : concatBytes(...parts));
  }
}

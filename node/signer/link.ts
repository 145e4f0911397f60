/**
 * Byte streams between a node and its signer, and messages on them. What breaks a stream, be it the world or what the other
 * side sent, is an {@linkcode IoError}: either way there is nothing left to read, and who owns the stream closes it.
 * @module
 */
import type { ClockPort } from "../consensus/ports.ts";
import { concatBytes } from "../core/bytes.ts";
import { IoError } from "../core/errors.ts";

/** Bytes both ways, in order. */
export interface Link {
  /** The next bytes, at least one; undefined at the end. One call at a time. */
  read(): Promise<Uint8Array | undefined>;
  /** Resolves when the bytes are handed over. One call at a time. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends both directions; a call in progress rejects. Idempotent. */
  close(): void;
}

/** What a {@linkcode Deno.Conn} has of use here. */
export interface Socket {
  read(into: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
}

/** Taken from a socket at a time: a few messages, or four frames. */
const READ_BYTES = 4096;

/** A socket as it is: what unix sockets carry. */
export function plainLink(socket: Socket): Link {
  const buffer = new Uint8Array(READ_BYTES);
  let isClosed = false;
  return {
    async read() {
      const count = await socket.read(buffer);
      return count === null ? undefined : buffer.slice(0, count);
    },
    async write(bytes) {
      for (let written = 0; written < bytes.length;) written += await socket.write(bytes.subarray(written));
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      try {
        socket.close();
      } catch {
        // The other side was quicker.
      }
    },
  };
}

/** Longest length prefix that is read: five groups of seven bits. */
const PREFIX_BYTES_MAX = 5;

/** Reads a link in pieces of known size. Holds at most one piece and one read of the link. */
export class LinkReader {
  readonly #link: Link;
  #held: Uint8Array = new Uint8Array();

  constructor(link: Link) {
    this.#link = link;
  }

  /** The next `length` bytes; undefined when the stream ended before the first of them. */
  async exact(length: number): Promise<Uint8Array | undefined> {
    while (this.#held.length < length) {
      const more = await this.#link.read();
      if (more === undefined) {
        if (this.#held.length === 0) return undefined;
        throw new IoError("signer_link_cut", `read ${length} bytes: the stream ended after ${this.#held.length}`);
      }
      this.#held = this.#held.length === 0 ? more : concatBytes(this.#held, more);
    }
    const piece = this.#held.slice(0, length);
    this.#held = this.#held.subarray(length);
    return piece;
  }

  /** What is held, else the next bytes of the link. */
  async some(): Promise<Uint8Array | undefined> {
    if (this.#held.length === 0) return await this.#link.read();
    const held = this.#held;
    this.#held = new Uint8Array();
    return held;
  }

  /**
   * The next length-delimited message; undefined when the stream ended before it.
   * @param bytesMax Longest message: a longer one is refused by its length, before anything of it is kept.
   */
  async message(bytesMax: number): Promise<Uint8Array | undefined> {
    let length = 0;
    for (let at = 0;; at++) {
      const byte = (await this.exact(1))?.[0];
      if (byte === undefined) {
        if (at === 0) return undefined;
        throw new IoError("signer_link_cut", "read a message: the stream ended in its length");
      }
      length += (byte & 0x7f) * 2 ** (7 * at);
      if (byte < 0x80) break;
      if (at + 1 === PREFIX_BYTES_MAX) throw tooLong("its length does not end", bytesMax);
    }
    if (length > bytesMax) throw tooLong(`${length} bytes`, bytesMax);
    if (length === 0) return new Uint8Array();
    const message = await this.exact(length);
    if (message === undefined) {
      throw new IoError("signer_link_cut", "read a message: the stream ended after its length");
    }
    return message;
  }
}

const tooLong = (state: string, bytesMax: number) =>
  new IoError("signer_message_too_long", `read a message: ${state}, limit ${bytesMax}`);

/** A message with its length before it. */
export function delimited(message: Uint8Array): Uint8Array {
  const prefix: number[] = [];
  let rest = message.length;
  for (; rest >= 0x80; rest >>>= 7) prefix.push((rest & 0x7f) | 0x80);
  prefix.push(rest);
  return concatBytes(Uint8Array.from(prefix), message);
}

/** Does `work` over `link`; when it takes longer than `ms`, closes the link and rejects with `signer_timeout`. */
export async function within<T>(
  clock: ClockPort,
  ms: number,
  link: Link,
  what: string,
  work: () => Promise<T>,
): Promise<T> {
  let isLate = false;
  const late = () => new IoError("signer_timeout", `${what}: not done within ${ms} ms`);
  const cancel = clock.schedule(ms, () => {
    isLate = true;
    link.close();
  });
  try {
    const done = await work();
    if (isLate) throw late();
    return done;
  } catch (error) {
    throw isLate ? late() : error;
  } finally {
    cancel();
  }
}

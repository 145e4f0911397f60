/**
 * Messages on a stream: a length of four bytes (big-endian, of what follows the head), on channels one byte that names the
 * channel, then the bytes.
 * @module
 */
/** What a chunk of a stream looks like: bytes, or a list of them that can be joined. */
export interface Chunk {
  readonly byteLength: number;
  subarray(): Uint8Array;
}

export interface Frame {
  /** 0 on streams without channels. */
  readonly tag: number;
  /** Owns its memory. */
  readonly bytes: Uint8Array;
}

/** A head that announces too much. Nothing more can be read of the stream. */
export interface FrameFault {
  readonly tag: number;
  readonly length: number;
}

/** One frame as it goes over the wire. */
export function encodeFrame(bytes: Uint8Array, tag?: number): Uint8Array {
  const head = tag === undefined ? 4 : 5;
  const frame = new Uint8Array(head + bytes.length);
  new DataView(frame.buffer).setUint32(0, bytes.length);
  if (tag !== undefined) frame[4] = tag;
  frame.set(bytes, head);
  return frame;
}

const NOTHING = new Uint8Array();
/** First allocation for a frame that did not come in one piece, in bytes. */
const GROWTH_BYTES_MIN = 4096;

/** Cuts a stream into frames. It holds at most twice what came: a head that announces much allocates nothing. */
export class FrameReader {
  readonly #head: Uint8Array;
  readonly #bytesMax: (tag: number) => number;
  #headFilled = 0;
  #body: Uint8Array = NOTHING;
  #bodyFilled = 0;
  #length = 0;
  #fault: FrameFault | undefined;

  /** `tagged`: with a channel byte. `bytesMax`: how long a frame of that channel may be. */
  constructor(tagged: boolean, bytesMax: (tag: number) => number) {
    this.#head = new Uint8Array(tagged ? 5 : 4);
    this.#bytesMax = bytesMax;
  }

  /** Set once a head announced more than allowed; what came before it was handed out. */
  get fault(): FrameFault | undefined {
    return this.#fault;
  }

  /** Whether the stream stands between two frames. */
  get idle(): boolean {
    return this.#headFilled === 0 && this.#fault === undefined;
  }

  /** Frames completed by `chunk`, in their order. After a fault: none. */
  push(chunk: Chunk): Frame[] {
    const frames: Frame[] = [];
    const bytes = chunk.subarray();
    let at = 0;
    while (at < bytes.length && this.#fault === undefined) {
      at += this.#headFilled < this.#head.length ? this.#takeHead(bytes, at) : this.#takeBody(bytes, at);
      if (this.#headFilled < this.#head.length || this.#bodyFilled < this.#length || this.#fault !== undefined) {
        continue;
      }
      frames.push({ tag: this.#head[4] ?? 0, bytes: this.#body });
      this.#body = NOTHING;
      this.#bodyFilled = this.#headFilled = this.#length = 0;
    }
    return frames;
  }

  #takeHead(bytes: Uint8Array, at: number): number {
    const taken = Math.min(this.#head.length - this.#headFilled, bytes.length - at);
    this.#head.set(bytes.subarray(at, at + taken), this.#headFilled);
    this.#headFilled += taken;
    if (this.#headFilled < this.#head.length) return taken;
    const length = new DataView(this.#head.buffer).getUint32(0);
    const tag = this.#head[4] ?? 0;
    if (length > this.#bytesMax(tag)) this.#fault = { tag, length };
    else this.#length = length;
    return taken;
  }

  /** Copies, since the chunk's memory is shared with everything that came in the same packet. */
  #takeBody(bytes: Uint8Array, at: number): number {
    const taken = Math.min(this.#length - this.#bodyFilled, bytes.length - at);
    const filled = this.#bodyFilled + taken;
    if (this.#body.length < filled) {
      const room = filled === this.#length ? filled : Math.min(this.#length, Math.max(2 * filled, GROWTH_BYTES_MIN));
      const grown = new Uint8Array(room);
      grown.set(this.#body.subarray(0, this.#bodyFilled));
      this.#body = grown;
    }
    this.#body.set(bytes.subarray(at, at + taken), this.#bodyFilled);
    this.#bodyFilled = filled;
    return taken;
  }
}

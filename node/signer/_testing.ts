/** What this room's tests share: links in memory, and a clock that stands until it is told. @module */
import type { ClockPort } from "../consensus/ports.ts";
import type { Link } from "./link.ts";

interface Pipe {
  readonly chunks: Uint8Array[];
  ended: boolean;
  wake: (() => void) | undefined;
}

const pipe = (): Pipe => ({ chunks: [], ended: false, wake: undefined });

function end(to: Pipe): void {
  to.ended = true;
  to.wake?.();
}

/** One end of two pipes. `size` cuts what is read, as networks do. */
export class MemoryLink implements Link {
  /** Everything that was written here. */
  readonly written: Uint8Array[] = [];
  closed = false;
  /** The other side takes nothing any more. */
  stalled = false;
  readonly #in: Pipe;
  readonly #out: Pipe;
  readonly #size: () => number;

  constructor(input: Pipe, output: Pipe, size: () => number) {
    this.#in = input;
    this.#out = output;
    this.#size = size;
  }

  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      if (this.closed) throw new Deno.errors.Interrupted("closed");
      const chunk = this.#in.chunks.shift();
      if (chunk !== undefined) {
        const cut = Math.max(1, Math.min(chunk.length, this.#size()));
        if (cut < chunk.length) this.#in.chunks.unshift(chunk.subarray(cut));
        return chunk.slice(0, cut);
      }
      if (this.#in.ended) return undefined;
      await new Promise<void>((resolve) => this.#in.wake = resolve);
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    while (this.stalled && !this.closed) await new Promise<void>((resolve) => this.#stalledWake = resolve);
    if (this.closed || this.#out.ended) throw new Deno.errors.BrokenPipe("closed");
    this.written.push(bytes.slice());
    if (bytes.length > 0) this.#out.chunks.push(bytes.slice());
    this.#out.wake?.();
    await Promise.resolve();
  }

  #stalledWake: (() => void) | undefined;

  close(): void {
    this.closed = true;
    end(this.#out);
    this.#in.wake?.();
    this.#stalledWake?.();
  }
}

/** Two ends of one stream. */
export function linkPair(size: () => number = () => Infinity): [MemoryLink, MemoryLink] {
  const [there, back] = [pipe(), pipe()];
  return [new MemoryLink(back, there, size), new MemoryLink(there, back, size)];
}

/** Time passes when it is told to. */
export class TestClock implements ClockPort {
  #now = 0;
  #timers: { at: number; callback: () => void }[] = [];

  nowNanos(): bigint {
    return BigInt(this.#now) * 1_000_000n;
  }

  schedule(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms, callback };
    this.#timers.push(timer);
    return () => this.#timers = this.#timers.filter((other) => other !== timer);
  }

  get waiting(): number {
    return this.#timers.length;
  }

  /** Lets `ms` pass, and what comes of it happen, timer by timer. */
  async pass(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settle();
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
      await settle();
    }
    this.#now = until;
  }
}

/** Lets everything happen that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise<void>((resolve) => setTimeout(resolve, 0));
}

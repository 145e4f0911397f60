/** What this room's tests share: links in memory, and a clock that stands until it is told. @module */
import type { ClockPort } from "../consensus/ports.ts";
import { Proposal, SignedMsgType, Vote } from "cosmjs-types/tendermint/types/types";
import { guardSigner, type Signable, type SignerStorage } from "../consensus/mod.ts";
import { type Ed25519Key, ed25519KeyFromSeed, signEd25519 } from "../core/crypto/mod.ts";
import type { Listening } from "./_sockets.ts";
import { parseSignerAddress, type SignerAddress } from "./address.ts";
import { type Answerer, createAnswerer } from "./answers.ts";
import type { Link, Socket } from "./link.ts";
import type { SignerLog } from "./log.ts";

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
  // Links in memory take microtasks only, and all of them come before the next timer.
  for (let i = 0; i < 2; i++) await new Promise<void>((resolve) => setTimeout(resolve, 0));
}

/** A link as a socket. */
export function socketOf(link: Link): Socket {
  let held: Uint8Array = new Uint8Array();
  return {
    async read(into) {
      if (held.length === 0) {
        const more = await link.read();
        if (more === undefined) return null;
        held = more;
      }
      const count = Math.min(held.length, into.length);
      into.set(held.subarray(0, count));
      held = held.subarray(count);
      return count;
    },
    async write(bytes) {
      await link.write(bytes);
      return bytes.length;
    },
    close: () => link.close(),
  };
}

/** An address without a network. */
export class MemoryNetwork {
  readonly #waiting: MemoryLink[] = [];
  #wake: (() => void) | undefined;
  #isClosed = false;
  /** Nobody listens. */
  isDown = false;
  /** The listening ends of all connections. */
  readonly accepted: MemoryLink[] = [];
  /** Their other ends. */
  readonly dialed: MemoryLink[] = [];

  /** The dialing end of a new connection. */
  connect(): MemoryLink {
    const [here, there] = linkPair();
    this.accepted.push(there);
    this.dialed.push(here);
    this.#waiting.push(there);
    this.#wake?.();
    return here;
  }

  dials = 0;

  readonly dial = (): Promise<Socket> => {
    this.dials++;
    return this.isDown ? Promise.reject(new Error("connection refused")) : Promise.resolve(socketOf(this.connect()));
  };

  readonly listen = (address: SignerAddress): Promise<Listening> =>
    Promise.resolve({
      address,
      accept: async () => {
        while (this.#waiting.length === 0 && !this.#isClosed) {
          await new Promise<void>((resolve) => this.#wake = resolve);
        }
        const link = this.#waiting.shift();
        return link && { socket: socketOf(link), from: "somebody" };
      },
      close: () => {
        this.#isClosed = true;
        this.#wake?.();
      },
    });
}

/** Remembers what was logged. */
export class TestLog implements SignerLog {
  readonly lines: string[] = [];
  readonly #write = (message: string, fields: Readonly<Record<string, unknown>> = {}) =>
    void this.lines.push([message, ...Object.values(fields).map(String)].join(" "));
  debug = this.#write;
  info = this.#write;
  warn = this.#write;
  error = this.#write;

  has(part: string): boolean {
    return this.lines.some((line) => line.includes(part));
  }
}

export const CHAIN = "chain-1";
export const [VALIDATOR, OTHER_VALIDATOR, NODE, SIGNER, STRANGER] = [11, 12, 13, 14, 15].map((byte) =>
  ed25519KeyFromSeed(new Uint8Array(32).fill(byte))
) as [Ed25519Key, Ed25519Key, Ed25519Key, Ed25519Key, Ed25519Key];

/** Storage of a guard in memory. */
export class MemoryState implements SignerStorage {
  bytes: Uint8Array | undefined;
  load = () => Promise.resolve(this.bytes);
  save = (bytes: Uint8Array) => Promise.resolve(void (this.bytes = bytes));
}

export function answererOf(
  options: { key?: Ed25519Key; state?: SignerStorage; chainId?: string | undefined; log?: SignerLog } = {},
): Answerer {
  const { key = VALIDATOR, state = new MemoryState(), log = new TestLog() } = options;
  const chainId = "chainId" in options ? options.chainId : CHAIN;
  const guarded = guardSigner({ sign: (bytes) => signEd25519(key, bytes), storage: state });
  return createAnswerer({ key, guarded, chainId, log });
}

export interface Spec {
  readonly height?: number;
  readonly round?: number;
  readonly kind?: "prevote" | "precommit" | "proposal";
  /** 0: nil. */
  readonly block?: number;
  readonly seconds?: number;
}

/** Something to sign, as a node asks for it. */
export function signable({ height = 1, round = 0, kind = "prevote", block = 1, seconds = 5 }: Spec = {}): Signable {
  const hash = new Uint8Array(block === 0 ? 0 : 32).fill(block);
  const common = {
    height: BigInt(height),
    round,
    blockId: { hash, partSetHeader: { total: block === 0 ? 0 : 1, hash } },
    timestamp: { seconds: BigInt(seconds), nanos: 0 },
  };
  if (kind === "proposal") {
    const type = SignedMsgType.SIGNED_MSG_TYPE_PROPOSAL;
    return { type: "proposal", proposal: Proposal.fromPartial({ ...common, type, polRound: -1 }) };
  }
  const type = kind === "prevote" ? SignedMsgType.SIGNED_MSG_TYPE_PREVOTE : SignedMsgType.SIGNED_MSG_TYPE_PRECOMMIT;
  return { type: "vote", vote: Vote.fromPartial({ ...common, type, validatorAddress: new Uint8Array(20).fill(9) }) };
}

export function address(text: string): SignerAddress {
  const parsed = parseSignerAddress(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

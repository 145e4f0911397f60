/**
 * The part of STROBE-128/1600 (version 1.0.2) that Merlin transcripts use: associated data in, pseudo-random bytes out.
 * Nothing here is secret from whoever runs it, and nothing is sent.
 * @module
 */
import { keccakP } from "@noble/hashes/sha3.js";
import { concatBytes, utf8ToBytes } from "../core/bytes.ts";
import { invariant } from "../core/invariant.ts";

/** Bytes of the state that take data: 200 − 2·128/8 − 2. */
const RATE_BYTES = 166;
const STATE_BYTES = 200;

/** STROBE §6.2: what an operation does. */
const FLAG = { inbound: 1, application: 2, cipher: 4, meta: 16 } as const;

const META_AD = FLAG.meta | FLAG.application;
const AD = FLAG.application;
const PRF = FLAG.inbound | FLAG.application | FLAG.cipher;

/** A sponge that remembers which operations filled it. */
export class Strobe {
  readonly #state = new Uint8Array(STATE_BYTES);
  readonly #lanes = new Uint32Array(this.#state.buffer);
  #at = 0;
  #begin = 0;
  #flags = 0;

  /** @param protocol Separates this use of STROBE from all others. */
  constructor(protocol: string) {
    // Little-endian lanes over the bytes: what every machine that runs this has.
    this.#state.set(concatBytes(Uint8Array.of(1, RATE_BYTES + 2, 1, 0, 1, 96), utf8ToBytes("STROBEv1.0.2")));
    keccakP(this.#lanes);
    this.metaAd(utf8ToBytes(protocol));
  }

  /** Framing. `more`: goes on with the framing before. */
  metaAd(bytes: Uint8Array, more = false): void {
    this.#begins(META_AD, more);
    this.#absorb(bytes);
  }

  /** Data. */
  ad(bytes: Uint8Array): void {
    this.#begins(AD, false);
    this.#absorb(bytes);
  }

  /** `length` bytes that depend on everything before. */
  prf(length: number): Uint8Array {
    this.#begins(PRF, false);
    const out = new Uint8Array(length);
    for (let i = 0; i < length; i++) {
      out[i] = this.#state[this.#at]!;
      this.#state[this.#at] = 0;
      this.#step();
    }
    return out;
  }

  #begins(flags: number, more: boolean): void {
    if (more) return invariant(flags === this.#flags, "go on with a STROBE operation: it is another one");
    const before = this.#begin;
    this.#begin = this.#at + 1;
    this.#flags = flags;
    this.#absorb(Uint8Array.of(before, flags));
    if ((flags & FLAG.cipher) !== 0 && this.#at !== 0) this.#permute();
  }

  #absorb(bytes: Uint8Array): void {
    for (const byte of bytes) {
      this.#state[this.#at]! ^= byte;
      this.#step();
    }
  }

  #step(): void {
    if (++this.#at === RATE_BYTES) this.#permute();
  }

  #permute(): void {
    this.#state[this.#at]! ^= this.#begin;
    this.#state[this.#at + 1]! ^= 0x04;
    this.#state[RATE_BYTES + 1]! ^= 0x80;
    keccakP(this.#lanes);
    this.#at = 0;
    this.#begin = 0;
  }
}

/** One time for all chains of a test; it moves only when told to. @module */
import type { Nanos } from "../../../node/core/time.ts";
import { GENESIS_TIME } from "../mini_chain.ts";

export const SECOND: Nanos = 1_000_000_000n;

/** A clock that somebody winds. Every block that is made moves it by the block time of its chain. */
export class TestClock {
  constructor(public now: Nanos = GENESIS_TIME) {}

  advance(nanos: Nanos): void {
    if (nanos < 0n) throw new RangeError(`advance the clock by ${nanos} ns`);
    this.now += nanos;
  }
}

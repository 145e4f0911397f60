/** When to try again: doubling waits, spread so that what failed together does not come back together. @module */

/** Doublings that are counted; more would only overflow. */
const DOUBLINGS_MAX = 30;

/**
 * Milliseconds to wait after the `attempts`-th failure (1 or more): `firstMs` doubled for each, at most `maxMs`, less up to
 * an eighth by `salt`.
 */
export function backoffMs(attempts: number, firstMs: number, maxMs: number, salt: bigint): number {
  const whole = Math.min(maxMs, firstMs * 2 ** Math.min(Math.max(attempts - 1, 0), DOUBLINGS_MAX));
  const spread = Math.imul(Number(BigInt.asUintN(32, salt)) ^ attempts, 0x9e3779b1) >>> 0;
  return Math.ceil(whole * (1 - spread / 0x1_0000_0000 / 8));
}

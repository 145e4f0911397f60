const MAX = 2n ** 63n - 1n;
const MIN = -(2n ** 63n);

const clip = (value: bigint) => value > MAX ? MAX : value < MIN ? MIN : value;

/** A sum that stays at the edge of int64 instead of wrapping (CometBFT `safeAddClip`). */
export const clipAdd = (a: bigint, b: bigint): bigint => clip(a + b);

/** A difference that stays at the edge of int64 instead of wrapping (CometBFT `safeSubClip`). */
export const clipSub = (a: bigint, b: bigint): bigint => clip(a - b);

/** What Go's int64 would hold. */
export const wrap = (value: bigint): bigint => BigInt.asIntN(64, value);

import { invariant } from "../core/invariant.ts";
import { concatBytes, u64ToBytes, utf8ToBytes } from "../core/bytes.ts";

/** A key for `height` under a prefix: byte order is height order. */
export function heightKey(prefix: Uint8Array, height: bigint): Uint8Array {
  invariant(height >= 0n && height < 1n << 63n, `key for height ${height}: out of range`);
  return concatBytes(prefix, u64ToBytes(height));
}

/** ASCII text as bytes, for prefixes. */
export const prefix = utf8ToBytes;

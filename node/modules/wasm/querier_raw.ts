/** Reading what contracts store, without running them. @module */
import { compareBytes, concatBytes, prefixEnd } from "../../core/bytes.ts";
import type { Entries } from "../../core/work.ts";
import type { StateReader } from "../../state/view.ts";
import { CONTRACT_KEY_BYTES_MAX, contractStore, STORE } from "./keys.ts";

/** Entries read at once: they are charged for after they are read, and a value has up to 64 KiB. */
const PAGE_ENTRIES = 32;

/** A value of a contract's storage; undefined also for keys that none can have. */
export function readRaw(view: StateReader, address: Uint8Array, key: Uint8Array): Uint8Array | undefined {
  return key.length > CONTRACT_KEY_BYTES_MAX ? undefined : view.get(STORE, concatBytes(contractStore(address), key));
}

/** Bounds of a reading: `start` is in it, `end` is not; absent ones are open. */
export interface RawRange {
  readonly start: Uint8Array | undefined;
  readonly end: Uint8Array | undefined;
  readonly reverse: boolean;
  readonly limit: number;
}

/** Entries of a contract's storage, keys without its prefix, and the key of the one after the last. */
export function readRawRange(
  view: StateReader,
  address: Uint8Array,
  { start, end, reverse, limit }: RawRange,
): { readonly entries: Entries; readonly next: Uint8Array | undefined } {
  const prefix = contractStore(address);
  let from = concatBytes(prefix, start === undefined ? new Uint8Array() : bound(start));
  let to = end === undefined ? prefixEnd(prefix) : concatBytes(prefix, bound(end));
  const entries: (readonly [Uint8Array, Uint8Array])[] = [];
  while (to === undefined || compareBytes(from, to) < 0) {
    // One more tells what comes next.
    const asked = Math.min(PAGE_ENTRIES, limit + 1 - entries.length);
    const page = view.page(STORE, { start: from, end: to, reverse, limit: asked });
    for (const [key, value] of page) {
      const own = key.slice(prefix.length);
      if (entries.length === limit) return { entries, next: own };
      entries.push([own, value]);
    }
    const last = page.at(-1)?.[0];
    if (page.length < asked || last === undefined) return { entries, next: undefined };
    if (reverse) to = last;
    else from = concatBytes(last, new Uint8Array(1));
  }
  return { entries, next: undefined };
}

/** A bound that divides the keys there can be as `key` does, and is not longer than one of them and a zero. */
const bound = (key: Uint8Array): Uint8Array =>
  key.length <= CONTRACT_KEY_BYTES_MAX ? key : concatBytes(key.subarray(0, CONTRACT_KEY_BYTES_MAX), new Uint8Array(1));

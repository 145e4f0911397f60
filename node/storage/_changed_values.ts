import { bytesToU64, u64ToBytes } from "../core/bytes.ts";
import { invariant } from "../core/invariant.ts";
import { storeDamaged } from "./_kv_layout.ts";
import { heightKey, prefix } from "./_heights.ts";
import type { StorePart, Write } from "./store.ts";

/** A value that holds at a height, and the height at which it was stored. */
export interface StoredSince {
  readonly storedHeight: bigint;
  readonly bytes: Uint8Array;
}

/** Stored in full again every so many heights, so that what is derived from a stored value needs few steps. */
export const CHECKPOINT_HEIGHTS = 1000n;

const POINTER_BYTES = 9;
const KIND = { pointer: 0, full: 1 } as const;

/**
 * Values that hold at every height and change seldom: full where they changed and at checkpoints, elsewhere a pointer
 * to that height (as CometBFT's state store keeps validators and parameters).
 */
export class ChangedValues {
  readonly #store: StorePart;
  readonly #prefix: Uint8Array;

  constructor(store: StorePart, name: string) {
    this.#store = store;
    this.#prefix = prefix(name);
  }

  /**
   * What to write for `height`: `bytes` hold there, and the value last changed at `changedAt`. The height that is
   * pointed to must be stored.
   */
  writes(height: bigint, bytes: Uint8Array, changedAt: bigint): Write[] {
    invariant(changedAt <= height, `save a value of height ${height}: it changed at ${changedAt}`);
    const checkpoint = height - height % CHECKPOINT_HEIGHTS;
    const storedHeight = changedAt > checkpoint ? changedAt : checkpoint;
    const key = heightKey(this.#prefix, height);
    if (storedHeight < height) return [[key, pointer(storedHeight)]];
    const full = new Uint8Array(bytes.length + 1);
    full[0] = KIND.full;
    full.set(bytes, 1);
    return [[key, full]];
  }

  /**
   * What to write for `height`, where what is stored in full at `storedHeight` holds as well, also when that is above: for
   * values that are written from the newest to the oldest.
   */
  pointerWrites(height: bigint, storedHeight: bigint): Write[] {
    return [[heightKey(this.#prefix, height), pointer(storedHeight)]];
  }

  async load(height: bigint): Promise<StoredSince | undefined> {
    if (height < 0n) return undefined;
    const found = await this.#store.get(heightKey(this.#prefix, height));
    if (!found) return undefined;
    if (found[0] === KIND.full) return { storedHeight: height, bytes: found.subarray(1) };
    if (found.length !== POINTER_BYTES) throw storeDamaged(`a pointer of ${found.length} bytes at height ${height}`);
    const storedHeight = bytesToU64(found, 1);
    const full = await this.#store.get(heightKey(this.#prefix, storedHeight));
    if (full?.[0] !== KIND.full) return undefined;
    return { storedHeight, bytes: full.subarray(1) };
  }
}

function pointer(height: bigint): Uint8Array {
  const bytes = new Uint8Array(POINTER_BYTES);
  bytes[0] = KIND.pointer;
  bytes.set(u64ToBytes(height), 1);
  return bytes;
}

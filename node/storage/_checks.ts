import { compareBytes } from "../core/bytes.ts";
import { IoError } from "../core/errors.ts";
import { invariant } from "../core/invariant.ts";
import { KEY_BYTES_MAX, META_BYTES_MAX, VALUE_BYTES_MAX, type Write } from "./store.ts";

/** What every call after `close` throws. */
export const storeClosed = (): IoError => new IoError("store_closed", "use the store: it is closed");

/** Halts on a key or value beyond the contract: callers bound what they store. */
export function checkWrites(writes: readonly Write[]): void {
  for (const [key, value] of writes) {
    invariant(key.length <= KEY_BYTES_MAX, `write to the store: key of ${key.length} bytes`);
    invariant(
      value === undefined || value.length <= VALUE_BYTES_MAX,
      `write to the store: value of ${value?.length} bytes`,
    );
  }
}

/** Halts unless the keys of `writes` are in order and greater than `last`. */
export function checkOrder(writes: readonly Write[], last: Uint8Array | undefined): void {
  for (const [key] of writes) {
    invariant(last === undefined || compareBytes(last, key) < 0, "extend a version: its keys are not in order");
    last = key;
  }
}

/** Halts unless `version` may come after `head`. */
export function checkNextVersion(action: string, version: bigint, head: bigint | undefined): void {
  invariant(version >= 0n && version < 1n << 63n, `${action} version ${version}: out of range`);
  invariant(head === undefined || version > head, `${action} version ${version}: the head is ${head}`);
}

/** Halts unless `version` is published; before the first one only version 0, which is empty, can be read. */
export function checkReadable(version: bigint, head: bigint | undefined): void {
  invariant(version >= 0n && version <= (head ?? 0n), `read version ${version}: the head is ${head ?? "absent"}`);
}

/** Halts on head metadata beyond the contract. */
export function checkMeta(meta: Uint8Array): void {
  invariant(meta.length <= META_BYTES_MAX, `publish a version: metadata of ${meta.length} bytes`);
}

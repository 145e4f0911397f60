/**
 * A node as it is stored. Whole: its bytes. Or as a difference: u8 format, the locator of the whole record (8 bytes), a
 * u16 of changed slots (bit s for slot s), their kinds (a nibble each, in order), their contents. A difference is always
 * against a whole record, never against another one: a node costs two reads at most. (A block changes one slot of most
 * nodes it touches; whole nodes would be three times the bytes.)
 */
import {
  FORMAT_WHOLE,
  HEADER_BYTES,
  type Layout,
  layoutOf,
  slotEnd,
  SLOTS,
  type StoredAt,
  writeKinds,
} from "./_node.ts";
import { invariant } from "../core/invariant.ts";
import { LOCATOR_BYTES } from "./keys.ts";

const FORMAT_DIFFERENCE = 2;
const DIFFERENCE_HEADER_BYTES = 1 + LOCATOR_BYTES + 2;
/** With more changed slots a node is stored whole again. */
const DIFFERENCE_SLOTS_MAX = 6;

/** The bytes of a difference with these slots of a node. */
function differenceBytes(layout: Layout, mask: number): { slots: number; size: number } {
  let slots = 0;
  let size = DIFFERENCE_HEADER_BYTES;
  for (let slot = 0; slot < SLOTS; slot++) {
    if ((mask >> slot & 1) === 0) continue;
    slots++;
    size += layout.offsets[slot + 1]! - layout.offsets[slot]!;
  }
  return { slots, size: size + ((slots + 1) >> 1) };
}

/** How to store a node whose slots in `mask` differ from its whole record: as a difference of that size, or whole (0). */
export function differenceSize(layout: Layout, mask: number): number {
  const { slots, size } = differenceBytes(layout, mask);
  return slots <= DIFFERENCE_SLOTS_MAX && 2 * size <= layout.offsets[SLOTS]! ? size : 0;
}

export function writeDifference(
  bytes: Uint8Array,
  layout: Layout,
  base: Uint8Array,
  mask: number,
  out: Uint8Array,
  from: number,
): void {
  out[from] = FORMAT_DIFFERENCE;
  out.set(base, from + 1);
  out[from + 1 + LOCATOR_BYTES] = mask >> 8;
  out[from + 2 + LOCATOR_BYTES] = mask & 0xff;
  const { slots } = differenceBytes(layout, mask);
  const kindsAt = from + DIFFERENCE_HEADER_BYTES;
  let at = kindsAt + ((slots + 1) >> 1);
  out.fill(0, kindsAt, at);
  for (let slot = 0, i = 0; slot < SLOTS; slot++) {
    if ((mask >> slot & 1) === 0) continue;
    out[kindsAt + (i >> 1)]! |= layout.kinds[slot]! << ((i & 1) === 0 ? 4 : 0);
    i++;
    out.set(bytes.subarray(layout.offsets[slot]!, layout.offsets[slot + 1]!), at);
    at += layout.offsets[slot + 1]! - layout.offsets[slot]!;
  }
}

const maskOf = (record: Uint8Array) => record[1 + LOCATOR_BYTES]! << 8 | record[2 + LOCATOR_BYTES]!;

export const isDifference = (record: Uint8Array): boolean => record[0] === FORMAT_DIFFERENCE;

/** Where the whole record of a difference is. */
export const baseOf = (record: Uint8Array): Uint8Array => record.slice(1, 1 + LOCATOR_BYTES);

/** How a record that was found at `locator` is stored. */
export function storedAs(record: Uint8Array, locator: Uint8Array): StoredAt {
  return isDifference(record)
    ? { locator, base: baseOf(record), mask: maskOf(record) }
    : { locator, base: locator, mask: 0 };
}

/** The bytes of a node from its whole record and a difference to it. */
export function patched(whole: Uint8Array, record: Uint8Array): Uint8Array {
  const layout = layoutOf(whole);
  const mask = maskOf(record);
  const kinds = layout.kinds.slice();
  const parts: Uint8Array[] = [];
  const { slots } = differenceBytes(layout, mask);
  let at = DIFFERENCE_HEADER_BYTES + ((slots + 1) >> 1);
  let size = HEADER_BYTES;
  for (let slot = 0, i = 0; slot < SLOTS; slot++) {
    let part = whole.subarray(layout.offsets[slot]!, layout.offsets[slot + 1]!);
    if ((mask >> slot & 1) === 1) {
      kinds[slot] = record[DIFFERENCE_HEADER_BYTES + (i >> 1)]! >> ((i & 1) === 0 ? 4 : 0) & 15;
      i++;
      const end = slotEnd(record, at, kinds[slot]!);
      part = record.subarray(at, end);
      at = end;
    }
    parts.push(part);
    size += part.length;
  }
  invariant(at === record.length, `read a tree node: a difference of ${record.length} bytes ends at ${at}`);
  const bytes = new Uint8Array(size);
  bytes[0] = FORMAT_WHOLE;
  writeKinds(kinds, bytes, 1);
  let to = HEADER_BYTES;
  for (const part of parts) {
    bytes.set(part, to);
    to += part.length;
  }
  return bytes;
}

import { communicationFault } from "./_faults.ts";

/** Bytes of a section's length, big-endian, behind the section. */
const LENGTH_BYTES = 4;

/**
 * The sections of an argument that is a list, first to last; views of `data`. Throws for a list that is none. Undefined for
 * one of more than `countMax` sections: four bytes make a section, so nobody may have them all kept.
 */
export function decodeSections(data: Uint8Array, countMax: number): Uint8Array[] | undefined {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const sections: Uint8Array[] = [];
  let count = 0;
  let end = data.length;
  while (end >= LENGTH_BYTES) {
    const length = view.getUint32(end - LENGTH_BYTES);
    const start = end - LENGTH_BYTES - length;
    if (start < 0) throw communicationFault("Got an invalid section: section length overflow");
    if (++count <= countMax) sections.push(data.subarray(start, end - LENGTH_BYTES));
    end = start;
  }
  if (end > 0) throw communicationFault("Got an invalid section: extra data outside of any section");
  return count > countMax ? undefined : sections.reverse();
}

/** Two sections as one region. */
export function encodePair(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length + 2 * LENGTH_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(first);
  view.setUint32(first.length, first.length);
  bytes.set(second, first.length + LENGTH_BYTES);
  view.setUint32(first.length + LENGTH_BYTES + second.length, second.length);
  return bytes;
}

/**
 * The module around the function bodies: sections are copied byte for byte, and what is added (globals, exports, types)
 * goes behind what is there, so that no index of the module changes its meaning.
 * @module
 */
import type { ByteWriter } from "./_instrument_bytes.ts";
import { Section } from "./parse.ts";
import { ByteReader } from "./parse_bytes.ts";

/** Where the content of a section is. */
export interface Place {
  readonly id: number;
  /** The byte of its number, its content, and its end. */
  readonly start: number;
  readonly content: number;
  readonly end: number;
}

/** The sections of a module that has been parsed. */
export function findSections(bytes: Uint8Array): Place[] {
  const reader = new ByteReader(bytes, PREAMBLE_BYTES);
  const places: Place[] = [];
  while (reader.position < bytes.length) {
    const start = reader.position;
    const id = reader.byte();
    const size = reader.u32();
    const content = reader.position;
    places.push({ id, start, content, end: content + size });
    reader.position = content + size;
  }
  return places;
}

const PREAMBLE_BYTES = 8;

/** Sections in the order in which they stand in a module. */
const ORDER: readonly number[] = [
  Section.type,
  Section.import,
  Section.function,
  Section.table,
  Section.memory,
  Section.global,
  Section.export,
  Section.start,
  Section.element,
  Section.dataCount,
  Section.code,
  Section.data,
];

/** What becomes of a section: entries behind its own, or something else in its place (nothing: it goes). */
export type Change =
  | { readonly entries: number; readonly bytes: readonly number[] }
  | { readonly write: (out: ByteWriter) => void };

/**
 * Copies the module, with the changes. A section that is not there and has a change comes in at its place. `skip` says of
 * a section whether it is left out.
 */
export function rewriteSections(
  bytes: Uint8Array,
  changes: ReadonlyMap<number, Change>,
  skip: (place: Place) => boolean,
  out: ByteWriter,
): void {
  out.reserve(bytes.length + PREAMBLE_BYTES);
  out.copy(bytes, 0, PREAMBLE_BYTES);
  const pending = ORDER.filter((id) => changes.has(id));
  for (const place of findSections(bytes)) {
    if (place.id !== Section.custom) {
      const order = ORDER.indexOf(place.id);
      for (let id = pending[0]; id !== undefined && ORDER.indexOf(id) < order; id = pending[0]) {
        writeChange(out, id, changes.get(id)!, bytes, undefined);
        pending.shift();
      }
      if (pending[0] === place.id) pending.shift();
    }
    const change = place.id === Section.custom ? undefined : changes.get(place.id);
    if (change !== undefined) writeChange(out, place.id, change, bytes, place);
    else if (!skip(place)) {
      out.reserve(place.end - place.start);
      out.copy(bytes, place.start, place.end);
    }
  }
  for (const id of pending) writeChange(out, id, changes.get(id)!, bytes, undefined);
}

const HEAD_BYTES_MAX = 16;

function writeChange(out: ByteWriter, id: number, change: Change, bytes: Uint8Array, place: Place | undefined): void {
  const old = place === undefined ? 0 : place.end - place.content;
  out.reserve(HEAD_BYTES_MAX + old);
  out.byte(id);
  const start = out.length;
  if ("write" in change) change.write(out);
  else {
    const reader = new ByteReader(bytes, place?.content ?? 0);
    out.u32((place === undefined ? 0 : reader.u32()) + change.entries);
    if (place !== undefined) out.copy(bytes, reader.position, place.end);
    out.reserve(change.bytes.length + HEAD_BYTES_MAX);
    out.put(change.bytes);
  }
  out.reserve(HEAD_BYTES_MAX);
  out.prefixLength(start);
}

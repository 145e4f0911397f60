/**
 * Inputs that are cheap to send and meant to be dear to read: as long as the node would look at, and in them, at each place
 * where a valid input has something with a length, as many empty fields as fit.
 * @module
 */
import { concatBytes } from "../../node/core/bytes.ts";
import { delimited } from "../../node/signer/link.ts";

/** A field with a length in an input that looks like protobuf. */
interface Place {
  /** Where its length stands, and its contents begin and end. */
  readonly lengthAt: number;
  readonly from: number;
  readonly to: number;
  /** The places it is within, the outermost first. */
  readonly within: readonly Place[];
}

const TAGS = [0x0a, 0x12, 0x1a, 0x22, 0x2a];
/** Deeper nothing of ours goes. */
const DEPTH_MAX = 8;

function varint(bytes: Uint8Array, at: number, to: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let i = 0; i < 5 && at + i < to; i++) {
    value += (bytes[at + i]! & 0x7f) * 2 ** (7 * i);
    if (bytes[at + i]! < 0x80) return { value, end: at + i + 1 };
  }
  return undefined;
}

/** Everything in `bytes` that could be a message; empty when they are no protobuf. */
function placesOf(bytes: Uint8Array, from: number, to: number, within: readonly Place[]): Place[] {
  const places: Place[] = [];
  for (let at = from; at < to;) {
    const tag = varint(bytes, at, to);
    if (tag === undefined || tag.value >>> 3 === 0) return [];
    const kind = tag.value & 7;
    const value = varint(bytes, tag.end, to);
    if (value === undefined || (kind !== 0 && kind !== 2)) return [];
    at = value.end;
    if (kind === 0) continue;
    if (value.value > to - at) return [];
    const place = { lengthAt: tag.end, from: at, to: at + value.value, within };
    places.push(place);
    if (within.length < DEPTH_MAX) places.push(...placesOf(bytes, place.from, place.to, [...within, place]));
    at = place.to;
  }
  return places;
}

/** `bytes` with `contents` at a place, and lengths to match; what follows within the messages around stays. */
function filled(bytes: Uint8Array, place: Place, contents: Uint8Array): Uint8Array {
  let inside = delimited(contents);
  let { lengthAt, to } = place;
  for (const outer of place.within.toReversed()) {
    inside = delimited(concatBytes(bytes.subarray(outer.from, lengthAt), inside, bytes.subarray(to, outer.to)));
    ({ lengthAt, to } = outer);
  }
  return concatBytes(bytes.subarray(0, lengthAt), inside, bytes.subarray(to));
}

/** Two bytes again and again, `length` in all. */
function emptyFields(tag: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length & ~1);
  for (let i = 0; i < bytes.length; i += 2) bytes[i] = tag;
  return bytes;
}

/** Bombs made of an input, each of nearly `bytesMax` bytes. */
export function* bombsOf(bytes: Uint8Array, bytesMax: number): Generator<Uint8Array> {
  const room = Math.max(0, bytesMax - bytes.length - 64);
  const seen = new Set<string>();
  for (const tag of TAGS) yield concatBytes(bytes, emptyFields(tag, room));
  for (const place of placesOf(bytes, 0, bytes.length, [])) {
    // One of each kind: the second of a thousand signatures is as good as the first.
    const name = [...place.within, place].map(({ lengthAt }) => bytes[lengthAt - 1]).join();
    if (seen.has(name)) continue;
    seen.add(name);
    for (const tag of TAGS) yield filled(bytes, place, emptyFields(tag, room));
  }
}

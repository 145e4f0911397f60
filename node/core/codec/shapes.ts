/**
 * Which fields of a message hold messages, and how often a field may come: looked through before anything is made of a long
 * message. Decoders make an object for each of its messages as they come. One that is empty takes two bytes on the wire and
 * up to two kilobytes and 15 µs here, and a field that may stand there once is overwritten each time: a megabyte of empty
 * headers held the event loop for eight seconds.
 * @module
 */

/** A field with a length before it: text, bytes or a message. */
export interface FieldShape {
  /** It holds messages of this shape; absent: text or bytes. */
  readonly inside?: Shape | undefined;
  /** How often it may come; absent: once. */
  readonly countMax?: number | undefined;
  /** It may come once for so many bytes of the message around it, and {@linkcode COUNT_FREE} times beside that. */
  readonly bytesEach?: number | undefined;
}

/**
 * All fields with a length, by their numbers; of those that are not here it is known that they are varints and come at most
 * once. Both has to be exact: generated decoders do not look at what kind a field is marked as, and would read the inside of
 * bytes that are marked as a number. Fields come in the order of their numbers: that is how all our encoders write them.
 */
export type Shape = ReadonlyMap<number, FieldShape>;

/** Elements of a list that are never too many. */
export const COUNT_FREE = 1024;

/** From plain objects, for tables. */
export const shape = (fields: Readonly<Record<number, FieldShape>> = {}): Shape =>
  new Map(Object.entries(fields).map(([number, field]) => [Number(number), field]));

const VARINT = 0;
const DELIMITED = 2;

/**
 * Whether fields stand in order and none comes too often, in `bytes` from `from` to `to` and in the messages inside. Never
 * false for what an encoder of this shape wrote within the counts; true says little: the rest is for the decoder.
 */
export function fitsShape(bytes: Uint8Array, shape: Shape, from = 0, to = bytes.length): boolean {
  let last = 0;
  let count = 0;
  for (let at = from; at < to;) {
    const tag = varint(bytes, at, to);
    if (tag === undefined) return false;
    at = tag.end;
    const number = tag.value >>> 3;
    count = number === last ? count + 1 : 1;
    if (number < last || number === 0) return false;
    last = number;
    const field = shape.get(number);
    if (count > 1 && count > countMaxOf(field, to - from)) return false;
    if ((tag.value & 7) !== (field === undefined ? VARINT : DELIMITED)) return false;
    const value = field === undefined ? skipped(bytes, at, to) : varint(bytes, at, to);
    if (value === undefined) return false;
    const next = value.end + (field === undefined ? 0 : value.value);
    if (next > to) return false;
    if (field?.inside !== undefined && !fitsShape(bytes, field.inside, value.end, next)) return false;
    at = next;
  }
  return true;
}

function countMaxOf(field: FieldShape | undefined, length: number): number {
  if (field?.bytesEach !== undefined) return COUNT_FREE + length / field.bytesEach;
  return field?.countMax ?? 1;
}

interface Varint {
  readonly value: number;
  readonly end: number;
}

/** Past a varint of any length, whatever its value. */
function skipped(bytes: Uint8Array, at: number, to: number): Varint | undefined {
  let end = at;
  while (end < to && bytes[end]! >= 0x80) end++;
  return end < to ? { value: 0, end: end + 1 } : undefined;
}

/** A varint of at most five bytes that is no longer than needed. */
function varint(bytes: Uint8Array, at: number, to: number): Varint | undefined {
  let value = 0;
  for (let i = 0; i < 5 && at + i < to; i++) {
    const byte = bytes[at + i]!;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return i > 0 && byte === 0 ? undefined : { value, end: at + i + 1 };
  }
  return undefined;
}

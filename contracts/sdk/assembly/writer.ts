/** Writing JSON into one piece of memory that grows. */
import { base64Length, writeBase64 } from "./bytes";
import { encode } from "./codec";
import { regionOf } from "./region";

/** Bytes to begin with: most answers fit, and untouched memory costs nothing. */
const ROOM: usize = 512;

// @ts-ignore: decorator
@global
export class JsonWriter {
  private start: usize = heap.alloc(ROOM);
  private used: usize = 0;
  private room: usize = ROOM;
  /** Whether a comma is due before the next element or member. */
  private comma: bool = false;

  get pointer(): usize {
    return this.start;
  }

  get length(): usize {
    return this.used;
  }

  /** A region over what has been written. */
  region(): usize {
    return regionOf(this.start, this.used);
  }

  /** A copy of what has been written. */
  bytes(): Uint8Array {
    const bytes = new Uint8Array(<i32>this.used);
    memory.copy(bytes.dataStart, this.start, this.used);
    return bytes;
  }

  private need(size: usize): usize {
    const at = this.used;
    this.used = at + size;
    if (this.used > this.room) {
      this.room = max(this.used, 2 * this.room);
      this.start = heap.realloc(this.start, this.room);
    }
    return this.start + at;
  }

  private byte(value: u8): void {
    store<u8>(this.need(1), value);
  }

  private before(): void {
    if (this.comma) this.byte(44);
    this.comma = true;
  }

  /** Characters that are ASCII and JSON already. */
  raw(text: string): void {
    this.before();
    const length = <usize>text.length;
    const to = this.need(length);
    const from = changetype<usize>(text);
    for (let i: usize = 0; i < length; i++) store<u8>(to + i, <u8>load<u16>(from + (i << 1)));
  }

  /** Bytes that are JSON already. */
  copy(from: usize, length: usize): void {
    this.before();
    memory.copy(this.need(length), from, length);
  }

  beginObject(): void {
    this.before();
    this.byte(123);
    this.comma = false;
  }

  endObject(): void {
    this.byte(125);
    this.comma = true;
  }

  beginArray(): void {
    this.before();
    this.byte(91);
    this.comma = false;
  }

  endArray(): void {
    this.byte(93);
    this.comma = true;
  }

  /** The name of a member; its value comes next. */
  key(name: string): void {
    this.text(name);
    this.byte(58);
    this.comma = false;
  }

  /** A member with its value. */
  field<T>(name: string, value: T): void {
    this.key(name);
    encode<T>(this, value);
  }

  /** A value. */
  value<T>(value: T): void {
    encode<T>(this, value);
  }

  text(text: string): void {
    this.before();
    this.byte(34);
    const length = <usize>text.length;
    const from = changetype<usize>(text);
    // Six bytes are the most that a unit takes: \u00XX. A unit of UTF-16 never needs more than three of UTF-8.
    const to = this.need(6 * length);
    let at = to;
    for (let i: usize = 0; i < length; i++) {
      const unit = <u32>load<u16>(from + (i << 1));
      if (unit > 127) {
        const rest = String.UTF8.encode(text.substring(<i32>i));
        at = this.escapeBytes(changetype<usize>(rest), rest.byteLength, at);
        break;
      }
      at = escape(unit, at);
    }
    this.used = at - this.start;
    this.byte(34);
  }

  private escapeBytes(from: usize, length: usize, at: usize): usize {
    for (let i: usize = 0; i < length; i++) at = escape(<u32>load<u8>(from + i), at);
    return at;
  }

  base64(bytes: Uint8Array): void {
    this.base64At(bytes.dataStart, bytes.length);
  }

  base64At(from: usize, length: usize): void {
    this.before();
    this.byte(34);
    writeBase64(from, length, this.need(base64Length(length)));
    this.byte(34);
  }
}

/** Writes one byte of text, escaped where JSON wants it; gives where the next one goes. */
function escape(byte: u32, at: usize): usize {
  if (byte >= 32 && byte != 34 && byte != 92) {
    store<u8>(at, <u8>byte);
    return at + 1;
  }
  store<u8>(at, 92);
  let short: u32 = byte;
  if (byte == 10) short = 110;
  else if (byte == 13) short = 114;
  else if (byte == 9) short = 116;
  else if (byte == 8) short = 98;
  else if (byte == 12) short = 102;
  if (short >= 32) {
    store<u8>(at + 1, <u8>short);
    return at + 2;
  }
  store<u32>(at + 1, 0x30303075); // u000, of which the last two are written again below
  store<u8>(at + 4, <u8>(48 + (byte >> 4)));
  store<u8>(at + 5, <u8>((byte & 15) < 10 ? 48 + (byte & 15) : 87 + (byte & 15)));
  return at + 6;
}

/** Begins `{module: {name: {`, as messages and queries of the chain are written. */
export function beginCall(module: string, name: string): JsonWriter {
  const writer = new JsonWriter();
  writer.beginObject();
  writer.key(module);
  writer.beginObject();
  writer.key(name);
  writer.beginObject();
  return writer;
}

/** Ends what {@linkcode beginCall} began. */
export function endCall(writer: JsonWriter): JsonWriter {
  writer.endObject();
  writer.endObject();
  writer.endObject();
  return writer;
}

/** Text, bytes, hexadecimal and base64. */
import { regionLength, regionOf, regionStart, reserve } from "./region";

/** The bytes of `text` in UTF-8. */
export function utf8(text: string): Uint8Array {
  return Uint8Array.wrap(String.UTF8.encode(text));
}

/** Bytes of UTF-8 as text. */
export function text(bytes: Uint8Array): string {
  return String.UTF8.decodeUnsafe(bytes.dataStart, bytes.length);
}

/** A copy of `length` bytes of memory. */
export function bytesAt(pointer: usize, length: usize): Uint8Array {
  const bytes = new Uint8Array(<i32>length);
  memory.copy(bytes.dataStart, pointer, length);
  return bytes;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): bool {
  return a.length == b.length && memory.compare(a.dataStart, b.dataStart, a.length) == 0;
}

export function bytesRegion(bytes: Uint8Array): usize {
  return regionOf(bytes.dataStart, bytes.length);
}

/** A region with the bytes of `text`; ASCII takes the short way. */
export function textRegion(text: string): usize {
  const length = text.length;
  const start = reserve(length);
  if (copyAscii(text, start)) return regionOf(start, length);
  const bytes = utf8(text);
  return bytesRegion(bytes);
}

export function regionText(region: usize): string {
  return String.UTF8.decodeUnsafe(regionStart(region), regionLength(region));
}

export function regionBytes(region: usize): Uint8Array {
  return bytesAt(regionStart(region), regionLength(region));
}

/** Copies `text` as one byte a character; false, and stops, when there is a character above 127. */
export function copyAscii(text: string, to: usize): bool {
  const from = changetype<usize>(text);
  const length = <usize>text.length;
  for (let i: usize = 0; i < length; i++) {
    const unit = <u32>load<u16>(from + (i << 1));
    if (unit > 127) return false;
    store<u8>(to + i, <u8>unit);
  }
  return true;
}

// @ts-ignore: decorator
@inline
function hexDigit(value: u32): u32 {
  return value < 10 ? 48 + value : 87 + value;
}

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  let result = "";
  for (let i = 0; i < bytes.length; i++) {
    const byte = <u32>bytes[i];
    result += String.fromCharCodes([<i32>hexDigit(byte >> 4), <i32>hexDigit(byte & 15)]);
  }
  return result;
}

function hexValue(unit: i32): i32 {
  if (unit >= 48 && unit <= 57) return unit - 48;
  const lower = unit | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** Bytes of hexadecimal text; null when it is none. */
export function fromHex(hex: string): Uint8Array | null {
  if (hex.length & 1) return null;
  const bytes = new Uint8Array(hex.length >> 1);
  for (let i = 0; i < bytes.length; i++) {
    const high = hexValue(hex.charCodeAt(2 * i));
    const low = hexValue(hex.charCodeAt(2 * i + 1));
    if (high < 0 || low < 0) return null;
    bytes[i] = <u8>((high << 4) | low);
  }
  return bytes;
}

// @ts-ignore: decorator
@inline
function base64Digit(value: u32): u32 {
  if (value < 26) return 65 + value;
  if (value < 52) return 71 + value;
  if (value < 62) return value - 4;
  return value == 62 ? 43 : 47;
}

/** Characters of base64 with padding for so many bytes. */
// @ts-ignore: decorator
@inline
export function base64Length(length: usize): usize {
  return (length + 2) / 3 * 4;
}

/** Writes base64 with padding, one byte a character. */
export function writeBase64(from: usize, length: usize, to: usize): void {
  for (let i: usize = 0; i < length; i += 3, to += 4) {
    const left = length - i;
    let group = <u32>load<u8>(from + i) << 16;
    if (left > 1) group |= <u32>load<u8>(from + i + 1) << 8;
    if (left > 2) group |= <u32>load<u8>(from + i + 2);
    store<u8>(to, <u8>base64Digit(group >> 18));
    store<u8>(to + 1, <u8>base64Digit((group >> 12) & 63));
    store<u8>(to + 2, left > 1 ? <u8>base64Digit((group >> 6) & 63) : 61);
    store<u8>(to + 3, left > 2 ? <u8>base64Digit(group & 63) : 61);
  }
}

function base64Value(unit: u32): i32 {
  if (unit >= 65 && unit <= 90) return <i32>unit - 65;
  if (unit >= 97 && unit <= 122) return <i32>unit - 71;
  if (unit >= 48 && unit <= 57) return <i32>unit + 4;
  return unit == 43 ? 62 : unit == 47 ? 63 : -1;
}

/** Reads base64 with padding, strictly: no other characters, no bits set behind the last byte. Null when it is none. */
export function readBase64(from: usize, length: usize): Uint8Array | null {
  if (length % 4 != 0) return null;
  if (length == 0) return new Uint8Array(0);
  let padding: usize = 0;
  if (load<u8>(from + length - 1) == 61) padding = load<u8>(from + length - 2) == 61 ? 2 : 1;
  const bytes = new Uint8Array(<i32>(length / 4 * 3 - padding));
  let to = 0;
  for (let i: usize = 0; i < length; i += 4) {
    const last = i + 4 == length;
    let group: i32 = 0;
    for (let j: usize = 0; j < 4; j++) {
      const value = last && j >= 4 - padding ? 0 : base64Value(load<u8>(from + i + j));
      if (value < 0) return null;
      group = (group << 6) | value;
    }
    for (let shift = 16; shift >= 0; shift -= 8) {
      if (to < bytes.length) bytes[to++] = <u8>(group >> shift);
      else if ((group >> shift) & 255) return null;
    }
  }
  return bytes;
}

/** Bytes of base64 text; null when it is none. */
export function fromBase64(base64: string): Uint8Array | null {
  const region = textRegion(base64);
  return readBase64(regionStart(region), regionLength(region));
}

export function toBase64(bytes: Uint8Array): string {
  const length = base64Length(bytes.length);
  const start = reserve(length);
  writeBase64(bytes.dataStart, bytes.length, start);
  return String.UTF8.decodeUnsafe(start, length);
}

/**
 * Reading JSON: the text is checked once, strictly (RFC 8259, one value, no more than {@link DEPTH_MAX} levels), into a
 * table of tokens; a {@link Json} is a place in that table. Numbers are never floating point: whoever asks for an integer
 * gets exactly that or a failure.
 */
import { readBase64 } from "./bytes";
import { decode } from "./codec";
import { refuse } from "./failure";
import { regionLength, regionStart } from "./region";
import { JsonWriter } from "./writer";

/** Levels of arrays and objects; the parser calls itself for each. */
export const DEPTH_MAX: u32 = 64;

/** What a value is. `ABSENT` is the value of a field that is not there. */
export const enum Kind {
  ABSENT,
  NULL,
  FALSE,
  TRUE,
  NUMBER,
  TEXT,
  /** Text with a backslash somewhere. */
  ESCAPED,
  ARRAY,
  OBJECT,
}

/** Bytes of a token: kind, start and end in the text, number of children, index of the token behind it and its children. */
const TOKEN: usize = 20;

let cursor: usize = 0;
let end: usize = 0;
let tokens: usize = 0;
let used: usize = 0;
let room: usize = 0;

function push(kind: Kind, start: usize, stop: usize): usize {
  if (used + TOKEN > room) {
    room += room < 512 ? 512 : room;
    tokens = tokens == 0 ? heap.alloc(room) : heap.realloc(tokens, room);
  }
  const at = used;
  used += TOKEN;
  store<u32>(tokens + at, kind);
  store<u32>(tokens + at, <u32>start, 4);
  store<u32>(tokens + at, <u32>stop, 8);
  store<u32>(tokens + at, 0, 12);
  store<u32>(tokens + at, <u32>used, 16);
  return at;
}

// @ts-ignore: decorator
@inline
function peek(): u32 {
  return cursor < end ? <u32>load<u8>(cursor) : 0;
}

function space(): void {
  for (; cursor < end; cursor++) {
    const c = load<u8>(cursor);
    if (c != 32 && c != 10 && c != 13 && c != 9) return;
  }
}

// @ts-ignore: decorator
@inline
function isDigit(c: u32): bool {
  return c - 48 < 10;
}

function digits(): bool {
  const start = cursor;
  while (isDigit(peek())) cursor++;
  return cursor > start;
}

function parseNumber(): bool {
  const start = cursor;
  if (peek() == 45) cursor++;
  if (peek() == 48) cursor++;
  else if (!digits()) return false;
  if (peek() == 46) {
    cursor++;
    if (!digits()) return false;
  }
  if ((peek() | 32) == 101) {
    cursor++;
    if (peek() == 43 || peek() == 45) cursor++;
    if (!digits()) return false;
  }
  push(Kind.NUMBER, start, cursor);
  return true;
}

function hexUnit(at: usize): i32 {
  let unit = 0;
  for (let i: usize = 0; i < 4; i++) {
    const c = <u32>load<u8>(at + i);
    const lower = c | 32;
    if (isDigit(c)) unit = (unit << 4) | (c - 48);
    else if (lower - 97 < 6) unit = (unit << 4) | (lower - 87);
    else return -1;
  }
  return unit;
}

function parseText(): bool {
  const start = ++cursor;
  let kind = Kind.TEXT;
  for (; cursor < end; cursor++) {
    const c = <u32>load<u8>(cursor);
    if (c == 34) {
      push(kind, start, cursor++);
      return true;
    }
    if (c < 32) return false;
    if (c != 92) continue;
    kind = Kind.ESCAPED;
    if (++cursor >= end) return false;
    switch (<u32>load<u8>(cursor)) {
      case 34:
      case 47:
      case 92:
      case 98:
      case 102:
      case 110:
      case 114:
      case 116:
        break;
      case 117: {
        if (cursor + 4 >= end || hexUnit(cursor + 1) < 0) return false;
        cursor += 4;
        break;
      }
      default:
        return false;
    }
  }
  return false;
}

function parseWord(word: string, kind: Kind): bool {
  const start = cursor;
  for (let i = 0; i < word.length; i++, cursor++) {
    if (peek() != word.charCodeAt(i)) return false;
  }
  push(kind, start, cursor);
  return true;
}

function parseMembers(kind: Kind, close: u32, depth: u32): bool {
  if (depth == DEPTH_MAX) return false;
  const at = push(kind, cursor++, 0);
  let count: u32 = 0;
  space();
  while (peek() != close) {
    if (count > 0) {
      if (peek() != 44) return false;
      cursor++;
      space();
    }
    if (kind == Kind.OBJECT) {
      if (peek() != 34 || !parseText()) return false;
      space();
      if (peek() != 58) return false;
      cursor++;
    }
    if (!parseValue(depth + 1)) return false;
    count++;
    space();
  }
  cursor++;
  store<u32>(tokens + at, <u32>cursor, 8);
  store<u32>(tokens + at, count, 12);
  store<u32>(tokens + at, <u32>used, 16);
  return true;
}

function parseValue(depth: u32): bool {
  space();
  switch (peek()) {
    case 34:
      return parseText();
    case 91:
      return parseMembers(Kind.ARRAY, 93, depth);
    case 123:
      return parseMembers(Kind.OBJECT, 125, depth);
    case 110:
      return parseWord("null", Kind.NULL);
    case 116:
      return parseWord("true", Kind.TRUE);
    case 102:
      return parseWord("false", Kind.FALSE);
    default:
      return parseNumber();
  }
}

/** A value in a JSON text that has been read. */
// @ts-ignore: decorator
@global
export class Json {
  /** How many members of this object somebody has asked for. */
  private taken: u32 = 0;

  constructor(private table: usize, private at: usize) {}

  /** What is where nothing is: every reader gives its empty value, without a failure. */
  static absent(): Json {
    return ABSENT;
  }

  /** Reads a text; a failure of the call, and an absent value, when it is not JSON. */
  static parse(region: usize): Json {
    return Json.parseAt(regionStart(region), regionLength(region));
  }

  static parseBytes(bytes: Uint8Array): Json {
    return Json.parseAt(bytes.dataStart, bytes.length);
  }

  static parseAt(start: usize, length: usize): Json {
    cursor = start;
    end = start + length;
    tokens = 0;
    used = 0;
    room = 0;
    const good = parseValue(0);
    space();
    if (!good || cursor != end) {
      refuse("Error parsing JSON: not expected at byte " + (cursor - start).toString());
      return ABSENT;
    }
    return new Json(tokens, 0);
  }

  get kind(): Kind {
    return this.table == 0 ? Kind.ABSENT : load<u32>(this.table + this.at);
  }

  get isAbsent(): bool {
    return this.table == 0;
  }

  get isNull(): bool {
    return this.kind == Kind.NULL;
  }

  /** Number of elements of an array or members of an object. */
  get length(): i32 {
    return this.kind >= Kind.ARRAY ? <i32>load<u32>(this.table + this.at, 12) : 0;
  }

  get start(): usize {
    return load<u32>(this.table + this.at, 4);
  }

  get size(): usize {
    return <usize>load<u32>(this.table + this.at, 8) - this.start;
  }

  private get next(): usize {
    return load<u32>(this.table + this.at, 16);
  }

  /** The JSON text of this value as it came. */
  get source(): string {
    if (this.isAbsent) return "";
    const quote: usize = this.kind == Kind.TEXT || this.kind == Kind.ESCAPED ? 1 : 0;
    return String.UTF8.decodeUnsafe(this.start - quote, this.size + 2 * quote);
  }

  /** Refuses the call because this is not what the contract expects; says so once for an absent value's parent only. */
  mismatch(expected: string): void {
    if (!this.isAbsent) refuse("Error parsing into type " + expected + ": found " + this.source);
  }

  /** The elements of an array. */
  elements(): Json[] {
    const list = new Array<Json>();
    if (this.kind != Kind.ARRAY) {
      this.mismatch("array");
      return list;
    }
    let at = this.at + TOKEN;
    for (let i = this.length; i > 0; i--) {
      const element = new Json(this.table, at);
      list.push(element);
      at = element.next;
    }
    return list;
  }

  private keyIs(at: usize, name: string): bool {
    const token = this.table + at;
    const start = <usize>load<u32>(token, 4);
    const size = <usize>load<u32>(token, 8) - start;
    if (size != <usize>name.length) return load<u32>(token) == Kind.ESCAPED && new Json(this.table, at).text() == name;
    const units = changetype<usize>(name);
    for (let i: usize = 0; i < size; i++) {
      if (<u32>load<u8>(start + i) != <u32>load<u16>(units + (i << 1))) return false;
    }
    return true;
  }

  /** The member called `name`, or an absent value. */
  get(name: string): Json {
    if (this.kind != Kind.OBJECT) return ABSENT;
    let at = this.at + TOKEN;
    for (let i = this.length; i > 0; i--) {
      const value = new Json(this.table, at + TOKEN);
      if (this.keyIs(at, name)) {
        this.taken++;
        return value;
      }
      at = value.next;
    }
    return ABSENT;
  }

  /** Whether the member is there, and not null. */
  has(name: string): bool {
    return this.get(name).kind > Kind.NULL;
  }

  /** Name of the only member: how messages with several forms say which one they are, as `{"transfer": {…}}`. */
  get variant(): string {
    if (this.kind != Kind.OBJECT || this.length != 1) {
      this.mismatch("message: an object with one member");
      return "";
    }
    return new Json(this.table, this.at + TOKEN).text();
  }

  /** Whether the only member is called `name`. */
  is(name: string): bool {
    return this.kind == Kind.OBJECT && this.length == 1 && this.keyIs(this.at + TOKEN, name);
  }

  /** The value of the only member. */
  get body(): Json {
    return this.kind == Kind.OBJECT && this.length == 1 ? new Json(this.table, this.at + 2 * TOKEN) : ABSENT;
  }

  /** Begins reading this object as a `type` whose members are all known. */
  open(type: string): void {
    this.taken = 0;
    if (this.kind != Kind.OBJECT) this.mismatch(type);
  }

  /** Ends it: refuses members that nobody asked for, or that are there twice. */
  close(type: string): void {
    if (this.kind != Kind.OBJECT || this.taken == <u32>this.length) return;
    refuse("Error parsing into type " + type + ": unknown or repeated field in " + this.source);
  }

  /** A member that must be there. */
  field<T>(type: string, name: string): T {
    const value = this.get(name);
    if (value.isAbsent && this.kind == Kind.OBJECT) {
      refuse("Error parsing into type " + type + ": missing field `" + name + "`");
    }
    return decode<T>(value);
  }

  /** A member that may be absent or null. */
  optional<T>(name: string): T | null {
    const value = this.get(name);
    return value.kind <= Kind.NULL ? null : decode<T>(value);
  }

  /** A member that has another value when it is absent or null. */
  fallback<T>(name: string, otherwise: T): T {
    const value = this.get(name);
    return value.kind <= Kind.NULL ? otherwise : decode<T>(value);
  }

  /** Reads this value as a `T`. */
  as<T>(): T {
    return decode<T>(this);
  }

  text(): string {
    const kind = this.kind;
    if (kind == Kind.TEXT) return plainText(this.start, this.size);
    if (kind == Kind.ESCAPED) {
      const text = unescape(this.start, this.size);
      if (!isWellFormed(text)) this.mismatch("text: Unicode");
      return text;
    }
    this.mismatch("text");
    return "";
  }

  bool(): bool {
    const kind = this.kind;
    if (kind != Kind.TRUE && kind != Kind.FALSE) this.mismatch("boolean");
    return kind == Kind.TRUE;
  }

  /** Bytes in base64. */
  bytes(): Uint8Array {
    const bytes = this.kind == Kind.TEXT ? readBase64(this.start, this.size) : null;
    if (bytes !== null) return bytes;
    this.mismatch("base64");
    return new Uint8Array(0);
  }

  /** A number without sign, fraction and exponent, up to `max`. */
  unsigned(max: u64): u64 {
    if (this.kind == Kind.NUMBER && parseDigits(this.start, this.size, max)) return digitsValue;
    this.mismatch("integer from 0 to " + max.toString());
    return 0;
  }

  /** A number without fraction and exponent, from `-max - 1` to `max`. */
  signed(max: i64): i64 {
    if (this.kind == Kind.NUMBER) {
      const negative = load<u8>(this.start) == 45;
      const skip: usize = negative ? 1 : 0;
      const limit = negative ? <u64>max + 1 : <u64>max;
      if (parseDigits(this.start + skip, this.size - skip, limit)) return negative ? -<i64>digitsValue : <i64>digitsValue;
    }
    this.mismatch("integer up to " + max.toString());
    return 0;
  }

  /** Writes the text of this value as it came. */
  encodeJson(writer: JsonWriter): void {
    if (this.isAbsent) return writer.raw("null");
    const quote: usize = this.kind == Kind.TEXT || this.kind == Kind.ESCAPED ? 1 : 0;
    writer.copy(this.start - quote, this.size + 2 * quote);
  }
}

const ABSENT = new Json(0, 0);

let digitsValue: u64 = 0;

/** Reads decimal digits up to `max` into `digitsValue`; false when there is anything else, or more. */
export function parseDigits(start: usize, size: usize, max: u64): bool {
  let value: u64 = 0;
  if (size == 0) return false;
  for (let i: usize = 0; i < size; i++) {
    const digit = <u32>load<u8>(start + i) - 48;
    if (digit > 9) return false;
    if (value > (max - digit) / 10 || max < digit) return false;
    value = value * 10 + digit;
  }
  digitsValue = value;
  return true;
}

/** Text of bytes without escapes; one byte is one character where all are ASCII. */
function plainText(start: usize, size: usize): string {
  const result = changetype<usize>(__new(size << 1, idof<string>()));
  for (let i: usize = 0; i < size; i++) {
    const c = load<u8>(start + i);
    if (c > 127) return decodeUtf8(start, size);
    store<u16>(result + (i << 1), c);
  }
  return changetype<string>(result);
}

/** Whether every half of a surrogate pair has its other half. */
function isWellFormed(text: string): bool {
  const length = text.length;
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    if ((unit & 0xf800) != 0xd800) continue;
    if (unit >= 0xdc00 || i + 1 == length || (text.charCodeAt(++i) & 0xfc00) != 0xdc00) return false;
  }
  return true;
}

/** UTF-8 as text; refuses the call when it is none, as is every form but the shortest. */
function decodeUtf8(start: usize, size: usize): string {
  const text = String.UTF8.decodeUnsafe(start, size);
  const back = String.UTF8.encode(text);
  const same = <usize>back.byteLength == size && memory.compare(changetype<usize>(back), start, size) == 0;
  if (!same || !isWellFormed(text)) refuse("Error parsing JSON: text that is no UTF-8");
  return text;
}

function unescape(start: usize, size: usize): string {
  let result = "";
  let from = start;
  const stop = start + size;
  for (let at = start; at < stop;) {
    if (load<u8>(at) != 92) {
      at++;
      continue;
    }
    result += decodeUtf8(from, at - from);
    const c = <u32>load<u8>(at + 1);
    at += 2;
    switch (c) {
      case 98:
        result += "\b";
        break;
      case 102:
        result += "\f";
        break;
      case 110:
        result += "\n";
        break;
      case 114:
        result += "\r";
        break;
      case 116:
        result += "\t";
        break;
      case 117: {
        result += String.fromCharCode(hexUnit(at));
        at += 4;
        break;
      }
      default:
        result += String.fromCharCode(<i32>c);
    }
    from = at;
  }
  return result + decodeUtf8(from, stop - from);
}

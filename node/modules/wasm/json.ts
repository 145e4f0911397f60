/**
 * JSON that contracts make: bounded in depth, with whole numbers exact to the last digit. Contracts write 64-bit ids and
 * heights as numbers, which a JavaScript number does not hold; and they pay little for a byte, so that reading one has to take
 * no longer than `JSON.parse` with a reviver does for ten.
 * @module
 */
import { err, ok, type Result } from "../../core/result.ts";

/** A JSON value; whole numbers are `bigint`, all others stay numbers, which no reader here accepts. */
export type Json = null | boolean | number | bigint | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

/** Deepest nesting: more than serde lets contracts read or write. */
const DEPTH_MAX = 200;
/** Digits of the greatest 64-bit number. */
const WHOLE = /^(?:0|[1-9][0-9]{0,19})$/;

// A byte order mark is no JSON; broken UTF-8 becomes U+FFFD, as in Go.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The text is no JSON, or too deep; thrown and caught in here. */
class Malformed {
  constructor(readonly message: string) {}
}

const SPACE = /[ \t\n\r]*/y;
// deno-lint-ignore no-control-regex
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
/** Digits that a JavaScript number is sure to hold, and one more. */
const SHORT = 16;
const WORDS: ReadonlyMap<string, boolean | null> = new Map([["t", true], ["f", false], ["n", null]]);

/** A list or an object that is being read. `name`: of the next member. */
interface Open {
  readonly list: Json[] | undefined;
  readonly object: Record<string, Json>;
  name: string;
}

class Reader {
  #at = 0;

  constructor(readonly text: string) {}

  /** One value, and nothing behind it. Without the native stack: contracts choose the depth. */
  read(): Json {
    const open: Open[] = [];
    for (;;) {
      let value = this.#begin(open);
      if (value === undefined) continue;
      for (;;) {
        const inner = open.at(-1);
        if (inner === undefined) {
          if (this.#peek() !== undefined) throw new Malformed("malformed JSON");
          return value;
        }
        if (inner.list === undefined) inner.object[inner.name] = value;
        else inner.list.push(value);
        if (this.#goesOn(inner)) break;
        open.pop();
        value = inner.list ?? inner.object;
      }
    }
  }

  /** A value that is whole at once, or undefined after opening one with something in it. */
  #begin(open: Open[]): Json | undefined {
    const sign = this.#peek();
    if (sign === "{" || sign === "[") {
      this.#at++;
      if (open.length === DEPTH_MAX) throw new Malformed(`JSON is nested more than ${DEPTH_MAX} deep`);
      const list = sign === "[" ? [] : undefined;
      const inner: Open = { list, object: Object.create(null), name: "" };
      if (this.#peek() === (list === undefined ? "}" : "]")) {
        this.#at++;
        return list ?? inner.object;
      }
      if (list === undefined) inner.name = this.#name();
      open.push(inner);
      return undefined;
    }
    if (sign === '"') return this.#string();
    if (sign === "t" || sign === "f" || sign === "n") return this.#word(WORDS.get(sign)!);
    return this.#number();
  }

  /** Behind a member: whether another one follows. */
  #goesOn(inner: Open): boolean {
    const sign = this.#peek();
    this.#at++;
    if (sign === ",") {
      if (inner.list === undefined) inner.name = this.#name();
      return true;
    }
    if (sign !== (inner.list === undefined ? "}" : "]")) throw new Malformed("malformed JSON");
    return false;
  }

  /** The next character that is no space; undefined at the end. */
  #peek(): string | undefined {
    const code = this.text.charCodeAt(this.#at);
    if (code <= 0x20) {
      SPACE.lastIndex = this.#at;
      SPACE.test(this.text);
      this.#at = SPACE.lastIndex;
    }
    return this.text[this.#at];
  }

  #name(): string {
    if (this.#peek() !== '"') throw new Malformed("malformed JSON");
    const name = this.#string();
    if (this.#peek() !== ":") throw new Malformed("malformed JSON");
    this.#at++;
    return name;
  }

  /** From one quotation mark to the other. */
  #string(): string {
    const start = this.#at;
    PLAIN.lastIndex = start + 1;
    PLAIN.test(this.text);
    let end = PLAIN.lastIndex;
    if (this.text[end] === '"') {
      this.#at = end + 1;
      return this.text.slice(start + 1, end);
    }
    // With escapes: JSON.parse knows them, and refuses what is none.
    while (this.text[end] === "\\") {
      PLAIN.lastIndex = end + 2;
      PLAIN.test(this.text);
      end = PLAIN.lastIndex;
    }
    if (this.text[end] !== '"') throw new Malformed("malformed JSON");
    this.#at = end + 1;
    return (JSON.parse(this.text.slice(start, end + 1)) as string).toWellFormed();
  }

  #number(): number | bigint {
    const start = this.#at;
    let value = 0;
    let at = start;
    for (; at - start < SHORT; at++) {
      const digit = this.text.charCodeAt(at) - 48;
      if (!(digit >= 0 && digit <= 9)) break;
      value = value * 10 + digit;
    }
    // Almost all numbers: a few digits, and nothing that goes on as a number does.
    const isShort = at > start && at - start < SHORT && (this.text[start] !== "0" || at === start + 1);
    const next = this.text[at];
    if (isShort && next !== "." && next !== "e" && next !== "E") {
      this.#at = at;
      return BigInt(value);
    }
    NUMBER.lastIndex = this.#at;
    if (!NUMBER.test(this.text)) throw new Malformed("malformed JSON");
    const source = this.text.slice(this.#at, NUMBER.lastIndex);
    this.#at = NUMBER.lastIndex;
    return WHOLE.test(source) ? BigInt(source) : Number(source);
  }

  #word(word: boolean | null): boolean | null {
    const text = `${word}`;
    if (!this.text.startsWith(text, this.#at)) throw new Malformed("malformed JSON");
    this.#at += text.length;
    return word;
  }
}

/** Reads one JSON value. The caller has bounded the number of bytes. The error is a sentence. */
export function readJson(bytes: Uint8Array): Result<Json, string> {
  try {
    return ok(new Reader(decoder.decode(bytes)).read());
  } catch (thrown) {
    if (thrown instanceof Malformed) return err(thrown.message);
    if (thrown instanceof SyntaxError) return err("malformed JSON");
    throw thrown;
  }
}

/** Whether `bytes` are one JSON value, as deep as Go's `json.Valid` goes. */
export function isJson(bytes: Uint8Array): boolean {
  if (!isShallow(bytes)) return false;
  try {
    JSON.parse(decoder.decode(bytes));
    return true;
  } catch {
    return false;
  }
}

/** Deepest nesting that Go looks at. */
const VALID_DEPTH_MAX = 10_000;
const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];

/** Whether brackets outside of strings are never too deep: `JSON.parse` takes a second for a megabyte of them. */
function isShallow(bytes: Uint8Array): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (inString) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      if (++depth > VALID_DEPTH_MAX) return false;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) depth--;
  }
  return true;
}

/**
 * Kinds of parameters, each read from JSON and from a query string as CometBFT does: 64-bit integers may be strings,
 * bytes are base64 in JSON and 0x-hex (or a quoted string standing for its own bytes) in a URI.
 * @module
 */

/** Why a value does not fit its parameter. */
export class BadParam {
  constructor(readonly message: string) {}
}

/** How one parameter is read. */
export interface Param<T> {
  fromJson(value: unknown): T | BadParam;
  fromUri(text: string): T | BadParam;
  absent(): T | BadParam;
}

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);
const INTEGER = /^-?\d{1,19}$/;
const HEX = /^(?:[0-9a-fA-F]{2})*$/;
const HASH_HEX = /^[0-9a-fA-F]{64}$/;
const ALPHABET_STRICT = { lastChunkHandling: "strict" } as const;

function parseInt64(text: string): bigint | BadParam {
  if (!INTEGER.test(text)) return new BadParam(`not a 64-bit integer: ${quote(text)}`);
  const value = BigInt(text);
  return value > INT64_MAX || value < INT64_MIN ? new BadParam(`not a 64-bit integer: ${quote(text)}`) : value;
}

const quote = (text: string): string => JSON.stringify(text.length > 64 ? text.slice(0, 64) + "…" : text);
const wrongType = (want: string, got: unknown): BadParam =>
  new BadParam(`expected ${want}, got ${Array.isArray(got) ? "array" : typeof got}`);

/** 0x-hex; undefined when the text does not start like it. */
function hexOfUri(text: string): Uint8Array | BadParam | undefined {
  if (!/^0x/i.test(text)) return undefined;
  return HEX.test(text.slice(2)) ? Uint8Array.fromHex(text.slice(2)) : new BadParam("not hexadecimal");
}

function unquote(text: string): string | BadParam {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "string") return value;
  } catch {
    // Falls through: said below in one way.
  }
  return new BadParam(`not a quoted string: ${quote(text)}`);
}

function bytesOfUri(text: string): Uint8Array | BadParam {
  const hex = hexOfUri(text);
  if (hex !== undefined) return hex;
  if (HASH_HEX.test(text)) return Uint8Array.fromHex(text);
  const value = unquote(text);
  return value instanceof BadParam
    ? new BadParam(`expected 0x-hex or a quoted string: ${quote(text)}`)
    : new TextEncoder().encode(value);
}

function base64(text: string): Uint8Array | BadParam {
  try {
    return Uint8Array.fromBase64(text, ALPHABET_STRICT);
  } catch {
    return new BadParam("not base64");
  }
}

function hashOfHex(text: string): Uint8Array | undefined {
  const digits = text.replace(/^0x/i, "");
  return HASH_HEX.test(digits) ? Uint8Array.fromHex(digits) : undefined;
}

const nothing = () => undefined;

/** int64. */
export const INT64: Param<bigint | undefined> = {
  fromJson(value) {
    if (typeof value === "string") return parseInt64(value);
    if (typeof value !== "number") return wrongType("an integer", value);
    return Number.isSafeInteger(value)
      ? BigInt(value)
      : new BadParam(`not an integer, or too large for a JSON number: send it as a string`);
  },
  // A quoted integer is what CometBFT's own clients send.
  fromUri: (text) => parseInt64(/^".*"$/.test(text) ? text.slice(1, -1) : text),
  absent: nothing,
};

/** bool. */
export const BOOL: Param<boolean> = {
  fromJson: (value) => typeof value === "boolean" ? value : wrongType("a boolean", value),
  fromUri: (text) =>
    text === "true" ? true : text === "false" ? false : new BadParam(`not true or false: ${quote(text)}`),
  absent: () => false,
};

/** string; unquoted ones are taken as they are in a URI. */
export const STRING: Param<string> = {
  fromJson: (value) => typeof value === "string" ? value : wrongType("a string", value),
  fromUri(text) {
    const hex = hexOfUri(text);
    if (hex instanceof Uint8Array) return new TextDecoder().decode(hex);
    return hex ?? (text.startsWith('"') ? unquote(text) : text);
  },
  absent: () => "",
};

/** []byte: base64 in JSON. */
export const BYTES: Param<Uint8Array | undefined> = {
  fromJson: (value) => typeof value === "string" ? base64(value) : wrongType("base64", value),
  fromUri: bytesOfUri,
  absent: nothing,
};

/** A hash: []byte, but 64 hex digits are understood as well, quoted or not, since no hash has their own 48 or 64 bytes. */
export const HASH: Param<Uint8Array | undefined> = {
  fromJson(value) {
    if (typeof value !== "string") return wrongType("base64", value);
    return hashOfHex(value) ?? base64(value);
  },
  fromUri: (text) => hashOfHex(text.replace(/^"(.*)"$/, "$1")) ?? bytesOfUri(text),
  absent: nothing,
};

/** HexBytes: hexadecimal in JSON. */
export const HEX_BYTES: Param<Uint8Array | undefined> = {
  fromJson(value) {
    if (typeof value !== "string") return wrongType("hexadecimal", value);
    const digits = value.startsWith("0x") ? value.slice(2) : value;
    return HEX.test(digits) ? Uint8Array.fromHex(digits) : new BadParam("not hexadecimal");
  },
  fromUri: bytesOfUri,
  absent: nothing,
};

/** Any JSON. */
export const JSON_VALUE: Param<unknown> = {
  fromJson: (value) => value,
  fromUri(text) {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      return new BadParam("not JSON");
    }
  },
  absent: nothing,
};

/** The same kind, refused when it is missing. */
export const required = <T>(param: Param<T>): Param<NonNullable<T>> => ({
  ...param as unknown as Param<NonNullable<T>>,
  absent: () => new BadParam("missing"),
});

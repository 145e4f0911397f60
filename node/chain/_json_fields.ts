/** Reading fields of a JSON document with errors that name the field. Internal to `genesis.ts`. */

/** Thrown while reading a document; `parseGenesis` turns it into a Result. */
export class FieldError extends Error {
  constructor(path: string, message: string) {
    super(`read genesis field ${path}: ${message}`);
  }
}

export type Json = Readonly<Record<string, unknown>>;

const shown = (value: unknown): string => {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
};

export function readObject(value: unknown, path: string): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new FieldError(path, `expected an object, found ${shown(value)}`);
  }
  return value as Json;
}

export function readArray(value: unknown, path: string, lengthMax: number): readonly unknown[] {
  if (!Array.isArray(value)) throw new FieldError(path, `expected an array, found ${shown(value)}`);
  if (value.length > lengthMax) {
    throw new FieldError(path, `expected at most ${lengthMax} items, found ${value.length}`);
  }
  return value;
}

export function readString(value: unknown, path: string): string {
  if (typeof value !== "string") throw new FieldError(path, `expected a string, found ${shown(value)}`);
  return value;
}

const INT64 = /^-?(0|[1-9]\d{0,18})$/;
const INT64_MAX = (1n << 63n) - 1n;

/** An int64 as CometBFT's JSON has them: in a string. */
export function readInt64(value: unknown, path: string): bigint {
  if (typeof value !== "string" || !INT64.test(value)) {
    throw new FieldError(path, `expected a whole number in a string, found ${shown(value)}`);
  }
  const number = BigInt(value);
  if (number > INT64_MAX || number < -INT64_MAX - 1n) throw new FieldError(path, `${value} does not fit 64 bits`);
  return number;
}

export function readHex(value: unknown, path: string): Uint8Array {
  const text = readString(value, path);
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) {
    throw new FieldError(path, `expected hexadecimal bytes, found ${shown(value)}`);
  }
  return Uint8Array.fromHex(text);
}

export function readBase64(value: unknown, path: string): Uint8Array {
  const text = readString(value, path);
  try {
    return Uint8Array.fromBase64(text, { lastChunkHandling: "strict" });
  } catch {
    throw new FieldError(path, `expected base64, found ${shown(value)}`);
  }
}

/**
 * The JSON between a contract and the chain: requests read field by field as Go reads them, answers written byte for byte as Go's
 * `encoding/json` writes them, for that is what wasmd answers and what contracts were tested against.
 * @module
 */
import type { Json, JsonObject } from "./json.ts";

/** A request that is not what its variant asks for; thrown by {@linkcode Fields} and caught at the querier's door only. */
export class Malformed {
  constructor(readonly message: string) {}
}

/** The fields of an object, read as Go reads them: absent and null are the zero value, unknown ones are passed over. */
export class Fields {
  readonly #object: JsonObject;

  /** Throws {@linkcode Malformed} when it is no object. Null is an empty one. */
  constructor(json: Json, readonly path: string) {
    if (json !== null && (typeof json !== "object" || Array.isArray(json))) {
      throw new Malformed(`${path}: expected an object`);
    }
    this.#object = (json ?? {}) as JsonObject;
  }

  /** Undefined: absent or null. */
  #value(name: string): Exclude<Json, null> | undefined {
    return Object.hasOwn(this.#object, name) ? this.#object[name] ?? undefined : undefined;
  }

  /** Whether it is there, null included. */
  has(name: string): boolean {
    return Object.hasOwn(this.#object, name);
  }

  /** The object under a name. */
  object(name: string): Fields | undefined {
    const value = this.#value(name);
    return value === undefined ? undefined : new Fields(value, `${this.path}.${name}`);
  }

  text(name: string): string {
    const value = this.#value(name) ?? "";
    if (typeof value !== "string") throw new Malformed(`${this.path}.${name}: expected a string`);
    return value;
  }

  /** Base64 with padding. */
  bytes(name: string): Uint8Array | undefined {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    if (typeof value !== "string") throw new Malformed(`${this.path}.${name}: expected a string in base64`);
    try {
      return Uint8Array.fromBase64(value, { lastChunkHandling: "strict" });
    } catch {
      throw new Malformed(`${this.path}.${name}: not base64`);
    }
  }

  /** A whole number from 0 to `max`. */
  integer(name: string, max: bigint): bigint {
    const value = this.#value(name) ?? 0n;
    if (typeof value !== "bigint" || value < 0n || value > max) {
      throw new Malformed(`${this.path}.${name}: expected a whole number up to ${max}`);
    }
    return value;
  }

  flag(name: string): boolean {
    const value = this.#value(name) ?? false;
    if (typeof value !== "boolean") throw new Malformed(`${this.path}.${name}: expected true or false`);
    return value;
  }
}

/** What Go escapes beyond what JavaScript does. */
const ESCAPED = /[<>&\u2028\u2029]/g;
const escape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
const encoder = new TextEncoder();

/** Bytes as base64, bigint as a number, absent fields left out; otherwise as JSON. */
export function writeJson(value: unknown): Uint8Array {
  const text = JSON.stringify(
    value,
    (_name, item) =>
      item instanceof Uint8Array ? item.toBase64() : typeof item === "bigint" ? rawJSON(item.toString()) : item,
  );
  return encoder.encode(text.replace(ESCAPED, escape));
}

// V8 has it; TypeScript's library does not yet.
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

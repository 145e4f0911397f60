/** Reading JSON objects as Go reads them into structs: absent and `null` are the empty value, other types are faults. @module */
import type { Json, JsonObject } from "./json.ts";

/** The JSON is not what it has to be; thrown and caught inside this module. */
export class JsonFault {
  constructor(readonly message: string) {}
}

const U64_MAX = (1n << 64n) - 1n;

export class Fields {
  readonly #object: JsonObject;

  constructor(
    json: Json,
    /** Of what they are the fields, for messages. */
    readonly what: string,
  ) {
    if (json !== null && (typeof json !== "object" || Array.isArray(json))) {
      throw new JsonFault(`cannot read ${nameOf(json)} as ${what}`);
    }
    this.#object = (json ?? {}) as JsonObject;
  }

  /** Undefined: absent or `null`. */
  value(name: string): Json | undefined {
    return Object.hasOwn(this.#object, name) ? this.#object[name] ?? undefined : undefined;
  }

  text(name: string): string {
    const value = this.value(name) ?? "";
    if (typeof value !== "string") throw this.#fault(name, value, "text");
    return value;
  }

  uint64(name: string): bigint {
    const value = this.value(name) ?? 0n;
    if (typeof value !== "bigint" || value > U64_MAX) throw this.#fault(name, value, "uint64");
    return value;
  }

  /** Standard base64 with padding; undefined: absent or `null`. */
  bytes(name: string): Uint8Array | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    if (typeof value !== "string") throw this.#fault(name, value, "base64");
    try {
      return Uint8Array.fromBase64(value, { lastChunkHandling: "strict" });
    } catch {
      throw this.#fault(name, value, "base64");
    }
  }

  list<T>(name: string, read: (json: Json, index: number) => T, most = Infinity): T[] {
    const value = this.value(name) ?? [];
    if (!Array.isArray(value)) throw this.#fault(name, value, "a list");
    if (value.length > most) {
      throw new JsonFault(`${value.length} of ${this.what}.${name}, at most ${most} are allowed`);
    }
    return (value as readonly Json[]).map(read);
  }

  /** The object under `name`; undefined: absent or `null`. */
  object(name: string): Fields | undefined {
    const value = this.value(name);
    return value === undefined ? undefined : new Fields(value, `${this.what}.${name}`);
  }

  #fault(name: string, value: Json, wanted: string): JsonFault {
    return new JsonFault(`cannot read ${nameOf(value)} as ${wanted}: field ${this.what}.${name}`);
  }
}

function nameOf(value: Json): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "bigint" ? "number" : typeof value;
}

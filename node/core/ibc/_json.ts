/** JSON as Go's `encoding/json` writes it, and objects read from it. @module */

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const HTML = /[<>&\u2028\u2029]/g;

/** A JSON string as Go writes it: `<`, `>`, `&` and the line separators escaped, lone surrogates replaced. */
export function goString(text: string): string {
  return JSON.stringify(text.toWellFormed())
    .replaceAll(HTML, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** A JSON object by its own keys; the caller has bounded `text`. Undefined when it is something else or malformed. */
export function parseObject(text: string | Uint8Array): ReadonlyMap<string, unknown> | undefined {
  try {
    return asObject(JSON.parse(typeof text === "string" ? text : decoder.decode(text)));
  } catch {
    return undefined;
  }
}

/** The own keys of a JSON object, so that a key such as `__proto__` is one like any other. */
export function asObject(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return new Map(Object.entries(value));
}

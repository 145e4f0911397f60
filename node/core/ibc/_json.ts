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

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]/g;

/**
 * The value under `key` as it is written in `text`, which is a JSON object that {@linkcode parseObject} could read; of two
 * the last, as there. Nothing is lost on the way, neither digits nor order, and depth costs nothing.
 */
export function memberText(text: string, key: string): string | undefined {
  let found: string | undefined;
  let name: string | undefined;
  let depth = 0;
  let from = 0;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (depth === 1 && (token === "," || token === "}")) {
      if (name === key) found = text.slice(from, index).trim();
      name = undefined;
    }
    if (token === "{" || token === "[") depth++;
    else if (token === "}" || token === "]") depth--;
    else if (depth === 1 && name === undefined && token.startsWith('"')) name = JSON.parse(token) as string;
    else if (depth === 1 && token === ":") from = index + 1;
  }
  return found;
}

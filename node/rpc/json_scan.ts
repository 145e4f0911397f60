/**
 * What has to be known of a JSON text besides its value: how deep it is before it is parsed, and how request ids are
 * written, because an id goes back exactly as it came (1.0, 12345678901234567890).
 * @module
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The index of the quote that ends the string opened at `open`; the length of the text when it never ends. */
function endOfString(text: string, open: number): number {
  let quote = open;
  for (;;) {
    quote = text.indexOf('"', quote + 1);
    if (quote === -1) return text.length;
    let escapes = 0;
    while (text.charCodeAt(quote - 1 - escapes) === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return quote;
  }
}

/** Whether arrays and objects nest deeper than `depthMax`. Linear; long strings are skipped at native speed. */
export function isDeeperThan(text: string, depthMax: number): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      i = endOfString(text, i);
    } else if (code === 0x7b || code === 0x5b) {
      if (++depth > depthMax) return true;
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
  return false;
}

/**
 * A number under the key "id" that is not a plain integer of up to fifteen digits, or a key that may spell "id" with
 * escapes. Everything else is written by `String(number)` as it was read.
 */
const UNUSUAL_ID = /"id"\s*:\s*(?!(?:0|-?[1-9]\d{0,14})\s*[,}\]])[-0-9]|\\u00/;

class NumberSource {
  constructor(readonly text: string) {}
}

type Reviver = (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown;

const keepIdSource: Reviver = (key, value, context) =>
  key === "id" && typeof value === "number" ? new NumberSource(context.source ?? String(value)) : value;

/**
 * The texts of numeric ids in a request or batch that was already parsed once; undefined when `String(id)` gives each of
 * them. The n-th entry belongs to the n-th request of a batch, the only one to a single request.
 */
export function numericIdTexts(text: string): readonly (string | undefined)[] | undefined {
  if (!UNUSUAL_ID.test(text)) return undefined;
  const parsed: unknown = JSON.parse(text, keepIdSource as Parameters<typeof JSON.parse>[1]);
  const idOf = (request: unknown) => {
    if (typeof request !== "object" || request === null || !Object.hasOwn(request, "id")) return undefined;
    const { id } = request as { id: unknown };
    return id instanceof NumberSource ? id.text : undefined;
  };
  return Array.isArray(parsed) ? parsed.map(idOf) : [idOf(parsed)];
}

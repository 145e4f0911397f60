import { hexToBytes } from "../core/bytes.ts";
import { type Condition, matchQuery, type Query } from "../core/event_query/mod.ts";
import type { HeightBounds } from "./_posting_streams.ts";

/** Above every height; one more still fits a key. */
const HEIGHT_MAX = (1n << 62n) - 1n;

/** A condition on the values of an event key. */
export interface SearchTerm {
  readonly key: string;
  /** Set when only this value satisfies the condition. */
  readonly equals: string | undefined;
  matches(value: string): boolean;
}

/** A query, sorted by how it is answered. All parts must hold. */
export interface SearchPlan {
  readonly bounds: HeightBounds;
  /** Conditions on the height that are no bounds, such as CONTAINS. */
  readonly heightFilters: readonly ((height: bigint) => boolean)[];
  readonly hashes: readonly Uint8Array[];
  readonly terms: readonly SearchTerm[];
}

/** Sorts the conditions of `query`. `heightKey` and `hashKey` name what every transaction or block has. */
export function planSearch(query: Query, heightKey: string, hashKey: string | undefined): SearchPlan {
  let bounds: HeightBounds = { low: 0n, high: HEIGHT_MAX };
  const heightFilters: ((height: bigint) => boolean)[] = [];
  const hashes: Uint8Array[] = [];
  const terms: SearchTerm[] = [];
  for (const condition of query.conditions) {
    const { key, operator, operand } = condition;
    if (key === heightKey) {
      if (operand?.type === "number" && operator !== "CONTAINS") bounds = narrow(bounds, operator, operand.text);
      else heightFilters.push((height) => matchesValue(condition, height.toString()));
    } else if (key === hashKey && operator === "=" && operand?.type === "string") {
      hashes.push(hashOf(operand.text));
    } else {
      const equals = operator === "=" && operand?.type === "string" ? operand.text : undefined;
      terms.push({ key, equals, matches: (value) => matchesValue(condition, value) });
    }
  }
  return { bounds, heightFilters, hashes, terms };
}

/**
 * The condition for one value of its key, by the rules of the query language. A key without a dot is an event's type,
 * indexed with an empty value.
 */
function matchesValue(condition: Condition, value: string): boolean {
  const query: Query = { text: "", conditions: [condition] };
  const { key } = condition;
  return matchQuery(query, new Map([key.includes(".") ? [key, [value]] : [`${key}.`, [""]]]));
}

/** `bounds` with a comparison of an integer and the decimal `text`. */
function narrow({ low, high }: HeightBounds, operator: Condition["operator"], text: string): HeightBounds {
  const [whole = "0", fraction = ""] = text.split(".");
  const floor = BigInt(whole);
  const ceiling = /[1-9]/.test(fraction) ? floor + 1n : floor;
  switch (operator) {
    case "=":
      return { low: larger(low, ceiling), high: smaller(high, floor) };
    case "<":
      return { low, high: smaller(high, ceiling - 1n) };
    case "<=":
      return { low, high: smaller(high, floor) };
    case ">":
      return { low: larger(low, floor + 1n), high };
    default:
      return { low: larger(low, ceiling), high };
  }
}

const larger = (a: bigint, b: bigint) => (a > b ? a : b);
const smaller = (a: bigint, b: bigint) => (a < b ? a : b);

/** No bytes when `text` is no hash: nothing is found under them. */
function hashOf(text: string): Uint8Array {
  return /^[0-9a-fA-F]{64}$/.test(text) ? hexToBytes(text) : new Uint8Array();
}

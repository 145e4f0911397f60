/** How values are written at the doors: JSON of plain types only. @module */
import { formatHeight, type IbcHeight } from "../../node/core/ibc/mod.ts";

/** What JSON can say. */
export type Wire = null | boolean | number | string | readonly Wire[] | { readonly [key: string]: Wire };

/**
 * bigint as a decimal string, bytes as base64, a height of a chain as `<revision>-<height>`, undefined as null, so that
 * every field is always there.
 */
export function toWire(value: unknown): Wire {
  if (value === undefined || value === null) return null;
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object") return value as Wire;
  if (value instanceof Uint8Array) return value.toBase64();
  if (Array.isArray(value)) return value.map(toWire);
  if (isHeight(value)) return formatHeight(value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toWire(item)]));
}

function isHeight(value: object): value is IbcHeight {
  return "revisionNumber" in value && "revisionHeight" in value && Object.keys(value).length === 2;
}

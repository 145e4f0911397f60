/** Attributes of events, which a lying chain may fill with anything: each is read within bounds or not at all. @module */
import type { Event } from "cosmjs-types/tendermint/abci/types";
import { type IbcHeight, type IdentifierKind, parseHeight, validateIdentifier } from "../../node/core/ibc/mod.ts";

/** Most characters of a 64-bit number in decimal. */
const UINT64_DIGITS_MAX = 20;
/** Most characters of `<revision>-<height>`. */
const HEIGHT_CHARS_MAX = 2 * UINT64_DIGITS_MAX + 1;

/** The first attribute of that name. */
export function attribute(event: Event, key: string): string | undefined {
  return event.attributes.find((one) => one.key === key)?.value;
}

/** An unsigned 64-bit number in decimal. */
export function uint64Of(text: string | undefined): bigint | undefined {
  if (text === undefined || text.length > UINT64_DIGITS_MAX || !/^(0|[1-9][0-9]*)$/.test(text)) return undefined;
  const value = BigInt(text);
  return BigInt.asUintN(64, value) === value ? value : undefined;
}

/** A height. */
export function heightOf(text: string | undefined): IbcHeight | undefined {
  if (text === undefined || text.length > HEIGHT_CHARS_MAX) return undefined;
  const parsed = parseHeight(text);
  return parsed.ok ? parsed.value : undefined;
}

/** An identifier of ICS-24. */
export function identifierOf(kind: IdentifierKind, text: string | undefined): string | undefined {
  return text !== undefined && validateIdentifier(kind, text) ? text : undefined;
}

/** Bytes in hexadecimal, at most `bytesMax` of them. */
export function hexOf(text: string | undefined, bytesMax: number): Uint8Array | undefined {
  if (text === undefined || text.length > bytesMax * 2) return undefined;
  try {
    return Uint8Array.fromHex(text);
  } catch {
    return undefined;
  }
}

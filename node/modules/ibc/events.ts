/** Events as all of IBC makes them. @module */
import type { Event } from "cosmjs-types/tendermint/abci/types";

/** An event whose attributes are all indexed. A fresh one each time: the transaction adds attributes to it. */
export function eventOf(type: string, attributes: readonly (readonly [key: string, value: string])[]): Event {
  return { type, attributes: attributes.map(([key, value]) => ({ key, value, index: true })) };
}

/** `message` with the part of IBC that acted, which follows each of its events. */
export const moduleEvent = (name: "ibc_connection" | "ibc_channel"): Event => eventOf("message", [["module", name]]);

/**
 * An event of an application whose work was taken back because its acknowledgement says failure: kept for those who want
 * to know why, under names that nobody takes for the real thing (ibc-go `ConvertToErrorEvents`).
 */
export const callbackErrorEvent = ({ type, attributes }: Event): Event => ({
  type: ERROR_PREFIX + type,
  attributes: attributes.map(({ key, value, index }) => ({ key: ERROR_PREFIX + key, value, index })),
});

const ERROR_PREFIX = "ibccallbackerror-";

import type { Event, EventAttribute } from "cosmjs-types/tendermint/abci/types";
import { bytesToUtf8 } from "./_utf8.ts";
import { fields, list, text } from "./_shape.ts";

const PRINTABLE = /^[\x20-\x7e]+$/;

/** What a base64 text holds; undefined when it is none. */
function decodeText(encoded: string): string | undefined {
  if (encoded.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(encoded)) return undefined;
  try {
    return bytesToUtf8(Uint8Array.fromBase64(encoded));
  } catch {
    return undefined;
  }
}

/**
 * Whether keys and values are in base64, as Tendermint v0.34 writes them, and not plain, as its successors do. Every key of
 * an answer must read as base64 of printable text: the names that every transaction of the cosmos-sdk emits (`action`,
 * `sender`, `module`, `fee`) do not.
 */
function isBase64(events: readonly Event[]): boolean {
  let any = false;
  for (const { attributes } of events) {
    for (const { key } of attributes) {
      const plain = decodeText(key);
      if (plain === undefined || !PRINTABLE.test(plain)) return false;
      any = true;
    }
  }
  return any;
}

const decodeAttribute = ({ key, value, index }: EventAttribute): EventAttribute => ({
  key: decodeText(key) ?? key,
  value: decodeText(value) ?? value,
  index,
});

function readEvent(value: unknown): Event {
  const event = fields(value, "event");
  return {
    type: text(event.type, "event type"),
    attributes: list(event.attributes, "attributes").map((one) => {
      const attribute = fields(one, "attribute");
      return {
        key: text(attribute.key, "attribute key"),
        value: text(attribute.value, "attribute value"),
        index: attribute.index === true,
      };
    }),
  };
}

/** Lists of events as one answer has them, each list for itself; plain, however the chain writes them. */
export function readEventLists(values: readonly unknown[]): Event[][] {
  const lists = values.map((value) => list(value, "events").map(readEvent));
  if (!isBase64(lists.flat())) return lists;
  return lists.map((events) =>
    events.map(({ type, attributes }) => ({ type, attributes: attributes.map(decodeAttribute) }))
  );
}

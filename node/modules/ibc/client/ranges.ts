/** Ranges of the store with only the entries that queries list. @module */
import { compareBytes, concatBytes, prefixEnd } from "../../../core/bytes.ts";
import type { ReadRange } from "../../../core/pagination.ts";
import type { StateReader } from "../../../state/view.ts";
import { splitClientKey } from "./client_key.ts";
import { clientPrefix, clientStateKey, consensusStatesKey, STORE } from "./keys.ts";

type Entry = readonly [key: Uint8Array, value: Uint8Array];

const SLASH = 0x2f;
/** Entries that are read at a time. */
const PAGE = 300;
const AFTER = new Uint8Array(1);

/** The client states below `clients/`: from client to client, without walking over what each of them knows. */
export const clientStateRange = (view: StateReader): ReadRange => ({ start, end, reverse, limit }) => {
  const found: Entry[] = [];
  let [from, to] = [start, end];
  while (found.length < limit) {
    const [entry] = view.page(STORE, { start: from, end: to, reverse, limit: 1 });
    const split = entry && splitClientKey(entry[0]);
    if (split === undefined) break;
    const key = clientStateKey(split.id);
    const isInside = compareBytes(key, start) >= 0 && (end === undefined || compareBytes(key, end) < 0);
    const value = isInside ? view.get(STORE, key) : undefined;
    if (value !== undefined) found.push([key, value]);
    const prefix = clientPrefix(split.id);
    if (reverse) to = prefix;
    else from = prefixEnd(prefix)!;
  }
  return found;
};

/** The consensus states of a client, without the metadata that stand below each. */
export const consensusStateRange = (view: StateReader, clientId: string): ReadRange => {
  const { length } = consensusStatesKey(clientId);
  return ({ start, end, reverse, limit }) => {
    const found: Entry[] = [];
    let [from, to] = [start, end];
    while (found.length < limit) {
      const page = view.page(STORE, { start: from, end: to, reverse, limit: PAGE });
      for (const entry of page) {
        if (entry[0].indexOf(SLASH, length) < 0 && found.length < limit) found.push(entry);
      }
      if (page.length < PAGE) break;
      const last = page.at(-1)![0];
      if (reverse) to = last;
      else from = concatBytes(last, AFTER);
    }
    return found;
  };
};

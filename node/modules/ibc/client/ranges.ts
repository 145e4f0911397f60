/** Ranges of the store with only the entries that queries list. @module */
import { compareBytes, concatBytes, prefixEnd } from "../../../core/bytes.ts";
import type { ReadRange } from "../../../core/pagination.ts";
import type { StateReader } from "../../../state/view.ts";
import { readClientKey, splitClientKey } from "./client_key.ts";
import { clientPrefix, clientStateKey, consensusStatesKey, STORE } from "./keys.ts";

type Entry = readonly [key: Uint8Array, value: Uint8Array];

const SLASH = 0x2f;
/** Entries that are read at a time. */
const PAGE = 300;
const AFTER = new Uint8Array(1);

/**
 * The client states below `clients/`: a page at a time, and over the rest of a client that knows more than fits into one.
 * Clients are small and many, or few, and each reading may be a miss of the state that begins the query anew.
 */
export const clientStateRange = (view: StateReader): ReadRange => ({ start, end, reverse, limit }) => {
  const found: Entry[] = [];
  let [from, to] = [start, end];
  for (;;) {
    const page = view.page(STORE, { start: from, end: to, reverse, limit: PAGE });
    for (const entry of page) {
      if (found.length < limit && readClientKey(entry[0])?.kind === "state") found.push(entry);
    }
    const last = page.at(-1)?.[0];
    const split = last && splitClientKey(last);
    if (found.length === limit || page.length < PAGE || split === undefined) return found;
    // The state is the first entry of a client: forwards it was there, backwards it is still to come.
    const prefix = clientPrefix(split.id);
    if (reverse) {
      const key = clientStateKey(split.id);
      const isAhead = compareBytes(key, last!) < 0 && compareBytes(key, start) >= 0;
      const value = isAhead ? view.get(STORE, key) : undefined;
      if (value !== undefined) found.push([key, value]);
      to = prefix;
    } else from = prefixEnd(prefix)!;
  }
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

import type { Event, ExecTxResult } from "cosmjs-types/tendermint/abci/types";
import { bytesToU64, concatBytes, u64ToBytes } from "../core/bytes.ts";
import type { CodedError } from "../core/errors.ts";
import type { Query } from "../core/event_query/mod.ts";
import { invariant } from "../core/invariant.ts";
import { ok, type Result } from "../core/result.ts";
import { heightKey, prefix } from "./_heights.ts";
import { BLOCK_EVENTS, encodePosting, eventKeyPrefix, TX_EVENTS } from "./_postings.ts";
import type { Place } from "./_posting_join.ts";
import { type SearchOptions, searchPostings } from "./_posting_search.ts";
import { planSearch } from "./_search_plan.ts";
import type { StorePart, Write } from "./store.ts";

/** Hash of a transaction → height (8 bytes) and index (4 bytes). */
const TX = prefix("i/t/");
/** Height → number of transactions (4 bytes). */
const COUNT = prefix("i/n/");

/** One page of a search. */
export interface FoundPage<T> {
  /** All matches, not only those on the page. */
  readonly total: number;
  readonly items: readonly T[];
}

/**
 * Finds transactions by hash, and transactions and blocks by their events, under keys that start with `i/` of the store
 * given (the whole store, so that `indexWrites` can join a batch). Only attributes marked for the index are in it; the
 * keys `tx.height`, `tx.hash` and `block.height` are always known.
 */
export class TxIndex {
  readonly #store: StorePart;

  constructor(store: StorePart) {
    this.#store = store;
  }

  /** What to write for a block: `results` and `txHashes` in the order of its transactions. */
  indexWrites(
    height: bigint,
    txHashes: readonly Uint8Array[],
    results: readonly ExecTxResult[],
    blockEvents: readonly Event[],
  ): Write[] {
    invariant(
      txHashes.length === results.length,
      `index block ${height}: ${results.length} of ${txHashes.length} results`,
    );
    const writes: Write[] = [[heightKey(COUNT, height), u32ToBytes(txHashes.length)]];
    txHashes.forEach((hash, index) => {
      writes.push([concatBytes(TX, hash), concatBytes(u64ToBytes(height), u32ToBytes(index))]);
    });
    writes.push(...eventWrites(TX_EVENTS, height, results.map((result) => result.events)));
    writes.push(...eventWrites(BLOCK_EVENTS, height, [blockEvents]));
    return writes;
  }

  /** Where the transaction with this hash is. */
  async findTx(hash: Uint8Array): Promise<Place | undefined> {
    if (hash.length !== 32) return undefined;
    const found = await this.#store.get(concatBytes(TX, hash));
    return found && { height: bytesToU64(found), index: new DataView(found.buffer, found.byteOffset).getUint32(8) };
  }

  /**
   * The transactions that satisfy all conditions of `query`, ordered by height and index. A search that would read too
   * much is refused with code `invalidRequest`.
   */
  searchTxs(query: Query, options: SearchOptions): Promise<Result<FoundPage<Place>, CodedError>> {
    const source = { ...this.#source(TX_EVENTS), indexesOf: allIndexes };
    return searchPostings(source, planSearch(query, "tx.height", "tx.hash"), options);
  }

  /** The heights whose block events satisfy all conditions of `query`; otherwise as {@linkcode searchTxs}. */
  async searchBlocks(query: Query, options: SearchOptions): Promise<Result<FoundPage<bigint>, CodedError>> {
    const source = { ...this.#source(BLOCK_EVENTS), indexesOf: () => [0] };
    const found = await searchPostings(source, planSearch(query, "block.height", undefined), options);
    if (!found.ok) return found;
    return ok({ total: found.value.total, items: found.value.items.map(({ height }) => height) });
  }

  #source(space: Uint8Array) {
    return { store: this.#store, space, counts: COUNT, findTx: (hash: Uint8Array) => this.findTx(hash) };
  }
}

/** The indexes of all transactions of a block, from its count entry. */
function allIndexes(count: Uint8Array): number[] {
  return Array.from({ length: new DataView(count.buffer, count.byteOffset).getUint32(0) }, (_, index) => index);
}

/**
 * One posting for each event key and value: `lists[i]` are the events of index `i`. What stands before the last dot of a
 * key is an event's type to the query language; it is indexed with an empty value.
 */
function eventWrites(space: Uint8Array, height: bigint, lists: readonly (readonly Event[])[]): Write[] {
  const postings = new Map<string, Map<string, number[]>>();
  const add = (key: string, value: string, index: number) => {
    let values = postings.get(key);
    if (!values) postings.set(key, values = new Map());
    const indexes = values.get(value);
    if (!indexes) values.set(value, [index]);
    else if (indexes.at(-1) !== index) indexes.push(index);
  };
  lists.forEach((events, index) => {
    for (const { type, attributes } of events) {
      if (type === "") continue;
      for (const attribute of attributes) {
        if (!attribute.index || attribute.key === "") continue;
        const key = `${type}.${attribute.key}`;
        add(key, attribute.value, index);
        add(key.slice(0, key.lastIndexOf(".")), "", index);
      }
    }
  });
  const writes: Write[] = [];
  for (const [key, values] of postings) {
    const prefix = eventKeyPrefix(space, key);
    for (const [value, indexes] of values) writes.push(encodePosting(prefix, value, height, indexes));
  }
  return writes;
}

function u32ToBytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

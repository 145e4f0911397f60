import type { Event, ExecTxResult } from "cosmjs-types/tendermint/abci/types";
import { bytesToU64, concatBytes } from "../core/bytes.ts";
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

/** What is done between two offers to let others run. */
const TXS_PER_STEP = 20;
const POSTINGS_PER_STEP = 200;

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
    const work = this.indexWork(height, txHashes, results, blockEvents);
    for (;;) {
      const step = work.next();
      if (step.done) return step.value;
    }
  }

  /** As {@linkcode indexWrites}, in steps of well under a millisecond: a block takes tens of them. */
  *indexWork(
    height: bigint,
    txHashes: readonly Uint8Array[],
    results: readonly ExecTxResult[],
    blockEvents: readonly Event[],
  ): Generator<void, Write[]> {
    invariant(
      txHashes.length === results.length,
      `index block ${height}: ${results.length} of ${txHashes.length} results`,
    );
    const writes: Write[] = [[heightKey(COUNT, height), u32ToBytes(txHashes.length)]];
    const ofTxs = new PostingLists();
    for (const [index, hash] of txHashes.entries()) {
      if (index % TXS_PER_STEP === TXS_PER_STEP - 1) yield;
      writes.push([txKey(hash), placeToBytes(height, index)]);
      ofTxs.add(results[index]!.events, index);
    }
    yield* ofTxs.writes(TX_EVENTS, height, writes);
    const ofBlock = new PostingLists();
    ofBlock.add(blockEvents, 0);
    yield* ofBlock.writes(BLOCK_EVENTS, height, writes);
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

/** Values of one event key, each with the indexes that carry it. */
type Values = Map<string, number[]>;

/** Where the values of an attribute go, and the entry of its event's type. */
interface AttributeLists {
  readonly values: Values;
  readonly ofType: number[];
}

/**
 * The postings of a block: the indexes that carry each event key and value. What stands before the last dot of a key is
 * an event's type to the query language; it is indexed with an empty value.
 */
class PostingLists {
  readonly #byKey = new Map<string, Values>();
  /** By type, then by attribute: spares making the event key for each of thousands of events. */
  readonly #byAttribute = new Map<string, Map<string, AttributeLists>>();

  add(events: readonly Event[], index: number): void {
    for (const { type, attributes } of events) {
      if (type === "") continue;
      let ofType = this.#byAttribute.get(type);
      if (ofType === undefined) this.#byAttribute.set(type, ofType = new Map());
      for (const attribute of attributes) {
        const { key, value } = attribute;
        if (!attribute.index || key === "") continue;
        let lists = ofType.get(key);
        if (lists === undefined) ofType.set(key, lists = this.#listsOf(`${type}.${key}`));
        addIndex(indexesOf(lists.values, value), index);
        addIndex(lists.ofType, index);
      }
    }
  }

  *writes(space: Uint8Array, height: bigint, out: Write[]): Generator<void, void> {
    let entries = 0;
    for (const [key, values] of this.#byKey) {
      const prefix = eventKeyPrefix(space, key);
      for (const [value, indexes] of values) {
        if (++entries % POSTINGS_PER_STEP === 0) yield;
        out.push(encodePosting(prefix, value, height, indexes));
      }
    }
  }

  #listsOf(key: string): AttributeLists {
    const ofType = indexesOf(this.#valuesOf(key.slice(0, key.lastIndexOf("."))), "");
    return { values: this.#valuesOf(key), ofType };
  }

  #valuesOf(key: string): Values {
    let values = this.#byKey.get(key);
    if (values === undefined) this.#byKey.set(key, values = new Map());
    return values;
  }
}

function indexesOf(values: Values, value: string): number[] {
  let indexes = values.get(value);
  if (indexes === undefined) values.set(value, indexes = []);
  return indexes;
}

function addIndex(indexes: number[], index: number): void {
  if (indexes.length === 0 || indexes[indexes.length - 1] !== index) indexes.push(index);
}

function txKey(hash: Uint8Array): Uint8Array {
  const key = new Uint8Array(TX.length + hash.length);
  key.set(TX);
  key.set(hash, TX.length);
  return key;
}

function placeToBytes(height: bigint, index: number): Uint8Array {
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, height);
  view.setUint32(8, index);
  return bytes;
}

function u32ToBytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

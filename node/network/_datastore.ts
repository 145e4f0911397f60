/**
 * Where libp2p keeps what it knows of peers and of the DHT: in memory and bounded, since strangers write into both. What was
 * used longest ago goes first, but never a record of a peer that is connected.
 * @module
 */
import type { Libp2pInit } from "libp2p";

type Datastore = NonNullable<Libp2pInit["datastore"]>;
type Key = Parameters<Datastore["get"]>[0];
interface Pair {
  readonly key: Key;
  readonly value: Uint8Array;
}

/** Peers known by address, and DHT records: some hundred bytes each. */
export const PEER_RECORDS_MAX = 2048;
const OTHER_RECORDS_MAX = 2048;
/** Longest value taken, in bytes; libp2p's own records are far shorter. */
const VALUE_BYTES_MAX = 64 * 1024;
const PEERS_PREFIX = "/peers/";

type Query = Parameters<Datastore["query"]>[0];
type KeyQuery = Parameters<Datastore["queryKeys"]>[0];

/** `pinned` tells which keys of peers must stay. */
export function boundedDatastore(pinned: (key: string) => boolean): Datastore {
  return new BoundedDatastore(pinned) as unknown as Datastore;
}

class BoundedDatastore {
  /** Least recently used first. */
  readonly #peers = new Map<string, Pair>();
  readonly #others = new Map<string, Pair>();
  readonly #pinned: (key: string) => boolean;

  constructor(pinned: (key: string) => boolean) {
    this.#pinned = pinned;
  }

  #of(key: string): Map<string, Pair> {
    return key.startsWith(PEERS_PREFIX) ? this.#peers : this.#others;
  }

  put(key: Key, value: Uint8Array): Key {
    const name = key.toString();
    if (value.length > VALUE_BYTES_MAX) return key;
    const records = this.#of(name);
    records.delete(name);
    records.set(name, { key, value });
    const max = records === this.#peers ? PEER_RECORDS_MAX : OTHER_RECORDS_MAX;
    if (records.size > max) this.#evict(records, name);
    return key;
  }

  #evict(records: Map<string, Pair>, newest: string): void {
    for (const name of records.keys()) {
      if (name === newest || this.#pinned(name)) continue;
      records.delete(name);
      return;
    }
  }

  get(key: Key): Uint8Array {
    const name = key.toString();
    const records = this.#of(name);
    const found = records.get(name);
    if (found === undefined) throw Object.assign(new Error(`find ${name}: not there`), { name: "NotFoundError" });
    records.delete(name);
    records.set(name, found);
    return found.value;
  }

  has(key: Key): boolean {
    return this.#of(key.toString()).has(key.toString());
  }

  delete(key: Key): void {
    this.#of(key.toString()).delete(key.toString());
  }

  async *putMany(pairs: AsyncIterable<Pair> | Iterable<Pair>): AsyncGenerator<Key> {
    for await (const { key, value } of pairs) yield this.put(key, value);
  }

  async *getMany(keys: AsyncIterable<Key> | Iterable<Key>): AsyncGenerator<Pair> {
    for await (const key of keys) yield { key, value: this.get(key) };
  }

  async *deleteMany(keys: AsyncIterable<Key> | Iterable<Key>): AsyncGenerator<Key> {
    for await (const key of keys) {
      this.delete(key);
      yield key;
    }
  }

  batch() {
    const steps: (() => void)[] = [];
    return {
      put: (key: Key, value: Uint8Array) => void steps.push(() => this.put(key, value)),
      delete: (key: Key) => void steps.push(() => this.delete(key)),
      commit: () => steps.splice(0).forEach((step) => step()),
    };
  }

  *query(query: Query): Generator<Pair> {
    let pairs = this.#all(query.prefix);
    for (const filter of query.filters ?? []) pairs = pairs.filter((pair) => filter(pair));
    for (const order of query.orders ?? []) pairs.sort(order);
    yield* pairs.slice(query.offset ?? 0, query.limit === undefined ? undefined : (query.offset ?? 0) + query.limit);
  }

  *queryKeys(query: KeyQuery): Generator<Key> {
    let keys = this.#all(query.prefix).map(({ key }) => key);
    for (const filter of query.filters ?? []) keys = keys.filter((key) => filter(key));
    for (const order of query.orders ?? []) keys.sort(order);
    yield* keys.slice(query.offset ?? 0, query.limit === undefined ? undefined : (query.offset ?? 0) + query.limit);
  }

  #all(prefix = ""): Pair[] {
    const within = ({ key }: Pair) => key.toString().startsWith(prefix);
    return [...this.#peers.values(), ...this.#others.values()].filter(within);
  }
}

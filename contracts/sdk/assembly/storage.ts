/** The contract's own storage: {@link Item} for one value, {@link StorageMap} and {@link PairMap} for many. */
import { bytesAt, bytesRegion, utf8 } from "./bytes";
import { blank, decode } from "./codec";
import { failed, refuse } from "./failure";
import { dbNext, dbRead, dbRemove, dbScan, dbWrite } from "./imports";
import { Json } from "./json";
import { behind, concat, decodeKey, encodeKey, extend } from "./keys";
import { regionLength, regionStart } from "./region";
import { JsonWriter } from "./writer";

/** The value under a key, as bytes. */
export function readRaw(key: Uint8Array): Uint8Array | null {
  const region = dbRead(bytesRegion(key));
  return region == 0 ? null : bytesAt(regionStart(region), regionLength(region));
}

function readValue<T>(found: usize): T {
  return decode<T>(Json.parse(found));
}

// A call that is refused writes no more: it would not be kept, and would cost.
function writeValue<T>(key: Uint8Array, value: T): void {
  if (failed()) return;
  const writer = new JsonWriter();
  writer.value<T>(value);
  dbWrite(bytesRegion(key), writer.region());
}

/** One value under a name. */
export class Item<T> {
  private key: Uint8Array;

  constructor(private name: string) {
    this.key = utf8(name);
  }

  /** Whether there is a value. */
  get exists(): bool {
    return dbRead(bytesRegion(this.key)) != 0;
  }

  /** The value; refuses the call when there is none. */
  load(): T {
    const found = dbRead(bytesRegion(this.key));
    if (found != 0) return readValue<T>(found);
    refuse(this.name + " not found");
    return blank<T>();
  }

  /** The value, or `otherwise` when there is none. */
  loadOr(otherwise: T): T {
    const found = dbRead(bytesRegion(this.key));
    return found == 0 ? otherwise : readValue<T>(found);
  }

  save(value: T): void {
    writeValue<T>(this.key, value);
  }

  remove(): void {
    if (!failed()) dbRemove(bytesRegion(this.key));
  }
}

/** Values under keys: text, integers or bytes. */
export class StorageMap<K, V> {
  /** What all keys begin with. */
  private prefix: Uint8Array;

  constructor(private name: string, prefix: Uint8Array | null = null) {
    this.prefix = prefix === null ? extend(new Uint8Array(0), utf8(name)) : prefix;
  }

  private fullKey(key: K): Uint8Array {
    return concat(this.prefix, encodeKey<K>(key));
  }

  has(key: K): bool {
    return dbRead(bytesRegion(this.fullKey(key))) != 0;
  }

  /** The value under `key`; refuses the call when there is none. */
  load(key: K): V {
    const found = dbRead(bytesRegion(this.fullKey(key)));
    if (found != 0) return readValue<V>(found);
    refuse(this.name + " not found");
    return blank<V>();
  }

  /** The value under `key`, or `otherwise` when there is none. */
  loadOr(key: K, otherwise: V): V {
    const found = dbRead(bytesRegion(this.fullKey(key)));
    return found == 0 ? otherwise : readValue<V>(found);
  }

  save(key: K, value: V): void {
    writeValue<V>(this.fullKey(key), value);
  }

  remove(key: K): void {
    if (!failed()) dbRemove(bytesRegion(this.fullKey(key)));
  }

  /** All entries in the order of their keys, unless the range is told otherwise. */
  range(): Range<K, V> {
    return new Range<K, V>(this.prefix);
  }
}

/** Values under two keys: {@link of} gives the map of those under a first key. */
export class PairMap<A, B, V> {
  private prefix: Uint8Array;

  constructor(private name: string) {
    this.prefix = extend(new Uint8Array(0), utf8(name));
  }

  /** The values under `first`. */
  of(first: A): StorageMap<B, V> {
    return new StorageMap<B, V>(this.name, extend(this.prefix, encodeKey<A>(first)));
  }
}

/**
 * A walk through the entries of a map, one `next()` at a time:
 *
 *     const rows = balances.range().after(startAfter).take(30);
 *     while (rows.next()) list.push(rows.key);
 */
export class Range<K, V> {
  private start: Uint8Array;
  private end: Uint8Array;
  private order: i32 = 1;
  private left: i32 = i32.MAX_VALUE;
  private iterator: u32 = 0;
  private open: bool = false;
  private row: usize = 0;

  constructor(private prefix: Uint8Array) {
    this.start = prefix;
    this.end = behind(prefix);
  }

  /** Only keys from this one on. */
  from(key: K): Range<K, V> {
    this.start = concat(this.prefix, encodeKey<K>(key));
    return this;
  }

  /** Only keys behind this one. */
  after(key: K): Range<K, V> {
    this.start = concat(concat(this.prefix, encodeKey<K>(key)), new Uint8Array(1));
    return this;
  }

  /** Only keys before this one. */
  before(key: K): Range<K, V> {
    this.end = concat(this.prefix, encodeKey<K>(key));
    return this;
  }

  /** From the last key to the first. */
  descending(): Range<K, V> {
    this.order = 2;
    return this;
  }

  /** No more than so many entries. */
  take(limit: i32): Range<K, V> {
    this.left = limit;
    return this;
  }

  /** Goes to the next entry; false when there is none. */
  next(): bool {
    if (this.left <= 0) return false;
    if (!this.open) {
      this.iterator = dbScan(bytesRegion(this.start), this.end.length == 0 ? 0 : bytesRegion(this.end), this.order);
      this.open = true;
    }
    this.row = dbNext(this.iterator);
    this.left--;
    if (this.keyLength == 0) this.left = 0;
    return this.keyLength != 0;
  }

  // A row is key, length of the key, value, length of the value; lengths in four bytes, the greater first.
  private get valueLength(): usize {
    return bswap<u32>(load<u32>(regionStart(this.row) + regionLength(this.row) - 4));
  }

  private get valueStart(): usize {
    return regionStart(this.row) + regionLength(this.row) - 4 - this.valueLength;
  }

  private get keyLength(): usize {
    return bswap<u32>(load<u32>(this.valueStart - 4));
  }

  /** The key of this entry. */
  get key(): K {
    const skip = <usize>this.prefix.length;
    return decodeKey<K>(bytesAt(regionStart(this.row) + skip, this.keyLength - skip));
  }

  /** The value of this entry. */
  get value(): V {
    return decode<V>(Json.parseAt(this.valueStart, this.valueLength));
  }
}

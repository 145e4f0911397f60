import { checkMeta, checkNextVersion, checkOrder, checkReadable, checkWrites, storeClosed } from "./_checks.ts";
import { keyToString, SortedMap, stringToKey } from "./_sorted_map.ts";
import { subStore } from "./_sub.ts";
import { compareBytes } from "../core/bytes.ts";
import { invariant } from "../core/invariant.ts";
import type { Entry, IterateOptions, KeyRange, Store, StorePart, StoreReader, VersionedStore, Write } from "./store.ts";

/** Keys looked up at a time while iterating. */
const PAGE_KEYS = 256;

const copied = ([key, value]: Write): Write => [key.slice(), value?.slice()];

/** What a key was set to from a version on, ascending by version. */
type History = { readonly version: bigint; readonly value: Uint8Array | undefined }[];

/**
 * A store in memory: for simulations, tests and throw-away chains. The same contract as the durable one; a "crash"
 * loses it. Values are copied on the way in and out.
 */
export class MemoryStore implements Store {
  readonly #plain = new SortedMap<Uint8Array>();
  readonly #histories = new SortedMap<History>();
  #staged: { readonly version: bigint; readonly writes: Write[]; lastKey?: Uint8Array | undefined } | undefined;
  #head: { readonly version: bigint; readonly meta: Uint8Array } | undefined;
  #closed = false;

  readonly versioned: VersionedStore = {
    head: () => this.#run(() => this.#head && { version: this.#head.version, meta: this.#head.meta.slice() }),
    snapshot: (version) => this.#snapshot(version),
    stage: (version, writes) => this.#run(() => this.#stage(version, writes)),
    extend: (version, writes) => this.#run(() => this.#extend(version, writes)),
    publish: (version, meta, alongside = []) => this.#run(() => this.#publish(version, meta, alongside)),
  };

  get(key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#run(() => this.#plain.get(keyToString(key))?.slice());
  }

  getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    return this.#run(() => keys.map((key) => this.#plain.get(keyToString(key))?.slice()));
  }

  iterate(range: KeyRange, options?: IterateOptions): AsyncIterable<Entry> {
    return this.#iterate(this.#plain, (value) => value, range, options);
  }

  batch(writes: readonly Write[]): Promise<void> {
    return this.#run(() => this.#apply(writes));
  }

  bulk(writes: readonly Write[]): Promise<void> {
    return this.batch(writes);
  }

  sub(prefix: string): StorePart {
    return subStore(this, prefix);
  }

  close(): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }

  #snapshot(version: bigint): StoreReader {
    checkReadable(version, this.#head?.version);
    const at = (history: History | undefined) => history?.findLast((change) => change.version <= version)?.value;
    const read = (key: Uint8Array) => at(this.#histories.get(keyToString(key)))?.slice();
    return {
      get: (key) => this.#run(() => read(key)),
      getMany: (keys) => this.#run(() => keys.map(read)),
      iterate: (range, options) => this.#iterate(this.#histories, at, range, options),
    };
  }

  #stage(version: bigint, writes: readonly Write[]): void {
    checkNextVersion("stage", version, this.#head?.version);
    checkWrites(writes);
    this.#staged = { version, writes: writes.map(copied) };
  }

  #extend(version: bigint, writes: readonly Write[]): void {
    const staged = this.#staged;
    invariant(staged?.version === version, `extend version ${version}: version ${staged?.version} is staged`);
    checkWrites(writes);
    staged.lastKey ??= staged.writes.map(([key]) => key).sort(compareBytes).at(-1);
    checkOrder(writes, staged.lastKey);
    for (const write of writes) staged.writes.push(copied(write));
    if (writes.length > 0) staged.lastKey = staged.writes.at(-1)![0];
  }

  #publish(version: bigint, meta: Uint8Array, alongside: readonly Write[]): void {
    checkNextVersion("publish", version, this.#head?.version);
    checkMeta(meta);
    invariant(
      this.#staged === undefined || this.#staged.version === version,
      `publish version ${version}: version ${this.#staged?.version} is staged`,
    );
    this.#apply(alongside);
    const latest = new Map((this.#staged?.writes ?? []).map(([key, value]) => [keyToString(key), value]));
    for (const [key, value] of latest) {
      const history = this.#histories.get(key);
      if (history) history.push({ version, value });
      else this.#histories.set(key, [{ version, value }]);
    }
    this.#staged = undefined;
    this.#head = { version, meta: meta.slice() };
  }

  #apply(writes: readonly Write[]): void {
    checkWrites(writes);
    for (const [key, value] of writes) {
      if (value === undefined) this.#plain.delete(keyToString(key));
      else this.#plain.set(keyToString(key), value.slice());
    }
  }

  async *#iterate<V>(
    map: SortedMap<V>,
    read: (value: V | undefined) => Uint8Array | undefined,
    range: KeyRange,
    options: IterateOptions = {},
  ): AsyncGenerator<Entry> {
    let start = range.start && keyToString(range.start);
    let end = range.end && keyToString(range.end);
    let left = options.limit ?? Infinity;
    while (left > 0) {
      const keys = await this.#run(() => map.keys(start, end, options.reverse ?? false, PAGE_KEYS));
      const page = keys.map((key) => [key, read(map.get(key))?.slice()] as const);
      for (const [key, value] of page) {
        if (value === undefined) continue;
        yield [stringToKey(key), value];
        if (--left <= 0) return;
      }
      const last = keys.at(-1);
      if (last === undefined || keys.length < PAGE_KEYS) return;
      if (options.reverse) end = last;
      else start = last + "\0";
    }
  }

  /** Every call is asynchronous and refused after `close`, as with a durable store. */
  // deno-lint-ignore require-await
  async #run<T>(action: () => T): Promise<T> {
    if (this.#closed) throw storeClosed();
    return action();
  }
}

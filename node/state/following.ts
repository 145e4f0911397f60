/**
 * The committed state as another thread sees it: it has no trees, takes each version's changes from the one that has them, and
 * asks for what it never saw. @module
 */
import { invariant } from "../core/invariant.ts";
import type { Values, Work } from "../core/work.ts";
import { type Known, ValueCache } from "./cache.ts";
import type { StateWrite } from "./commit.ts";
import { commitInfoKey, flatKey, textOf } from "./keys.ts";
import type { StateAt } from "./multistore.ts";
import { type LoadNow, ResidentReader } from "./resident.ts";
import type { StateReader } from "./view.ts";

export class FollowingState {
  readonly #cacheBytesMax: number;
  /** How work loads what it lacks without beginning anew; undefined: it yields requests, as everywhere. */
  readonly loadNow: LoadNow | undefined;
  #version: bigint;
  #cache: ValueCache;
  #reader: ResidentReader;

  constructor(version: bigint, cacheBytesMax: number, loadNow?: LoadNow) {
    this.loadNow = loadNow;
    this.#cacheBytesMax = cacheBytesMax;
    this.#version = version;
    this.#cache = new ValueCache(cacheBytesMax);
    this.#reader = this.#readerOf(this.#cache);
  }

  /** The version that reads are about, and that requests of its work are to be answered for. */
  get version(): bigint {
    return this.#version;
  }

  get committed(): StateReader {
    return this.#reader;
  }

  resident<T>(run: () => T): Work<T> {
    return this.#reader.resident(run);
  }

  /** A version, at most the one it is at. To be run bound to that version; nothing older is cached beyond a run. */
  at(version: bigint): StateAt {
    if (version === this.#version) return { version, reader: this.#reader, resident: (run) => this.resident(run) };
    const reader = new ResidentReader(undefined, () => version, this.loadNow);
    return { version, reader, resident: (run) => reader.resident(run) };
  }

  /** Whether `version` was committed and is still there. */
  *has(version: bigint): Work<boolean> {
    if (version === this.#version) return true;
    if (version < 0n || version > this.#version) return false;
    const [info] = (yield { type: "load_nodes", keys: [commitInfoKey(version)] }) as Values;
    return info !== undefined;
  }

  /** Brings keys into the cache, in one request. */
  *prefetch(keys: readonly { readonly store: string; readonly key: Uint8Array }[]): Work<void> {
    const missing = keys.filter(({ store, key }) => !this.#reader.has(store, key));
    if (missing.length === 0) return;
    const request = { type: "load_keys", keys: missing.map(({ store, key }) => flatKey(store, key)) } as const;
    const version = this.#version;
    const cache = this.#cache;
    const reply = yield request;
    if (this.#version === version) cache.fill(request, reply);
  }

  /** The next version, with all its changes: flat keys, as in a staged commit. Not while work is running. */
  follow(version: bigint, changes: readonly StateWrite[]): void {
    invariant(version > this.#version, `follow to version ${version}: it is at ${this.#version}`);
    this.#cache.apply(changes.map(([key, value]): [string, Known] => [textOf(key), value ?? null]));
    this.#version = version;
  }

  /** Another version, whose changes are not known: everything is forgotten. Not while work is running. */
  reset(version: bigint): void {
    this.#version = version;
    this.#cache = new ValueCache(this.#cacheBytesMax);
    this.#reader = this.#readerOf(this.#cache);
  }

  #readerOf(cache: ValueCache): ResidentReader {
    return new ResidentReader(cache, () => this.#version, this.loadNow);
  }
}

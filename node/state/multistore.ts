/**
 * The whole state: named stores, each a versioned tree, under one app hash; the latest values cached.
 * @module
 */
import type { CommitmentProof } from "cosmjs-types/cosmos/ics23/v1/proofs";
import { utf8ToBytes } from "../core/bytes.ts";
import { type CodedError, sdkError } from "../core/errors.ts";
import { invariant } from "../core/invariant.ts";
import { tendermintMapProof } from "../core/merkle/mod.ts";
import { err, ok, type Result } from "../core/result.ts";
import type { Entries, Values, Work } from "../core/work.ts";
import { type Known, ValueCache } from "./cache.ts";
import type { StagedCommit, StateWrite } from "./commit.ts";
import { appHashOf, commitEntries, type CommitInfo, decodeCommitInfo, encodeCommitInfo } from "./commit_info.ts";
import { commitInfoKey, flatKey, flatRange, staleKey, storePrefix, textOf } from "./keys.ts";
import { NodeCache } from "./node_cache.ts";
import { proveKey } from "./proof.ts";
import { ResidentReader } from "./resident.ts";
import { packStale } from "./_stale.ts";
import { EMPTY_TREE, Residency, Tree, type TreeRoot } from "./tree.ts";
import { PAGE_ENTRIES_MAX, type StateChange, type StateReader } from "./view.ts";

/** The version of a state that nothing was ever committed to. */
export const NO_VERSION = -1n;

/** What a proof says: the value (absent: proven absent), and the two proofs a light client checks one after the other. */
export interface StateProof {
  readonly value?: Uint8Array;
  /** First under the store's root (specification `jmt`), then that root under the app hash (`tendermint`). */
  readonly proofs: readonly [CommitmentProof, CommitmentProof];
  readonly storeRoot: Uint8Array;
  readonly appHash: Uint8Array;
}

/** A committed version as others read it. Its work has to be run bound to that version. */
export interface StateAt {
  readonly version: bigint;
  readonly reader: StateReader;
  resident<T>(run: () => T): Work<T>;
}

/** What adopting a staged commit needs beyond what is written. */
interface Staged {
  readonly base: bigint;
  readonly info: CommitInfo;
  readonly trees: readonly (() => void)[];
  readonly values: readonly (readonly [flat: string, value: Known])[];
}

export interface MultiStoreOptions {
  /** Names of the stores. One that the state does not have yet is empty; it enters the app hash with the next commit. */
  readonly stores: readonly string[];
  /** Bound of everything cached, about: two thirds for tree nodes, one third for values. */
  readonly cacheBytesMax: number;
}

/**
 * The committed state and the way to the next. All work it hands out must be run against the version it is about: that is
 * {@linkcode MultiStore.version} at the moment the work starts, or the version named in the call. The runner answers
 * `load_keys` and `load_range` as of that version; nodes do not depend on it.
 */
export class MultiStore {
  readonly #stores: readonly string[];
  readonly #residency: Residency;
  /** Nodes of any version, for proofs. */
  readonly #nodes: NodeCache;
  readonly #trees = new Map<string, Tree>();
  readonly #values: ValueCache;
  readonly #reader: ResidentReader;
  readonly #staged = new WeakMap<StagedCommit, Staged>();
  #info: CommitInfo;
  #appHash: Uint8Array;

  constructor(options: MultiStoreOptions) {
    this.#stores = [...new Set(options.stores)].sort();
    this.#stores.forEach(storePrefix);
    this.#residency = new Residency(options.cacheBytesMax * 7 / 12);
    this.#nodes = new NodeCache(options.cacheBytesMax / 12);
    this.#values = new ValueCache(options.cacheBytesMax / 3);
    this.#reader = new ResidentReader(this.#values, () => this.version);
    this.#info = { version: NO_VERSION, roots: new Map() };
    this.#appHash = appHashOf(this.#info);
  }

  /** Starts from what storage published; without a head, from nothing. Once, before anything else. */
  open(head?: { readonly version: bigint; readonly meta: Uint8Array }): void {
    invariant(this.version === NO_VERSION, `open the state: it is already open at ${this.version}`);
    if (head === undefined) return;
    this.#info = decodeCommitInfo(head.meta);
    invariant(this.version === head.version, `open the state: the head ${head.version} carries ${this.version}`);
    this.#appHash = appHashOf(this.#info);
  }

  /** The last adopted version; {@linkcode NO_VERSION} before the first. */
  get version(): bigint {
    return this.#info.version;
  }

  /** The app hash after {@linkcode MultiStore.version}. */
  get appHash(): Uint8Array {
    return this.#appHash;
  }

  /** The last committed state. Reads belong into {@linkcode MultiStore.resident}: outside it only what is cached answers. */
  get committed(): StateReader {
    return this.#reader;
  }

  /** Runs a computation over {@linkcode MultiStore.committed}: see {@linkcode ResidentReader.resident}. */
  resident<T>(run: () => T): Work<T> {
    return this.#reader.resident(run);
  }

  /** A committed version, at most the last. Nothing it reads is cached beyond a run. */
  at(version: bigint): StateAt {
    if (version === this.version) return { version, reader: this.#reader, resident: (run) => this.resident(run) };
    const reader = new ResidentReader(undefined, () => version);
    return { version, reader, resident: (run) => reader.resident(run) };
  }

  /** Whether `version` was committed and is still there. */
  *has(version: bigint): Work<boolean> {
    return (yield* this.#infoAt(version)) !== undefined;
  }

  /** Brings keys into the cache, in one request. */
  *prefetch(keys: readonly { readonly store: string; readonly key: Uint8Array }[]): Work<void> {
    const version = this.version;
    const missing = keys.filter(({ store, key }) => !this.#reader.has(store, key));
    if (missing.length === 0) return;
    const request = { type: "load_keys", keys: missing.map(({ store, key }) => flatKey(store, key)) } as const;
    const reply = yield request;
    if (this.version === version) this.#values.fill(request, reply);
  }

  /**
   * Computes `version` out of the last committed one. Changes have unique keys. Nothing is remembered until
   * {@linkcode MultiStore.adopt}: staging again gives the same.
   */
  *stage(version: bigint, changes: readonly StateChange[]): Work<StagedCommit> {
    const base = this.#info;
    invariant(version >= 0n && version > base.version, `stage version ${version}: the state is at ${base.version}`);
    const byStore = this.#byStore(changes);
    const roots = new Map<string, TreeRoot>(base.roots);
    const nodes: StateWrite[] = [];
    const trees: (() => void)[] = [];
    const stale: Uint8Array[] = [];
    for (const store of this.#stores) {
      const update = yield* this.#treeOf(store).update(byStore.get(store) ?? [], version);
      roots.set(store, update.root);
      trees.push(update.adopt);
      for (const write of update.packs) nodes.push(write);
      for (const part of packStale(store, update.stale)) stale.push(part);
    }
    const flat = changes.map(({ store, key, value }): StateWrite => [flatKey(store, key), value]);
    const info: CommitInfo = { version, roots };
    const meta = encodeCommitInfo(info);
    nodes.push([commitInfoKey(version), meta]);
    const staged: StagedCommit = {
      version,
      appHash: appHashOf(info),
      flat,
      nodes,
      stale: stale.map((part, i): StateWrite => [staleKey(version, i), part]),
      meta,
    };
    const values = flat.map(([key, value]): [string, Known] => [textOf(key), value ?? null]);
    this.#staged.set(staged, { base: base.version, info, trees, values });
    return staged;
  }

  #treeOf(store: string): Tree {
    let tree = this.#trees.get(store);
    if (tree === undefined) {
      tree = new Tree(store, this.#info.roots.get(store) ?? EMPTY_TREE, this.#residency);
      this.#trees.set(store, tree);
    }
    return tree;
  }

  #byStore(changes: readonly StateChange[]): Map<string, StateChange[]> {
    const byStore = new Map<string, StateChange[]>();
    for (const change of changes) {
      const list = byStore.get(change.store);
      if (list !== undefined) list.push(change);
      else {
        invariant(this.#stores.includes(change.store), `stage a change: there is no store ${change.store}`);
        byStore.set(change.store, [change]);
      }
    }
    return byStore;
  }

  /** After `staged` is published: it becomes the last committed state. */
  adopt(staged: StagedCommit): void {
    const own = this.#staged.get(staged);
    invariant(
      own !== undefined && own.base === this.version,
      `adopt version ${staged.version}: not staged on ${this.version}`,
    );
    this.#staged.delete(staged);
    for (const adopt of own.trees) adopt();
    this.#values.apply(own.values);
    this.#info = own.info;
    this.#appHash = staged.appHash;
    this.#trim();
  }

  /** Keeps the resident trees within their bound. */
  #trim(): void {
    const trees = [...this.#trees.values()];
    if (this.#residency.trim(trees.flatMap(({ top }) => top ?? []))) return;
    for (const tree of trees) tree.forget();
    this.#residency.clear();
  }

  /**
   * Proves what `key` is at `version`: its value or its absence. To be run bound to that version. Refused for a version
   * that is not (or no longer) there, a store it did not have, and an empty store.
   */
  *prove(version: bigint, store: string, key: Uint8Array): Work<Result<StateProof, CodedError>> {
    const info = yield* this.#infoAt(version);
    if (info === undefined) return err(sdkError("invalidHeight", `prove a key: there is no version ${version}`));
    const root = info.roots.get(store);
    if (root === undefined) {
      return err(sdkError("unknownRequest", `prove a key: version ${version} has no store ${store}`));
    }
    const proven = yield* proveKey({ store, root, cache: this.#nodes }, key);
    if (proven === undefined) return err(sdkError("notFound", `prove a key: the store ${store} is empty`));
    const { value, proof } = proven;
    const rootProof = tendermintMapProof(commitEntries(info), utf8ToBytes(store));
    const rest = { proofs: [proof, rootProof] as const, storeRoot: root.hash, appHash: appHashOf(info) };
    return ok(value === undefined ? rest : { value, ...rest });
  }

  *#infoAt(version: bigint): Work<CommitInfo | undefined> {
    const latest = this.#info;
    if (version === latest.version && version !== NO_VERSION) return latest;
    if (version < 0n || version > latest.version) return undefined;
    const [bytes] = (yield { type: "load_nodes", keys: [commitInfoKey(version)] }) as Values;
    return bytes === undefined ? undefined : decodeCommitInfo(bytes);
  }

  /**
   * A page of all entries of a store in key order, for exports: entries after `after` (absent: from the beginning), at most
   * `limit`. The end is a page that is not full. To be run bound to the version wanted; nothing is cached.
   */
  *exportPage(store: string, after: Uint8Array | undefined, limit: number = PAGE_ENTRIES_MAX): Work<Entries> {
    const prefix = storePrefix(store).length;
    const start = after === undefined ? undefined : new Uint8Array([...after, 0]);
    const reply =
      (yield { type: "load_range", ...flatRange(store, { start, limit }), reverse: false, limit }) as Entries;
    return reply.map(([key, value]) => [key.subarray(prefix), value] as const);
  }
}

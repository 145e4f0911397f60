/** What the state tests stand on: a storage that can stop after any write, a runner, a naive tree, and awkward keys. */
import { sha256 } from "@noble/hashes/sha2.js";
import { compareBytes, concatBytes, u64ToBytes, utf8ToBytes } from "../../node/core/bytes.ts";
import type { Entries, Reply, Request, Values, Work } from "../../node/core/work.ts";
import { MultiStore, type StagedCommit } from "../../node/state/mod.ts";

const text = (bytes: Uint8Array) => String.fromCharCode(...bytes);

/** The process died. */
export class Crash extends Error {}

/** A storage in memory with the duties of the real one: versions, restaging, head pointer last. */
export class FakeStorage {
  readonly plain = new Map<string, Uint8Array>();
  readonly #flat = new Map<string, { key: Uint8Array; versions: Map<bigint, Uint8Array | undefined> }>();
  head: { version: bigint; meta: Uint8Array } | undefined;
  /** Writes until the crash. */
  writesLeft = Infinity;
  /** Requests by type since the start. */
  readonly asked = { load_keys: 0, load_range: 0, load_nodes: 0, pause: 0, wait: 0 };

  #spend(): void {
    if (this.writesLeft-- <= 0) throw new Crash("the process died");
  }

  /** Everything the runtime does with a staged commit, in its order. */
  publish(staged: StagedCommit): void {
    for (const [key, value] of [...staged.nodes, ...staged.stale]) {
      this.#spend();
      if (value === undefined) this.plain.delete(text(key));
      else this.plain.set(text(key), value);
    }
    for (const { versions } of this.#flat.values()) versions.delete(staged.version);
    for (const [key, value] of staged.flat) {
      this.#spend();
      const entry = this.#flat.get(text(key)) ?? { key, versions: new Map() };
      entry.versions.set(staged.version, value);
      this.#flat.set(text(key), entry);
    }
    this.#spend();
    this.head = { version: staged.version, meta: staged.meta };
  }

  read(key: Uint8Array, version: bigint): Uint8Array | undefined {
    let best = -1n;
    const versions = this.#flat.get(text(key))?.versions;
    for (const at of versions?.keys() ?? []) if (at <= version && at > best) best = at;
    return versions?.get(best);
  }

  #range(request: Request & { type: "load_range" }, version: bigint): Entries {
    const keys = [...this.#flat.values()].map(({ key }) => key)
      .filter((key) => compareBytes(key, request.start) >= 0 && compareBytes(key, request.end) < 0).sort(compareBytes);
    if (request.reverse) keys.reverse();
    return keys.flatMap((key) => {
      const value = this.read(key, version);
      return value === undefined ? [] : [[key, value] as const];
    }).slice(0, request.limit);
  }

  answer(request: Request, version: bigint): Reply {
    this.asked[request.type]++;
    switch (request.type) {
      case "load_keys":
        return request.keys.map((key) => this.read(key, version)) as Values;
      case "load_nodes":
        return request.keys.map((key) => this.plain.get(text(key))) as Values;
      case "load_range":
        return this.#range(request, version);
      case "pause":
      case "wait":
        return undefined;
    }
  }

  /** Runs work bound to a version; gives up on work that never ends. */
  run<T>(work: Work<T>, version: bigint): T {
    let reply: Reply = undefined;
    for (let i = 0; i < 100_000; i++) {
      const step = work.next(reply);
      if (step.done) return step.value;
      reply = this.answer(step.value, version);
    }
    throw new Error("run work: it asks without end");
  }

  open(stores: readonly string[], cacheBytesMax = 1 << 20): MultiStore {
    const state = new MultiStore({ stores, cacheBytesMax });
    state.open(this.head);
    return state;
  }
}

const PLACEHOLDER = utf8ToBytes("SPARSE_MERKLE_PLACEHOLDER_HASH__");
const bitOf = (hash: Uint8Array, bit: number) => (hash[bit >> 3]! >> (7 - (bit & 7))) & 1;

/** The root by definition: a binary sparse Merkle tree over key hashes where a subtree with one leaf is that leaf. */
export function naiveRoot(entries: Iterable<readonly [Uint8Array, Uint8Array]>): Uint8Array {
  const leaves = [...entries].map(([key, value]) => ({ keyHash: sha256(key), valueHash: sha256(value) }));
  const hash = (some: typeof leaves, bit: number): Uint8Array => {
    if (some.length === 0) return PLACEHOLDER;
    if (some.length === 1) {
      return sha256(concatBytes(utf8ToBytes("JMT::LeafNode"), some[0]!.keyHash, some[0]!.valueHash));
    }
    const left = some.filter((leaf) => bitOf(leaf.keyHash, bit) === 0);
    const right = some.filter((leaf) => bitOf(leaf.keyHash, bit) === 1);
    return sha256(concatBytes(utf8ToBytes("JMT::IntrnalNode"), hash(left, bit + 1), hash(right, bit + 1)));
  };
  return hash(leaves, 0);
}

/**
 * Keys whose hashes crowd: all that begin with two certain bytes, and pairs that share long prefixes, so that buckets
 * overflow and collapse at every depth.
 */
export function crowdedKeys(): Uint8Array[] {
  const all = Array.from({ length: 20_000 }, (_, i) => {
    const key = u64ToBytes(BigInt(i)).slice(5);
    return { key, hash: sha256(key) };
  }).sort((a, b) => compareBytes(a.hash, b.hash));
  const crowd = all.filter(({ hash }) => hash[0]! === 0 && hash[1]! < 128);
  const shared = (i: number) => {
    let bits = 0;
    while (bitOf(all[i]!.hash, bits) === bitOf(all[i + 1]!.hash, bits)) bits++;
    return bits;
  };
  const closest = Array.from({ length: all.length - 1 }, (_, i) => i).sort((a, b) => shared(b) - shared(a)).slice(
    0,
    12,
  );
  const keys = [
    ...crowd,
    ...closest.flatMap((i) => [all[i]!, all[i + 1]!]),
    ...all.slice(-20),
    ...all.slice(9_000, 9_020),
  ];
  return [...new Set(keys)].map(({ key }) => key);
}

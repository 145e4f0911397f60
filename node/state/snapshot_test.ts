import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { bytesToHex, compareBytes, hexToBytes, u64ToBytes, utf8ToBytes } from "../core/bytes.ts";
import { sha256 } from "../core/crypto/mod.ts";
import type { Result } from "../core/result.ts";
import type { Reply, Values, Work } from "../core/work.ts";
import type { StateWrite } from "./commit.ts";
import { RangeRoot } from "./_range_root.ts";
import { TreeBuilder } from "./_tree_builder.ts";
import { flatKey } from "./keys.ts";
import { MultiStore, NO_VERSION } from "./multistore.ts";
import { proveKey } from "./proof.ts";
import { NodeCache } from "./node_cache.ts";
import { appHashOfSnapshot, decodeMetadata, encodeMetadata, snapshotHash } from "./snapshot.ts";
import { type MadeSnapshot, makeChunk, SnapshotMaker } from "./snapshot_make.ts";
import { SnapshotRestorer } from "./snapshot_restore.ts";
import { EMPTY_TREE, Residency, Tree } from "./tree.ts";
import type { StateChange } from "./view.ts";

const valueOf = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
};

/** A state over maps, with every version of every value. */
class World {
  readonly state: MultiStore;
  readonly nodes = new Map<string, Uint8Array>();
  readonly flat = new Map<string, (readonly [version: bigint, value: Uint8Array | undefined])[]>();
  pauses = 0;
  loads = 0;

  constructor(stores: readonly string[]) {
    this.state = new MultiStore({ stores, cacheBytesMax: 1 << 22 });
  }

  run<T>(work: Work<T>, version: bigint): T {
    let reply: Reply = undefined;
    for (;;) {
      const step = work.next(reply);
      if (step.done) return step.value;
      const request = step.value;
      reply = undefined;
      if (request.type === "pause") this.pauses++;
      else if (request.type === "load_nodes") reply = this.#nodes(request.keys);
      else if (request.type === "load_keys") reply = request.keys.map((key) => this.valueAt(key, version)) as Values;
    }
  }

  #nodes(keys: readonly Uint8Array[]): Values {
    this.loads++;
    return keys.map((key) => this.nodes.get(bytesToHex(key)));
  }

  valueAt(flat: Uint8Array, version: bigint): Uint8Array | undefined {
    return this.flat.get(bytesToHex(flat))?.findLast(([at]) => at <= version)?.[1];
  }

  write(version: bigint, flat: readonly StateWrite[], nodes: readonly StateWrite[]): void {
    for (const [key, value] of nodes) this.nodes.set(bytesToHex(key), value!.slice());
    for (const [key, value] of flat) {
      const name = bytesToHex(key);
      const history = this.flat.get(name) ?? [];
      this.flat.set(name, [...history, [version, value?.slice()]]);
    }
  }

  commit(version: bigint, changes: readonly StateChange[]): void {
    const staged = this.run(this.state.stage(version, changes), this.state.version);
    this.write(version, staged.flat, staged.nodes);
    this.state.adopt(staged);
  }

  latest(version: bigint): [string, string][] {
    return [...this.flat.keys()].sort().flatMap((key): [string, string][] => {
      const value = this.valueAt(hexToBytes(key), version);
      return value === undefined ? [] : [[key, bytesToHex(value)]];
    });
  }

  make(version: bigint): { made: MadeSnapshot; chunks: Uint8Array[] } {
    const maker = new SnapshotMaker(version);
    while (valueOf(this.run(maker.next(), version)));
    const made = maker.finish();
    return { made, chunks: made.places.map((place) => valueOf(this.run(makeChunk(version, place), version))) };
  }
}

/** Restores a snapshot; the world it became. */
function restored(stores: readonly string[], made: MadeSnapshot, chunks: readonly Uint8Array[]): World {
  const world = new World(stores);
  const restorer = new SnapshotRestorer(made.height, valueOf(decodeMetadata(made.metadata)));
  for (const chunk of chunks) {
    const { flat, nodes } = valueOf(world.run(restorer.apply(chunk), NO_VERSION));
    world.write(made.height, flat, nodes);
  }
  const { meta, info, places } = restorer.finish();
  assertEquals(places, made.places);
  world.write(made.height, [], [info]);
  world.state.open({ version: made.height, meta });
  return world;
}

const STORES = ["acc", "bank", "empty", "wasm"];

/** Changes of some versions: many small values, some large enough that chunks are cut between them. */
const change = fc.record({
  store: fc.constantFrom("acc", "bank", "wasm"),
  key: fc.nat(300).map((n) => u64ToBytes(BigInt(n))),
  value: fc.option(fc.nat(600_000).map((n) => new Uint8Array(n % 7 === 0 ? n : n % 50).fill(n)), {
    nil: undefined,
    freq: 5,
  }),
});
const versions = fc.array(fc.array(change, { maxLength: 60 }), { minLength: 1, maxLength: 5 });

const unique = (changes: readonly StateChange[]) => [
  ...new Map(changes.map((each) => [`${each.store}/${each.key}`, each])).values(),
];

function grown(rounds: readonly (readonly StateChange[])[]): World {
  const world = new World(STORES);
  for (const [i, changes] of rounds.entries()) world.commit(BigInt(i + 1), unique(changes));
  return world;
}

Deno.test("a restored state has the app hash, the values and the proofs of the original, and goes on alike", () => {
  fc.assert(
    fc.property(versions, fc.array(change, { maxLength: 40 }), fc.nat(300), (rounds, more, probe) => {
      const original = grown(rounds);
      const version = original.state.version;
      const { made, chunks } = original.make(version);
      assertEquals(appHashOfSnapshot(valueOf(decodeMetadata(made.metadata))), original.state.appHash);
      const copy = restored(STORES, made, chunks);
      assertEquals(copy.state.appHash, original.state.appHash);
      assertEquals(copy.latest(version), original.latest(version));
      for (const store of STORES) {
        for (const n of [probe, probe + 1, 1_000]) {
          const prove = (world: World) => world.run(world.state.prove(version, store, u64ToBytes(BigInt(n))), version);
          assertEquals(prove(copy), prove(original));
        }
      }
      // Offered on, it is the same snapshot.
      const again = copy.make(version);
      assertEquals([again.made, again.chunks], [made, chunks]);
      for (const world of [original, copy]) world.commit(version + 1n, unique(more));
      assertEquals(copy.state.appHash, original.state.appHash);
      assertEquals(copy.make(version).made.hash, made.hash, "a version stays what it was");
    }),
    { numRuns: 30 },
  );
});

function balances(count: number): World {
  const world = new World(STORES);
  world.commit(
    1n,
    Array.from({ length: count }, (_, i): StateChange => ({
      store: i % 10 === 0 ? "acc" : "bank",
      key: sha256(u64ToBytes(BigInt(i))).subarray(0, 26),
      value: utf8ToBytes(`${1_000_000 + i}`.padEnd(100)),
    })),
  );
  return world;
}

Deno.test("a byte changed anywhere in a chunk is noticed at that chunk", () => {
  const world = balances(15_000);
  const { made, chunks } = world.make(1n);
  assert(chunks.length >= 3, `${chunks.length} chunks`);
  const metadata = valueOf(decodeMetadata(made.metadata));
  const prefix = new SnapshotRestorer(1n, metadata);
  const upTo = (index: number) => {
    const restorer = new SnapshotRestorer(1n, metadata);
    for (let i = 0; i < index; i++) valueOf(world.run(restorer.apply(chunks[i]!), NO_VERSION));
    return restorer;
  };
  assertEquals(prefix.next, 0);
  const small = made.places.findIndex(({ store }) => store === "acc");
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 255 }), (seed, flip) => {
      const chunk = chunks[small]!.slice();
      const at = seed % chunk.length;
      chunk[at]! ^= flip;
      assert(!world.run(upTo(small).apply(chunk), NO_VERSION).ok, `byte ${at} of ${chunk.length}`);
    }),
    { numRuns: 40 },
  );
  // The proof at the end of a chunk in the middle of its store.
  for (const [i, fromEnd] of [1, 40, 33, 70, 200, 400].entries()) {
    const chunk = chunks[small + 1]!.slice();
    chunk[chunk.length - fromEnd]! ^= 1 << i;
    assert(!world.run(upTo(small + 1).apply(chunk), NO_VERSION).ok, `${fromEnd} bytes from the end`);
  }
  // Whole entries, well formed: left out, one too many, the chunks of others, a store cut short.
  for (const [at, other] of [[0, 1], [1, 0], [1, 2], [2, 1], [chunks.length - 1, chunks.length - 2]] as const) {
    assert(!world.run(upTo(at).apply(chunks[other]!), NO_VERSION).ok, `chunk ${other} for ${at}`);
  }
});

Deno.test("a chunk that keeps to its own rules and leaves entries out is noticed at that chunk", () => {
  const world = balances(15_000);
  const { made, chunks } = world.make(1n);
  const metadata = valueOf(decodeMetadata(made.metadata));
  const less = new World(STORES);
  const changes = [...world.flat].slice(1).map(([flat, history]): StateChange => {
    const bytes = hexToBytes(flat);
    const store = new TextDecoder().decode(bytes.subarray(1, 1 + bytes[0]!));
    return { store, key: bytes.subarray(1 + bytes[0]!), value: history[0]![1] };
  });
  less.commit(1n, changes);
  const forged = less.make(1n);
  const restorer = new SnapshotRestorer(1n, metadata);
  const differs = chunks.findIndex((chunk, i) => compareBytes(chunk, forged.chunks[i]!) !== 0);
  for (let i = 0; i < differs; i++) valueOf(world.run(restorer.apply(chunks[i]!), NO_VERSION));
  const refused = world.run(restorer.apply(forged.chunks[differs]!), NO_VERSION);
  assert(!refused.ok && refused.error.codespace === "snapshot");
});

Deno.test("a reader of chunks and of metadata takes any bytes without a throw", () => {
  const world = balances(300);
  const { made, chunks } = world.make(1n);
  const metadata = valueOf(decodeMetadata(made.metadata));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(), fc.nat(60), (noise, at, cut) => {
      decodeMetadata(noise);
      const broken = made.metadata.slice(0, made.metadata.length - cut);
      broken.set(noise.subarray(0, Math.min(noise.length, 4, broken.length)), at % Math.max(1, broken.length - 4));
      const read = decodeMetadata(broken);
      if (read.ok) assertEquals(encodeMetadata(read.value), broken);
      const chunk = chunks[0]!.slice(0, chunks[0]!.length - cut);
      chunk.set(noise.subarray(0, 8), at % (chunk.length - 8));
      for (const bytes of [noise, chunk, Uint8Array.of(1, ...noise)]) {
        world.run(new SnapshotRestorer(1n, metadata).apply(bytes), NO_VERSION);
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("metadata that do not fit together are refused", () => {
  const world = balances(300);
  const metadata = valueOf(decodeMetadata(world.make(1n).made.metadata));
  const { stores, chunkHashes } = metadata;
  const [acc, bank, empty] = [stores[0]!, stores[1]!, stores[2]!];
  const wrong = [
    { stores, chunkHashes: chunkHashes.slice(1) },
    { stores: [bank, acc, empty], chunkHashes },
    { stores: [acc, acc], chunkHashes },
    { stores: [{ ...acc, root: acc.root.slice(1) }, bank], chunkHashes },
    { stores: [{ ...acc, chunks: 0 }, { ...bank, chunks: 2 }], chunkHashes },
    { stores: [acc, bank, { ...empty, chunks: 1 }], chunkHashes: [...chunkHashes, sha256(new Uint8Array())] },
    { stores: [{ ...acc, name: "" }, bank], chunkHashes },
    { stores: [{ ...acc, name: "a".repeat(65) }, bank], chunkHashes },
    { stores, chunkHashes: [chunkHashes[0]!, chunkHashes[1]!.slice(1)] },
  ];
  for (const each of wrong) assert(!decodeMetadata(encodeMetadata(each)).ok, JSON.stringify(each));
  assert(decodeMetadata(encodeMetadata(metadata)).ok);
  assertEquals(snapshotHash(encodeMetadata(metadata)).length, 32);
});

Deno.test("a tree that is built leaf by leaf proves what the updated one proves", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(1_000_000), { minLength: 1, maxLength: 700 }), fc.nat(), (keys, probe) => {
      const world = new World([]);
      const changes = keys.map((n) => ({ key: u64ToBytes(BigInt(n)), value: u64ToBytes(BigInt(n + 1)) }));
      const tree = new Tree("bank", EMPTY_TREE, new Residency(0));
      const update = world.run(tree.update(changes, 7n), NO_VERSION);
      const leaves = changes
        .map(({ key, value }) => ({ key, keyHash: sha256(key), valueHash: sha256(value) }))
        .sort((a, b) => compareBytes(a.keyHash, b.keyHash));
      const builder = new TreeBuilder("bank", 7n);
      const range = new RangeRoot();
      const packs: StateWrite[] = [];
      for (const leaf of leaves) {
        builder.add(leaf);
        assert(range.add(leaf.keyHash, leaf.valueHash));
        packs.push(...builder.take());
      }
      const { root, nodes } = builder.finish();
      packs.push(...nodes);
      assertEquals(root, update.root);
      assertEquals(range.whole(), root.hash);
      const proofs = [update.packs, packs].map((written) => {
        const own = new World([]);
        own.write(7n, changes.map(({ key, value }): StateWrite => [flatKey("bank", key), value]), written);
        const source = () => ({ store: "bank", root, cache: new NodeCache(0) });
        return [keys[probe % keys.length]!, probe].map((n) => own.run(proveKey(source(), u64ToBytes(BigInt(n))), 7n));
      });
      assertEquals(proofs[0], proofs[1]);
    }),
    { numRuns: 60 },
  );
});

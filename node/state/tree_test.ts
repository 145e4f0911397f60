import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "../core/bytes.ts";
import type { Reply, Work } from "../core/work.ts";
import { placesOf } from "./_pack.ts";
import { LOCATOR_BYTES } from "./keys.ts";
import { EMPTY_TREE, Residency, Tree, type TreeChange, type TreeRoot, type TreeUpdate } from "./tree.ts";

/** The ids of the records in a pack. */
const idsOf = (key: Uint8Array, pack: Uint8Array): string[] =>
  placesOf(pack).map((place) => bytesToHex(concatBytes(key.subarray(1, 1 + LOCATOR_BYTES), place)));

/** A tree over a map of packs. Unless it keeps its nodes, every update reads all it needs from the bytes. */
class Harness {
  root: TreeRoot = EMPTY_TREE;
  version = 0n;
  readonly packs = new Map<string, Uint8Array>();
  readonly requests: number[] = [];
  pauses = 0;
  readonly #kept: Tree | undefined;

  constructor(keeps = false) {
    if (keeps) this.#kept = new Tree("bank", EMPTY_TREE, new Residency(1 << 24));
  }

  apply(changes: readonly TreeChange[], abandoned?: readonly TreeChange[]): TreeUpdate {
    const tree = this.#kept ?? new Tree("bank", this.root, new Residency(0));
    if (abandoned !== undefined) this.run(tree.update(abandoned, this.version + 1n));
    const update = this.run(tree.update(changes, ++this.version));
    for (const [key, value] of update.packs) this.packs.set(bytesToHex(key), value!);
    this.root = update.root;
    update.adopt();
    return update;
  }

  run<T>(work: Work<T>): T {
    let reply: Reply = undefined;
    for (;;) {
      const step = work.next(reply);
      if (step.done) return step.value;
      reply = undefined;
      if (step.value.type === "pause") this.pauses++;
      else {
        assert(step.value.type === "load_nodes");
        this.requests.push(step.value.keys.length);
        reply = step.value.keys.map((key) => this.packs.get(bytesToHex(key)));
      }
    }
  }
}

const set = (key: string, value: string): TreeChange => ({ key: utf8ToBytes(key), value: utf8ToBytes(value) });
const remove = (key: string): TreeChange => ({ key: utf8ToBytes(key), value: undefined });
const many = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => set(`key${from + i}`, `value${i}`));

Deno.test("update() has the roots of the jmt crate's vectors", () => {
  // Origin: penumbra-zone/jmt 9b363c65, src/tests/sha2_256_vectors.json (Apache-2.0): hex keys, values, root.
  const vectors: { root: string; data: [string, string][] }[] = [
    {
      root: "5350415253455f4d45524b4c455f504c414345484f4c4445525f484153485f5f",
      data: [],
    },
    {
      root: "6b97115f56e533f2fd443f7e76e4d1ff94d34e6b2e233f2dbdf5cfd1ec39a30c",
      data: [["68656c6c6f", "776f726c64"]],
    },
    {
      root: "e1e1e220d4b4a9611a9a09dbcee964b4a6c3a40f6f4dee265ad45cf64568790b",
      data: [["68656c6c6f", "776f726c64"], ["676f6f64627965", "776f726c64"]],
    },
  ];
  for (const { root, data } of vectors) {
    const tree = new Harness();
    tree.apply(data.map(([key, value]) => ({ key: hexToBytes(key), value: hexToBytes(value) })));
    assertEquals(bytesToHex(tree.root.hash), root);
  }
});

Deno.test("update() has the same root however the changes are cut into versions", () => {
  const once = new Harness();
  once.apply(many(0, 600));
  for (const slowly of [new Harness(), new Harness(true)]) {
    for (let at = 0; at < 600; at += 7) slowly.apply(many(0, 600).slice(at, at + 7).reverse());
    assertEquals(once.root.hash, slowly.root.hash);
    assert(slowly.packs.size > once.packs.size, "it has written nodes that are stale by now");
  }
});

Deno.test("update() takes back what it added, to the same root and to the empty tree", () => {
  const tree = new Harness();
  tree.apply(many(0, 40));
  const before = tree.root.hash;
  tree.apply(many(40, 400));
  tree.apply(many(40, 400).map(({ key }) => ({ key, value: undefined })));
  assertEquals(tree.root.hash, before);
  tree.apply(many(0, 40).map(({ key }) => ({ key, value: undefined })));
  assertEquals(tree.root, EMPTY_TREE);
  tree.apply([set("a", "1")]);
  assertEquals(tree.root.version, tree.version);
});

Deno.test("update() writes nothing when nothing changes", () => {
  const tree = new Harness();
  tree.apply(many(0, 100));
  const { packs, stale, root } = tree.apply([set("key5", "value5"), remove("absent"), remove("absent too")]);
  assertEquals([packs.length, stale.length, root], [0, 0, tree.root]);
  assertEquals(new Harness().apply([remove("absent")]).root, EMPTY_TREE);
});

Deno.test("update() reports exactly the records that the new version no longer needs", () => {
  for (const keeps of [false, true]) {
    const tree = new Harness(keeps);
    const live = new Set<string>();
    const rounds = [many(0, 300), many(0, 30).map(({ key }) => ({ key, value: undefined })), many(250, 330)];
    for (let i = 0; i < 30; i++) rounds.push([set(`key${100 + i % 7}`, `again${i}`), set(`key${150 + i}`, `new${i}`)]);
    for (const changes of rounds) {
      const { packs, stale } = tree.apply(changes);
      for (const id of stale) assert(live.delete(bytesToHex(id)), "a stale record was live");
      for (const [key, pack] of packs) for (const id of idsOf(key, pack!)) live.add(id);
    }
    // A pack goes when nothing in it is needed; whoever reads it as a whole finds the rest.
    for (const [key, pack] of [...tree.packs]) {
      if (!idsOf(hexToBytes(key), pack).some((id) => live.has(id))) tree.packs.delete(key);
    }
    const cold = new Tree("bank", tree.root, new Residency(0));
    const everything = [...many(0, 1_000), ...many(0, 1)].slice(0, 1_000);
    const emptied = tree.run(cold.update(everything.map(({ key }) => ({ key, value: undefined })), 1_000n));
    assertEquals(emptied.root, EMPTY_TREE);
    assertEquals(emptied.stale.map(bytesToHex).sort(), [...live].sort(), "all that was live is stale now");
  }
});

Deno.test("update() writes the same whether nodes are read from storage or resident, also after an abandoned update", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.array(fc.tuple(fc.nat(400), fc.option(fc.nat(3), { nil: undefined })), { minLength: 1, maxLength: 60 }),
        { minLength: 1, maxLength: 12 },
      ),
      (rounds) => {
        const [cold, resident] = [new Harness(), new Harness(true)];
        for (const round of rounds) {
          const changes = [...new Map(round)].map(([key, value]) =>
            value === undefined ? remove(`key${key}`) : set(`key${key}`, `value${value}`)
          );
          const other = changes.map(({ key, value }, i) => ({ key, value: i % 3 === 0 ? undefined : value }));
          const more = round.map(([key]) => set(`more${key % 40}`, `${key}`));
          const abandoned = [...other, ...new Map(more.map((change) => [String(change.key), change])).values()];
          const [a, b] = [cold.apply(changes), resident.apply(changes, abandoned)];
          assertEquals(a.root, b.root);
          assertEquals(a.packs, b.packs);
          assertEquals(a.stale, b.stale);
        }
        assertEquals(resident.requests, []);
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("a key that takes another's place in a bucket, byte for byte, leads to the root of the definition", () => {
  for (const keeps of [false, true]) {
    const tree = new Harness(keeps);
    const live = new Map(many(10, 40).map((change) => [String(change.key), change]));
    tree.apply([...live.values()]);
    for (let i = 0; i < 50; i++) {
      const added = set(`key${40 + i}`, `value${i}`);
      const removed = remove(`key${10 + i}`);
      live.set(String(added.key), added);
      live.delete(String(removed.key));
      tree.apply([removed, added]);
      const fresh = new Harness();
      fresh.apply([...live.values()]);
      assertEquals(tree.root.hash, fresh.root.hash, `round ${i}`);
    }
  }
});

Deno.test("the first of two updates can be adopted: the nodes that show the second are let go of", () => {
  const harness = new Harness(true);
  harness.apply(many(0, 200));
  const tree = new Tree("bank", harness.root, new Residency(1 << 24));
  const first = harness.run(tree.update([...many(0, 230).slice(190), remove("key3")], 2n));
  harness.run(tree.update([set("key7", "x"), remove("key9")], 2n));
  first.adopt();
  for (const [key, pack] of first.packs) harness.packs.set(bytesToHex(key), pack!);
  const next = harness.run(tree.update([set("key7", "y")], 3n));
  const other = new Harness();
  other.apply([...many(0, 230).filter((_, i) => i !== 3), set("key7", "y")].filter((_, i) => i !== 6));
  assertEquals(next.root.hash, other.root.hash);
});

Deno.test("update() loads a level in one request and pauses in long computations", () => {
  const tree = new Harness();
  tree.apply(many(0, 5_000));
  assert(tree.pauses >= 2);
  tree.requests.length = 0;
  tree.apply(many(0, 200));
  assertEquals(tree.requests[0], 1);
  assert(tree.requests.length <= 4, `${tree.requests.length} requests`);
});

import { assert, assertEquals } from "@std/assert";
import { bytesToHex, hexToBytes, utf8ToBytes } from "../core/bytes.ts";
import type { Reply, Work } from "../core/work.ts";
import { NodeCache } from "./node_cache.ts";
import { EMPTY_TREE, type TreeChange, type TreeRoot, type TreeUpdate, updateTree } from "./tree.ts";

/** A tree over a map of nodes; the cache holds nothing, so that every read goes through the bytes. */
class Harness {
  root: TreeRoot = EMPTY_TREE;
  version = 0n;
  readonly nodes = new Map<string, Uint8Array>();
  readonly requests: number[] = [];
  pauses = 0;

  apply(changes: readonly TreeChange[]): TreeUpdate {
    const update = this.run(updateTree("bank", this.root, changes, ++this.version, new NodeCache(0)));
    for (const [key, value] of update.nodes) this.nodes.set(bytesToHex(key), value!);
    this.root = update.root;
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
        reply = step.value.keys.map((key) => this.nodes.get(bytesToHex(key)));
      }
    }
  }
}

const set = (key: string, value: string): TreeChange => ({ key: utf8ToBytes(key), value: utf8ToBytes(value) });
const remove = (key: string): TreeChange => ({ key: utf8ToBytes(key), value: undefined });
const many = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => set(`key${from + i}`, `value${i}`));

Deno.test("updateTree() has the roots of the jmt crate's vectors", () => {
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

Deno.test("updateTree() has the same root however the changes are cut into versions", () => {
  const once = new Harness();
  once.apply(many(0, 600));
  const slowly = new Harness();
  for (let at = 0; at < 600; at += 7) slowly.apply(many(0, 600).slice(at, at + 7).reverse());
  assertEquals(once.root.hash, slowly.root.hash);
  const parts = [...new Set([once, slowly].map((tree) => tree.nodes.size))];
  assertEquals(parts.length, 2, "the second has written nodes that are stale by now");
});

Deno.test("updateTree() takes back what it added, to the same root and to the empty tree", () => {
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

Deno.test("updateTree() writes nothing when nothing changes", () => {
  const tree = new Harness();
  tree.apply(many(0, 100));
  const { nodes, stale, root } = tree.apply([set("key5", "value5"), remove("absent"), remove("absent too")]);
  assertEquals([nodes.length, stale.length, root], [0, 0, tree.root]);
  assertEquals(new Harness().apply([remove("absent")]).root, EMPTY_TREE);
});

Deno.test("updateTree() reports exactly the nodes that the new version no longer reaches", () => {
  const tree = new Harness();
  const live = new Set<string>();
  for (const changes of [many(0, 300), many(0, 30).map(({ key }) => ({ key, value: undefined })), many(250, 330)]) {
    const { nodes, stale } = tree.apply(changes);
    for (const key of stale) assert(live.delete(bytesToHex(key)), "a stale node was live");
    for (const [key] of nodes) live.add(bytesToHex(key));
  }
  for (const key of [...tree.nodes.keys()]) if (!live.has(key)) tree.nodes.delete(key);
  // Touching everything finds all of its nodes without the stale ones.
  tree.apply(many(0, 1_000).map(({ key }) => ({ key, value: undefined })));
  assertEquals(tree.root, EMPTY_TREE);
});

Deno.test("updateTree() loads a level in one request and pauses in long computations", () => {
  const tree = new Harness();
  tree.apply(many(0, 5_000));
  assert(tree.pauses >= 2);
  tree.requests.length = 0;
  tree.apply(many(0, 200));
  assertEquals(tree.requests[0], 1);
  assertEquals(tree.requests[1], 16);
  assert(tree.requests.length <= 5, `${tree.requests.length} requests`);
});

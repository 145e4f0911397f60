import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import type { GossipVerdict } from "../core/peer.ts";
import { blockBytes, Mesh, type MeshNode, toy, toyCodec, type ToyMessage } from "./_testing.ts";

/** Judges as an engine that stands at a height; takes everything. */
class ToyProcess {
  height = 1;
  round = 0;
  deliver(): void {}
  judge({ good, height, round, kind }: ToyMessage): GossipVerdict {
    if (!good) return "reject";
    if (height < this.height - 1 || height > this.height + 1) return "ignore";
    if (kind === "proposal" && (height < this.height || round > this.round + 1)) return "ignore";
    return "accept";
  }
}

const toyMesh = (seed: number) => new Mesh<ToyMessage>({ seed, codec: toyCodec, process: () => new ToyProcess() });

function move(node: MeshNode<ToyMessage>, height: number, round = 0): void {
  const process = node.process as ToyProcess;
  [process.height, process.round] = [height, round];
  node.on({ type: "moved", height: BigInt(height), round, base: 1n, running: true, decided: false });
}

const say = (node: MeshNode<ToyMessage>, message: ToyMessage) => {
  const bytes = toyCodec.encodeMessage(message);
  node.on({ type: "own_broadcast", message: bytes });
  return { bytes, by: node.id };
};

type Shape = "line" | "ring" | "star" | "full";

function links(shape: Shape, size: number): [number, number][] {
  const all: [number, number][] = [];
  for (let i = 0; i < size; i++) {
    for (let j = i + 1; j < size; j++) {
      const near = j === i + 1 || (shape === "ring" && i === 0 && j === size - 1);
      if (shape === "full" || (shape === "star" ? i === 0 : near)) all.push([i, j]);
    }
  }
  return all;
}

const story = fc.record({
  seed: fc.nat(1_000_000),
  size: fc.integer({ min: 2, max: 6 }),
  shape: fc.constantFrom<Shape>("line", "ring", "star", "full"),
  loss: fc.constantFrom(0, 0.2, 0.6, 1),
  /** Links that are cut while all talk. */
  cut: fc.array(fc.nat(20), { maxLength: 4 }),
  late: fc.boolean(),
  says: fc.array(
    fc.record({
      by: fc.nat(5),
      kind: fc.constantFrom("proposal", "prevote", "precommit"),
      round: fc.nat(1),
      bytes: fc.constantFrom(1, 70_000, 200_000),
      atMs: fc.nat(400),
    }),
    { minLength: 1, maxLength: 12 },
  ),
});

/** How long after healing everybody must have everything: a few ticks for each link on the way. */
const HEALED_MS = 4_000;

Deno.test("whatever is lost, cut off or late: after healing everybody has every message and block", () => {
  fc.assert(
    fc.property(story, ({ seed, size, shape, loss, cut, late, says }) => {
      const mesh = toyMesh(seed);
      for (let i = 0; i < size; i++) mesh.add();
      const edges = links(shape, size);
      const joined = edges.filter(([, j], index) => !cut.includes(index) && !(late && j === size - 1));
      for (const node of mesh.nodes) move(node, 1);
      for (const [i, j] of joined) mesh.link(mesh.nodes[i]!, mesh.nodes[j]!);
      mesh.loss = loss;
      const said: { bytes: Uint8Array; by: string }[] = [];
      const used = new Set<string>();
      for (const [index, { by, kind, round, bytes, atMs }] of says.entries()) {
        const author = kind === "proposal" ? undefined : by % size;
        const slot = `${author} ${kind} ${round}`;
        if (used.has(slot)) continue;
        used.add(slot);
        const block = kind === "proposal" ? { block: blockBytes(index + 1, bytes) } : {};
        mesh.schedule(atMs, () => said.push(say(mesh.nodes[by % size]!, toy({ kind, round, author, ...block }))));
      }
      mesh.run(1_000);
      mesh.loss = 0;
      for (const [i, j] of edges) mesh.link(mesh.nodes[i]!, mesh.nodes[j]!);
      const all = () => mesh.nodes.every((node) => said.every(({ bytes, by }) => by === node.id || node.has(bytes)));
      assert(
        mesh.run(HEALED_MS, all),
        `after ${HEALED_MS} ms: ${said.length} said, ${mesh.nodes.map((n) => n.delivered.length)}`,
      );
      assertEquals(mesh.nodes.flatMap((node) => node.reports), []);
    }),
    { numRuns: 60 },
  );
});

Deno.test("everybody gets each message once, unless a height lasts", () => {
  const mesh = toyMesh(1);
  for (let i = 0; i < 5; i++) mesh.add();
  for (const node of mesh.nodes) move(node, 1);
  for (const [i, j] of links("ring", 5)) mesh.link(mesh.nodes[i]!, mesh.nodes[j]!);
  mesh.run(50);
  for (const [i, node] of mesh.nodes.entries()) say(node, toy({ kind: "prevote", author: i }));
  say(mesh.nodes[2]!, toy({ kind: "proposal", block: blockBytes(1, 300_000) }));
  mesh.run(150);
  for (const [i, node] of mesh.nodes.entries()) assertEquals(node.delivered.length, i === 2 ? 4 : 5);
});

Deno.test("a line in which everybody passes on: no exchange is needed when nothing is lost", () => {
  const mesh = toyMesh(2);
  for (let i = 0; i < 6; i++) mesh.add();
  for (const node of mesh.nodes) move(node, 1);
  for (const [i, j] of links("line", 6)) mesh.link(mesh.nodes[i]!, mesh.nodes[j]!);
  mesh.run(30);
  const { bytes } = say(mesh.nodes[0]!, toy({ kind: "proposal", block: blockBytes(1, 200_000) }));
  assert(mesh.run(90, () => mesh.nodes[5]!.has(bytes)));
  assertEquals(mesh.sent.helped, 0);
});

Deno.test("a quiet height costs little", () => {
  const mesh = toyMesh(3);
  for (let i = 0; i < 4; i++) mesh.add();
  for (const node of mesh.nodes) move(node, 1);
  for (const [i, j] of links("full", 4)) mesh.link(mesh.nodes[i]!, mesh.nodes[j]!);
  mesh.run(10_000);
  // Two asks every fifth tick, three statuses every fifty.
  assert(mesh.sent.direct / 4 / 10 < 6.5, `${mesh.sent.direct / 4 / 10} frames each second and node`);
});

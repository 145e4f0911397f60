import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { TendermintMesh, type TendermintMeshOptions } from "./tendermint_harness_test.ts";

const FOUR = [1, 1, 1, 1];

function started(options: TendermintMeshOptions, nodes = options.powers.length): TendermintMesh {
  const world = new TendermintMesh(options);
  for (let i = 0; i < nodes; i++) world.add();
  return world;
}

function full(world: TendermintMesh): void {
  const { mesh } = world;
  for (const [i, a] of mesh.nodes.entries()) for (const b of mesh.nodes.slice(i + 1)) mesh.link(a, b);
}

function line(world: TendermintMesh): void {
  const { mesh } = world;
  for (const [i, b] of mesh.nodes.entries()) if (i > 0) mesh.link(mesh.nodes[i - 1]!, b);
}

const reports = (world: TendermintMesh) => world.mesh.nodes.flatMap((node) => node.reports);
const heights = (world: TendermintMesh) => world.processes.map((process) => process.height);

Deno.test("four validators decide as fast as they execute: nothing of the next height is lost meanwhile", () => {
  const world = started({ seed: 1, powers: FOUR, executeMs: (i) => 10 + 5 * i, delayMsMax: 3 });
  full(world);
  for (const process of world.processes) process.start();
  const target = 40;
  assert(world.mesh.run(6_000, () => heights(world).every((height) => height >= target)), `${heights(world)}`);
  // One lost message costs a timeout of 200 ms or more.
  assert(world.mesh.now / target < 60, `${world.mesh.now / target} ms each`);
  assertEquals(reports(world), []);
});

Deno.test("a line of validators and full nodes decides in step", () => {
  const world = started({ seed: 2, powers: FOUR, blockBytes: 150_000, delayMsMax: 3 }, 6);
  line(world);
  for (const process of world.processes) process.start();
  assert(world.mesh.run(10_000, () => heights(world).every((height) => height >= 20)), `${heights(world)}`);
  assert(world.mesh.now / 20 < 100, `${world.mesh.now / 20} ms each`);
  assertEquals(reports(world), []);
});

Deno.test("what is lost costs ticks, not timeouts of rounds: a third of all frames may go", () => {
  const seeds = [1, 2, 3, 4, 5];
  let ms = 0;
  for (const seed of seeds) {
    const world = started({ seed, powers: FOUR, blockBytes: 150_000 });
    full(world);
    world.mesh.loss = 0.3;
    for (const process of world.processes) process.start();
    assert(world.mesh.run(60_000, () => heights(world).every((height) => height >= 15)), `${heights(world)}`);
    ms += world.mesh.now / 15 / seeds.length;
    assertEquals(reports(world), []);
  }
  // Without the exchange most heights would wait for a timeout of 200 ms or more, and then for others.
  assert(ms < 150, `${ms} ms each`);
});

Deno.test("a node that was cut off for some heights gets them from any one peer, and goes on", () => {
  const world = started({ seed: 4, powers: [1, 1, 1, 1], blockBytes: 150_000, executeMs: () => 20 });
  full(world);
  for (const process of world.processes) process.start();
  world.mesh.run(300);
  const [a, b, c, late] = world.mesh.nodes;
  for (const node of [a!, b!, c!]) world.mesh.unlink(node, late!);
  const cut = world.processes[3]!.height;
  world.mesh.run(2_000, () => world.processes[0]!.height >= cut + 5);
  const behind = world.processes[0]!.height - world.processes[3]!.height;
  assert(behind >= 4, `${behind}`);
  world.mesh.link(a!, late!);
  const inStep = () => world.processes[3]!.height >= world.processes[0]!.height - 1;
  assert(world.mesh.run(3_000, inStep), `${heights(world)}`);
  assertEquals(world.processes[3]!.synced, 0);
  assertEquals(reports(world), []);
});

Deno.test("who joins late gets the running height from one peer: the proposal of a dead proposer too", () => {
  // Validators 0 and 1 are not enough; 2 comes later, when 0 is gone.
  const world = started({ seed: 5, powers: FOUR, blockBytes: 300_000 });
  const [proposer, witness, late] = world.mesh.nodes;
  world.mesh.link(proposer!, witness!);
  for (const process of world.processes.slice(0, 2)) process.start();
  world.mesh.run(100);
  world.mesh.unlink(proposer!, witness!);
  world.processes[0]!.stop();
  world.mesh.link(witness!, late!);
  world.processes[2]!.start();
  const kinds = () => late!.delivered.map((bytes) => bytes.length > 1000 ? "proposal" : "vote");
  const all = () => kinds().filter((kind) => kind === "proposal").length >= 1 && kinds().length >= 3;
  assert(world.mesh.run(250, all), `${kinds()}`);
});

Deno.test("a partition heals: nobody decides while it lasts, all go on when it is over", () => {
  const world = started({ seed: 6, powers: FOUR, blockBytes: 150_000 });
  full(world);
  for (const process of world.processes) process.start();
  world.mesh.run(500);
  const [a, b, c, d] = world.mesh.nodes;
  for (const x of [a!, b!]) for (const y of [c!, d!]) world.mesh.unlink(x, y);
  world.mesh.run(200);
  const before = heights(world);
  world.mesh.run(3_000);
  assertEquals(heights(world), before);
  world.mesh.link(b!, c!);
  const most = Math.max(...before);
  assert(world.mesh.run(4_000, () => heights(world).every((height) => height >= most + 2)), `${heights(world)}`);
  assertEquals(reports(world), []);
});

Deno.test("a driver that starts again at the running height is given what is there", () => {
  const world = started({ seed: 7, powers: FOUR });
  full(world);
  for (const process of world.processes.slice(0, 2)) process.start();
  world.mesh.run(150);
  const third = world.processes[2]!;
  third.start();
  assert(world.mesh.run(300, () => third.height >= 2), `${heights(world)}`);
  third.stop();
  world.mesh.run(200);
  third.start();
  const height = third.height;
  assert(world.mesh.run(1_500, () => third.height >= height + 3), `${heights(world)}`);
});

const story = fc.record({
  seed: fc.nat(1_000_000),
  nodes: fc.integer({ min: 4, max: 6 }),
  shape: fc.constantFrom("line", "full"),
  loss: fc.constantFrom(0, 0.1, 0.4),
  blockBytes: fc.constantFrom(500, 70_000, 200_000),
  executeMs: fc.array(fc.nat(40), { minLength: 6, maxLength: 6 }),
  cuts: fc.array(fc.record({ at: fc.nat(5), fromMs: fc.nat(1_000), forMs: fc.nat(400) }), { maxLength: 3 }),
});

Deno.test("whatever links do, validators never part ways, and go on in step when links hold", () => {
  fc.assert(
    fc.property(story, ({ seed, nodes, shape, loss, blockBytes, executeMs, cuts }) => {
      const world = started({ seed, powers: FOUR, blockBytes, executeMs: (i) => executeMs[i]! }, nodes);
      const { mesh } = world;
      const join = () => shape === "line" ? line(world) : full(world);
      join();
      mesh.loss = loss;
      for (const process of world.processes) process.start();
      for (const { at, fromMs, forMs } of cuts) {
        const node = mesh.nodes[at % nodes]!;
        mesh.schedule(fromMs, () => {
          for (const other of mesh.nodes) mesh.unlink(node, other);
        });
        mesh.schedule(fromMs + forMs, join);
      }
      mesh.run(1_500);
      join();
      mesh.loss = 0;
      const sync = () => {
        syncWhoIsFar(world);
        mesh.schedule(500, sync);
      };
      sync();
      const target = Math.max(...heights(world)) + 3;
      assert(mesh.run(15_000, () => heights(world).every((height) => height >= target)), `${heights(world)}`);
      assertEquals(reports(world), []);
      for (const { chain } of world.processes) {
        for (const [i, { block }] of chain.entries()) {
          assertEquals(block.blockId, world.processes[0]!.chain[i]?.block.blockId ?? block.blockId);
        }
      }
    }),
    { numRuns: 8 },
  );
});

/** Further behind than gossip helps is block sync's business. */
function syncWhoIsFar(world: TendermintMesh): void {
  const best = world.processes.reduce((a, b) => b.height > a.height ? b : a);
  for (const process of world.processes) if (process.height < best.height - 8) process.sync(best.chain);
}

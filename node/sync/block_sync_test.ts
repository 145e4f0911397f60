import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { createBlockSync } from "./block_sync.ts";
import { HONEST, type Kind, KINDS, World, type WorldOptions } from "./_testing.ts";
import type { SyncInput } from "./ports.ts";
import { HEAD_REQUESTS_MORE, REQUESTS_MAX } from "./block_limits.ts";

function worldOf(kinds: readonly Kind[], more: Partial<WorldOptions> = {}): World {
  return new World({ seed: 7, kinds, height: 300, ...more });
}

/** Runs until consensus was handed the chain, at most `ms`. */
function untilHandOver(world: World, ms: number): number {
  while (world.handOvers.length === 0 && world.now < ms) world.run(world.now + 100);
  return world.handOvers[0]?.at ?? Infinity;
}

Deno.test("a node that waits for nobody starts consensus at once", () => {
  const world = worldOf([], { waitsForPeers: false, height: 0 });
  world.begin();
  assertEquals(world.handOvers.map(({ at }) => at), [0]);
});

Deno.test("nodes of a new chain start as soon as all are at the same height", () => {
  const world = worldOf(["honest", "honest", "honest"], { height: 0 });
  world.begin("sync", 100);
  assert(untilHandOver(world, 5000) <= 500, `at ${world.handOvers[0]?.at}`);
  assertEquals([world.handOvers[0]!.next, world.requests], [1n, 0]);
});

Deno.test("a node that waits for peers does not start consensus before one has told where it is, and is still there", () => {
  const machine = createBlockSync({ waitsForPeers: true });
  const typesOf = (input: SyncInput, now: number) => machine.on(input, now).map(({ type }) => type);
  assertEquals(typesOf({ type: "started", next: 1n, mode: "sync" }, 0), []);
  assertEquals(typesOf({ type: "ticked" }, 60_000), []);
  assertEquals(typesOf({ type: "peer_status", peer: "p", base: 1n, height: 1000n }, 60_001)[0], "request_blocks");
  // It was ahead, and is gone: who knows what was signed here before.
  assertEquals(typesOf({ type: "peer_left", peer: "p" }, 60_100).includes("start_consensus"), false);
  assertEquals(typesOf({ type: "ticked" }, 120_000), []);
  assertEquals(typesOf({ type: "peer_status", peer: "q", base: 1n, height: 1n }, 120_001), []);
  assertEquals(typesOf({ type: "ticked" }, 120_201), ["start_consensus"]);
});

Deno.test("a chain that grows fast is caught up with and handed over", () => {
  const world = worldOf(["honest", "honest"], { height: 5000, blockTimeMs: 20 });
  world.begin();
  assert(untilHandOver(world, 30_000) < 15_000);
  world.run(world.now + 10_000);
  assert(world.head - world.next <= 1n, `at ${world.next} of ${world.head}`);
  assertEquals(world.stops, 0);
});

Deno.test("a slow peer does not hold up the others", () => {
  const without = worldOf(["honest"], { height: 2000 });
  const beside = worldOf(["honest", "slow", "slow", "silent"], { height: 2000 });
  const [fast, slowed] = [without, beside].map((world) => {
    world.begin();
    while (world.next <= 2000n && world.now < 60_000) world.run(world.now + 100);
    return world.now;
  });
  assert(slowed! < fast! + 5000, `${fast} ms without them, ${slowed} ms with them`);
});

Deno.test("who claims much and gives nothing keeps nobody from consensus", () => {
  for (const blockTimeMs of [undefined, 1000, 20]) {
    const world = worldOf(["honest", "boaster", "boaster", "silent", "silent"], { blockTimeMs });
    world.begin();
    assert(untilHandOver(world, 60_000) < 15_000, `block time ${blockTimeMs}: at ${world.handOvers[0]?.at}`);
    const { next } = world.handOvers[0]!;
    assert(world.head + 3n - next <= 3n + 10n, `handed over at ${next} of ${world.head}`);
    assert(world.reported.get("boaster1")?.has("sync_no_block"));
  }
});

Deno.test("a peer that does not answer is asked again before it is named", () => {
  const world = worldOf(["silent"], { height: 0 });
  world.begin();
  world.run(10_000);
  assertEquals([world.reported.size, world.handOvers.length], [0, 1]);
  world.run(120_000);
  assertEquals([...world.reported.values()].map((codes) => [...codes]), [["sync_no_answer"]]);
});

Deno.test("a question without a frame is called off, and its peer is left alone for a while", () => {
  const machine = createBlockSync({ waitsForPeers: true });
  machine.on({ type: "started", next: 1n, mode: "sync" }, 0);
  const asked = machine.on({ type: "peer_status", peer: "p", base: 1n, height: 500n }, 1);
  assertEquals(asked.map(({ type }) => type), ["request_blocks", "request_blocks"]);
  machine.on({ type: "ticked" }, 300);
  const effects = machine.on({ type: "ticked" }, 4250);
  assertEquals(effects.map(({ type }) => type), ["cancel_request", "cancel_request"]);
  // Both together are one failure: a third of what is held against a peer.
  assertEquals(machine.on({ type: "ticked" }, 4740), []);
  assertEquals(machine.on({ type: "ticked" }, 4751).map(({ type }) => type), ["request_blocks", "request_blocks"]);
});

Deno.test("a peer without blocks is not asked for any, and not taken for a liar", () => {
  const machine = createBlockSync({ waitsForPeers: true });
  const effects = [
    ...machine.on({ type: "started", next: 1n, mode: "sync" }, 0),
    ...machine.on({ type: "peer_status", peer: "p", base: 0n, height: 500n }, 1),
    ...machine.on({ type: "ticked" }, 1000),
    ...machine.on({ type: "ticked" }, 20_000),
  ];
  assertEquals(effects.map(({ type }) => type), ["start_consensus"]);
});

Deno.test("liars alone do not keep a node from consensus either", () => {
  const world = worldOf(["boaster", "silent"], { height: 0 });
  world.begin();
  assert(untilHandOver(world, 60_000) < 10_000);
});

Deno.test("consensus that is left behind is stopped, and goes on at the head", () => {
  const world = worldOf(["honest", "honest", "honest"], { height: 0, blockTimeMs: 500 });
  world.begin("watch");
  world.run(5000);
  assertEquals(world.stops, 0);
  world.isConsensusFed = false;
  world.run(20_000);
  assert(world.stops > 0);
  world.isConsensusFed = true;
  world.run(60_000);
  assert(world.isConsensusRunning);
  assert(world.head - world.next <= 1n, `at ${world.next} of ${world.head}`);
});

Deno.test("consensus that hears nothing is not stopped ever more often", () => {
  const world = worldOf(["honest"], { height: 0, blockTimeMs: 200 });
  world.isConsensusFed = false;
  world.begin("watch");
  world.run(300_000);
  assert(world.stops >= 5 && world.stops <= 20, `${world.stops} stops in five minutes`);
  assert(world.head - world.next <= 40n * 5n, `at ${world.next} of ${world.head}`);
});

Deno.test("no liar makes a node leave consensus, however long the next block takes", () => {
  for (const kind of KINDS.filter((each) => each !== "slow")) {
    const world = worldOf([kind, kind, "honest"], { height: 0, blockTimeMs: 20_000 });
    world.begin("watch");
    world.run(300_000);
    assertEquals([world.stops, world.isConsensusRunning], [0, true], kind);
    assert(world.requests < 60, `${world.requests} questions`);
  }
});

Deno.test("beside liars a node that is left behind comes back", () => {
  const world = worldOf(["boaster", "silent", "forger", "confused", "malformed", "honest"], {
    height: 0,
    blockTimeMs: 300,
  });
  world.isConsensusFed = false;
  world.begin("watch");
  world.run(30_000);
  assert(world.stops > 0);
  assert(world.next > 50n, `at ${world.next} of ${world.head}`);
});

const others = fc.array(fc.constantFrom(...KINDS), { maxLength: 11 });
const common = {
  seed: fc.nat(),
  height: fc.integer({ min: 0, max: 600 }),
  blockBytes: fc.constantFrom(200, 5000, 300_000, 8_000_000),
  executeMs: fc.constantFrom(0, 2, 20),
};
const kindsFrom = (...kinds: readonly Kind[]) =>
  fc.tuple(fc.constantFrom(...kinds), others).map(([first, more]) => [first, ...more]);
const parameters = fc.oneof(
  fc.record({ ...common, kinds: kindsFrom(...HONEST) }),
  // A chain that grows faster than its only honest peer gives blocks cannot be caught up with.
  fc.record({ ...common, kinds: kindsFrom("honest"), blockTimeMs: fc.constantFrom(5000, 700, 100) }),
);

/** Until the end of the first blocks, and of the time that liars may cost. */
function runWhole(options: WorldOptions): World {
  const world = new World(options);
  world.begin();
  const goal = BigInt(options.height);
  while (world.now < 3_600_000 && !(world.next > goal && world.isConsensusRunning)) world.run(world.now + 1000);
  world.run(world.now + 30_000);
  return world;
}

Deno.test("with one honest peer the whole chain is synced, every liar named and no honest peer", () => {
  fc.assert(
    fc.property(parameters, (options) => {
      const world = runWhole(options);
      assert(world.next > BigInt(options.height), `stuck at ${world.next} of ${world.head}`);
      assert(world.isConsensusRunning, "consensus does not run");
      for (const id of world.caught) assert(world.reported.has(id), `${id} lied and was not named`);
      for (const id of world.reported.keys()) {
        assert(!/^(honest|slow|curt)/.test(id), `${id} was reported: ${[...world.reported.get(id)!]}`);
      }
      assert(
        world.requestsAtOnceMax <= REQUESTS_MAX + HEAD_REQUESTS_MORE,
        `${world.requestsAtOnceMax} questions at once`,
      );
      const bound = 3 * Number(world.next) + options.kinds.length * (50 + world.now / 250);
      assert(world.requests <= bound, `${world.requests} questions, expected at most ${bound}`);
    }),
    { numRuns: 300 },
  );
});

Deno.test("the same seed gives the same course", () => {
  fc.assert(
    fc.property(parameters, (options) => {
      const [one, two] = [runWhole(options), runWhole(options)];
      assertEquals(one.log.length, two.log.length);
      for (const [i, line] of one.log.entries()) assertEquals(line, two.log[i]);
    }),
    { numRuns: 40 },
  );
});

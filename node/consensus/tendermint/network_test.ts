import { assert, assertEquals } from "@std/assert";
import { CONFIG } from "./_testing.ts";
import { Network, type NetworkOptions } from "./_testing_network.ts";

const QUICK = {
  ...CONFIG,
  propose: { baseMs: 300, deltaMs: 100 },
  prevote: { baseMs: 200, deltaMs: 100 },
  precommit: { baseMs: 200, deltaMs: 100 },
  commitMs: 50,
};

/** Agreement and seals are checked as it runs; afterwards everybody must have got on. */
function runToHeight(options: NetworkOptions, heights: number, untilMs: number): Network {
  const network = new Network({ config: QUICK, ...options });
  const healAt = options.healAtMs ?? 0;
  network.run(healAt, () => false);
  const target = Math.max(...network.honest.map(({ chain }) => chain.length)) + heights;
  const done = network.run(untilMs, () => network.honest.every(({ chain }) => chain.length >= target));
  const where = network.honest.map(({ chain, state }) => `${chain.length}/r${state.height?.machine.round}`).join(" ");
  assert(done, `seed ${options.seed}: nobody moves on after healing, at ${where}, target ${target}`);
  assertEquals(network.refusals, [], `seed ${options.seed}: the guard had to refuse`);
  return network;
}

Deno.test("four validators agree height after height when nothing goes wrong, each in round 0", () => {
  const network = runToHeight({ seed: 1, powers: [1, 1, 1, 1] }, 10, 60_000);
  for (const { chain } of network.honest) for (const { round } of chain) assertEquals(round, 0);
});

Deno.test("one validator recovers by itself from a death after any effect, and signs nothing twice", () => {
  let crashAfterEffect = 1;
  for (let effects = Infinity; crashAfterEffect <= effects; crashAfterEffect++) {
    const network = runToHeight({ seed: 7, powers: [10], crashAfterEffect }, 3, 60_000);
    effects = Math.min(effects, network.effectCount);
  }
  assert(crashAfterEffect > 30);
});

Deno.test("one of three validators without whom there is no quorum recovers from a death after any effect", () => {
  for (let crashAfterEffect = 1; crashAfterEffect <= 60; crashAfterEffect++) {
    runToHeight({ seed: crashAfterEffect, powers: [1, 1, 1], crashAfterEffect }, 3, 120_000);
  }
});

Deno.test("validators that lose messages and die at any moment agree, and go on once that ends", () => {
  for (let seed = 0; seed < 25; seed++) {
    runToHeight({ seed, powers: [1, 1, 1, 1], loss: 0.3, crash: 0.004, healAtMs: 8_000 }, 4, 90_000);
  }
});

Deno.test("honest validators agree and go on although less than a third equivocate, and accuse only these", () => {
  let accused = 0;
  for (let seed = 100; seed < 120; seed++) {
    const options = { seed, powers: [2, 3, 2, 2], byzantine: [0], loss: 0.2, crash: 0.003, healAtMs: 6_000 };
    const network = runToHeight(options, 3, 90_000);
    for (const index of network.accused) assertEquals(index, 0, `seed ${seed}`);
    accused += network.accused.size;
  }
  assert(accused > 10, `equivocators were noticed in ${accused} of 20 runs`);
});

Deno.test("seven validators with two that equivocate agree and go on", () => {
  for (let seed = 200; seed < 205; seed++) {
    const powers = [1, 1, 1, 1, 1, 1, 1];
    runToHeight({ seed, powers, byzantine: [2, 5], loss: 0.2, crash: 0.002, healAtMs: 5_000 }, 3, 120_000);
  }
});

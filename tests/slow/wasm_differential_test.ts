/** The properties of instrumented modules again, on modules that nobody has seen, and the bugs they have to notice. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { choices } from "../properties/wasm_choices.ts";
import { equalsPlain, newTally, stopsWhereTold } from "../properties/wasm_differential.ts";
import { PLANTS } from "../properties/wasm_plants.ts";

/** `WASM_SEED` repeats a run. */
const seed = Number(Deno.env.get("WASM_SEED") ?? Date.now() % 2 ** 31);
const BYTES_MAX = 3_000;

Deno.test(`instrumented modules equal plain ones and the reference, seed ${seed}`, () => {
  const tally = newTally();
  for (const floats of ["none", "blind", "all"] as const) {
    fc.assert(fc.property(choices(BYTES_MAX), (bytes) => equalsPlain(bytes, { floats }, tally)), {
      seed,
      numRuns: 3_000,
    });
  }
  console.log(tally);
});

Deno.test(`with less fuel or stack, instrumented modules stop where the reference stops, seed ${seed}`, () => {
  const tally = newTally();
  for (const floats of ["none", "all"] as const) {
    for (const bounded of [true, false]) {
      const property = fc.property(
        choices(BYTES_MAX),
        (bytes) => stopsWhereTold(bytes, { floats, bounded }, tally, 24),
      );
      fc.assert(property, { seed, numRuns: 1_000 });
    }
  }
  console.log(tally);
});

Deno.test(`the same where code counts more in large memories, seed ${seed}`, () => {
  const tally = newTally();
  const numRuns = 1_000;
  for (const floats of ["none", "all"] as const) {
    const property = fc.property(choices(BYTES_MAX), (bytes) => equalsPlain(bytes, { floats, large: true }, tally));
    fc.assert(property, { seed, numRuns });
  }
  for (const bounded of [true, false]) {
    const options = { floats: "none", bounded, large: true } as const;
    fc.assert(fc.property(choices(BYTES_MAX), (bytes) => stopsWhereTold(bytes, options, tally, 12)), { seed, numRuns });
  }
  console.log(tally);
});

/** Modules until a plant is noticed, at most; and the seed they come from, which is known to be enough. */
const PLANT_RUNS = 500;
const PLANT_SEED = 11;

Deno.test("every planted bug is noticed", () => {
  const samples = fc.sample(choices(), { numRuns: PLANT_RUNS, seed: PLANT_SEED });
  const missed: string[] = [];
  for (const { name, sides, large = false } of PLANTS) {
    const at = samples.findIndex((bytes) => {
      try {
        for (const floats of ["none", "all"] as const) equalsPlain(bytes, { floats, large }, newTally(), sides);
        for (const bounded of [true, false]) {
          stopsWhereTold(bytes, { floats: "none", bounded, large }, newTally(), 6, sides);
        }
        return false;
      } catch {
        return true;
      }
    });
    console.log(`${name}: ${at === -1 ? "missed" : `module ${at + 1}`}`);
    if (at === -1) missed.push(name);
  }
  assertEquals(missed, []);
});

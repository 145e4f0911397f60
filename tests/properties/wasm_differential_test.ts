import fc from "fast-check";
import { choices } from "./wasm_choices.ts";
import { equalsPlain, newTally, stopsWhereTold } from "./wasm_differential.ts";

/** Fixed, so that the fast suite is the same every day; the slow one draws its own. */
const SEED = 20_261_126;

Deno.test("instrumented modules equal plain ones and the reference: results, traps, memory, globals, tables, host calls, fuel, stack", () => {
  const tally = newTally();
  for (const floats of ["none", "blind", "all"] as const) {
    fc.assert(fc.property(choices(), (bytes) => equalsPlain(bytes, { floats }, tally)), { seed: SEED, numRuns: 80 });
  }
  console.log(tally);
});

Deno.test("the same where code counts more in large memories", () => {
  const tally = newTally();
  const each = { seed: SEED, numRuns: 30 };
  fc.assert(fc.property(choices(), (bytes) => equalsPlain(bytes, { floats: "none", large: true }, tally)), each);
  const options = { floats: "none", bounded: true, large: true } as const;
  fc.assert(fc.property(choices(), (bytes) => stopsWhereTold(bytes, options, tally, 6)), each);
  console.log(tally);
});

Deno.test("with less fuel or stack, instrumented modules stop where the reference stops", () => {
  const tally = newTally();
  for (const bounded of [true, false]) {
    fc.assert(
      fc.property(choices(), (bytes) => stopsWhereTold(bytes, { floats: "none", bounded }, tally, 6)),
      { seed: SEED, numRuns: 40 },
    );
  }
  console.log(tally);
});

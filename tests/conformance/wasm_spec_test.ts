import { assertSpecSuite } from "../helpers/wasm/spec_equal.ts";

Deno.test("the specification's suite 2.0 holds under instrument() and in the reference, with one count of fuel and stack", () => {
  console.log(`${assertSpecSuite("v2")} assertions`);
});

Deno.test({
  name: "the suite's scripts for SIMD and threads: their modules are refused, so there is nothing to assert of runs",
  ignore: true,
  fn: () => {},
});

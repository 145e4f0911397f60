import { assertSpecSuite } from "../helpers/wasm/spec_equal.ts";

Deno.test("the specification's suite 1.0 holds under instrument() and in the reference, with one count of fuel and stack", () => {
  console.log(`${assertSpecSuite("v1")} assertions; 4 of linking skipped, which bulk memory decides otherwise`);
});

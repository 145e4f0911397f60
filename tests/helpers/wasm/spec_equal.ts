/**
 * The WebAssembly specification's own assertions, through `instrument` in V8 and through the reference interpreter under the
 * same meter; and both count the same fuel and stack, call by call.
 * @module
 */
import { assertEquals } from "@std/assert";
import { instrument } from "../../../contracts/wasm/instrument.ts";
import { STACK_BYTES } from "../../../contracts/wasm/stack.ts";
import type { Engine, Running } from "./engine.ts";
import { InterpreterEngine } from "./interpreter_engine.ts";
import { publishedMeter } from "./published_meter.ts";
import { type SpecCommand, type SpecReport, SpecScript } from "./spec_script.ts";
import { V8Engine } from "./v8_engine.ts";
import { specModule, type SpecScript as Vectors, specScripts } from "../wasm_spec_vectors.ts";

const FUEL = (1n << 63n) - 1n;
/** Of the interpreter; no assertion of the suite needs memory that is larger and there. */
const PAGES_MAX = 2_048;

/** Assertions of 1.0 that newer editions, bulk memory among them, decide otherwise: `script:line`. */
const OVERRULED: Readonly<Record<string, string>> = {
  "linking:236": "segments before the one that does not fit are written",
  "linking:248": "segments before the one that does not fit are written",
  "linking:342": "segments before the one that does not fit are written",
  "linking:354": "segments before the one that does not fit are written",
};

interface Ran extends SpecReport {
  /** One line a call: what it took of both budgets. */
  readonly taken: string[];
}

function run(vectors: Vectors<SpecCommand>, engine: Engine): Ran {
  const taken: string[] = [];
  const script = new SpecScript(engine, {
    load: (filename) => specModule(vectors, filename),
    before: ({ budgets }: Running) => {
      budgets!.fuel = FUEL;
      budgets!.stack = STACK_BYTES;
    },
    after: ({ budgets }, { field, args = [] }) =>
      taken.push(`${field}(${args.map(({ value }) => value)}): fuel ${FUEL - budgets!.fuel} stack ${budgets!.stack}`),
  });
  const { version, name } = vectors;
  for (const command of vectors.commands) {
    if (version === "v1" && `${name}:${command.line}` in OVERRULED) continue;
    script.run(command);
  }
  return { ...script.report, taken };
}

/** Runs a whole edition of the suite both ways; asserts. Answers how many assertions of the suite held. */
export function assertSpecSuite(version: "v1" | "v2"): number {
  let assertions = 0;
  for (const vectors of specScripts<SpecCommand>(version)) {
    const instrumented = run(vectors, new V8Engine("instrumented", (wasm) => instrument(wasm)));
    const reference = run(vectors, new InterpreterEngine({ meter: publishedMeter(), pagesMax: PAGES_MAX }));
    const where = `${version}/${vectors.name}`;
    assertEquals(instrumented.failed, [], `${where}, instrumented`);
    assertEquals(reference.failed, [], `${where}, reference`);
    assertEquals(instrumented.refused, [], `${where}: modules that instrument() refuses`);
    const at = instrumented.taken.findIndex((line, i) => line !== reference.taken[i]);
    assertEquals(instrumented.taken[at], reference.taken[at], `${where}: fuel and stack`);
    assertEquals(instrumented.taken.length, reference.taken.length);
    assertEquals(instrumented.passed, reference.passed);
    assertions += instrumented.passed;
  }
  return assertions;
}

/**
 * Deep recursion ends by our counter on every tier of V8, at the same place, with the same fuel: the place where the reference
 * interpreter ends.
 */
import { assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { STACK_BYTES } from "../../contracts/wasm/stack.ts";
import { DEEP, WRITING } from "../helpers/wasm/deep.ts";
import { HOST_CALL_STACK_BYTES } from "../helpers/wasm/deep_host.ts";
import type { DeepOutcome } from "../helpers/wasm/deep_run.ts";
import { InterpreterEngine, type InterpreterRun } from "../helpers/wasm/interpreter_engine.ts";
import { publishedMeter } from "../helpers/wasm/published_meter.ts";

const FUEL = (1n << 63n) - 1n;

/** Flags of V8; frames of JavaScript below each call; calls that return soon before the deep one; where. */
const TIERS: readonly {
  readonly flags: string;
  readonly frames: number;
  readonly warm: number;
  readonly worker?: true;
}[] = [
  { flags: "", frames: 0, warm: 0 },
  { flags: "", frames: 300, warm: 20_000 },
  { flags: "--liftoff-only", frames: 300, warm: 0 },
  { flags: "--no-liftoff", frames: 300, warm: 0 },
  { flags: "", frames: 300, warm: 0, worker: true },
  { flags: "--liftoff-only", frames: 300, warm: 0, worker: true },
  { flags: "--no-liftoff", frames: 300, warm: 0, worker: true },
  { flags: "--no-wasm-tier-up", frames: 0, warm: 0 },
  { flags: "--no-wasm-dynamic-tiering", frames: 300, warm: 100 },
];

function expected(): DeepOutcome[] {
  const outcomes = DEEP.map(({ name, wasm }) => {
    const engine = new InterpreterEngine({ meter: publishedMeter(), stepsMax: 20_000_000 }, { stack: STACK_BYTES });
    const again = engine.hostFunction({ params: ["i32"], results: ["i32"] }, ([argument]) => {
      const left = running.instance.stack;
      running.instance.stack = left - HOST_CALL_STACK_BYTES;
      const outcome = running.invoke("from", [argument!]);
      if (!("results" in outcome)) throw new Error("trapped inside");
      running.instance.stack = left;
      return outcome.results;
    });
    const running = engine.instantiate(wasm, () => again) as InterpreterRun;
    const outcome = running.invoke("run", []);
    const { fuel, stack } = running.budgets!;
    const end = !("results" in outcome) && stack < 0 ? "stack" : JSON.stringify(outcome);
    return { name, end, fuelLeft: String(fuel), stackLeft: stack };
  });
  return [...outcomes, ...WRITING.map((deep) => outcomes[DEEP.indexOf(deep)]!)];
}

async function run(flags: string, ...args: readonly (number | string)[]): Promise<DeepOutcome[]> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-check",
      "--allow-env",
      "--allow-read",
      ...(flags === "" ? [] : [`--v8-flags=${flags}`]),
      fileURLToPath(new URL("../helpers/wasm/deep_run.ts", import.meta.url)),
      ...args.map(String),
    ],
  }).output();
  const errors = new TextDecoder().decode(stderr);
  assertEquals(code, 0, `${flags}: ${errors}`);
  // V8 says so when it does not know a flag, and goes on without it.
  assertEquals(errors.match(/unrecognized flag.*/)?.[0], undefined);
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test("deep recursion ends by our counter on every tier, where the reference interpreter ends", async () => {
  const want = expected();
  assertEquals(want.filter(({ end, fuelLeft }) => end !== "stack" || BigInt(fuelLeft) === FUEL), []);
  for (const { flags, frames, warm, worker } of TIERS) {
    const where = worker ? "worker" : "main";
    const outcomes = await run(flags, frames, warm, STACK_BYTES, where);
    assertEquals(outcomes, want, `flags "${flags}", ${frames} frames below, ${where}`);
  }
});

Deno.test("a budget that is too large is noticed: V8's stack ends first", async () => {
  const outcomes = await run("--liftoff-only", 0, 0, 8 * STACK_BYTES);
  const early = outcomes.filter(({ end }) => end.startsWith("RangeError"));
  assertEquals(early.length > DEEP.length / 4, true, `${early.length} of ${DEEP.length}`);
});

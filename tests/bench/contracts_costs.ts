/**
 * What instructions take, in nanoseconds, beside what they cost: one line for each probe, in code that is instrumented, in both
 * of V8's compilers. The numbers in `contracts/wasm/costs.ts` come from here.
 * @module
 */
import { DEFAULT_COSTS } from "../../contracts/wasm/costs.ts";
import { instrument } from "../../contracts/wasm/instrument.ts";
import { assemble, type ModuleText } from "../helpers/wasm/assemble.ts";
import { type Probe, PROBES } from "./contracts_cost_probes.ts";

const COPIES = 16;
const ROUNDS = 7;

const middle = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

function moduleOf(probe: Probe, body: string): Uint8Array<ArrayBuffer> {
  const loop = `${probe.before ?? ""} loop ${body.repeat(probe.copies ?? COPIES)} ` +
    "local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end " +
    "local.get 1 local.get 3 i32.wrap_i64 i32.add local.get 5 i32.trunc_sat_f64_s i32.add local.get 6 i32.trunc_sat_f32_s i32.add";
  const text: ModuleText = {
    memory: { min: 2 },
    globals: [{ type: "i32", mutable: true, init: "i32.const 1" }],
    ...probe.module,
    functions: [
      {
        params: ["i32"],
        results: ["i32"],
        locals: ["i32", "i32", "i64", "i64", "f64", "f32"],
        body: loop,
        export: "f",
      },
      ...probe.module?.functions ?? [],
    ],
  };
  return assemble(text);
}

/** Nanoseconds and fuel of one piece. */
function measure(probe: Probe): { ns: number; fuel: number } {
  const run = (body: string) => {
    // As contracts run; in memories that grow, one number would not say it.
    const memorySteps = !probe.body.includes("grow");
    const { wasm, fuelGlobal, shiftGlobal } = instrument(moduleOf(probe, body), { memorySteps });
    const module = new WebAssembly.Module(wasm);
    const times: number[] = [];
    let fuel = 0n;
    for (let i = 0; i < ROUNDS; i++) {
      const { exports } = new WebAssembly.Instance(module);
      const f = exports["f"] as (times: number) => number;
      const counter = exports[fuelGlobal] as { value: bigint };
      // Once for the compiler; what grows must not grow twice.
      if (!probe.body.includes("grow")) f(Math.max(1, probe.times >> 2));
      const before = counter.value, start = performance.now();
      f(probe.times);
      times.push(performance.now() - start);
      const shift = shiftGlobal === undefined ? 0n : (exports[shiftGlobal] as { value: bigint }).value;
      fuel = (before - counter.value) << shift;
    }
    return { ms: middle(times), fuel: Number(fuel) };
  };
  const pieces = probe.times * (probe.copies ?? COPIES);
  const whole = run(`${probe.body} `), empty = run("nop ");
  const each = probe.name === "recursion" ? 100 : 1;
  return {
    ns: (whole.ms - empty.ms) * 1e6 / pieces / each,
    fuel: (whole.fuel - empty.fuel) / pieces / each,
  };
}

/** One row of the table. `perUnit`: nanoseconds of one instruction (or byte, page, entry) of the class, the rest of the piece included. */
export interface CostRow {
  readonly of: string;
  readonly name: string;
  readonly cost: number;
  readonly perUnitNs: number;
  /** Fuel by the nanosecond that the piece takes: low is where an attacker would sit. */
  readonly fuelPerNs: number;
}

/** Measures every probe in this process, whatever compiler it has. */
export function measureCosts(only?: string): CostRow[] {
  return PROBES.filter(({ of, name }) => only === undefined || only === of || only === name).map((probe) => {
    const { ns, fuel } = measure(probe);
    const round = (value: number) => Number(value.toPrecision(3));
    const row: CostRow = {
      of: probe.of,
      name: probe.name,
      cost: DEFAULT_COSTS[probe.of],
      perUnitNs: round(ns / probe.count),
      fuelPerNs: round(fuel / ns),
    };
    console.error(
      `${row.of.padEnd(13)} ${row.name.padEnd(30)} cost ${String(row.cost).padStart(9)}  ${
        String(row.perUnitNs).padStart(8)
      } ns  ${String(row.fuelPerNs).padStart(6)} fuel/ns`,
    );
    return row;
  });
}

if (import.meta.main) console.log(JSON.stringify(measureCosts(Deno.args[0])));

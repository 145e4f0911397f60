/**
 * Wrong rules, each of them a mistake that instrumentation could make, planted on the judge's side (who is right is all the same to a
 * comparison): what the differential properties must notice.
 * @module
 */
import { DEFAULT_COSTS } from "../../contracts/wasm/costs.ts";
import { MEMORY_STEPS } from "../../contracts/wasm/large_memory.ts";
import type { FunctionCode } from "../helpers/wasm/decode.ts";
import type { Meter, Plan } from "../helpers/wasm/machine.ts";
import { publishedMeter } from "../helpers/wasm/published_meter.ts";
import { type InstrumentedWith, REAL, type Sides } from "./wasm_differential.ts";

export interface Plant {
  readonly name: string;
  readonly sides: Sides;
  /** About the rule of large memories. */
  readonly large?: true;
}

/** Changes what is worked out of a function. */
function planned(name: string, change: (plan: Plan, body: FunctionCode) => Plan): Plant {
  const meter = (costs = DEFAULT_COSTS): Meter => {
    const real = publishedMeter(costs);
    return { ...real, plan: (body, instance) => change(real.plan(body, instance), body) };
  };
  return { name, sides: { ...REAL, meter } };
}

/** Forgets the charges behind an instruction. */
const forgets = (name: string, behind: string) =>
  planned(name, (plan, { code }) => ({
    ...plan,
    charges: new Map([...plan.charges].filter(([pc]) => code[pc - 1]?.name !== behind)),
  }));

function sized(name: string, change: (name: string, units: number, real: bigint) => bigint): Plant {
  const meter = (costs = DEFAULT_COSTS): Meter => {
    const real = publishedMeter(costs);
    return { ...real, bySize: (op, units, instance) => change(op, units, real.bySize(op, units, instance)) };
  };
  return { name, sides: { ...REAL, meter } };
}

/** Changes the rule of large memories. */
function large(name: string, change: (real: Meter) => Partial<Meter>): Plant {
  const meter = (costs = DEFAULT_COSTS): Meter => {
    const real = publishedMeter(costs, true);
    return { ...real, ...change(real) };
  };
  return { name, sides: { ...REAL, meter }, large: true };
}

/** Another charge for pages, from the real one and the unit of the counter. */
const pages = (name: string, change: (real: bigint, unit: bigint) => bigint) =>
  large(name, ({ bySize }) => ({
    bySize(op, units, instance) {
      const real = bySize(op, units, instance);
      return op === "memory.grow" ? change(real, 1n << BigInt(instance.purse.shift)) : real;
    },
  }));

/** Changes bytes of the instrumented module: the first place, and every other one, where `from` stands. */
function patched(name: string, from: readonly number[], to: readonly number[]): Plant {
  const instrument: InstrumentedWith = (wasm, options) => {
    const made = REAL.instrument(wasm, options);
    const bytes = made.wasm.slice();
    for (let at = 0; at + from.length <= bytes.length; at++) {
      if (from.every((byte, i) => bytes[at + i] === byte)) bytes.set(to, at);
    }
    return { ...made, wasm: bytes };
  };
  return { name, sides: { ...REAL, instrument } };
}

const NAN_64 = [0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xf8, 0x7f];

export const PLANTS: readonly Plant[] = [
  forgets("arms behind else are free", "else"),
  forgets("arms behind if are free", "if"),
  forgets("iterations are free", "loop"),
  forgets("what stands behind br_if is free", "br_if"),
  forgets("what stands behind an end is free", "end"),
  planned("every charge is one too many", (plan) => ({
    ...plan,
    charges: new Map([...plan.charges].map(([pc, cost]) => [pc, cost + 1n])),
  })),
  planned("charges come one instruction late", (plan) => ({
    ...plan,
    charges: new Map([...plan.charges].map(([pc, cost]) => [pc + 1, cost])),
  })),
  planned("frames are 8 bytes larger", (plan) => ({ ...plan, frameBytes: plan.frameBytes + 8 })),
  planned(
    "frames are taken at the start",
    (plan) => ({ ...plan, frameAt: plan.frameAt === undefined ? undefined : 0 }),
  ),
  planned("the counter of stack is never restored before calls", (plan) => ({ ...plan, loud: new Set() })),
  planned("frames are never given back", (plan) => ({ ...plan, visible: false })),
  planned("functions that nobody sees give their frame back", (plan) => ({ ...plan, visible: true })),
  sized("growing is free", (name, _, real) => name.endsWith("grow") ? 0n : real),
  sized("sizes are signed", (_, units, real) => units >= 2 ** 31 ? 0n : real),
  large("memories are large one page too late", () => ({
    memorySteps: MEMORY_STEPS.map(({ pages, shift }) => ({ pages: pages + 1, shift })),
  })),
  large("the last step is missing", () => ({ memorySteps: MEMORY_STEPS.slice(0, -1) })),
  pages("pages cost more in large memories", (real, unit) => real * unit),
  pages("what pages cost is rounded down", (real, unit) => real - real % unit),
  // `drop` instead of `i64.shr_s`, before the base is set.
  { ...patched("the base keeps its unit", [0x20, 0, 0x87, 0x24], [0x20, 0, 0x1a, 0x24]), large: true },
  patched("the other sign of NaN", NAN_64, [...NAN_64.slice(0, 7), 0xff]),
  patched("fuel of exactly 0 traps", [0x42, 0x00, 0x53, 0x04, 0x40, 0x00, 0x0b], [0x42, 0x00, 0x57]),
  patched("stack of exactly 0 traps", [0x41, 0x00, 0x48, 0x04, 0x40, 0x00, 0x0b], [0x41, 0x00, 0x4c]),
];

/**
 * What must hold of an instrumented module, for the modules that bytes decide on. Each check throws what it found, with the
 * first line in which two transcripts differ.
 * @module
 */
import { type CostTable, DEFAULT_COSTS } from "../../contracts/wasm/costs.ts";
import { instrument } from "../../contracts/wasm/instrument.ts";
import { STACK_BYTES } from "../../contracts/wasm/stack.ts";
import { assemble } from "../helpers/wasm/assemble.ts";
import { InterpreterEngine } from "../helpers/wasm/interpreter_engine.ts";
import type { MachineOptions, Meter } from "../helpers/wasm/machine.ts";
import { publishedMeter } from "../helpers/wasm/published_meter.ts";
import { type Instrumented, V8Engine } from "../helpers/wasm/v8_engine.ts";
import { Choices } from "./wasm_choices.ts";
import { generate, type Generated, type ModuleOptions } from "./wasm_module.ts";
import { type Allowance, type Call, callsOf, type Transcript, World } from "./wasm_world.ts";

const FUEL = (1n << 62n) - 1n;
/** Enough for some ten thousand instructions, for modules that may run forever. */
const FUEL_WILD = 5_000_000n;
const STEPS_MAX = 400_000;

export type InstrumentedWith = (
  wasm: Uint8Array,
  options: { costs: CostTable; fuel: bigint; memorySteps: boolean },
) => Instrumented;

/** What is judged, and by whom; changed to plant bugs. */
export interface Sides {
  readonly instrument: InstrumentedWith;
  readonly meter: (costs: CostTable, memorySteps: boolean) => Meter;
}
export const REAL: Sides = { instrument, meter: publishedMeter };

/** What was done, for the statistics of a run. */
export interface Tally {
  modules: number;
  calls: number;
  clean: number;
  plain: number;
  stops: number;
  /** Calls that ended in a large memory. */
  coarse: number;
  ends: Record<string, number>;
}
export const newTally = (): Tally => ({ modules: 0, calls: 0, clean: 0, plain: 0, stops: 0, coarse: 0, ends: {} });

/** A table in which no two classes cost the same, so that a wrong class shows. */
export function oddCosts(choices: Choices): CostTable {
  const classes = Object.keys(DEFAULT_COSTS).sort() as (keyof CostTable)[];
  return Object.fromEntries(
    classes.map((name, i) => [name, (i + 1) * 101 + choices.below(90)]),
  ) as unknown as CostTable;
}

function differ(where: string, want: readonly string[], got: readonly string[]): void {
  const at = want.findIndex((line, i) => line !== got[i]);
  if (at === -1 && want.length === got.length) return;
  const line = at === -1 ? want.length : at;
  throw new Error(`${where}: line ${line} of ${want.length}\n  wanted ${want[line]}\n  got    ${got[line]}`);
}

const withoutBudgets = (lines: readonly string[]) => lines.map((line) => line.replace(/ fuel \S+ stack -?\d+$/, ""));

/** One generated module with what plays on it. */
class Case {
  readonly generated: Generated;
  readonly wasm: Uint8Array;
  readonly calls: readonly Call[];
  readonly blurred: boolean;
  /** For instantiation; and for each call, unless it is tried with less. */
  readonly fuel: bigint;
  readonly instrumented: V8Engine;
  readonly meter: Meter;

  constructor(readonly bytes: Uint8Array, options: ModuleOptions, sides: Sides) {
    this.generated = generate(bytes, options);
    this.wasm = assemble(this.generated.text);
    this.calls = callsOf(this.generated, bytes);
    this.blurred = options.floats === "blind";
    const choices = new Choices(bytes.slice().reverse());
    const costs = choices.chance(128) ? DEFAULT_COSTS : oddCosts(choices);
    this.fuel = options.bounded ? FUEL : FUEL_WILD;
    const memorySteps = options.large === true;
    const { fuel } = this;
    this.instrumented = new V8Engine("instrumented", (wasm) => sides.instrument(wasm, { costs, fuel, memorySteps }));
    this.meter = sides.meter(costs, memorySteps);
  }

  reference(
    allowance: Allowance,
    calls = this.calls,
    watch?: MachineOptions["watch"],
  ): [Transcript, InterpreterEngine] {
    const options: MachineOptions = {
      meter: this.meter,
      stepsMax: STEPS_MAX,
      ...(watch === undefined ? {} : { watch }),
    };
    const engine = new InterpreterEngine(options, { stack: STACK_BYTES, fuel: this.fuel });
    return [new World(engine, this.generated, this.blurred).play(this.wasm, calls, allowance), engine];
  }
  v8(allowance: Allowance, calls = this.calls): Transcript {
    return new World(this.instrumented, this.generated, this.blurred).play(this.wasm, calls, allowance);
  }
  plain(): Transcript {
    return new World(new V8Engine("plain"), this.generated, this.blurred).play(this.wasm, this.calls, {});
  }
}

/**
 * A module whose runs end: instrumented equals the reference in everything, counters included; equals the module as it was in
 * everything else; and without traps the fuel is the sum of what each instruction cost.
 */
export function equalsPlain(
  bytes: Uint8Array,
  options: Omit<ModuleOptions, "bounded">,
  tally: Tally,
  sides = REAL,
): void {
  const it = new Case(bytes, { ...options, bounded: true }, sides);
  const allowance = { fuel: FUEL, stack: STACK_BYTES };
  const [want, engine] = it.reference(allowance);
  differ("instrumented and reference", want.lines, it.v8(allowance).lines);
  // Where a NaN's bits could be seen and there was one, V8 may show what it likes.
  if (it.blurred || engine.machine.nans === 0) {
    differ("plain and reference", withoutBudgets(want.lines), withoutBudgets(it.plain().lines));
    tally.plain++;
  }
  let counted = want.counted;
  want.left.forEach((left, i) => {
    const charged = (left.base ?? FUEL) - left.fuel;
    if (want.clean.has(i) && charged !== left.counted! - counted) {
      throw new Error(`call ${i}: charged ${charged}, instructions cost ${left.counted! - counted}`);
    }
    if (want.clean.has(i) && left.stack !== STACK_BYTES) {
      throw new Error(`call ${i}: stack is ${left.stack} at its end`);
    }
    counted = left.counted!;
  });
  tally.modules++;
  tally.coarse += want.left.filter(({ shift = 0n }) => shift > 0n).length;
  tally.calls += want.outcomes.length;
  tally.clean += want.clean.size;
  for (const outcome of want.outcomes) {
    const end = "trap" in outcome ? outcome.trap : "results" in outcome ? "returned" : "thrown";
    tally.ends[end] = (tally.ends[end] ?? 0) + 1;
  }
}

/** Some of the numbers: the first and last ones, and others in between. */
function some<T>(items: readonly T[], count: number, choices: Choices): T[] {
  if (items.length <= count) return [...items];
  const ends = [...items.slice(0, 2), ...items.slice(-3)];
  return [...ends, ...Array.from({ length: count - ends.length }, () => choices.pick(items))];
}

/**
 * With less fuel, or less stack, than a call takes, it stops where the reference stops, with everything as it is there; with
 * exactly as much it does not. Tried at the edges: one less than what a charge, or a frame, needs, and exactly that.
 */
export function stopsWhereTold(
  bytes: Uint8Array,
  options: ModuleOptions,
  tally: Tally,
  edges: number,
  sides = REAL,
): void {
  const it = new Case(bytes, options, sides);
  const choices = new Choices(bytes.slice().reverse());
  const { fuel } = it;
  const call = it.calls.length === 0 ? undefined : choices.pick(it.calls);
  if (call === undefined) return;
  const charges = new Set<bigint>();
  const frames = new Set<number>();
  let first: number | undefined;
  /** What a run must begin with for nothing to be left there. */
  const spentAt = (left: bigint, shift: number) => fuel - (left << BigInt(shift - (first ??= shift)));
  const watch = {
    fuel: (left: bigint, shift: number) => charges.add(spentAt(left, shift)),
    stack: (left: number) => frames.add(STACK_BYTES - left),
  };
  const [whole] = it.reference({ fuel, stack: STACK_BYTES }, [call], watch);
  differ("whole", whole.lines, it.v8({ fuel, stack: STACK_BYTES }, [call]).lines);
  if (whole.left.length === 0) return;
  const used = spentAt(whole.left[0]!.fuel, Number(whole.left[0]!.shift ?? 0n));
  // What was charged in the start function, with another counter, is not among the edges of the call.
  const edgesOfFuel = [...charges].filter((spent) => spent > 0n && spent <= used);
  const attempts: Allowance[] = [
    ...some(edgesOfFuel, edges, choices).flatMap((spent) => [{ fuel: spent - 1n }, { fuel: spent }]),
    ...(used > 2n ? [{ fuel: used - 2n }] : []),
    ...some([...frames], edges, choices).flatMap((taken) => [{ fuel, stack: taken - 1 }, { fuel, stack: taken }]),
  ].map(({ fuel, ...rest }) => ({ fuel, stack: STACK_BYTES, ...rest })).filter(({ stack }) => stack >= 0);
  for (const allowance of attempts) {
    const [want] = it.reference(allowance, [call]);
    differ(`fuel ${allowance.fuel} stack ${allowance.stack}`, want.lines, it.v8(allowance, [call]).lines);
    tally.stops++;
  }
  tally.modules++;
}

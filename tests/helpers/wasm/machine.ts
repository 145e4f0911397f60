/**
 * The reference interpreter: executes one instruction after the other as chapter 4.4 of the core specification words it,
 * with frames and labels of its own (JavaScript's stack grows only where a host function calls back in). Slow on purpose.
 *
 * With a {@linkcode Meter} it also counts fuel and stack, and stops where instrumented code has to.
 * @module
 */
import type { Code, FunctionCode } from "./decode.ts";
import { isArithmetic, isNaNBits, NUMERIC } from "./numeric.ts";
import type { Type } from "./opcodes.ts";
import {
  type FunctionInstance,
  type Instance,
  type MemoryInstance,
  PAGE_BYTES,
  sameType,
  type WasmFunction,
} from "./store.ts";
import { type Reference, Trap, type Value, zeroOf } from "./values.ts";

/** What running a function costs, worked out from its code before it runs. */
export interface Plan {
  /** By index of instruction: what is charged when execution arrives there, before the instruction runs. */
  readonly charges: ReadonlyMap<number, bigint>;
  /** By index of instruction: its own cost, each time it runs. */
  readonly costs: readonly bigint[];
  /** Of entering it, part of the first charge. */
  readonly entry: bigint;
  /** Bytes of stack it takes when it comes to `frameAt`, before the charge there; undefined: never. */
  readonly frameBytes: number;
  readonly frameAt: number | undefined;
  /** Calls before which the counter of stack is set to what was left behind `frameAt`. */
  readonly loud: ReadonlySet<number>;
  /** Whether it gives its frame back. */
  readonly visible: boolean;
}

/** The published rules of fuel and stack. */
export interface Meter {
  plan(code: FunctionCode, instance: Instance): Plan;
  /** Fuel for an operation on `units` bytes, pages or elements, charged before it. */
  bySize(name: string, units: number, instance: Instance): bigint;
  /** By how much units of fuel grow with the memory, in steps upwards; absent: they do not. */
  readonly memorySteps?: readonly { readonly pages: number; readonly shift: number }[];
}

export interface MachineOptions {
  readonly meter?: Meter;
  /** Frames on the stack at which an unmetered machine traps. */
  readonly framesMax?: number;
  /** Instructions after which the machine gives up, with an error that is no trap. */
  readonly stepsMax?: number;
  readonly pagesMax?: number;
  readonly tableMax?: number;
  /** Told what is left after each charge (in units of 2^`shift`) and each frame, also when that is too little. */
  readonly watch?: { fuel(left: bigint, shift: number): void; stack(left: number): void };
}

/** The machine gave up: the module may run forever. */
export class TooLong extends Error {}

interface Label {
  readonly arity: number;
  /** Operands below the label's own. */
  readonly height: number;
  /** Where a branch goes. */
  readonly target: number;
  readonly loop: boolean;
}

interface Frame {
  readonly function: WasmFunction;
  readonly plan: Plan | undefined;
  readonly locals: Value[];
  readonly operands: Value[];
  readonly labels: Label[];
  pc: number;
  /** What was left of the stack when the frame was taken. */
  level: number | undefined;
}

const u32 = (value: Value | undefined) => (value as number) >>> 0;
const little = (bytes: Uint8Array) => bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

export class Machine {
  readonly #options: Required<Omit<MachineOptions, "meter" | "watch">> & MachineOptions;
  readonly #plans = new Map<FunctionCode, Plan>();
  /** Instructions run. */
  steps = 0;
  /** Results of float arithmetic that were NaN: how often the specification leaves bits open. */
  nans = 0;
  #depth = 0;

  constructor(options: MachineOptions = {}) {
    this.#options = { framesMax: 10_000, stepsMax: 100_000_000, pagesMax: 65_536, tableMax: 10_000_000, ...options };
  }

  /** Calls a function; throws {@linkcode Trap}, and what host functions throw. */
  invoke(callee: FunctionInstance, args: readonly Value[]): Value[] {
    if (callee.kind === "host") return [...callee.run(args)];
    const depth = this.#depth;
    const frames: Frame[] = [];
    try {
      this.#enter(frames, callee, [...args]);
      while (true) {
        const frame = frames.at(-1)!;
        const results = this.#step(frames, frame);
        if (results === undefined) continue;
        frames.pop();
        this.#leave(frame);
        if (frames.length === 0) return results;
        frames.at(-1)!.operands.push(...results);
      }
    } finally {
      this.#depth = depth;
    }
  }

  #enter(frames: Frame[], callee: WasmFunction, args: Value[]): void {
    const { code, instance } = callee;
    const plan = this.#plan(code, instance);
    if (plan !== undefined) instance.counted += plan.entry;
    else if (this.#depth >= this.#options.framesMax) throw new Trap("call stack exhausted");
    this.#depth++;
    const locals = [...args, ...code.locals.map(zeroOf)];
    const outer = { arity: code.type.results.length, height: 0, target: code.code.length, loop: false };
    frames.push({ function: callee, plan, locals, operands: [], labels: [outer], pc: 0, level: undefined });
  }

  #leave({ function: { instance }, plan, level }: Frame): void {
    this.#depth--;
    if (plan?.visible === true && level !== undefined) instance.stack = level + plan.frameBytes;
  }

  #takeFrame(frame: Frame, { frameBytes }: Plan): void {
    const { instance } = frame.function;
    instance.stack -= frameBytes;
    this.#options.watch?.stack(instance.stack);
    if (instance.stack < 0) throw new Trap("call stack exhausted");
    frame.level = instance.stack;
  }

  #plan(code: FunctionCode, instance: Instance): Plan | undefined {
    const { meter } = this.#options;
    if (meter === undefined) return undefined;
    let plan = this.#plans.get(code);
    if (plan === undefined) this.#plans.set(code, plan = meter.plan(code, instance));
    return plan;
  }

  #spend(instance: Instance, amount: bigint): void {
    instance.purse.code += amount;
    this.#checkFuel(instance);
  }

  #checkFuel({ purse: { left, shift } }: Instance): void {
    this.#options.watch?.fuel(left, shift);
    if (left < 0n) throw new Trap("out of fuel");
  }

  get hasMemorySteps(): boolean {
    return this.#options.meter?.memorySteps !== undefined;
  }

  /** The shift that belongs to a memory of so many pages. */
  memoryShift(pages: number): number {
    return this.#options.meter?.memorySteps?.findLast((step) => pages > step.pages)?.shift ?? 0;
  }

  #spendOnPages(instance: Instance, pages: number): void {
    const { meter } = this.#options;
    if (meter?.memorySteps === undefined) return this.#spendBySize(instance, "memory.grow", pages);
    instance.purse.spend(meter.bySize("memory.grow", pages, instance));
    this.#checkFuel(instance);
  }

  /** Behind a `memory.grow`. */
  #coarsen(instance: Instance): void {
    const shift = this.memoryShift(instance.memories[0]!.pages);
    if (shift <= instance.purse.shift) return;
    instance.purse.coarsen(shift);
    this.#checkFuel(instance);
  }

  #spendBySize(instance: Instance, name: string, units: number): void {
    const { meter } = this.#options;
    if (meter === undefined) return;
    const amount = meter.bySize(name, units, instance);
    this.#spend(instance, amount);
    instance.counted += amount;
  }

  /** One instruction of the top frame; the function's results when it was the last one. */
  #step(frames: Frame[], frame: Frame): Value[] | undefined {
    const { plan, function: { instance, code: { code } } } = frame;
    if (plan !== undefined && plan.frameAt === frame.pc) this.#takeFrame(frame, plan);
    const charge = plan?.charges.get(frame.pc);
    if (charge !== undefined) this.#spend(instance, charge);
    if (frame.pc === code.length) return this.#results(frame);
    if (++this.steps > this.#options.stepsMax) throw new TooLong("run: too many steps");
    const instruction = code[frame.pc]!;
    if (plan !== undefined) {
      instance.counted += plan.costs[frame.pc]!;
      if (frame.level !== undefined && plan.loud.has(frame.pc)) instance.stack = frame.level;
    }
    frame.pc++;
    this.#execute(frames, frame, instruction);
    return undefined;
  }

  #results(frame: Frame): Value[] {
    const arity = frame.function.type.results.length;
    return frame.operands.slice(frame.operands.length - arity);
  }

  #branch(frame: Frame, depth: number): void {
    const label = frame.labels[frame.labels.length - 1 - depth]!;
    const kept = label.arity === 0 ? [] : frame.operands.splice(-label.arity);
    frame.operands.length = label.height;
    frame.operands.push(...kept);
    frame.labels.length -= label.loop ? depth : depth + 1;
    frame.pc = label.target;
  }

  #open(frame: Frame, { block, end }: Code, loop: boolean): void {
    const { params, results } = block!;
    const height = frame.operands.length - params.length;
    const arity = loop ? params.length : results.length;
    frame.labels.push({ arity, height, target: loop ? frame.pc : end + 1, loop });
  }

  #call(frames: Frame[], frame: Frame, callee: FunctionInstance): void {
    const count = callee.type.params.length;
    const args = frame.operands.splice(frame.operands.length - count, count);
    if (callee.kind === "wasm") this.#enter(frames, callee, args);
    else frame.operands.push(...callee.run(args));
  }

  #execute(frames: Frame[], frame: Frame, code: Code): void {
    const { operands, locals } = frame;
    const { instance } = frame.function;
    const numeric = NUMERIC.get(code.name);
    if (numeric !== undefined) return this.#numeric(frame, code, numeric as (...args: Value[]) => Value);
    const [first = 0, second = 0] = code.indices;
    switch (code.name) {
      case "unreachable":
        throw new Trap("unreachable");
      case "nop":
        return;
      case "block":
        return this.#open(frame, code, false);
      case "loop":
        return this.#open(frame, code, true);
      case "if": {
        const condition = u32(operands.pop());
        this.#open(frame, code, false);
        if (condition === 0) frame.pc = code.otherwise === -1 ? code.end : code.otherwise + 1;
        return;
      }
      case "else":
        return void (frame.pc = code.end);
      case "end":
        return void frame.labels.pop();
      case "br":
        return this.#branch(frame, first);
      case "br_if":
        if (u32(operands.pop()) !== 0) this.#branch(frame, first);
        return;
      case "br_table": {
        const index = Math.min(u32(operands.pop()), code.indices.length - 1);
        return this.#branch(frame, code.indices[index]!);
      }
      case "return":
        return this.#branch(frame, frame.labels.length - 1);
      case "call":
        return this.#call(frames, frame, instance.functions[first]!);
      case "call_indirect":
        return this.#call(frames, frame, indirect(instance, second, first, u32(operands.pop())));
      case "drop":
        return void operands.pop();
      case "select":
      case "select_t": {
        const condition = u32(operands.pop());
        const other = operands.pop()!;
        if (condition === 0) operands[operands.length - 1] = other;
        return;
      }
      case "local.get":
        return void operands.push(locals[first]!);
      case "local.set":
        return void (locals[first] = operands.pop()!);
      case "local.tee":
        return void (locals[first] = operands.at(-1)!);
      case "global.get":
        return void operands.push(instance.globals[first]!.value);
      case "global.set":
        return void (instance.globals[first]!.value = operands.pop()!);
      case "i32.const":
      case "i64.const":
      case "f32.const":
      case "f64.const":
        return void operands.push(code.value);
      case "ref.null":
        return void operands.push(null);
      case "ref.is_null":
        return void operands.push(operands.pop() === null ? 1 : 0);
      case "ref.func":
        return void operands.push(instance.functions[first]!);
    }
    if (code.operation.immediates === "memarg") return memoryAccess(frame, code);
    if (code.name.startsWith("memory.") || code.name === "data.drop") return this.#memory(frame, code);
    return this.#table(frame, code);
  }

  #numeric({ operands }: Frame, { name, operation }: Code, run: (...args: Value[]) => Value): void {
    const count = operation.signature!.params.length;
    const result = run(...operands.splice(operands.length - count, count));
    // Results are i32 or f32 alike as numbers: only floats' own operations are asked.
    if (isArithmetic(name) && isNaNBits(result)) this.nans++;
    operands.push(result);
  }

  #memory({ operands, function: { instance } }: Frame, { name, indices }: Code): void {
    const memory = instance.memories[0]!;
    switch (name) {
      case "memory.size":
        return void operands.push(memory.pages);
      case "memory.grow": {
        const by = u32(operands.pop());
        this.#spendOnPages(instance, by);
        operands.push(memory.grow(by, this.#options.pagesMax));
        return this.#coarsen(instance);
      }
      case "data.drop":
        return void (instance.data[indices[0]!] = undefined);
    }
    const count = u32(operands.pop());
    const source = operands.pop() as number;
    const target = u32(operands.pop());
    this.#spendBySize(instance, name, count);
    const inside = (bytes: Uint8Array, at: number) => {
      if (at + count > bytes.length) throw new Trap("out of bounds memory access");
    };
    inside(memory.bytes, target);
    if (name === "memory.fill") return void memory.bytes.fill(source & 0xff, target, target + count);
    const from = name === "memory.copy" ? memory.bytes : instance.data[indices[0]!] ?? new Uint8Array();
    inside(from, u32(source));
    memory.bytes.set(from.slice(u32(source), u32(source) + count), target);
  }

  #table({ operands, function: { instance } }: Frame, { name, indices: [first = 0, second = 0] }: Code): void {
    const outside = () => new Trap("out of bounds table access");
    const pop = () => u32(operands.pop());
    const { items }: { items: (Reference | null)[] } =
      instance.tables[name === "table.init" ? second : name === "elem.drop" ? 0 : first] ??
        { items: [] };
    switch (name) {
      case "table.get": {
        const at = pop();
        if (at >= items.length) throw outside();
        return void operands.push(items[at]!);
      }
      case "table.set": {
        const value = operands.pop() as Reference | null;
        const at = pop();
        if (at >= items.length) throw outside();
        return void (items[at] = value);
      }
      case "table.size":
        return void operands.push(items.length);
      case "table.grow": {
        const by = pop();
        const value = operands.pop() as Reference | null;
        this.#spendBySize(instance, name, by);
        return void operands.push(instance.tables[first]!.grow(by, value, this.#options.tableMax));
      }
      case "elem.drop":
        return void (instance.elements[first] = undefined);
      case "table.fill": {
        const count = pop();
        const value = operands.pop() as Reference | null;
        const at = pop();
        this.#spendBySize(instance, name, count);
        if (at + count > items.length) throw outside();
        return void items.fill(value, at, at + count);
      }
      case "table.init":
      case "table.copy": {
        const count = pop();
        const source = pop();
        const target = pop();
        this.#spendBySize(instance, name, count);
        const from = name === "table.copy" ? instance.tables[second]!.items : instance.elements[first] ?? [];
        if (source + count > from.length || target + count > items.length) throw outside();
        const taken = from.slice(source, source + count);
        return void taken.forEach((item, i) => items[target + i] = item);
      }
      default:
        throw new Error(`run: ${name} is unknown`);
    }
  }
}

function indirect(instance: Instance, table: number, type: number, at: number): FunctionInstance {
  const { items } = instance.tables[table]!;
  if (at >= items.length) throw new Trap("undefined element");
  const callee = items[at] as FunctionInstance | null;
  if (callee === null) throw new Trap("uninitialized element");
  if (!sameType(callee.type, instance.module.types[type]!)) throw new Trap("indirect call type mismatch");
  return callee;
}

/** Where a load or store touches memory; traps when that is not inside. */
function place(memory: MemoryInstance, base: number, { offset, operation }: Code): Uint8Array {
  const at = Number(BigInt(base) + offset);
  const bytes = operation.bytes!;
  if (at + bytes > memory.pages * PAGE_BYTES) throw new Trap("out of bounds memory access");
  return memory.bytes.subarray(at, at + bytes);
}

function memoryAccess({ operands, function: { instance } }: Frame, code: Code): void {
  const { name } = code;
  const memory = instance.memories[0]!;
  const type = name.slice(0, 3) as Type;
  if (name.includes("store")) {
    const value = operands.pop()!;
    const bytes = place(memory, u32(operands.pop()), code);
    let rest = BigInt(value as number | bigint);
    for (let i = 0; i < bytes.length; i++, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
    return;
  }
  const bytes = place(memory, u32(operands.pop()), code);
  const bits = little(bytes);
  const integer = name.endsWith("_u") ? bits : BigInt.asIntN(bytes.length * 8, bits);
  operands.push(
    type === "i32"
      ? Number(BigInt.asIntN(32, integer))
      : type === "i64"
      ? integer
      : type === "f32"
      ? Number(bits)
      : bits,
  );
}

/**
 * Fuel and stack by the rules of `contracts/wasm/README.md`, worked out again from the text: the judge of what the
 * instrumentation injects. Numbers (the cost table, bytes of a frame) come in from outside.
 * @module
 */
import type { Code, FunctionCode, FuncType } from "./decode.ts";
import type { Meter, Plan } from "./machine.ts";
import type { Instance } from "./store.ts";

/** The numbers behind the rules. */
export interface Prices {
  /** Of an instruction by its name; `select_t` is `select`. */
  readonly instruction: (name: string) => bigint;
  readonly local: bigint;
  readonly memoryByte: bigint;
  readonly memoryPage: bigint;
  readonly tableElement: bigint;
  readonly frameBytes: number;
  readonly leafFrameBytesMax: number;
}

/** A run of instructions that are charged together; its place is where it began. */
interface Segment {
  readonly place: number;
  cost: bigint;
}

interface Block {
  readonly kind: "function" | "block" | "loop" | "if";
  /** The segment of the instruction that opened it. */
  readonly segment: Segment;
  /** Whether anything reaches that instruction. */
  readonly entered: boolean;
  readonly type: FuncType;
  /** Operands below the block's parameters. */
  readonly base: number;
  /** A live branch names its label. */
  named: boolean;
  escapes: boolean;
  /** The segments at the ends of arms that are live; the second one of an `if` comes at its `end`. */
  readonly arms: Segment[];
  hasElse: boolean;
}

const NOTHING: FuncType = { params: [], results: [] };

/** Operands an instruction takes and gives; control instructions are the caller's. */
function effect(code: Code, instance: Instance): [takes: number, gives: number] {
  const { signature } = code.operation;
  if (signature !== undefined) return [signature.params.length, signature.result === undefined ? 0 : 1];
  const index = code.indices[0]!;
  switch (code.name) {
    case "call": {
      const { params, results } = instance.functions[index]!.type;
      return [params.length, results.length];
    }
    case "call_indirect": {
      const { params, results } = instance.module.types[index]!;
      return [params.length + 1, results.length];
    }
    case "drop":
    case "local.set":
    case "global.set":
    case "br_if":
      return [1, 0];
    case "local.get":
    case "global.get":
    case "ref.null":
    case "ref.func":
      return [0, 1];
    case "local.tee":
    case "ref.is_null":
    case "table.get":
      return [1, 1];
    case "select":
    case "select_t":
      return [3, 1];
    case "table.set":
      return [2, 0];
    case "table.grow":
      return [2, 1];
    case "table.fill":
      return [3, 0];
    case "nop":
      return [0, 0];
    default:
      throw new Error(`meter: what ${code.name} takes is not known`);
  }
}

/** One pass over one body. */
class Pass {
  readonly segments: Segment[] = [];
  readonly costs: bigint[];
  readonly #open: Block[];
  #current: Segment;
  #live = true;
  #height = 0;
  heightMax = 0;

  constructor(readonly body: FunctionCode, readonly instance: Instance, readonly prices: Prices) {
    this.costs = body.code.map(() => 0n);
    this.#current = this.#begin(0);
    this.#current.cost += BigInt(body.locals.length) * prices.local;
    const type = { params: [], results: body.type.results };
    this.#open = [this.#block("function", type)];
    body.code.forEach((code, pc) => this.#read(code, pc));
  }

  #begin(place: number): Segment {
    const segment = { place, cost: 0n };
    this.segments.push(segment);
    return segment;
  }

  #block(kind: Block["kind"], type: FuncType): Block {
    return {
      kind,
      segment: this.#current,
      entered: this.#live,
      type,
      base: this.#height - type.params.length,
      named: false,
      escapes: false,
      arms: [],
      hasElse: false,
    };
  }

  #grow(takes: number, gives: number): void {
    this.#height += gives - takes;
    this.heightMax = Math.max(this.heightMax, this.#height);
  }

  /** A live branch to the label `depth` blocks out: every block inside of that one escapes. */
  #branch(depth: number): void {
    const inner = this.#open.slice(this.#open.length - depth);
    for (const block of inner) block.escapes = true;
    this.#open[this.#open.length - 1 - depth]!.named = true;
  }

  #read(code: Code, pc: number): void {
    if (code.name === "else") return this.#else(pc);
    if (code.name === "end") return this.#end(pc);
    if (this.#live) {
      this.costs[pc] = this.prices.instruction(code.name);
      this.#current.cost += this.costs[pc]!;
    }
    switch (code.name) {
      case "block":
      case "loop":
      case "if":
        if (code.name === "if" && this.#live) this.#grow(1, 0);
        this.#open.push(this.#block(code.name, code.block ?? NOTHING));
        if (this.#live && code.name !== "block") this.#current = this.#begin(pc + 1);
        return;
    }
    if (!this.#live) return;
    switch (code.name) {
      case "br_if":
        this.#branch(code.indices[0]!);
        this.#grow(1, 0);
        this.#current = this.#begin(pc + 1);
        return;
      case "br":
      case "br_table":
        code.indices.forEach((depth) => this.#branch(depth));
        this.#live = false;
        return;
      case "return":
        this.#branch(this.#open.length - 1);
        this.#live = false;
        return;
      case "unreachable":
        this.#live = false;
        return;
      default:
        this.#grow(...effect(code, this.instance));
    }
  }

  #else(pc: number): void {
    const block = this.#open.at(-1)!;
    block.hasElse = true;
    if (this.#live) block.arms.push(this.#current);
    this.#live = block.entered;
    this.#height = block.base + block.type.params.length;
    if (this.#live) this.#current = this.#begin(pc + 1);
  }

  #end(pc: number): void {
    const block = this.#open.pop()!;
    if (!block.entered) return;
    if (this.#live) block.arms.push(this.#current);
    const skipped = block.kind === "if" && !block.hasElse;
    const jumps = block.named && block.kind !== "loop";
    this.#live = block.arms.length > 0 || jumps || skipped;
    this.#height = block.base + block.type.results.length;
    if (!this.#live) return;
    this.#grow(0, 0);
    if (!block.escapes) this.#current = block.segment;
    else if (block.arms.length === 1 && !jumps && !skipped) this.#current = block.arms[0]!;
    else this.#current = this.#begin(pc + 1);
  }
}

/** The rules with their numbers. */
export function meterOf(prices: Prices): Meter {
  return {
    plan(body: FunctionCode, instance: Instance): Plan {
      const pass = new Pass(body, instance, prices);
      const charges = new Map<number, bigint>();
      for (const { place, cost } of pass.segments) if (cost > 0n) charges.set(place, (charges.get(place) ?? 0n) + cost);
      const values = body.type.params.length + body.locals.length;
      const frame = prices.frameBytes + 8 * values + 16 * pass.heightMax;
      const calls = body.code.some(({ name }) => name === "call" || name === "call_indirect");
      const free = !calls && frame <= prices.leafFrameBytesMax;
      return {
        charges,
        costs: pass.costs,
        entry: BigInt(body.locals.length) * prices.local,
        frameBytes: free ? 0 : frame,
      };
    },
    bySize(name: string, units: number, instance: Instance): bigint {
      if (name.startsWith("table.")) return BigInt(units) * prices.tableElement;
      if (name !== "memory.grow") return BigInt(units) * prices.memoryByte;
      const { module } = instance;
      const declared = module.memories[0] ?? module.imports.find(({ kind }) => kind === "memory")?.bounds;
      return units <= (declared?.max ?? 65_536) ? BigInt(units) * prices.memoryPage : 0n;
    },
  };
}

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
  readonly freeBytesMax: number;
  readonly inlinedBodyBytesMax: number;
  readonly inliningFactor: number;
  readonly inliningBytesMax: number;
  readonly memorySteps?: Meter["memorySteps"] & object;
}

/** A run of instructions that are charged together; its place is where it began. */
interface Segment {
  readonly place: number;
  /** The one that stands before it; undefined: it is the first. */
  readonly before: Segment | undefined;
  /** Loops that its place is in. */
  readonly loops: number;
  cost: bigint;
}

/** An `if` with `else`, or a `loop`: what costs may move between. */
interface Joint {
  readonly kind: "if" | "loop";
  readonly at: number;
  /** The segment of the instruction. */
  readonly segment: Segment;
  /** The segments that begin at its arms, or at its body. */
  readonly first: Segment[];
  /** Of a loop: the segments of live branches to it, by instruction. */
  readonly back: { readonly name: string; readonly segment: Segment }[];
}

interface Block {
  readonly joint: Joint | undefined;
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
  readonly joints: Joint[] = [];
  /** Live calls; `callee`: the index of the function, undefined through a table. */
  readonly calls: { readonly at: number; readonly callee: number | undefined; readonly segment: Segment }[] = [];
  readonly #open: Block[] = [];
  #current: Segment;
  #live = true;
  #height = 0;
  heightMax = 0;

  constructor(readonly body: FunctionCode, readonly instance: Instance, readonly prices: Prices) {
    this.costs = body.code.map(() => 0n);
    this.#current = this.#begin(0, undefined);
    this.#current.cost += BigInt(body.locals.length) * prices.local;
    const type = { params: [], results: body.type.results };
    this.#open.push(this.#block("function", type));
    body.code.forEach((code, pc) => this.#read(code, pc));
  }

  #begin(place: number, before: Segment | undefined): Segment {
    const loops = this.#open.filter(({ kind }) => kind === "loop").length;
    const segment = { place, before, loops, cost: 0n };
    this.segments.push(segment);
    return segment;
  }

  #block(kind: Block["kind"], type: FuncType, at = 0): Block {
    const joint: Joint | undefined = this.#live && (kind === "if" || kind === "loop")
      ? { kind, at, segment: this.#current, first: [], back: [] }
      : undefined;
    if (joint !== undefined) this.joints.push(joint);
    return {
      joint,
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

  #beginArm(place: number): void {
    const block = this.#open.at(-1)!;
    this.#current = this.#begin(place, block.segment);
    block.joint?.first.push(this.#current);
  }

  #grow(takes: number, gives: number): void {
    this.#height += gives - takes;
    this.heightMax = Math.max(this.heightMax, this.#height);
  }

  /** A live branch to the label `depth` blocks out: every block inside of that one escapes. */
  #branch(name: string, depth: number): void {
    this.#open[this.#open.length - 1 - depth]!.joint?.back.push({ name, segment: this.#current });
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
        this.#open.push(this.#block(code.name, code.block ?? NOTHING, pc));
        if (this.#live && code.name !== "block") this.#beginArm(pc + 1);
        return;
    }
    if (!this.#live) return;
    switch (code.name) {
      case "br_if":
        this.#branch(code.name, code.indices[0]!);
        this.#grow(1, 0);
        this.#current = this.#begin(pc + 1, this.#current);
        return;
      case "br":
      case "br_table":
        code.indices.forEach((depth) => this.#branch(code.name, depth));
        this.#live = false;
        return;
      case "return":
        this.#branch(code.name, this.#open.length - 1);
        this.#live = false;
        return;
      case "unreachable":
        this.#live = false;
        return;
      case "call":
      case "call_indirect": {
        const callee = code.name === "call" ? code.indices[0]! : undefined;
        this.calls.push({ at: pc, callee, segment: this.#current });
        return this.#grow(...effect(code, this.instance));
      }
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
    if (this.#live) this.#beginArm(pc + 1);
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
    else this.#current = this.#begin(pc + 1, block.segment);
  }
}

/** "Moves", within one function. */
function moveWithin({ joints }: Pass): void {
  for (const { kind, segment, first, back } of [...joints].sort((a, b) => b.at - a.at)) {
    const [one, two] = first as [Segment, Segment | undefined];
    if (kind === "if") {
      if (two === undefined) continue;
      const both = one.cost < two.cost ? one.cost : two.cost;
      one.cost -= both;
      two.cost -= both;
      segment.cost += both;
      continue;
    }
    const plain = back.length > 0 && back.every(({ name, segment }) => name === "br" && segment !== one);
    if (!plain) continue;
    for (const target of [segment, ...back.map(({ segment }) => segment)]) target.cost += one.cost;
    one.cost = 0n;
  }
}

interface Reach {
  readonly bytes: number;
  readonly imports: boolean;
}

/** Everything that is worked out of one module. */
class ModulePass {
  readonly plans = new Map<FunctionCode, Plan>();
  readonly #passes: Pass[];
  readonly #imported: number;
  readonly #visible: Set<number>;
  readonly #chains = new Map<number, number>();
  readonly #reaches = new Map<number, Reach | undefined>();

  constructor(readonly instance: Instance, readonly prices: Prices) {
    const { bodies, functions } = instance.module;
    this.#imported = instance.functions.length - functions.length;
    this.#visible = visible(instance);
    this.#passes = bodies.map((body) => new Pass(body, instance, prices));
    this.#passes.forEach(moveWithin);
    this.#moveToCallers();
    bodies.forEach((body, i) => this.plans.set(body, this.#plan(body, i)));
  }

  #moveToCallers(): void {
    const light = this.#passes.map(({ calls, segments }, i) =>
      !this.#visible.has(this.#imported + i) &&
      !calls.some(({ callee = -1, segment }) => callee >= this.#imported && segment === segments[0])
    );
    for (const { calls } of this.#passes) {
      for (const { callee = -1, segment } of calls) {
        const own = callee - this.#imported;
        if (light[own] === true) segment.cost += this.#passes[own]!.segments[0]!.cost;
      }
    }
    light.forEach((yes, i) => yes && (this.#passes[i]!.segments[0]!.cost = 0n));
  }

  #base(i: number): number {
    const { body, heightMax } = this.#passes[i]!;
    return this.prices.frameBytes + 8 * (body.type.params.length + body.locals.length) + 16 * heightMax;
  }

  /** Greatest sum of bases of functions that may be inlined into each other and into this one. */
  #chain(i: number): number {
    const known = this.#chains.get(i);
    if (known !== undefined) return known;
    this.#chains.set(i, Infinity); // a circle, if it comes back here
    let chain = 0;
    for (const { name, indices } of this.#passes[i]!.body.code) {
      if (name === "call_indirect") chain = Infinity;
      const callee = name === "call" ? indices[0]! - this.#imported : -1;
      if (callee < 0 || this.#passes[callee]!.body.bytes > this.prices.inlinedBodyBytesMax) continue;
      chain = Math.max(chain, this.#base(callee) + this.#chain(callee));
    }
    this.#chains.set(i, chain);
    return chain;
  }

  #frame(i: number): number {
    const { inliningFactor, inliningBytesMax } = this.prices;
    const inlined = Math.min(this.#chain(i), inliningFactor * this.#passes[i]!.body.bytes, inliningBytesMax);
    return this.#base(i) + inlined;
  }

  /** What a free function takes with all that it calls, and whether that reaches an import; undefined: it is not free. */
  #reach(i: number): Reach | undefined {
    if (this.#reaches.has(i)) return this.#reaches.get(i);
    // Who comes back here while this is worked out comes back to itself.
    this.#reaches.set(i, undefined);
    const { code } = this.#passes[i]!.body;
    if (code.some(({ name }) => name === "call_indirect")) return undefined;
    let deepest = 0;
    let imports = false;
    for (const { name, indices } of code) {
      if (name !== "call") continue;
      const callee = indices[0]!;
      if (callee < this.#imported) {
        imports = true;
        continue;
      }
      const inner = this.#reach(callee - this.#imported);
      if (inner === undefined) return undefined;
      deepest = Math.max(deepest, inner.bytes);
      imports ||= inner.imports;
    }
    const bytes = this.#base(i) + deepest;
    if (bytes > this.prices.freeBytesMax || (imports && this.#visible.has(this.#imported + i))) return undefined;
    this.#reaches.set(i, { bytes, imports });
    return { bytes, imports };
  }

  #isQuiet(callee: number | undefined): boolean {
    if (callee === undefined || callee < this.#imported) return false;
    return this.#reach(callee - this.#imported)?.imports === false;
  }

  #plan(body: FunctionCode, i: number): Plan {
    const { segments, costs, calls } = this.#passes[i]!;
    const charges = new Map<number, bigint>();
    for (const { place, cost } of segments) if (cost > 0n) charges.set(place, (charges.get(place) ?? 0n) + cost);
    const free = this.#reach(i) !== undefined;
    const visible = this.#visible.has(this.#imported + i);
    const loud = calls.filter(({ callee }) => !this.#isQuiet(callee));
    const frameBytes = this.#frame(i);
    const early = visible || frameBytes > this.prices.freeBytesMax || loud.length === 0;
    const place = early ? segments[0]!.place : lateAsMayBe(loud.map(({ segment }) => segment)).place;
    return {
      charges,
      costs,
      entry: BigInt(body.locals.length) * this.prices.local,
      frameBytes,
      frameAt: free ? undefined : place,
      loud: new Set(loud.map(({ at }) => at)),
      visible,
    };
  }
}

/** The nearest segment that is before all of these or one of them, and in no loop. */
function lateAsMayBe(segments: readonly Segment[]): Segment {
  const path = (segment: Segment | undefined): Segment[] =>
    segment === undefined ? [] : [...path(segment.before), segment];
  const paths = segments.map(path);
  const common = paths[0]!.filter((segment, i) => paths.every((other) => other[i] === segment));
  return common.filter(({ loops }) => loops === 0).at(-1)!;
}

/** Functions that somebody else may call: exported, the start function, or referred to anywhere. */
function visible({ module }: Instance): Set<number> {
  const exported = module.exports.flatMap(({ kind, index }) => kind === "function" ? [index] : []);
  const expressions = [
    ...module.bodies.map(({ code }) => code),
    ...module.globals.map(({ init }) => init),
    ...module.elements.flatMap(({ items }) => items),
  ];
  const named = expressions.flatMap((codes) =>
    codes.flatMap(({ name, indices }) => name === "ref.func" ? [indices[0]!] : [])
  );
  return new Set([...exported, ...named, ...(module.start === undefined ? [] : [module.start])]);
}

/** The rules with their numbers. */
export function meterOf(prices: Prices): Meter {
  const known = new WeakMap<Instance, ModulePass>();
  return {
    ...(prices.memorySteps === undefined ? {} : { memorySteps: prices.memorySteps }),
    plan(body: FunctionCode, instance: Instance): Plan {
      let pass = known.get(instance);
      if (pass === undefined) known.set(instance, pass = new ModulePass(instance, prices));
      return pass.plans.get(body)!;
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

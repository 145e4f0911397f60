/**
 * Bodies of functions: a walk over the types on the operand stack, one decision after the other, that is well typed whatever
 * the decisions are.
 * @module
 */
import type { BlockType, Immediate, Instruction, Signature } from "../helpers/wasm/assemble.ts";
import type { Operation, Type } from "../helpers/wasm/opcodes.ts";
import { isArithmetic } from "../helpers/wasm/numeric.ts";
import type { Choices } from "./wasm_choices.ts";
import { constant, type FloatMode, NUMERIC_TYPES } from "./wasm_values.ts";

/** What a body may refer to. */
export interface Surroundings {
  readonly floats: FloatMode;
  /** Every loop and every recursion ends. */
  readonly bounded: boolean;
  /** Memories grow by more at once. */
  readonly large?: boolean;
  readonly operations: readonly Operation[];
  readonly functions: readonly Required<Signature>[];
  /** Those that `ref.func` may name. */
  readonly visible: readonly number[];
  readonly typeIndex: (signature: Signature) => number;
  readonly globals: readonly { readonly type: Type; readonly mutable: boolean }[];
  readonly memory: boolean;
  readonly tables: readonly Type[];
  /** What stands in the first table of functions from the start, from its first entry on. */
  readonly slots: readonly number[];
  readonly elements: number;
  readonly data: number;
  /** Iterations of a bounded loop at most. */
  readonly iterationsMax: number;
}

/** The global that bounds how many functions are entered, in bounded modules. */
export const CALLS_GLOBAL = 0;

interface Label {
  /** What a branch to it needs. */
  readonly types: readonly Type[];
  readonly loop: boolean;
}

const ENDS = new Set(["br", "br_table", "return", "unreachable"]);
const BLOCK_DEPTH_MAX = 5;

export class BodyMaker {
  readonly out: Instruction[] = [];
  readonly #locals: Type[];
  readonly #operations: readonly Operation[];
  /** Operations by their result. */
  readonly #usable = new Map<Type | undefined, Operation[]>();
  readonly #hidden = new Set<number>();
  readonly #labels: Label[] = [];
  /** Types of the operands of the innermost block. */
  #stack: Type[] = [];

  constructor(
    readonly choices: Choices,
    readonly around: Surroundings,
    readonly signature: Required<Signature>,
    locals: readonly Type[],
    readonly leaf: boolean,
    /** Instructions there is room for. */
    public room: number,
  ) {
    this.#locals = [...signature.params, ...locals];
    this.#operations = around.operations.filter(({ immediates }) => around.memory || immediates === "none");
    for (const operation of this.#operations) {
      const { result } = operation.signature!;
      const list = this.#usable.get(result) ?? [];
      list.push(operation);
      this.#usable.set(result, list);
    }
  }

  /** The whole body. */
  make(): { body: Instruction[]; locals: Type[] } {
    const { results } = this.signature;
    this.#labels.push({ types: results, loop: false });
    if (this.around.bounded && !this.leaf) this.#countCall();
    this.#inside([], results);
    return { body: this.out, locals: this.#locals.slice(this.signature.params.length) };
  }

  #countCall(): void {
    this.#emit("global.get", CALLS_GLOBAL);
    this.#emit("i32.eqz");
    this.#emit("if", undefined);
    for (const type of this.signature.results) this.out.push(constant(this.choices, type));
    this.#emit("return");
    this.#emit("end");
    this.#emit("global.get", CALLS_GLOBAL);
    this.#emit("i32.const", 1);
    this.#emit("i32.sub");
    this.#emit("global.set", CALLS_GLOBAL);
  }

  #emit(name: string, ...immediates: Immediate[]): void {
    this.out.push([name, ...immediates]);
    this.room--;
  }

  /** The inside of a block: from the parameters on the stack to exactly the results. */
  #inside(params: readonly Type[], results: readonly Type[]): void {
    const outer = this.#stack;
    this.#stack = [...params];
    let dead = false;
    for (let steps = this.choices.below(12); steps > 0 && this.room > 0 && !this.choices.exhausted; steps--) {
      this.#statement();
      if (!ENDS.has(this.out.at(-1)![0])) continue;
      // What follows is dead: any operands are there now; here, none are.
      dead = true;
      this.#stack = [];
      if (!this.choices.chance(80)) break;
    }
    if (!dead || this.#stack.length > 0 || this.choices.chance(128)) this.#settle(results);
    this.#stack = outer;
  }

  #settle(results: readonly Type[]): void {
    if (!this.#labels.at(-1)!.loop && this.#stack.join() !== results.join() && this.choices.chance(60)) {
      // Leaves through a branch, which does not mind what is below.
      this.#need(results);
      return this.#emit("br", 0);
    }
    const keep = this.#stack.length <= results.length && this.#stack.every((type, i) => type === results[i]);
    while (!keep && this.#stack.length > 0) this.#drop();
    for (const type of results.slice(this.#stack.length)) this.#value(type);
  }

  #drop(): void {
    const type = this.#stack.pop()!;
    const locals = this.#localsOf(type);
    if (locals.length > 0 && this.choices.chance(100)) this.#emit("local.set", this.choices.pick(locals));
    else this.#emit("drop");
  }

  #localsOf(type: Type): number[] {
    return this.#locals.flatMap((each, i) => each === type && !this.#hidden.has(i) ? [i] : []);
  }

  /** Sees to it that these types are on top of the stack. */
  #need(types: readonly Type[]): void {
    const at = this.#stack.length - types.length;
    if (at >= 0 && types.every((type, i) => this.#stack[at + i] === type) && !this.choices.chance(60)) return;
    for (const type of types) this.#value(type);
  }

  /** Takes operands off, gives results. */
  #effect(takes: number, gives: readonly Type[], name: string, ...immediates: Immediate[]): void {
    this.#stack.length -= takes;
    this.#emit(name, ...immediates);
    this.#stack.push(...gives);
  }

  /** Pushes one value, in some way. */
  #value(type: Type, depth = 0): void {
    const { choices, around } = this;
    const simple = depth > 3 || this.room <= 0;
    const locals = this.#localsOf(type);
    const globals = around.globals.flatMap((each, i) => each.type === type ? [i] : []);
    const operations = this.#usable.get(type) ?? [];
    const way = choices.weighted<"constant" | "local" | "global" | "operation" | "reference" | "block">([
      [4, "constant"],
      [locals.length > 0 ? 6 : 0, "local"],
      [globals.length > 0 ? 2 : 0, "global"],
      [simple || operations.length === 0 ? 0 : 6, "operation"],
      [type === "funcref" && around.visible.length > 0 ? 4 : 0, "reference"],
      [simple || this.#labels.length > BLOCK_DEPTH_MAX ? 0 : 1, "block"],
    ]);
    switch (way) {
      case "constant":
        this.out.push(constant(choices, type));
        this.room--;
        return void this.#stack.push(type);
      case "local":
        return this.#effect(0, [type], "local.get", choices.pick(locals));
      case "global":
        return this.#effect(0, [type], "global.get", choices.pick(globals));
      case "operation":
        return this.#operation(choices.pick(operations), depth + 1);
      case "reference":
        return this.#effect(0, [type], "ref.func", choices.pick(around.visible));
      case "block":
        return this.#block([], [type]);
    }
  }

  #operation({ name, signature, immediates }: Operation, depth: number): void {
    const { params, result } = signature!;
    if (immediates === "memarg") {
      this.#address();
      if (params.length > 1) this.#value(params[1]!, depth + 1);
    } else {
      const at = this.#stack.length - params.length;
      const there = at >= 0 && params.every((type, i) => this.#stack[at + i] === type);
      if (depth > 0 || !there) { for (const type of params) this.#value(type, depth + 1); }
    }
    const align = immediates === "memarg"
      ? [{ offset: this.choices.pick([0, 0, 0, 0, 1, 8, 8, 1000, 1000, 70_000]) }]
      : [];
    this.#effect(params.length, result === undefined ? [] : [result], name, ...align);
  }

  /** How many bytes, pages or entries: mostly few, sometimes a number at some edge. */
  #count(mask: number): void {
    const { choices } = this;
    if (!choices.chance(40)) return this.#address(mask);
    const edges = [-1, -0x80000000, 0x7fffffff, 65_535, 65_536, 65_537, 1, 2, 3, 4, 5, 10];
    this.#effect(0, ["i32"], "i32.const", choices.pick(edges));
  }

  /** An address, mostly a small one. */
  #address(mask = 0xfff): void {
    this.#value("i32", 2);
    if (this.choices.chance(6)) return;
    this.#emit("i32.const", mask);
    this.#emit("i32.and");
  }

  #statement(): void {
    const { choices, around, leaf } = this;
    const nested = this.#labels.length <= BLOCK_DEPTH_MAX;
    const table = around.tables.length > 0;
    const statement = choices.weighted<() => void>([
      [
        8,
        () => this.#operation(choices.pick(this.#operations), 0),
      ],
      [around.memory ? 5 : 0, () => this.#operation(choices.pick(this.#usable.get(undefined)!), 0)],
      [around.floats === "all" ? 6 : 0, () => this.#arithmetic()],
      [8, () => this.#assign()],
      [4, () => this.#value(this.#anyType())],
      [2, () => this.#stack.length > 0 ? this.#drop() : this.#emit("nop")],
      [nested ? 6 : 0, () => this.#block(this.#someOperands(), this.#types(2))],
      [nested ? 5 : 0, () => this.#loop(this.#someOperands(), this.#types(2))],
      [nested ? 6 : 0, () => this.#if()],
      [4, () => this.#branch()],
      [this.choices.chance(60) ? 1 : 0, () => this.#emit("unreachable")],
      [leaf ? 0 : this.#labels.some(({ loop }) => loop) ? 16 : 8, () => this.#call()],
      [leaf || !around.tables.includes("funcref") ? 0 : 4, () => this.#callIndirect()],
      [2, () => this.#select()],
      [around.memory ? 4 : 0, () => this.#memory()],
      [table ? 3 : 0, () => this.#table()],
    ]);
    statement();
  }

  /** Float arithmetic on numbers at the edges, and somebody who looks at the result. */
  #arithmetic(): void {
    const { choices, around } = this;
    const operation = choices.pick(this.#operations.filter(({ name }) => isArithmetic(name)));
    for (const type of operation.signature!.params) {
      this.out.push(constant(choices, type));
      this.#stack.push(type);
    }
    this.#operation(operation, 0);
    const type = operation.signature!.result!;
    const globals = around.globals.flatMap((each, i) => each.mutable && each.type === type ? [i] : []);
    if (globals.length > 0) return this.#effect(1, [], "global.set", choices.pick(globals));
    const integer = type === "f32" ? "i32" : "i64";
    this.#effect(1, [integer], `${integer}.reinterpret_${type}`);
  }

  #anyType(): Type {
    const types = NUMERIC_TYPES[this.around.floats];
    return this.choices.chance(12) ? this.choices.pick(["funcref", "externref"] as const) : this.choices.pick(types);
  }

  #types(max: number): Type[] {
    return this.choices.list(0, max, () => this.#anyType());
  }

  /** How many operands of the block go into an inner one as its parameters. */
  #someOperands(): Type[] {
    const count = Math.min(this.#stack.length, this.choices.pick([0, 0, 1, 2, 3]));
    return this.#stack.slice(this.#stack.length - count);
  }

  #blockType(params: readonly Type[], results: readonly Type[]): BlockType {
    if (params.length === 0 && results.length < 2 && !this.choices.chance(20)) return results[0];
    return { type: this.around.typeIndex({ params, results }) };
  }

  #nest(
    name: string,
    params: readonly Type[],
    results: readonly Type[],
    label: readonly Type[],
    inside: () => void,
  ): void {
    this.#stack.length -= params.length;
    this.#emit(name, this.#blockType(params, results) as Immediate);
    this.#labels.push({ types: label, loop: name === "loop" });
    inside();
    this.#labels.pop();
    this.#emit("end");
    this.#stack.push(...results);
  }

  #block(params: readonly Type[], results: readonly Type[]): void {
    this.#nest("block", params, results, results, () => this.#inside(params, results));
  }

  #if(): void {
    this.#value("i32");
    this.#stack.pop();
    const params = this.#someOperands();
    const otherwise = this.choices.chance(160);
    const results = otherwise ? this.#types(2) : params;
    this.#nest("if", params, results, results, () => {
      this.#inside(params, results);
      if (!otherwise) return;
      this.#emit("else");
      this.#inside(params, results);
    });
  }

  #loop(params: readonly Type[], results: readonly Type[]): void {
    if (!this.around.bounded) {
      return this.#nest("loop", params, results, params, () => this.#inside(params, results));
    }
    const counter = this.#locals.push("i32") - 1;
    this.#hidden.add(counter);
    this.#emit("i32.const", 1 + this.choices.below(this.around.iterationsMax));
    this.#emit("local.set", counter);
    this.#nest("block", params, results, results, () => {
      this.#stack.push(...params);
      this.#nest("loop", params, results, params, () => {
        for (const type of results) this.out.push(constant(this.choices, type));
        this.#emit("local.get", counter);
        this.#emit("i32.eqz");
        this.#emit("br_if", 1);
        for (const _ of results) this.#emit("drop");
        this.#emit("local.get", counter);
        this.#emit("i32.const", 1);
        this.#emit("i32.sub");
        this.#emit("local.set", counter);
        this.#inside(params, results);
      });
      this.#stack.length -= results.length;
    });
  }

  #branch(): void {
    const { choices } = this;
    const depth = choices.below(this.#labels.length);
    const types = this.#labels[this.#labels.length - 1 - depth]!.types;
    const kind = choices.weighted([[6, "br_if"], [3, "br_table"], [3, "br"], [1, "return"]] as const);
    if (kind === "return") {
      this.#need(this.signature.results);
      return this.#emit("return");
    }
    this.#need(types);
    if (kind === "br") return this.#emit("br", depth);
    this.#value("i32");
    this.#stack.pop();
    if (kind === "br_if") return this.#emit("br_if", depth);
    const same = this.#labels.flatMap((label, i) =>
      label.types.join() === types.join() ? [this.#labels.length - 1 - i] : []
    );
    this.#emit("br_table", [...choices.list(0, 4, () => choices.pick(same)), depth]);
  }

  #call(): void {
    const index = this.choices.below(this.around.functions.length);
    const { params, results } = this.around.functions[index]!;
    this.#need(params);
    this.#effect(params.length, results, "call", index);
  }

  #callIndirect(): void {
    const { choices, around } = this;
    const tables = around.tables.flatMap((type, i) => type === "funcref" ? [i] : []);
    const known = around.slots.length > 0 && choices.chance(180);
    const slot = choices.below(around.slots.length);
    const { params, results } = known ? around.functions[around.slots[slot]!]! : choices.pick(around.functions);
    this.#need(params);
    if (known) this.#effect(0, ["i32"], "i32.const", slot);
    else this.#address(choices.pick([3, 1, 7]));
    const table = known ? tables[0]! : choices.pick(tables);
    this.#effect(params.length + 1, results, "call_indirect", around.typeIndex({ params, results }), table);
  }

  #select(): void {
    const type = this.#anyType();
    this.#value(type);
    this.#value(type);
    this.#value("i32");
    if (type === "funcref" || type === "externref" || this.choices.chance(60)) {
      this.#effect(3, [type], "select_t", [type]);
    } else this.#effect(3, [type], "select");
  }

  #assign(): void {
    const { choices, around } = this;
    const globals = around.globals.flatMap((each, i) =>
      each.mutable && !(around.bounded && i === CALLS_GLOBAL) ? [i] : []
    );
    if (globals.length > 0 && choices.chance(90)) {
      const index = choices.pick(globals);
      this.#need([around.globals[index]!.type]);
      return this.#effect(1, [], "global.set", index);
    }
    const locals = this.#locals.flatMap((_, i) => this.#hidden.has(i) ? [] : [i]);
    if (locals.length === 0) return this.#emit("nop");
    const index = choices.pick(locals);
    const type = this.#locals[index]!;
    this.#need([type]);
    if (choices.chance(100)) this.#effect(1, [type], "local.tee", index);
    else this.#effect(1, [], "local.set", index);
  }

  #memory(): void {
    const { choices, around } = this;
    const what = choices.pick(["size", "grow", "fill", "copy", "init", "drop"] as const);
    if (what === "size") return this.#effect(0, ["i32"], "memory.size");
    if (what === "grow") {
      this.#count(around.large === true ? 15 : 3);
      return this.#effect(1, ["i32"], "memory.grow");
    }
    if ((what === "init" || what === "drop") && around.data === 0) return this.#emit("nop");
    if (what === "drop") return this.#emit("data.drop", choices.below(around.data));
    this.#address();
    this.#address(what === "init" ? 3 : 0xfff);
    this.#count(what === "init" ? 7 : 0xff);
    this.#effect(3, [], `memory.${what}`, ...(what === "init" ? [choices.below(around.data)] : []));
  }

  #table(): void {
    const { choices, around } = this;
    const table = choices.below(around.tables.length);
    const type = around.tables[table]!;
    const what = choices.pick(["size", "get", "set", "grow", "fill", "copy", "init", "drop"] as const);
    switch (what) {
      case "size":
        return this.#effect(0, ["i32"], "table.size", table);
      case "get":
        this.#address(7);
        return this.#effect(1, [type], "table.get", table);
      case "set":
        this.#address(7);
        this.#value(type);
        return this.#effect(2, [], "table.set", table);
      case "grow":
        this.#value(type);
        this.#count(3);
        return this.#effect(2, ["i32"], "table.grow", table);
      case "fill":
        this.#address(7);
        this.#value(type);
        this.#count(3);
        return this.#effect(3, [], "table.fill", table);
      case "drop":
        return around.elements === 0 ? this.#emit("nop") : this.#emit("elem.drop", choices.below(around.elements));
    }
    if (what === "init" && (around.elements === 0 || type !== "funcref")) return this.#emit("nop");
    for (let i = 0; i < 2; i++) this.#address(3);
    this.#count(3);
    const from = what === "init" ? choices.below(around.elements) : choices.pick(
      around.tables.flatMap((each, i) => each === type ? [i] : []),
    );
    // table.copy has its target first, table.init its segment.
    this.#effect(3, [], `table.${what}`, ...(what === "init" ? [from, table] : [table, from]));
  }
}

/**
 * Notes the lowest address that a module writes to, so that whoever puts its memory back has to put back only what lies
 * above: Rust contracts have a megabyte of stack, of which they use the last kilobytes. A pass of its own over a module that
 * is instrumented already: it changes neither fuel nor the counter of stack, nor anything else that the module can see.
 *
 * A mutable global begins at 2^32 - 1. In front of each store there is `if (address < lowest) lowest = address`, as soon as
 * the address is on the stack; what is behind an address (its offset, its length) is above it. Left out where the same
 * local has been looked at on every way to there, and has not been set since.
 * @module
 */
import { ByteWriter } from "./_instrument_bytes.ts";
import { POPS, PUSHES, SPECIAL } from "./_instrument_effects.ts";
import type { Change } from "./_instrument_sections.ts";
import { InstructionReader } from "./instructions.ts";
import { type FunctionBody, I32, type WasmModule } from "./module.ts";
import { BLOCK_EMPTY, OP, Op, OPCODE_COUNT, OPCODES } from "./opcodes.ts";
import { Section } from "./parse.ts";

/** By opcode: how many operands lie on the address that it writes to; {@linkcode NO_WRITE} when it writes none. */
const NO_WRITE = 255;
const ABOVE_ADDRESS: Uint8Array = new Uint8Array(OPCODE_COUNT).fill(NO_WRITE);
for (const opcode of OPCODES) {
  if (opcode !== undefined && /\.store\d*$/.test(opcode.name)) ABOVE_ADDRESS[opcode.code] = 1;
}
for (const opcode of [Op.memoryFill, Op.memoryCopy, Op.memoryInit]) ABOVE_ADDRESS[opcode] = 2;

const I32_SUB = OP["i32.sub"]!, I32_ADD = OP["i32.add"]!, I32_LT_U = OP["i32.lt_u"]!;
const EMPTY_BLOCK = 0x40;

/** What the global begins with: nothing was written. */
export const NOTHING_WRITTEN = 0xffff_ffff;

/** Offsets up to here are not added to the address: that tells too little, and is cheaper. */
const NEAR_BYTES = 1024;

/**
 * Locals that are kept as noted at one time; others are looked at each time. Each loop goes through them, and without a bound
 * code made for that would take seconds.
 */
const KNOWN_MAX = 128;

/**
 * Locals and operands, summed over all notes of a module. Each is an `if`, and V8's baseline compiler copies that many values for it, as
 * `ENGINE_LIMITS.mergedSlots` says; without a bound, small code with high stacks took seconds to compile. The contracts we know have
 * up to 175 387.
 */
const NOTED_SLOTS_MAX = 4_000_000;

/** Bytes of what is written at one place, at most. */
const NOTE_BYTES_MAX = 48;
const AROUND_BYTES_MAX = 64;

/** Where an operand comes from. From 0 on: it is that local. */
const CONSTANT = -1, COMPUTED = -2, UNKNOWN = -3;

/** Thrown at code in which the place of an address is not known, or that would be slow: nobody writes it, but for tests and harm. */
class Unclear {}

/** A list of numbers that grows. */
type Numbers = number[];

/** Reads one body after another and says what is to be written where. */
class Walk {
  /** Where notes are put, and of what: the local or kind, its offset or value. In the order in which they were found. */
  readonly at: Numbers = [];
  readonly what: Numbers = [];
  readonly value: Numbers = [];

  readonly #module: WasmModule;
  readonly #reader: InstructionReader;
  readonly #counters: ReadonlySet<number>;
  readonly #types: readonly number[];

  /** See {@linkcode NOTED_SLOTS_MAX}. */
  slots = 0;

  /** Operands: where they come from, constants' values, where their instruction ends, when that was, whether noted by then. */
  #operands = 0;
  readonly #from: Numbers = [];
  readonly #constant: Numbers = [];
  readonly #made: Numbers = [];
  readonly #when: Numbers = [];
  readonly #noted: boolean[] = [];

  /** Open blocks: operands below, parameters, results, and when they began. */
  readonly #frames: { base: number; params: number; results: number; began: number }[] = [];
  #clock = 0;
  /** By local: since when it is noted on every way to here, 0: it is not; when it was set last; how often it will be. */
  #since = new Float64Array(0);
  #set = new Float64Array(0);
  #coming = new Int32Array(0);
  /** Locals that are noted, those noted last behind. */
  readonly #stack: Numbers = [];
  /** The lowest constant address that is noted on every way to here, and since when. */
  #lowest = Infinity;
  #lowestSince = 0;

  constructor(module: WasmModule, counters: ReadonlySet<number>) {
    this.#module = module;
    this.#reader = new InstructionReader(module.bytes);
    this.#counters = counters;
    const imported = module.imports.flatMap(({ description }) =>
      description.kind === "function" ? [description.type] : []
    );
    this.#types = [...imported, ...module.functions];
  }

  walk(body: FunctionBody, locals: number): void {
    this.#begin(body, locals);
    const reader = this.#reader.seek(body.start, body.end);
    let dead = -1, before = 0;
    while (reader.next()) {
      const { opcode } = reader;
      if (dead >= 0) {
        if (opcode === Op.block || opcode === Op.loop || opcode === Op.if) dead++;
        else if (opcode === Op.end && dead > 0) dead--;
        else if (dead === 0 && (opcode === Op.end || opcode === Op.else)) {
          dead = -1;
          this.#special(opcode);
        }
        continue;
      }
      this.#clock++;
      const above = ABOVE_ADDRESS[opcode]!;
      if (above !== NO_WRITE) this.#write(above, above === 1 ? reader.b : 0);
      if (this.#simple(opcode, before)) before = opcode;
      else {
        before = 0;
        if (this.#special(opcode)) dead = 0;
      }
    }
  }

  #begin(body: FunctionBody, locals: number): void {
    this.at.length = this.what.length = this.value.length = 0;
    this.#operands = this.#frames.length = this.#stack.length = 0;
    this.#clock = 1;
    this.#lowest = Infinity;
    this.#since = new Float64Array(locals);
    this.#set = new Float64Array(locals);
    this.#coming = new Int32Array(locals);
    const reader = this.#reader.seek(body.start, body.end);
    while (reader.next()) {
      if (reader.opcode === Op.localSet || reader.opcode === Op.localTee) this.#coming[reader.a]!++;
    }
    this.#frames.push({ base: 0, params: 0, results: this.#module.types[body.type]!.results.length, began: 0 });
  }

  #push(from: number, constant = 0): void {
    const i = this.#operands++;
    this.#from[i] = from;
    this.#constant[i] = constant;
    this.#made[i] = this.#reader.position;
    this.#when[i] = this.#clock;
    this.#noted[i] = from >= 0 && this.#since[from]! > 0;
  }

  /** What runs on behind it. False: something else. `before`: the instruction before, unless that was something else. */
  #simple(opcode: number, before: number): boolean {
    const { a } = this.#reader;
    switch (opcode) {
      case Op.localGet:
        this.#push(a);
        return true;
      case Op.localSet:
      case Op.localTee:
        this.#operands--;
        this.#since[a] = 0;
        this.#set[a] = this.#clock;
        this.#coming[a]!--;
        if (opcode === Op.localTee) this.#push(a);
        // A stack of its own, in memory, that a function has taken its frame of: nearly all that it writes is there.
        if (opcode === Op.localTee && before === I32_SUB) this.#frame(a);
        return true;
      case Op.i32Const:
        this.#push(CONSTANT, a);
        return true;
    }
    const pops = POPS[opcode]!;
    if (pops === SPECIAL) return false;
    this.#operands -= pops;
    if (PUSHES[opcode] === 1) this.#push(COMPUTED);
    return true;
  }

  /** Notes a local that goes on to a global, which is not one of our counters. */
  #frame(local: number): void {
    const { bytes, position } = this.#reader;
    if (bytes[position] !== Op.globalSet) return;
    const global = bytes[position + 1]!;
    if (global >= 0x80 || this.#counters.has(global)) return;
    this.#note(this.#operands - 1, local, 0);
    this.#know(local);
  }

  /** Control goes elsewhere, or operands depend on types. True: nothing runs behind it. */
  #special(opcode: number): boolean {
    const { a } = this.#reader;
    switch (opcode) {
      case Op.if:
        this.#operands--;
        return this.#open(a, false);
      case Op.block:
        return this.#open(a, false);
      case Op.loop:
        return this.#open(a, true);
      case Op.else: {
        const { base, params, began } = this.#frames.at(-1)!;
        this.#forget(began);
        this.#operands = base;
        for (let i = 0; i < params; i++) this.#push(UNKNOWN);
        return false;
      }
      case Op.end: {
        const { base, results, began } = this.#frames.pop()!;
        this.#forget(began);
        this.#operands = base;
        this.#results(results);
        return false;
      }
      case Op.brIf:
        this.#operands--;
        return false;
      case Op.call:
        return this.#call(this.#types[a]!);
      case Op.callIndirect:
        this.#operands--;
        return this.#call(a);
      case Op.br:
      case Op.brTable:
      case Op.return:
      case Op.unreachable:
        return true;
    }
    throw new Unclear();
  }

  #open(type: number, isLoop: boolean): false {
    const of = type >= 0 ? this.#module.types[type]! : undefined;
    const params = of === undefined ? 0 : of.params.length;
    const results = of === undefined ? (type === BLOCK_EMPTY ? 0 : 1) : of.results.length;
    const base = this.#operands - params;
    for (let i = base; i < this.#operands; i++) this.#from[i] = UNKNOWN;
    this.#frames.push({ base, params, results, began: this.#clock });
    // Whoever comes back to the loop may have set them.
    if (isLoop) { for (const local of this.#stack) if (this.#coming[local]! > 0) this.#since[local] = 0; }
    return false;
  }

  #call(type: number): false {
    const { params, results } = this.#module.types[type]!;
    this.#operands -= params.length;
    this.#results(results.length);
    return false;
  }

  /** Of several, only the last is on top where they are made. */
  #results(count: number): void {
    for (let i = 1; i <= count; i++) this.#push(i === count ? COMPUTED : UNKNOWN);
  }

  /** What was noted since then was not noted on every way. */
  #forget(began: number): void {
    const stack = this.#stack;
    for (let local = stack.at(-1); local !== undefined; local = stack.at(-1)) {
      const since = this.#since[local]!;
      if (since > 0 && since <= began) break;
      this.#since[local] = 0;
      stack.pop();
    }
    if (this.#lowestSince > began) this.#lowest = Infinity;
  }

  #know(local: number): void {
    if (this.#stack.length >= KNOWN_MAX && !this.#makeRoom()) return;
    this.#since[local] = this.#clock;
    this.#stack.push(local);
  }

  /** Leaves of each local that is noted its last entry, behind which nothing older stands. */
  #makeRoom(): boolean {
    const seen = new Set<number>();
    const last: Numbers = [];
    for (const local of this.#stack.reverse()) {
      if (this.#since[local]! === 0 || seen.has(local)) continue;
      seen.add(local);
      last.push(local);
    }
    this.#stack.length = 0;
    for (const local of last.reverse()) this.#stack.push(local);
    return this.#stack.length <= KNOWN_MAX / 2;
  }

  #note(operand: number, what: number, value: number): void {
    this.slots += this.#set.length + operand + 1;
    if (this.slots > NOTED_SLOTS_MAX) throw new Unclear();
    this.at.push(this.#made[operand]!);
    this.what.push(what);
    this.value.push(value);
  }

  #write(above: number, offset: number): void {
    const operand = this.#operands - 1 - above;
    const from = this.#from[operand]!;
    if (from === UNKNOWN) throw new Unclear();
    if (from === CONSTANT) {
      const address = (this.#constant[operand]! >>> 0) + offset;
      // Behind all memory there is: it traps.
      if (address > NOTHING_WRITTEN || address >= this.#lowest) return;
      this.#note(operand, CONSTANT, address);
      this.#lowest = address;
      this.#lowestSince = this.#clock;
      return;
    }
    if (this.#noted[operand]) return;
    if (from === COMPUTED) return this.#note(operand, COMPUTED, offset);
    if (offset > NEAR_BYTES) return this.#note(operand, COMPUTED, offset);
    this.#note(operand, from, 0);
    if (this.#set[from]! <= this.#when[operand]!) this.#know(from);
  }
}

/** What has to change in a module, and the index of its new global. */
export interface Tracking {
  readonly changes: ReadonlyMap<number, Change>;
  readonly global: number;
}

/**
 * Changes of a valid module that make it note what it writes. Undefined when it would become larger than `bytesMax`, a body
 * larger than `bodyBytesMax`, or where its code is too strange.
 *
 * @param counters globals that are no addresses: those of fuel and stack
 */
export function trackWrites(
  module: WasmModule,
  counters: ReadonlySet<number>,
  { bytesMax, bodyBytesMax }: { readonly bytesMax: number; readonly bodyBytesMax: number },
): Tracking | undefined {
  const imported = module.imports.filter(({ description }) => description.kind === "global").length;
  const global = imported + module.globals.length;
  const out = new ByteWriter(module.bytes.length + AROUND_BYTES_MAX);
  out.reserve(AROUND_BYTES_MAX);
  out.u32(module.code.length);
  try {
    const walk = new Walk(module, counters);
    for (const body of module.code) {
      const before = out.length;
      writeBody(out, module, body, walk, global);
      if (out.length - before > bodyBytesMax) return undefined;
    }
  } catch (thrown) {
    if (thrown instanceof Unclear) return undefined;
    throw thrown;
  }
  const code = out.finish();
  const size = module.code.reduce((sum, { start, end }) => sum + end - start, 0);
  if (module.bytes.length + code.length - size > bytesMax) return undefined;
  const changes = new Map<number, Change>([
    // Minus one is 2^32 - 1.
    [Section.global, { entries: 1, bytes: [I32, 1, Op.i32Const, 0x7f, Op.end] }],
    [Section.code, {
      write: (section) => {
        section.reserve(code.length + AROUND_BYTES_MAX);
        section.copy(code, 0, code.length);
      },
    }],
  ]);
  return { changes, global };
}

function writeBody(out: ByteWriter, module: WasmModule, body: FunctionBody, walk: Walk, global: number): void {
  const params = module.types[body.type]!.params.length;
  const locals = body.locals.reduce((sum, { count }) => sum + count, params);
  walk.walk(body, locals);
  const { at, what, value } = walk;
  const needsScratch = what.includes(COMPUTED);
  out.reserve(
    body.end - body.start + (body.locals.length + 1) * 6 + at.length * NOTE_BYTES_MAX + AROUND_BYTES_MAX,
  );
  const start = out.length;
  out.u32(body.locals.length + (needsScratch ? 1 : 0));
  for (const { count, type } of body.locals) {
    out.u32(count);
    out.byte(type);
  }
  if (needsScratch) {
    out.byte(1);
    out.byte(I32);
  }
  const order = Array.from(at, (_, i) => i).sort((a, b) => at[a]! - at[b]!);
  let from = body.start;
  for (const i of order) {
    out.copy(module.bytes, from, at[i]!);
    from = at[i]!;
    writeNote(out, what[i]!, value[i]!, global, locals);
  }
  out.copy(module.bytes, from, body.end);
  out.prefixLength(start);
}

/** if (address < lowest) lowest = address. The address stays on the stack. */
function writeNote(out: ByteWriter, what: number, value: number, global: number, scratch: number): void {
  const indexed = (opcode: number, index: number) => {
    out.byte(opcode);
    out.u32(index);
  };
  const constant = (bits: number) => {
    out.byte(Op.i32Const);
    out.s64Big(BigInt(bits | 0));
  };
  if (what === COMPUTED) {
    indexed(Op.localTee, scratch);
    indexed(Op.localGet, scratch);
    if (value > NEAR_BYTES) {
      constant(value);
      out.byte(I32_ADD);
      // What overflows is behind all memory there is, and traps.
      indexed(Op.localTee, scratch);
    }
  } else if (what === CONSTANT) constant(value);
  else indexed(Op.localGet, what);
  indexed(Op.globalGet, global);
  out.put([I32_LT_U, Op.if, EMPTY_BLOCK]);
  if (what === CONSTANT) constant(value);
  else indexed(Op.localGet, what === COMPUTED ? scratch : what);
  indexed(Op.globalSet, global);
  out.byte(Op.end);
}

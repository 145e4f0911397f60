/**
 * The second pass over a function body: copies it and writes what {@linkcode Scan} and {@linkcode makePlan} have found.
 *
 * The counter of fuel is a global, and besides, in functions that charge more than once, a local that V8 keeps in a register:
 * loops then wait for no load. The global is written at each charge; that costs next to nothing, and makes it right
 * at every trap. Code that surely ends in a trap is written short, by a call of a function: what makes a function longer keeps V8 from inlining it.
 * @module
 */
import type { ByteWriter } from "./_instrument_bytes.ts";
import { COLD, Edit } from "./_instrument_edits.ts";
import { NONE } from "./_instrument_frames.ts";
import type { Plan } from "./_instrument_plan.ts";
import { NAN_F32, NAN_F64 } from "./floats.ts";
import { F32, F64, type FunctionBody, I32, I64 } from "./module.ts";
import { Op } from "./opcodes.ts";

/** An edit takes at most this many bytes: opcodes, and immediates at their longest. */
const EDIT_BYTES_MAX = 96;
/** What is added around a body: counting of stack, the first load of fuel, added locals, lengths. */
const AROUND_BYTES_MAX = 128;
const LOCAL_RUN_BYTES_MAX = 6;

const EMPTY_BLOCK = 0x40;
const I64_ADD = 0x7c, I64_SUB = 0x7d, I64_MUL = 0x7e, I64_LT_S = 0x53, I64_LE_U = 0x58, I64_EXTEND_U = 0xad;
const I32_ADD = 0x6a, I32_SUB = 0x6b, I32_LT_S = 0x48, I32_EQ = 0x46, I32_LE_U = 0x4d;
const F32_EQ = 0x5b, F64_EQ = 0x61;
const TRAP_IF_BELOW_ZERO_64 = [Op.i64Const, 0, I64_LT_S, Op.if, EMPTY_BLOCK, Op.unreachable, Op.end];
const TRAP_IF_BELOW_ZERO_32 = [Op.i32Const, 0, I32_LT_S, Op.if, EMPTY_BLOCK, Op.unreachable, Op.end];
/** Minus one, as an immediate. */
const MINUS_ONE = 0x7f;

/** Indices in the module that is made. */
export interface Names {
  /** Globals. */
  readonly fuel: number;
  readonly stack: number;
  /** Becomes 1 before the trap when memory could not grow although it may; undefined when nobody asked for it. */
  readonly growFailed: number | undefined;
  /** The functions in front of `memory.grow` and behind it, where code counts more in large memories. */
  readonly growth: { readonly before: number; readonly after: number } | undefined;
  /** The function that charges its operand. */
  readonly charge: number;
  /** Greatest number of pages of the memory. */
  readonly pagesMax: number;
  /** By function type: its results as a block type, encoded. */
  readonly resultBlocks: readonly (readonly number[])[];
}

/** Writes function bodies into `out`. */
export class BodyWriter {
  readonly #out: ByteWriter;
  readonly #bytes: Uint8Array;
  readonly #plan: Plan;
  readonly #names: Names;
  /** Indices of added locals, {@linkcode NONE} when the body has no need of them. */
  #fuel = NONE;
  #stack = NONE;
  #number = NONE;
  #grown = NONE;
  #f32 = NONE;
  #f64 = NONE;
  /** Whether a function that does not give its frame back may have been called. */
  #stale = false;
  /** The loop of the first call of one, {@linkcode NONE} when that is in none: in there it may have been called too. */
  #staleLoop = NONE;

  constructor(out: ByteWriter, bytes: Uint8Array, plan: Plan, names: Names) {
    this.#out = out;
    this.#bytes = bytes;
    this.#plan = plan;
    this.#names = names;
  }

  /** Writes the `i`-th body, which has `params` parameters. */
  write(i: number, body: FunctionBody, params: number): void {
    const out = this.#out, { first, frame, takes, visible, imported } = this.#plan;
    const edits = first[i + 1]! - first[i]!;
    const runs = body.locals.length * LOCAL_RUN_BYTES_MAX;
    out.reserve(body.end - body.start + runs + edits * EDIT_BYTES_MAX + AROUND_BYTES_MAX);
    const start = out.length;
    this.#locals(i, body, params);
    const counted = frame[i]!, gives = counted > 0 && visible[imported + i] === 1;
    if (counted > 0 && takes[i] === first[i]) this.#enter(counted);
    if (gives) {
      out.byte(Op.block);
      out.put(this.#names.resultBlocks[body.type]!);
    }
    this.#copy(i, body, gives);
    if (gives) this.#leave(counted);
    out.prefixLength(start);
  }

  /** The head of the body: its own locals, and behind them those that the edits need. */
  #locals(i: number, body: FunctionBody, params: number): void {
    const out = this.#out, need = needs(this.#plan, i);
    let next = params;
    for (const { count } of body.locals) next += count;
    const added: number[] = [];
    const add = (type: number, needed: boolean) => needed ? (added.push(type), next++) : NONE;
    this.#fuel = add(I64, need.fuel);
    this.#stack = add(I32, this.#plan.frame[i]! > 0);
    this.#number = add(I32, need.sizes);
    this.#grown = add(I32, need.grows && this.#names.growFailed !== undefined);
    this.#f32 = add(F32, need.f32);
    this.#f64 = add(F64, need.f64);
    out.u32(body.locals.length + added.length);
    for (const { count, type } of body.locals) {
      out.u32(count);
      out.byte(type);
    }
    for (const type of added) {
      out.byte(1);
      out.byte(type);
    }
  }

  /** stack -= frame; if (stack < 0) trap */
  #enter(frame: number): void {
    const out = this.#out, { stack } = this.#names;
    this.#indexed(Op.globalGet, stack);
    out.byte(Op.i32Const);
    out.s64(frame);
    out.byte(I32_SUB);
    this.#indexed(Op.localTee, this.#stack);
    this.#indexed(Op.globalSet, stack);
    this.#indexed(Op.localGet, this.#stack);
    out.put(TRAP_IF_BELOW_ZERO_32);
  }

  /** stack += frame, where the host comes back to. Other callers set it to their own, see `#called`. */
  #leave(frame: number): void {
    const out = this.#out;
    this.#indexed(Op.localGet, this.#stack);
    out.byte(Op.i32Const);
    out.s64(frame);
    out.byte(I32_ADD);
    this.#indexed(Op.globalSet, this.#names.stack);
    out.byte(Op.end);
  }

  #copy(i: number, body: FunctionBody, gives: boolean): void {
    const out = this.#out, { at, kind, value, flags, segment, loop } = this.#plan.edits;
    const first = this.#plan.first[i]!, last = this.#plan.first[i + 1]!, takes = this.#plan.takes[i]!;
    this.#start(value[first]!, (flags[first]! & COLD) !== 0);
    this.#stale = false;
    this.#staleLoop = this.#stack === NONE ? NONE : this.#findStaleLoop(first, last);
    let from = body.start;
    for (let edit = first + 1; edit < last; edit++) {
      const what = kind[edit]!, amount = value[edit]!;
      if (what === Edit.none || what === Edit.charge && amount === 0 && edit !== takes) continue;
      const to = at[edit]!;
      if (to > from) out.copy(this.#bytes, from, to);
      from = to;
      if (what === Edit.charge) {
        if (edit === takes && this.#plan.frame[i]! > 0) this.#enter(this.#plan.frame[i]!);
        if (amount > 0) this.#charge(amount, (flags[edit]! & COLD) !== 0);
      } else if (what === Edit.calling) this.#calling(amount, loop[segment[edit]!]!);
      else if (what === Edit.call) this.#called(amount, (flags[segment[edit]!]! & COLD) !== 0);
      else if (what !== Edit.return) this.#rare(what, amount, (flags[segment[edit]!]! & COLD) !== 0);
      else if (gives) {
        this.#indexed(Op.br, amount);
        from++;
      }
    }
    out.copy(this.#bytes, from, body.end);
  }

  /** The charge of the first segment; behind it, the local has what the global has. */
  #start(cost: number, cold: boolean): void {
    if (this.#fuel === NONE || cold && cost > 0) {
      if (cost > 0) this.#charge(cost, cold);
      if (this.#fuel !== NONE) this.#refresh();
    } else if (cost === 0) this.#refresh();
    else {
      this.#indexed(Op.globalGet, this.#names.fuel);
      this.#amount(cost);
      this.#take(this.#fuel);
    }
  }

  #charge(cost: number, cold: boolean): void {
    if (cold) {
      this.#amount(cost);
      this.#indexed(Op.call, this.#names.charge);
    } else {
      this.#load(this.#fuel);
      this.#amount(cost);
      this.#take(this.#fuel);
    }
  }

  #amount(cost: number): void {
    this.#out.byte(Op.i64Const);
    this.#out.s64(cost);
  }

  /** The counter. `local`: where it is besides the global. */
  #load(local: number): void {
    if (local === NONE) this.#indexed(Op.globalGet, this.#names.fuel);
    else this.#indexed(Op.localGet, local);
  }

  /** Subtracts the operand on top from the counter below it. */
  #take(local: number): void {
    this.#out.byte(I64_SUB);
    if (local !== NONE) this.#indexed(Op.localTee, local);
    this.#indexed(Op.globalSet, this.#names.fuel);
    this.#load(local);
    this.#out.put(TRAP_IF_BELOW_ZERO_64);
  }

  /** The local is what the global is. */
  #refresh(): void {
    this.#indexed(Op.globalGet, this.#names.fuel);
    this.#indexed(Op.localSet, this.#fuel);
  }

  /** Whether a function does not give its frame back: a visible one does, and what is free or imported has not taken any. */
  #keeps(target: number): boolean {
    const { imported, frame, visible } = this.#plan;
    return target >= imported && frame[target - imported]! > 0 && visible[target] === 0;
  }

  #findStaleLoop(first: number, last: number): number {
    const { kind, value, segment, loop } = this.#plan.edits;
    for (let edit = first; edit < last; edit++) {
      if (kind[edit] === Edit.call && this.#keeps(value[edit]!)) return loop[segment[edit]!]!;
    }
    return NONE;
  }

  /** Behind a call: the counters as the callee has left them. */
  #called(target: number, cold: boolean): void {
    const { imported, still } = this.#plan;
    const callee = target - imported;
    if (this.#keeps(target)) this.#stale = true;
    if (this.#fuel === NONE || cold || callee >= 0 && still[callee] === 1) return;
    this.#refresh();
  }

  /** In front of a call: the counter of stack as this function has left it. `loop`: that of the segment. */
  #calling(target: number, loop: number): void {
    const { imported, quiet } = this.#plan;
    if (this.#stack === NONE || target >= imported && quiet[target - imported] === 1) return;
    if (!this.#stale && (loop === NONE || loop !== this.#staleLoop)) return;
    this.#indexed(Op.localGet, this.#stack);
    this.#indexed(Op.globalSet, this.#names.stack);
  }

  #rare(edit: number, value: number, cold: boolean): void {
    switch (edit) {
      case Edit.size:
        return this.#chargeSize(value, undefined, cold ? NONE : this.#fuel);
      case Edit.grow:
        return this.#grow(value, cold);
      case Edit.grown:
        return this.#hasGrown(cold);
      case Edit.canonical32:
        return this.#canonical(this.#f32, Op.f32Const, NAN_F32, F32_EQ);
      case Edit.canonical64:
        return this.#canonical(this.#f64, Op.f64Const, NAN_F64, F64_EQ);
    }
  }

  /** number = operand; fuel -= cost * number, or nothing when it is more than `most`; if (fuel < 0) trap */
  #chargeSize(cost: number, most: number | undefined, local: number): void {
    const out = this.#out;
    this.#indexed(Op.localTee, this.#number);
    this.#load(local);
    this.#indexed(Op.localGet, this.#number);
    if (most !== undefined) {
      out.put([Op.i32Const, 0]);
      this.#indexed(Op.localGet, this.#number);
      out.byte(Op.i32Const);
      out.s64(most);
      out.put([I32_LE_U, Op.select]);
    }
    out.byte(I64_EXTEND_U);
    this.#amount(cost);
    out.byte(I64_MUL);
    this.#take(local);
  }

  #grow(cost: number, cold: boolean): void {
    const { growth, pagesMax } = this.#names;
    if (growth === undefined) return this.#chargeSize(cost, pagesMax, cold ? NONE : this.#fuel);
    this.#indexed(Op.localTee, this.#number);
    this.#indexed(Op.localGet, this.#number);
    this.#indexed(Op.call, growth.before);
    if (this.#fuel !== NONE && !cold) this.#refresh();
  }

  #hasGrown(cold: boolean): void {
    const { growFailed, growth } = this.#names;
    if (growFailed !== undefined) this.#stopFailedGrow(growFailed);
    if (growth === undefined) return;
    this.#indexed(Op.call, growth.after);
    if (this.#fuel !== NONE && !cold) this.#refresh();
  }

  /** if (result == -1 && size + number <= most) { growFailed = 1; trap } */
  #stopFailedGrow(growFailed: number): void {
    const out = this.#out, { pagesMax } = this.#names;
    this.#indexed(Op.localTee, this.#grown);
    out.put([Op.i32Const, MINUS_ONE, I32_EQ, Op.if, EMPTY_BLOCK, Op.memorySize, 0, I64_EXTEND_U]);
    this.#indexed(Op.localGet, this.#number);
    out.put([I64_EXTEND_U, I64_ADD]);
    this.#amount(pagesMax);
    out.put([I64_LE_U, Op.if, EMPTY_BLOCK, Op.i32Const, 1]);
    this.#indexed(Op.globalSet, growFailed);
    out.put([Op.unreachable, Op.end, Op.end]);
    this.#indexed(Op.localGet, this.#grown);
  }

  /** scratch = result; result = scratch == scratch ? scratch : the canonical NaN */
  #canonical(scratch: number, constant: number, nan: readonly number[], equal: number): void {
    const out = this.#out;
    this.#indexed(Op.localTee, scratch);
    out.byte(constant);
    out.put(nan);
    this.#indexed(Op.localGet, scratch);
    this.#indexed(Op.localGet, scratch);
    out.byte(equal);
    out.byte(Op.select);
  }

  #indexed(opcode: number, index: number): void {
    this.#out.byte(opcode);
    this.#out.u32(index);
  }
}

interface Needs {
  readonly fuel: boolean;
  readonly sizes: boolean;
  readonly grows: boolean;
  readonly f32: boolean;
  readonly f64: boolean;
}

/** Which locals the `i`-th body needs besides its own. */
function needs({ edits, first }: Plan, i: number): Needs {
  const { kind, value, flags, segment, loop } = edits;
  let charges = 0, inLoop = false, calls = false, sizes = false, grows = false, f32 = false, f64 = false;
  for (let edit = first[i]!; edit < first[i + 1]!; edit++) {
    const what = kind[edit]!;
    const owner = what === Edit.charge ? edit : segment[edit]!;
    const hot = (flags[owner]! & COLD) === 0;
    switch (what) {
      case Edit.charge:
        if (!hot || value[edit] === 0) break;
        charges++;
        inLoop ||= loop[edit] !== NONE;
        break;
      case Edit.call:
        calls ||= hot;
        break;
      case Edit.grow:
        grows = true;
        sizes = true;
        if (hot) charges++;
        break;
      case Edit.size:
        sizes = true;
        if (hot) charges++;
        break;
      case Edit.canonical32:
        f32 = true;
        break;
      case Edit.canonical64:
        f64 = true;
        break;
    }
  }
  // One charge alone takes the global as it finds it, unless a loop would wait for it again and again.
  return { fuel: charges > 1 || charges === 1 && inLoop && !calls, sizes, grows, f32, f64 };
}

/** The body, its length in front, of the function that charges its operand. It has one parameter and no result. */
export function writeCharge(out: ByteWriter, fuel: number): void {
  out.reserve(AROUND_BYTES_MAX);
  const start = out.length;
  out.byte(0);
  out.byte(Op.globalGet);
  out.u32(fuel);
  out.put([Op.localGet, 0, I64_SUB, Op.globalSet]);
  out.u32(fuel);
  out.byte(Op.globalGet);
  out.u32(fuel);
  out.put(TRAP_IF_BELOW_ZERO_64);
  out.byte(Op.end);
  out.prefixLength(start);
}

/**
 * Validation of function bodies: the algorithm of the specification's appendix, for the instructions that are allowed. Operands and
 * control frames stand in flat arrays, so that a million nested blocks are a million entries and not a million calls.
 * @module
 */
import { beyond, invalid, malformed } from "./_refused.ts";
import { ENGINE_LIMITS } from "./limits.ts";
import { type FunctionBody, type FunctionType, I32 } from "./module.ts";
import { BLOCK_EMPTY, MISC, Op, OPCODE_COUNT, OPCODES } from "./opcodes.ts";
import { isReference, nameOf, OperandStack, UNKNOWN } from "./validate_stack.ts";
import type { ModuleContext } from "./validate_context.ts";

/** Locals and control frames that there is room for at the start. */
const LOCALS_START = 256;
const FRAMES_START = 64;

/** Instructions with fixed types: how many operands, which ones (first is the deepest), and the result, 0 for none. */
const SIMPLE = 4;
const operandCount = new Uint8Array(OPCODE_COUNT).fill(255);
const operandTypes = new Uint8Array(OPCODE_COUNT * SIMPLE);
for (const opcode of OPCODES) {
  if (opcode?.params === undefined) continue;
  operandCount[opcode.code] = opcode.params.length;
  opcode.params.forEach((type, i) => operandTypes[opcode.code * SIMPLE + i] = type);
  operandTypes[opcode.code * SIMPLE + SIMPLE - 1] = opcode.results?.[0] ?? 0;
}

/** Greatest alignment of a memory access, as an exponent of two, by opcode from 0x28 (`i32.load`) to 0x3e (`i64.store32`). */
const FIRST_ACCESS = 0x28, LAST_ACCESS = 0x3e;
const ALIGNMENTS: readonly number[] = [2, 3, 2, 3, 0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 2, 3, 2, 3, 0, 1, 0, 1, 2];

/** An open block counts as this many values besides those under it: what a compiler keeps for each. */
const FRAME_SLOTS = 16;

const EMPTY: FunctionType = { params: [], results: [] };

/** One value type as a block type, by `type & 0x7f`. */
const SINGLE: readonly FunctionType[] = Array.from({ length: 0x80 }, (_, type) => ({ params: [], results: [type] }));

/** What validation found out about a body besides that it is valid. */
export interface BodyFacts {
  /** Most operands that are on the stack at once. */
  readonly operands: number;
  /** See `ENGINE_LIMITS.mergedSlots`. */
  readonly mergedSlots: number;
}

/** Validates the bodies of one module, one after another. */
export class BodyValidator extends OperandStack {
  readonly #context: ModuleContext;
  /** Types of the locals, parameters first. */
  #locals = new Uint8Array(LOCALS_START);
  #localCount = 0;
  /** Control stack: opcode, type, height at entry, whether unreachable. */
  #depth = 0;
  #frameOpcodes = new Uint8Array(FRAMES_START);
  #frameFloors = new Int32Array(FRAMES_START);
  #frameUnreachable = new Uint8Array(FRAMES_START);
  /** The last `br_table` that named the frame's label. */
  #frameStamps = new Uint32Array(FRAMES_START);
  #stamp = 0;
  #frameTypes: FunctionType[] = [];
  /** See `ENGINE_LIMITS.openSlots` and `mergedSlots`. */
  #openSlots = 0;
  #mergedSlots = 0;
  #moduleMergedSlots = 0;

  constructor(context: ModuleContext) {
    super(context.module.bytes);
    this.#context = context;
  }

  /** Validates one body. Throws `Refused` at the first instruction that is wrong. */
  validate(body: FunctionBody): BodyFacts {
    const type = this.#context.module.types[body.type]!;
    this.#begin(body, type);
    const reader = this.reader.seek(body.start, body.end);
    while (reader.next()) {
      if (this.#depth === 0) return malformed("after_end", "read function: code behind its end", reader.start);
      const { opcode } = reader;
      const count = operandCount[opcode]!;
      if (count === 255) this.#special(opcode);
      else this.#simple(opcode, count);
    }
    if (this.#depth !== 0) malformed("unexpected_end", "read function: it has no end", body.end);
    return { operands: this.highest, mergedSlots: this.#mergedSlots };
  }

  #begin(body: FunctionBody, type: FunctionType): void {
    const runs = body.locals.reduce((sum, { count }) => sum + count, 0);
    const total = type.params.length + runs;
    if (total > ENGINE_LIMITS.locals) beyond("locals", "locals of a function", total, ENGINE_LIMITS.locals, body.start);
    if (total > this.#locals.length) this.#locals = new Uint8Array(total * 2);
    this.#locals.set(type.params);
    this.#localCount = type.params.length;
    for (const run of body.locals) {
      this.#locals.fill(run.type, this.#localCount, this.#localCount + run.count);
      this.#localCount += run.count;
    }
    this.height =
      this.highest =
      this.#depth =
      this.#openSlots =
      this.#mergedSlots =
        0;
    this.floor = 0;
    this.unreachable = false;
    this.#frameTypes.length = 0;
    this.#enter(Op.block, type, 0);
  }

  /** Instructions whose types are fixed. */
  #simple(opcode: number, count: number): void {
    const reader = this.reader;
    const at = opcode * SIMPLE;
    if (opcode >= FIRST_ACCESS && opcode <= LAST_ACCESS) this.#access(opcode);
    else if (opcode >= MISC || opcode === Op.refFunc || opcode === Op.memorySize || opcode === Op.memoryGrow) {
      this.#context.checkImmediates(reader);
    }
    for (let i = count - 1; i >= 0; i--) this.pop(operandTypes[at + i]!);
    const result = operandTypes[at + SIMPLE - 1]!;
    if (result !== 0) this.push(result);
  }

  #access(opcode: number): void {
    const reader = this.reader;
    if (!this.#context.hasMemory) invalid("unknown_memory", "memory access: unknown memory 0", reader.start);
    if (reader.a > ALIGNMENTS[opcode - FIRST_ACCESS]!) {
      invalid("alignment", "memory access: alignment must not be larger than natural", reader.start);
    }
  }

  #special(opcode: number): void {
    const reader = this.reader;
    switch (opcode) {
      case Op.localGet:
        return this.push(this.#local(reader.a));
      case Op.localSet:
        return this.pop(this.#local(reader.a));
      case Op.localTee: {
        const type = this.#local(reader.a);
        this.pop(type);
        return this.push(type);
      }
      case Op.globalGet:
        return this.push(this.#context.global(reader).type);
      case Op.globalSet: {
        const global = this.#context.global(reader);
        if (!global.mutable) invalid("immutable_global", "global.set: global is immutable", reader.start);
        return this.pop(global.type);
      }
      case Op.drop:
        return void this.popAny();
      case Op.select:
        return this.#select();
      case Op.selectTyped:
        return this.#selectTyped();
      case Op.call:
        return this.#call(this.#context.functionType(reader.a, reader.start));
      case Op.callIndirect: {
        const type = this.#context.indirectType(reader);
        this.pop(I32);
        return this.#call(type);
      }
      default:
        return opcode >= Op.tableGet ? this.#reference(opcode) : this.#control(opcode);
    }
  }

  /** References and tables. */
  #reference(opcode: number): void {
    const reader = this.reader, context = this.#context;
    switch (opcode) {
      case Op.tableGet: {
        const table = context.table(reader.a, reader.start);
        this.pop(I32);
        return this.push(table.element);
      }
      case Op.tableSet: {
        this.pop(context.table(reader.a, reader.start).element);
        return this.pop(I32);
      }
      case Op.refNull:
        return this.push(reader.a);
      case Op.refIsNull: {
        const type = this.popAny();
        if (type !== UNKNOWN && !isReference(type)) this.mismatch("a reference", type);
        return this.push(I32);
      }
      case Op.tableGrow: {
        const { element } = context.table(reader.a, reader.start);
        this.pop(I32);
        this.pop(element);
        return this.push(I32);
      }
      default: { // table.fill
        const { element } = context.table(reader.a, reader.start);
        this.pop(I32);
        this.pop(element);
        return this.pop(I32);
      }
    }
  }

  #control(opcode: number): void {
    const reader = this.reader;
    switch (opcode) {
      case Op.unreachable:
        return this.cut();
      case Op.block:
      case Op.loop:
        return this.#block(opcode);
      case Op.if:
        this.pop(I32);
        return this.#block(opcode);
      case Op.else:
        return this.#else();
      case Op.end:
        return this.#end();
      case Op.br:
        this.popAll(this.#label(reader.a));
        return this.cut();
      case Op.brIf: {
        this.pop(I32);
        const label = this.#label(reader.a);
        this.popAll(label);
        return this.pushAll(label);
      }
      case Op.brTable:
        return this.#brTable();
      default: // return
        this.#merge();
        this.popAll(this.#frameTypes[0]!.results);
        return this.cut();
    }
  }

  #local(index: number): number {
    if (index >= this.#localCount) {
      invalid("unknown_local", `local: unknown local ${index}`, this.reader.start);
    }
    return this.#locals[index]!;
  }

  #select(): void {
    this.pop(I32);
    const a = this.popAny(), b = this.popAny();
    if (isReference(a) || isReference(b)) this.mismatch("a number", isReference(a) ? a : b);
    if (a !== b && a !== UNKNOWN && b !== UNKNOWN) this.mismatch(nameOf(a), b);
    this.push(a === UNKNOWN ? b : a);
  }

  #selectTyped(): void {
    const reader = this.reader;
    if (reader.a !== 1) invalid("select_arity", `select: invalid result arity ${reader.a}`, reader.start);
    const type = reader.b;
    this.pop(I32);
    this.pop(type);
    this.pop(type);
    this.push(type);
  }

  #call(type: FunctionType): void {
    this.popAll(type.params);
    this.pushAll(type.results);
  }

  #block(opcode: number): void {
    const type = this.#blockType();
    this.popAll(type.params);
    this.#enter(opcode, type, this.height);
    this.pushAll(type.params);
  }

  #blockType(): FunctionType {
    const { a, start } = this.reader;
    if (a === BLOCK_EMPTY) return EMPTY;
    if (a < 0) return SINGLE[a & 0x7f]!;
    return this.#context.module.types[a] ?? invalid("unknown_type", `block: unknown type ${a}`, start);
  }

  /** Opens a frame whose parameters are off the stack. */
  #enter(opcode: number, type: FunctionType, height: number): void {
    const depth = this.#depth;
    if (depth === this.#frameOpcodes.length) this.#growFrames();
    this.#frameOpcodes[depth] = opcode;
    this.#frameFloors[depth] = height;
    this.#frameTypes[depth] = type;
    if (depth > 0) this.#frameUnreachable[depth - 1] = this.unreachable ? 1 : 0;
    this.#depth = depth + 1;
    this.floor = height;
    this.unreachable = false;
    this.#openSlots += FRAME_SLOTS + this.#localCount + height;
    if (this.#openSlots > ENGINE_LIMITS.openSlots) {
      beyond("open_slots", "values under open blocks", this.#openSlots, ENGINE_LIMITS.openSlots, this.reader.start);
    }
    this.#merge();
  }

  /** Takes the results of the innermost frame off and closes it. */
  #leave(): FunctionType {
    const depth = this.#depth - 1;
    const type = this.#frameTypes[depth]!;
    this.popAll(type.results);
    if (this.height !== this.floor) {
      invalid("type_mismatch", `end of block: ${this.height - this.floor} values too many`, this.reader.start);
    }
    this.#openSlots -= FRAME_SLOTS + this.#localCount + this.floor;
    this.#depth = depth;
    this.#frameTypes.length = depth;
    this.floor = depth > 0 ? this.#frameFloors[depth - 1]! : 0;
    this.unreachable = depth > 0 && this.#frameUnreachable[depth - 1] === 1;
    return type;
  }

  #else(): void {
    const { start } = this.reader;
    if (this.#frameOpcodes[this.#depth - 1] !== Op.if) malformed("else", "read function: else without if", start);
    const type = this.#leave();
    this.#enter(Op.else, type, this.height);
    this.pushAll(type.params);
  }

  #end(): void {
    const opcode = this.#frameOpcodes[this.#depth - 1];
    const type = this.#leave();
    if (opcode === Op.if && !sameTypes(type.params, type.results)) {
      invalid("type_mismatch", "if without else: parameters and results differ", this.reader.start);
    }
    this.pushAll(type.results);
  }

  /** The types that a branch to the label takes. */
  #label(label: number): readonly number[] {
    const depth = this.#depth - 1 - label;
    if (depth < 0) invalid("unknown_label", `branch: unknown label ${label}`, this.reader.start);
    this.#merge();
    const type = this.#frameTypes[depth]!;
    return this.#frameOpcodes[depth] === Op.loop ? type.params : type.results;
  }

  #brTable(): void {
    const { a: count, start, targets } = this.reader;
    if (count > ENGINE_LIMITS.branchTable) {
      beyond("branch_table", "labels of br_table", count, ENGINE_LIMITS.branchTable, start);
    }
    this.pop(I32);
    const last = this.#label(targets[count]!);
    const stamp = ++this.#stamp;
    for (let i = 0; i < count; i++) {
      const depth = this.#depth - 1 - targets[i]!;
      if (depth >= 0 && this.#frameStamps[depth] === stamp) continue;
      const types = this.#label(targets[i]!);
      this.#frameStamps[depth] = stamp;
      if (types.length !== last.length) invalid("type_mismatch", "br_table: labels have different arities", start);
      if (types !== last) this.compareAll(types);
    }
    this.popAll(last);
    this.cut();
  }

  /** A place where a compiler copies or merges the values of the function. */
  #merge(): void {
    this.#mergedSlots += this.#localCount + this.height;
    if (this.#mergedSlots > ENGINE_LIMITS.mergedSlots) this.#tooManyMerges("function", ENGINE_LIMITS.mergedSlots);
    this.#moduleMergedSlots += this.#localCount + this.height;
    if (this.#moduleMergedSlots > ENGINE_LIMITS.moduleMergedSlots) {
      this.#tooManyMerges("module", ENGINE_LIMITS.moduleMergedSlots);
    }
  }

  #tooManyMerges(of: string, most: number): never {
    const found = of === "module" ? this.#moduleMergedSlots : this.#mergedSlots;
    return beyond("merged_slots", `values at the branches of a ${of}`, found, most, this.reader.start);
  }

  #growFrames(): void {
    const size = this.#frameOpcodes.length * 2;
    const opcodes = new Uint8Array(size), floors = new Int32Array(size), unreachable = new Uint8Array(size);
    const stamps = new Uint32Array(size);
    stamps.set(this.#frameStamps);
    this.#frameStamps = stamps;
    opcodes.set(this.#frameOpcodes);
    floors.set(this.#frameFloors);
    unreachable.set(this.#frameUnreachable);
    this.#frameOpcodes = opcodes;
    this.#frameFloors = floors;
    this.#frameUnreachable = unreachable;
  }
}

function sameTypes(a: readonly number[], b: readonly number[]): boolean {
  return a === b || a.length === b.length && a.every((type, i) => type === b[i]);
}

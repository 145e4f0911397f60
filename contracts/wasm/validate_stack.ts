/**
 * The operand stack of validation (specification, appendix "Validation algorithm"): types of values, above the height at which the
 * innermost block began.
 * @module
 */
import { beyond, invalid } from "./_refused.ts";
import { InstructionReader } from "./instructions.ts";
import { ENGINE_LIMITS } from "./limits.ts";
import { EXTERNREF, F32, F64, FUNCREF, I32, I64 } from "./module.ts";

/** The type of a value that unreachable code made up: matches everything. */
export const UNKNOWN = 0;

/** Operands that there is room for at the start. */
const OPERANDS_START = 256;

/** Work that a module may cause besides its bytes: types compared at calls and branches, for each byte of it and at least. */
const WORK_PER_BYTE = 64;
const WORK_LEAST = 1_000_000;

/** Every method throws `Refused` when something else is on the stack than the instruction takes. */
export class OperandStack {
  /** At the instruction that is judged. */
  protected readonly reader: InstructionReader;
  #operands = new Uint8Array(OPERANDS_START);
  /** How many there are, and the most there were. */
  protected height = 0;
  protected highest = 0;
  /** Height at the start of the innermost frame, and whether its rest is unreachable. */
  protected floor = 0;
  protected unreachable = false;
  #work: number;

  constructor(bytes: Uint8Array) {
    this.reader = new InstructionReader(bytes);
    this.#work = WORK_LEAST + WORK_PER_BYTE * bytes.length;
  }

  /** The rest of the frame can not be reached. */
  protected cut(): void {
    this.height = this.floor;
    this.unreachable = true;
  }

  protected push(type: number): void {
    if (this.height === this.#operands.length) this.#growOperands();
    this.#operands[this.height++] = type;
    if (this.height > this.highest) this.highest = this.height;
  }

  protected pop(type: number): void {
    if (this.height === this.floor) {
      if (this.unreachable) return;
      this.#underflow(type);
    }
    const found = this.#operands[--this.height]!;
    if (found !== type && found !== UNKNOWN) this.mismatch(nameOf(type), found);
  }

  protected popAny(): number {
    if (this.height === this.floor) {
      if (this.unreachable) return UNKNOWN;
      this.#underflow(UNKNOWN);
    }
    return this.#operands[--this.height]!;
  }

  protected popAll(types: readonly number[]): void {
    this.#labour(types.length);
    for (let i = types.length - 1; i >= 0; i--) this.pop(types[i]!);
  }

  protected pushAll(types: readonly number[]): void {
    this.#labour(types.length);
    for (let i = 0; i < types.length; i++) this.push(types[i]!);
  }

  /** Whether these could be taken off the stack, without doing it. */
  protected compareAll(types: readonly number[]): void {
    this.#labour(types.length);
    let height = this.height;
    for (let i = types.length - 1; i >= 0; i--) {
      if (height === this.floor) {
        if (this.unreachable) return;
        this.#underflow(types[i]!);
      }
      const found = this.#operands[--height]!;
      if (found !== types[i] && found !== UNKNOWN) this.mismatch(nameOf(types[i]!), found);
    }
  }

  /** Two bytes can ask for the comparison of hundreds of types: that has a budget. */
  #labour(types: number): void {
    if (types < 2) return;
    this.#work -= types;
    if (this.#work >= 0) return;
    const most = WORK_LEAST + WORK_PER_BYTE * this.reader.bytes.length;
    beyond("work", "types at calls and branches", most - this.#work, most, this.reader.start);
  }

  #growOperands(): void {
    const { operands } = ENGINE_LIMITS;
    if (this.height >= operands) {
      beyond("operands", "operands of a function", this.height + 1, operands, this.reader.start);
    }
    const grown = new Uint8Array(Math.min(operands, this.#operands.length * 2));
    grown.set(this.#operands);
    this.#operands = grown;
  }

  #underflow(expected: number): never {
    const what = expected === UNKNOWN ? "a value" : nameOf(expected);
    return invalid("type_mismatch", `operands: ${what} expected, the stack is empty`, this.reader.start);
  }

  protected mismatch(expected: string, found: number): never {
    return invalid("type_mismatch", `operands: ${expected} expected, ${nameOf(found)} found`, this.reader.start);
  }
}

export const isReference = (type: number): boolean => type === FUNCREF || type === EXTERNREF;

const NAMES: Readonly<Record<number, string>> = {
  [I32]: "i32",
  [I64]: "i64",
  [F32]: "f32",
  [F64]: "f64",
  [FUNCREF]: "funcref",
  [EXTERNREF]: "externref",
};

/** A type as the text format calls it. */
export const nameOf = (type: number): string => NAMES[type] ?? "a value of unreachable code";

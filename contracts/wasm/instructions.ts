/**
 * A cursor over the instructions of a function body or a constant expression. The hot path of validation and of
 * instrumentation: no allocation for an instruction, one bounds check each, everything in fields.
 *
 *     const reader = new InstructionReader(module.bytes);
 *     reader.seek(body.start, body.end);
 *     while (reader.next()) if (reader.opcode === Op.call) count(reader.a);
 *
 * @module
 */
import { denied, malformed } from "./_refused.ts";
import { proposalOfMiscOpcode, proposalOfOpcode, proposalOfType } from "./features.ts";
import { EXTERNREF, FUNCREF, type ValueType } from "./module.ts";
import { BLOCK_EMPTY, Immediate, MISC, OPCODE_COUNT, OPCODES } from "./opcodes.ts";
import { ByteReader } from "./parse_bytes.ts";

/** Not an instruction that is allowed. */
const UNKNOWN = 255;

const IMMEDIATES = Uint8Array.from({ length: OPCODE_COUNT }, (_, code) => OPCODES[code]?.immediate ?? UNKNOWN);

/** Bytes of a LEB128 with 64 bits: offsets, to who has memories of that size. */
const OFFSET_BYTES_MAX = 10;

/** Labels that fit before the list of a `br_table` needs more room. */
const TARGETS_START = 64;

/**
 * Reads one instruction after another. Throws `Refused` at the first one that is malformed or of a proposal that is not
 * allowed, so never on a body that validation has passed.
 */
export class InstructionReader extends ByteReader {
  /** Of the instruction that was read last: its number (see `opcodes.ts`) and its first byte. It ends at `position`. */
  opcode = 0;
  start = 0;
  /** Its immediates, as the kinds of {@linkcode Immediate} say. */
  a = 0;
  b = 0;
  /** Labels of a `br_table`, the default last; what is behind them is of earlier ones. */
  targets: Uint32Array = new Uint32Array(TARGETS_START);

  /** Goes to the bytes between `start` and `end`. */
  seek(start: number, end: number): this {
    this.position = this.start = start;
    this.end = end;
    return this;
  }

  /** Reads the next instruction; false when nothing is left. */
  next(): boolean {
    const { bytes, end } = this;
    let position = this.position;
    if (position >= end) return false;
    this.start = position;
    let opcode = bytes[position++]!;
    if (opcode === 0xfc) {
      this.position = position;
      opcode = this.#misc();
      position = this.position;
    }
    this.opcode = opcode;
    const immediate = IMMEDIATES[opcode]!;
    switch (immediate) {
      case Immediate.none:
        this.position = position;
        return true;
      case Immediate.label:
      case Immediate.function:
      case Immediate.local:
      case Immediate.global:
      case Immediate.table:
      case Immediate.data:
      case Immediate.element: {
        if (position < end) {
          const byte = bytes[position]!;
          if (byte < 0x80) {
            this.a = byte;
            this.position = position + 1;
            return true;
          }
        }
        this.position = position;
        this.a = this.u32();
        return true;
      }
      case Immediate.i32: {
        if (position < end) {
          const byte = bytes[position]!;
          if (byte < 0x80) {
            this.a = byte << 25 >> 25;
            this.position = position + 1;
            return true;
          }
        }
        this.position = position;
        this.a = this.s32();
        return true;
      }
      default:
        this.position = position;
        this.#rare(immediate);
        return true;
    }
  }

  /** The value of an `i64.const`. */
  i64(): bigint {
    return BigInt(this.b) << 32n | BigInt(this.a >>> 0);
  }

  /** The types of a `select_t`; read it before the next instruction. */
  selectTypes(): ValueType[] {
    return Array.from(this.bytes.subarray(this.position - this.a, this.position));
  }

  #rare(immediate: number): void {
    switch (immediate) {
      case Immediate.access:
        return this.#access();
      case Immediate.block:
        this.a = this.#blockType();
        return;
      case Immediate.memory:
        this.a = this.#memory();
        return;
      case Immediate.i64:
        return this.#i64();
      case Immediate.labels:
        return this.#labels();
      case Immediate.indirect:
      case Immediate.elementTable:
      case Immediate.tables:
        this.a = this.u32();
        this.b = this.u32();
        return;
      case Immediate.f32:
        this.a = this.#word();
        return;
      case Immediate.f64:
        this.a = this.#word();
        this.b = this.#word();
        return;
      case Immediate.reference:
        this.a = this.#referenceType();
        return;
      case Immediate.types:
        return this.#types();
      case Immediate.dataMemory:
        this.a = this.u32();
        this.b = this.#memory();
        return;
      case Immediate.memories:
        this.a = this.#memory();
        this.b = this.#memory();
        return;
      default:
        return this.#unknown();
    }
  }

  /** Alignment and offset. Bit 6 of the alignment announces a memory index: that is the proposal for several memories. */
  #access(): void {
    const { bytes, position } = this;
    if (position + 1 < this.end) {
      const align = bytes[position]!, offset = bytes[position + 1]!;
      if (align < 0x20 && offset < 0x80) {
        this.a = align;
        this.b = offset;
        this.position = position + 2;
        return;
      }
    }
    const align = this.u32();
    if (align >= 0x40 && align < 0x80) denied("multi_memory", "read memory access", position);
    if (align >= 0x20) malformed("alignment", `read memory access: alignment 2^${align}`, position);
    this.a = align;
    this.b = this.#offset();
  }

  /** 32 bits; what is written as more of them is of the proposal that makes memories larger. */
  #offset(): number {
    const at = this.position;
    for (let length = 1; length <= OFFSET_BYTES_MAX && at + length <= this.end; length++) {
      if (this.bytes[at + length - 1]! >= 0x80) continue;
      if (length > 5) denied("memory64", "read memory access", at);
      break;
    }
    return this.u32();
  }

  #blockType(): number {
    const at = this.position;
    const type = this.s33();
    if (type >= 0 || type === BLOCK_EMPTY) return type;
    if (type >= -4 || type === FUNCREF - 0x80 || type === EXTERNREF - 0x80) {
      if (this.position === at + 1) return type;
      return malformed("block_type", "read block type: representation too long", at);
    }
    const proposal = type > -64 ? proposalOfType(type & 0x7f) : undefined;
    if (proposal !== undefined) denied(proposal, "read block type", at);
    return malformed("block_type", `read block type: ${type} has no meaning`, at);
  }

  /** A memory index; there is only one memory, and its index is the byte zero. */
  #memory(): number {
    const at = this.position;
    if (this.byte() !== 0) {
      this.position = at;
      this.u32();
      denied("multi_memory", "read memory index", at);
    }
    return 0;
  }

  #i64(): void {
    const first = this.position;
    let byte = this.byte();
    if (byte < 0x80) {
      this.a = byte << 25 >> 25;
      this.b = this.a >> 31;
      return;
    }
    let low = byte & 0x7f, high = 0, shift = 7;
    for (; shift < 63; shift += 7) {
      byte = this.byte();
      const group = byte & 0x7f;
      if (shift < 32) low |= group << shift;
      if (shift === 28) high = group >> 4;
      else if (shift > 28) high |= group << (shift - 32);
      if (byte < 0x80) break;
    }
    if (shift === 63) {
      byte = this.byte();
      if (byte >= 0x80) malformed("leb_too_long", "read integer: representation too long", first);
      if (byte !== 0 && byte !== 0x7f) malformed("leb_too_large", "read integer: value too large", first);
      high |= byte << 31;
    } else if ((byte & 0x40) !== 0) {
      const bits = shift + 7;
      if (bits < 32) low |= -1 << bits;
      high = bits <= 32 ? -1 : high | -1 << (bits - 32);
    }
    this.a = low | 0;
    this.b = high | 0;
  }

  #labels(): void {
    const count = this.count("labels of br_table");
    if (count >= this.targets.length) this.targets = new Uint32Array(count * 2);
    const { targets } = this;
    for (let i = 0; i <= count; i++) targets[i] = this.u32();
    this.a = count;
    this.b = targets[count]!;
  }

  #word(): number {
    const { bytes, position } = this;
    if (position + 4 > this.end) this.ended();
    this.position = position + 4;
    return bytes[position]! | bytes[position + 1]! << 8 | bytes[position + 2]! << 16 | bytes[position + 3]! << 24;
  }

  #referenceType(): number {
    const at = this.position;
    const type = this.byte();
    if (type === FUNCREF || type === EXTERNREF) return type;
    // Any heap type may stand here since typed function references: an index, or a shorthand of the proposals.
    if (type < 0x40 || type >= 0x80) denied("function_references", "read reference type", at);
    const proposal = proposalOfType(type);
    if (proposal !== undefined) denied(proposal, "read reference type", at);
    return malformed("reference_type", `read reference type: 0x${type.toString(16)} has no meaning`, at);
  }

  #types(): void {
    const count = this.count("types of select");
    this.a = count;
    this.b = 0;
    for (let i = 0; i < count; i++) {
      const at = this.position;
      const type = this.byte();
      if (!isValueType(type)) {
        const proposal = proposalOfType(type);
        if (proposal !== undefined) denied(proposal, "read value type", at);
        malformed("value_type", `read value type: 0x${type.toString(16)} has no meaning`, at);
      }
      if (i === 0) this.b = type;
    }
  }

  #misc(): number {
    const number = this.u32();
    if (number < OPCODE_COUNT - MISC) return MISC + number;
    const proposal = proposalOfMiscOpcode(number);
    if (proposal !== undefined) denied(proposal, "read instruction", this.start);
    return malformed("opcode", `read instruction: opcode 0xfc ${number} has no meaning`, this.start);
  }

  #unknown(): never {
    const proposal = proposalOfOpcode(this.opcode);
    if (proposal !== undefined) denied(proposal, "read instruction", this.start);
    return malformed("opcode", `read instruction: opcode 0x${this.opcode.toString(16)} has no meaning`, this.start);
  }
}

/** Whether a byte is a value type that is allowed here. */
export function isValueType(byte: number): boolean {
  return byte <= 0x7f && byte >= 0x7c || byte === FUNCREF || byte === EXTERNREF;
}

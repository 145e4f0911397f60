/**
 * The functions around `memory.grow` in modules whose code counts more in large memories (README, "Large memories"): one in front of it
 * that charges for the pages, one behind it that changes the unit of the counters.
 * @module
 */
import type { ByteWriter } from "./_instrument_bytes.ts";
import { MEMORY_STEPS } from "./large_memory.ts";
import { I64 } from "./module.ts";
import { Op } from "./opcodes.ts";

/** What they work with: indices of globals, all `i64`, and the numbers of the charge for pages. */
export interface Growth {
  readonly fuel: number;
  /** What the counter of fuel would be if the code had cost nothing. */
  readonly base: number;
  readonly shift: number;
  readonly memoryPage: number;
  /** Greatest number of pages of the memory. */
  readonly pagesMax: number;
}

const EMPTY_BLOCK = 0x40;
const I32_GT_U = 0x4b, I32_LE_U = 0x4d, I32_ADD = 0x6a, I32_MUL = 0x6c;
const I64_ADD = 0x7c, I64_SUB = 0x7d, I64_MUL = 0x7e, I64_SHL = 0x86, I64_SHR_S = 0x87, I64_SHR_U = 0x88;
const I64_LT_S = 0x53, I64_GT_S = 0x55, I64_EXTEND_U = 0xad;
const TRAP_IF_BELOW_ZERO = [Op.i64Const, 0, I64_LT_S, Op.if, EMPTY_BLOCK, Op.unreachable, Op.end];
const BODY_BYTES_MAX = 256;

/** Writes one body, its length in front, that has one local of its own. */
function body(out: ByteWriter, write: (indexed: (opcode: number, index: number) => void) => void): void {
  out.reserve(BODY_BYTES_MAX);
  const start = out.length;
  out.put([1, 1, I64]);
  write((opcode, index) => {
    out.byte(opcode);
    out.u32(index);
  });
  out.byte(Op.end);
  out.prefixLength(start);
}

/**
 * The function in front, which has the pages as its parameter:
 * units = ceil(pages * memoryPage / 2^shift), or 0 for more pages than there may be; base -= units; fuel -= units; if (fuel < 0) trap
 */
export function writeBeforeGrow(out: ByteWriter, { fuel, base, shift, memoryPage, pagesMax }: Growth): void {
  const pages = 0, units = 1;
  body(out, (indexed) => {
    indexed(Op.localGet, pages);
    out.put([Op.i32Const, 0]);
    indexed(Op.localGet, pages);
    out.byte(Op.i32Const);
    out.s64(pagesMax);
    out.put([I32_LE_U, Op.select, I64_EXTEND_U, Op.i64Const]);
    out.s64(memoryPage);
    out.put([I64_MUL, Op.i64Const, 1]);
    indexed(Op.globalGet, shift);
    out.put([I64_SHL, I64_ADD, Op.i64Const, 1, I64_SUB]);
    indexed(Op.globalGet, shift);
    out.byte(I64_SHR_U);
    indexed(Op.localSet, units);
    for (const counter of [base, fuel]) {
      indexed(Op.globalGet, counter);
      indexed(Op.localGet, units);
      out.byte(I64_SUB);
      indexed(Op.globalSet, counter);
    }
    indexed(Op.globalGet, fuel);
    out.put(TRAP_IF_BELOW_ZERO);
  });
}

/**
 * The function behind: more = memoryShift(memory.size) - shift; if (more > 0)
 * { fuel = (base >> more) - (base - fuel); base >>= more; shift += more; if (fuel < 0) trap }
 */
export function writeAfterGrow(out: ByteWriter, { fuel, base, shift }: Growth): void {
  const more = 0;
  body(out, (indexed) => {
    out.put([Op.i32Const, 0]);
    let before = 0;
    for (const step of MEMORY_STEPS) {
      out.put([Op.memorySize, 0, Op.i32Const]);
      out.s64(step.pages);
      out.put([I32_GT_U, Op.i32Const]);
      out.s64(step.shift - before);
      out.put([I32_MUL, I32_ADD]);
      before = step.shift;
    }
    out.byte(I64_EXTEND_U);
    indexed(Op.globalGet, shift);
    out.byte(I64_SUB);
    indexed(Op.localTee, more);
    out.put([Op.i64Const, 0, I64_GT_S, Op.if, EMPTY_BLOCK]);
    // What the code has used stays as it is, and so counts more.
    indexed(Op.globalGet, base);
    indexed(Op.localGet, more);
    out.byte(I64_SHR_S);
    indexed(Op.globalGet, base);
    indexed(Op.globalGet, fuel);
    out.put([I64_SUB, I64_SUB]);
    indexed(Op.globalSet, fuel);
    indexed(Op.globalGet, base);
    indexed(Op.localGet, more);
    out.byte(I64_SHR_S);
    indexed(Op.globalSet, base);
    indexed(Op.globalGet, shift);
    indexed(Op.localGet, more);
    out.byte(I64_ADD);
    indexed(Op.globalSet, shift);
    indexed(Op.globalGet, fuel);
    out.put(TRAP_IF_BELOW_ZERO);
    out.byte(Op.end);
  });
}

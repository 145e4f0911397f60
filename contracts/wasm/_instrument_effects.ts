/** How many operands each instruction takes and leaves, for {@linkcode Scan}. @module */
import { Op, OPCODE_COUNT, OPCODES } from "./opcodes.ts";

/** Where the operands depend on more than the opcode, or control goes elsewhere. */
export const SPECIAL = 255;

export const POPS: Uint8Array = new Uint8Array(OPCODE_COUNT).fill(SPECIAL);
export const PUSHES: Uint8Array = new Uint8Array(OPCODE_COUNT);

for (const opcode of OPCODES) {
  if (opcode?.params === undefined) continue;
  POPS[opcode.code] = opcode.params.length;
  PUSHES[opcode.code] = opcode.results!.length;
}

const POLYMORPHIC: readonly (readonly [opcode: number, pops: number, pushes: number])[] = [
  [Op.drop, 1, 0],
  [Op.select, 3, 1],
  [Op.selectTyped, 3, 1],
  [Op.localGet, 0, 1],
  [Op.localSet, 1, 0],
  [Op.localTee, 1, 1],
  [Op.globalGet, 0, 1],
  [Op.globalSet, 1, 0],
  [Op.tableGet, 1, 1],
  [Op.tableSet, 2, 0],
  [Op.refNull, 0, 1],
  [Op.refIsNull, 1, 1],
  [Op.tableGrow, 2, 1],
  [Op.tableFill, 3, 0],
];
for (const [opcode, pops, pushes] of POLYMORPHIC) {
  POPS[opcode] = pops;
  PUSHES[opcode] = pushes;
}

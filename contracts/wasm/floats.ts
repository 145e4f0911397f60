/**
 * Floats. The specification leaves sign and payload of a NaN open in the results of some instructions; those are found here.
 * @module
 */
import { InstructionReader } from "./instructions.ts";
import { F32, F64, type ValueType, type Verdict, type WasmModule } from "./module.ts";
import { Immediate, OP, OPCODE_COUNT, OPCODES } from "./opcodes.ts";

/** What a module's floats are: every NaN of open payload becomes the canonical one, or there are none. */
export type FloatRule = "canonicalise" | "reject";

/** Bits of the canonical NaN with positive sign, little-endian, as an instruction's immediate. */
export const NAN_F32: readonly number[] = [0x00, 0x00, 0xc0, 0x7f];
export const NAN_F64: readonly number[] = [0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xf8, 0x7f];

/** Specification 4.3.3: those that end in `nans_N{…}`. */
const OPEN = "add sub mul div min max sqrt ceil floor trunc nearest".split(" ");

/** By opcode: 0, or the width of the result, when it is a float whose NaN the specification leaves open. */
export const OPEN_NAN: Uint8Array = openNan();

function openNan(): Uint8Array {
  const table = new Uint8Array(OPCODE_COUNT);
  for (const name of OPEN) {
    table[OP[`f32.${name}`]!] = 32;
    table[OP[`f64.${name}`]!] = 64;
  }
  table[OP["f32.demote_f64"]!] = 32;
  table[OP["f64.promote_f32"]!] = 64;
  return table;
}

/**
 * By opcode: 1 when the result is the same whatever NaN an operand is, or when it becomes the canonical one anyway. The NaN
 * need not be canonical before it.
 */
export const NAN_BLIND: Uint8Array = nanBlind();

function nanBlind(): Uint8Array {
  const table = Uint8Array.from(OPEN_NAN, (width) => width === 0 ? 0 : 1);
  for (const opcode of OPCODES) {
    if (opcode !== undefined && /^f(32|64)\.(eq|ne|lt|gt|le|ge)$|^i(32|64)\.trunc_/.test(opcode.name)) {
      table[opcode.code] = 1;
    }
  }
  table[OP["drop"]!] = 1;
  return table;
}

/** By opcode: 1 when an operand, the result or the immediate is a float. */
const FLOATING: Uint8Array = Uint8Array.from(
  { length: OPCODE_COUNT },
  (_, code) => [...OPCODES[code]?.params ?? [], ...OPCODES[code]?.results ?? []].some(isFloat) ? 1 : 0,
);

function isFloat(type: ValueType): boolean {
  return type === F32 || type === F64;
}

/** Verdicts on floats that are told before nobody reads on. */
const VERDICTS_MAX = 16;

/** One verdict for each place of a valid module where a float type or instruction is, the first few of them. */
export function floatVerdicts(module: WasmModule): Verdict[] {
  const verdicts: Verdict[] = [];
  const put = (what: string, offset?: number) =>
    void verdicts.push({ kind: "feature", code: "floats", message: `${what}: floats are not allowed`, offset });
  const types = (list: readonly ValueType[]) => list.some(isFloat);
  module.types.forEach(({ params, results }, i) => types([...params, ...results]) && put(`type ${i}`));
  module.imports.forEach(({ description: it }, i) =>
    it.kind === "global" && isFloat(it.global.type) && put(`import ${i}`)
  );
  module.globals.forEach(({ type }, i) => isFloat(type.type) && put(`global ${i}`));
  const reader = new InstructionReader(module.bytes);
  for (const [i, body] of module.code.entries()) {
    if (verdicts.length >= VERDICTS_MAX) break;
    if (types(body.locals.map(({ type }) => type))) put(`locals of body ${i}`, body.start);
    reader.seek(body.start, body.end);
    while (reader.next()) {
      if (!hasFloat(reader)) continue;
      put(`body ${i}: ${OPCODES[reader.opcode]!.name}`, reader.start);
      break;
    }
  }
  return verdicts.slice(0, VERDICTS_MAX);
}

function hasFloat(reader: InstructionReader): boolean {
  if (FLOATING[reader.opcode] === 1) return true;
  const immediate = OPCODES[reader.opcode]!.immediate;
  if (immediate === Immediate.block) return reader.a < 0 && isFloat(reader.a & 0x7f);
  return immediate === Immediate.types && isFloat(reader.b);
}

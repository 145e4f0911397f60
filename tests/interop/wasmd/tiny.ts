/** Modules of a few hundred bytes, written by hand: sections in, bytes out. @module */
import { utf8ToBytes } from "../../../node/core/bytes.ts";

/** Unsigned LEB128 of a number below 2^31. */
export const leb = (value: number): number[] => value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];

/** Signed LEB128 of any 32 bits. */
export function sleb(value: number): number[] {
  const out: number[] = [];
  for (let rest = value | 0;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    const done = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
    out.push(done ? low : low | 0x80);
    if (done) return out;
  }
}

export const list = (items: readonly (readonly number[])[]): number[] => [...leb(items.length), ...items.flat()];
export const name = (text: string): number[] => [...leb(utf8ToBytes(text).length), ...utf8ToBytes(text)];
/** `i32.const`. */
export const constant = (value: number): number[] => [0x41, ...sleb(value)];
/** Four bytes, little-endian. */
export const word = (value: number): number[] => [
  value & 0xff,
  (value >>> 8) & 0xff,
  (value >>> 16) & 0xff,
  value >>> 24,
];

export const I32 = 0x7f;
export const I64 = 0x7e;

export type Signature = readonly [params: readonly number[], results: readonly number[]];

export interface Defined {
  /** Absent: not exported. */
  readonly name?: string;
  readonly type: Signature;
  /** Runs of locals. */
  readonly locals?: readonly (readonly [count: number, type: number])[];
  /** Instructions without the last `end`. */
  readonly code: readonly number[];
}

export interface Tiny {
  /** Functions, all of the module `env` unless the name has a dot. */
  readonly imports?: readonly { readonly name: string; readonly type: Signature }[];
  readonly functions: readonly Defined[];
  /** The bodies of these sections where they are not the usual ones; empty: left out. */
  readonly sections?: Readonly<Record<number, readonly number[]>>;
  readonly pages?: number;
  readonly data?: readonly (readonly [number, readonly number[] | Uint8Array])[];
  /** More exports, encoded. */
  readonly exports?: readonly (readonly number[])[];
}

/** The first byte of what a contract may use for itself: a mutable global holds it. */
const HEAP = 4096;

export function tiny(module: Tiny): Uint8Array {
  const { imports = [], functions, data = [], pages = 10, exports = [] } = module;
  const types = [...imports, ...functions].map((
    { type: [params, results] },
  ) => [0x60, ...leb(params.length), ...params, ...leb(results.length), ...results]);
  const imported = imports.map(({ name: each }, i) => {
    const [space, field] = each.includes(".") ? each.split(".") as [string, string] : ["env", each];
    return [...name(space), ...name(field), 0, ...leb(i)];
  });
  const exported = functions.flatMap(({ name: each }, i) =>
    each === undefined ? [] : [[...name(each), 0, ...leb(imports.length + i)]]
  );
  const bodies = functions.map(({ code, locals = [] }) => {
    const body = [...list(locals.map(([count, type]) => [...leb(count), type])), ...code, 0x0b];
    return [...leb(body.length), ...body];
  });
  const sections: Record<number, readonly number[]> = {
    1: list(types),
    2: imported.length === 0 ? [] : list(imported),
    3: list(functions.map((_, i) => leb(imports.length + i))),
    5: list([[0, ...leb(pages)]]),
    6: list([[I32, 1, ...constant(HEAP), 0x0b]]),
    7: list([...exported, [...name("memory"), 2, 0], ...exports]),
    10: list(bodies),
    11: data.length === 0
      ? []
      : list(data.map(([at, bytes]) => [0, ...constant(at), 0x0b, ...leb(bytes.length), ...bytes])),
    ...module.sections,
  };
  // The order of the binary format: the count of data segments (12) stands before the code.
  const order = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 10, 11];
  const parts = [[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]];
  for (const id of order) {
    const body = sections[id] ?? [];
    if (body.length > 0) parts.push([id, ...leb(body.length), ...body]);
  }
  return Uint8Array.from(parts.flat());
}

/** A region from the heap: offset behind itself, capacity as asked, nothing in it. Nothing is ever given back. */
const ALLOCATE = [
  ...[0x23, 0, 0x23, 0, ...constant(12), 0x6a, 0x36, 2, 0],
  ...[0x23, 0, 0x20, 0, 0x36, 2, 4],
  ...[0x23, 0, ...constant(0), 0x36, 2, 8],
  ...[0x23, 0],
  ...[0x23, 0, 0x20, 0, 0x6a, ...constant(12), 0x6a, 0x24, 0],
];

/** What every contract has. */
export const USUAL: readonly Defined[] = [
  { name: "interface_version_8", type: [[], []], code: [] },
  { name: "allocate", type: [[I32], [I32]], code: ALLOCATE },
  { name: "deallocate", type: [[I32], []], code: [] },
];
/** Env, info and message; the result. */
export const THREE: Signature = [[I32, I32, I32], [I32]];
/** Env and message; the result. */
export const TWO: Signature = [[I32, I32], [I32]];

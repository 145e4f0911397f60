/**
 * A small module of our own that stands beside every contract and shares its memory and its fuel. It exists for speed: an
 * i64 global read from JavaScript is a BigInt, four allocations where one subtraction is meant; and looking for what a call
 * left in a megabyte of memory is faster with the widest loads there are. What is charged and wiped is the same without it.
 *
 *     (import "contract" "memory" (memory 0))
 *     (import "contract" "fuel" (global $fuel (mut i64)))
 *     (func (export "charge") (param f64) (result i32))  ;; fuel := fuel − cost; 1 when it is below zero now
 *     (func (export "wipe") (param $end i32))            ;; zero in [0, end), end a multiple of 256
 *
 * @module
 */
import { utf8ToBytes } from "../../node/core/bytes.ts";

/** What the companion does for one instance. */
export interface Companion {
  /** Takes `cost` (whole, not negative) off the fuel; 1 when that is below zero now, else 0. */
  readonly charge: (cost: number) => number;
  /** Makes all bytes below `end` zero; those that are so already are only read. */
  readonly wipe: (end: number) => void;
}

/** Bytes that `wipe` looks at before it decides: sixteen loads of sixteen bytes. */
const BLOCK_BYTES = 256;
const LOAD_BYTES = 16;

function leb(value: number): number[] {
  const bytes: number[] = [];
  do {
    bytes.push((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
    value >>>= 7;
  } while (value > 0);
  return bytes;
}

const text = (name: string) => [...leb(name.length), ...utf8ToBytes(name)];
const list = (items: readonly (readonly number[])[]) => [...leb(items.length), ...items.flat()];
const section = (id: number, body: readonly number[]) => [id, ...leb(body.length), ...body];
const body = (code: readonly number[]) => [...leb(code.length), ...code];

const CHARGE = [
  0x00, // no locals
  ...[0x23, 0x00], // global.get $fuel
  ...[0x20, 0x00], // local.get 0
  ...[0xfc, 0x06], // i64.trunc_sat_f64_s
  0x7d, // i64.sub
  ...[0x24, 0x00], // global.set $fuel
  ...[0x23, 0x00], // global.get $fuel
  ...[0x42, 0x00], // i64.const 0
  0x53, // i64.lt_s
  0x0b, // end
];

/** v128.load, aligned to 16, of the address `$at` + `offset`. */
const load = (offset: number) => [0x20, 0x01, 0xfd, 0x00, 0x04, ...leb(offset)];
const OR = [0xfd, 0x50];
const LOADS = Array.from({ length: BLOCK_BYTES / LOAD_BYTES }, (_, i) => load(i * LOAD_BYTES));

const WIPE = [
  ...[0x01, 0x01, 0x7f], // (local $at i32)
  ...[0x02, 0x40, 0x03, 0x40], // block, loop
  ...[0x20, 0x01, 0x20, 0x00, 0x4f, 0x0d, 0x01], // local.get $at, local.get $end, i32.ge_u, br_if 1
  ...LOADS.flatMap((one, i) => i === 0 ? one : [...one, ...OR]),
  ...[0xfd, 0x53, 0x04, 0x40], // v128.any_true, if
  ...[0x20, 0x01, 0x41, 0x00, 0x41, 0x80, 0x02, 0xfc, 0x0b, 0x00], // local.get $at, 0, 256, memory.fill
  0x0b, // end
  ...[0x20, 0x01, 0x41, 0x80, 0x02, 0x6a, 0x21, 0x01], // $at := $at + 256
  ...[0x0c, 0x00, 0x0b, 0x0b, 0x0b], // br 0, end, end, end
];

const MODULE_BYTES = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...section(1, list([[0x60, 0x01, 0x7c, 0x01, 0x7f], [0x60, 0x01, 0x7f, 0x00]])),
  ...section(
    2,
    list([
      [...text("contract"), ...text("memory"), 0x02, 0x00, 0x00],
      [...text("contract"), ...text("fuel"), 0x03, 0x7e, 0x01],
    ]),
  ),
  ...section(3, list([[0x00], [0x01]])),
  ...section(7, list([[...text("charge"), 0x00, 0x00], [...text("wipe"), 0x00, 0x01]])),
  ...section(10, list([body(CHARGE), body(WIPE)])),
]);

let compiled: WebAssembly.Module | undefined;

/** A companion of the instance that this memory and this counter belong to. */
export function companionOf(memory: WebAssembly.Memory, fuel: WebAssembly.Global): Companion {
  compiled ??= new WebAssembly.Module(MODULE_BYTES);
  return new WebAssembly.Instance(compiled, { contract: { memory, fuel } }).exports as unknown as Companion;
}

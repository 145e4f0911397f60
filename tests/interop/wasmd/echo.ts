/**
 * Contracts of a few hundred bytes, written by hand: one that returns what it is told, so that a script can make it say
 * anything, and ones whose answers lie outside of what a region may be.
 * @module
 */
import { utf8ToBytes } from "../../../node/core/bytes.ts";

const REPLY = `{"ok":{"messages":[],"attributes":[{"key":"reply","value":"seen"}],"events":[],"data":null}}`;
/** Where the region of what a reply returns stands, and its text. */
const REGION = 16;
const TEXT = 32;
const HEAP = 4096;
const PAGES = 10;

const leb = (value: number): number[] => value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
/** Signed, of a number below 2^31. */
const sleb = (value: number): number[] => value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...sleb(value >>> 7)];
const list = (items: readonly (readonly number[])[]): number[] => [...leb(items.length), ...items.flat()];
const section = (id: number, body: readonly number[]): number[] => [id, ...leb(body.length), ...body];
const name = (text: string): number[] => [...leb(text.length), ...utf8ToBytes(text)];
const body = (...code: readonly number[]): number[] => [...leb(code.length + 2), 0, ...code, 0x0b];
const constant = (value: number): number[] => [0x41, ...sleb(value)];
const word = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];

const I32 = 0x7f;
const NOTHING = 0;
const ONE = 1;
const DROP = 2;
const THREE = 3;
const TWO = 4;
const TYPES = [
  [0x60, 0, 0],
  [0x60, 1, I32, 1, I32],
  [0x60, 1, I32, 0],
  [0x60, 3, I32, I32, I32, 1, I32],
  [0x60, 2, I32, I32, 1, I32],
];

/** A region from the heap: offset behind itself, capacity as asked, nothing in it. Nothing is ever given back. */
const ALLOCATE = body(
  ...[0x23, 0, 0x23, 0, ...constant(12), 0x6a, 0x36, 2, 0],
  ...[0x23, 0, 0x20, 0, 0x36, 2, 4],
  ...[0x23, 0, ...constant(0), 0x36, 2, 8],
  ...[0x23, 0], // the result stays on the stack
  ...[0x23, 0, 0x20, 0, 0x6a, ...constant(12), 0x6a, 0x24, 0],
);

interface Shape {
  /** What `query` returns; absent: its message. */
  readonly pointer?: number;
  /** The region at {@linkcode REGION}: offset, capacity, length; absent: that of the text of replies. */
  readonly region?: readonly [number, number, number];
}

function build({ pointer, region = [TEXT, REPLY.length, REPLY.length] }: Shape): Uint8Array {
  const functions: [string, number, number[]][] = [
    ["interface_version_8", NOTHING, body()],
    ["allocate", ONE, ALLOCATE],
    ["deallocate", DROP, body()],
    ["instantiate", THREE, body(0x20, 2)],
    ["execute", THREE, body(0x20, 2)],
    ["query", TWO, body(...(pointer === undefined ? [0x20, 1] : [0x41, ...wide(pointer)]))],
    ["migrate", TWO, body(0x20, 1)],
    ["sudo", TWO, body(0x20, 1)],
    ["reply", TWO, body(...constant(REGION))],
  ];
  const exported = functions.map(([each], i) => [...name(each), 0, ...leb(i)]);
  const data = [...region.flatMap(word), ...new Array(TEXT - REGION - 12).fill(0), ...utf8ToBytes(REPLY)];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list(TYPES)),
    ...section(3, list(functions.map(([, type]) => leb(type)))),
    ...section(5, list([[0, PAGES]])),
    ...section(6, list([[I32, 1, ...constant(HEAP), 0x0b]])),
    ...section(7, list([...exported, [...name("memory"), 2, 0]])),
    ...section(10, list(functions.map(([, , code]) => code))),
    ...section(11, list([[0, ...constant(REGION), 0x0b, ...leb(data.length), ...data]])),
  ]);
}

/** Signed, of any 32 bits. */
function wide(value: number): number[] {
  const out: number[] = [];
  for (let rest = value | 0;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    const done = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
    out.push(done ? low : low | 0x80);
    if (done) return out;
  }
}

/** Returns its message as its result. */
export const ECHO: Uint8Array = build({});

const MEMORY = PAGES * 65_536;
/** Contracts whose `query` answers with what is no region. */
export const BAD_REGIONS: Readonly<Record<string, Uint8Array>> = {
  "a null pointer": build({ pointer: 0 }),
  "a pointer at the end of memory": build({ pointer: MEMORY - 4 }),
  "a pointer behind memory": build({ pointer: MEMORY }),
  "the greatest pointer": build({ pointer: 0xffff_ffff }),
  "a region at 0": build({ pointer: REGION, region: [0, 10, 10] }),
  "longer than its capacity": build({ pointer: REGION, region: [TEXT, 10, 11] }),
  "beyond 32 bits": build({ pointer: REGION, region: [0xffff_fff0, 0x20, 0x10] }),
  "behind memory": build({ pointer: REGION, region: [MEMORY - 4, 8, 8] }),
  "an empty region": build({ pointer: REGION, region: [TEXT, 0, 0] }),
  "a region of zeros": build({ pointer: REGION, region: [TEXT + 2048, 16, 16] }),
};

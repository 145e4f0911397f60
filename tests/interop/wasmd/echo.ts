/** Contracts that say what they are told, point outside of their memory, or call one function of the host. @module */
import { utf8ToBytes } from "../../../node/core/bytes.ts";
import { constant, I64, type Signature, THREE, tiny, TWO, USUAL, word } from "./tiny.ts";

/** What a reply returns. */
const REPLY = `{"ok":{"messages":[],"attributes":[{"key":"reply","value":"seen"}],"events":[],"data":null}}`;
/** Where the region of what a reply returns stands, and its text. */
const REGION = 16;
const TEXT = 32;
const PAGES = 10;
const MEMORY = PAGES * 65_536;

type Region = readonly [offset: number, capacity: number, length: number];

interface Shape {
  /** What `query` returns; absent: its message. */
  readonly pointer?: number;
  /** The region at {@linkcode REGION}; absent: that of the text of replies. */
  readonly region?: Region;
  /** What a reply returns. */
  readonly reply?: string;
}

function build({ pointer, region, reply = REPLY }: Shape): Uint8Array {
  const text = utf8ToBytes(reply);
  return tiny({
    pages: PAGES,
    functions: [
      ...USUAL,
      { name: "instantiate", type: THREE, code: [0x20, 2] },
      { name: "execute", type: THREE, code: [0x20, 2] },
      { name: "query", type: TWO, code: pointer === undefined ? [0x20, 1] : constant(pointer) },
      { name: "migrate", type: TWO, code: [0x20, 1] },
      { name: "sudo", type: TWO, code: [0x20, 1] },
      { name: "reply", type: TWO, code: constant(REGION) },
    ],
    data: [[REGION, (region ?? [TEXT, text.length, text.length]).flatMap(word)], [TEXT, text]],
  });
}

/** Returns its message as its result. */
export const ECHO: Uint8Array = build({});
/** The same, with another answer to replies. */
export const echoThatReplies = (reply: unknown): Uint8Array => build({ reply: JSON.stringify(reply) });

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

/** What a contract says that has called the host: the digit is the number that came back. */
const SAID = utf8ToBytes(
  `{"ok":{"messages":[],"attributes":[{"key":"code","value":"0"}],"events":[],"data":null}}`,
);
const DIGIT = TEXT + SAID.indexOf(0x30);
/** Where regions of arguments stand, and behind them what they show. */
const ARGUMENTS = 1024;
const BYTES = 262_144;

/** The upper half of an i64, where functions that return a pointer have their error. */
const HIGH = [0x42, 32, 0x88, 0xa7];

/** An argument: a region of bytes (with more capacity, where given), or a number as it is. */
export type Argument = number | Uint8Array | { readonly bytes: Uint8Array; readonly capacity: number };

/**
 * A contract whose `execute` calls one function of the host and tells the number that it returned, up to nine; of a pointer
 * only whether it is null.
 */
export function hostCall(called: string, type: Signature, args: readonly Argument[], pointer = false): Uint8Array {
  const data: [number, readonly number[] | Uint8Array][] = [[REGION, [TEXT, SAID.length, SAID.length].flatMap(word)], [
    TEXT,
    SAID,
  ]];
  let next = BYTES;
  const passed = args.flatMap((argument, i) => {
    if (typeof argument === "number") return constant(argument);
    const { bytes, capacity } = argument instanceof Uint8Array
      ? { bytes: argument, capacity: argument.length }
      : argument;
    const at = ARGUMENTS + 12 * i;
    data.push([at, [next, capacity, bytes.length].flatMap(word)]);
    // Memory is made of zeros.
    if (bytes.some((byte) => byte !== 0)) data.push([next, bytes]);
    next += Math.max(bytes.length, capacity) + 16;
    return constant(at);
  });
  const result = type[1].length === 0 ? constant(0) : type[1][0] === I64 ? HIGH : pointer ? [0x45, 0x45] : [];
  const code = [
    ...constant(DIGIT),
    ...passed,
    ...[0x10, 0, ...result],
    ...[...constant(0x30), 0x6a, 0x3a, 0, 0],
    ...constant(REGION),
  ];
  const answer = constant(REGION);
  return tiny({
    pages: PAGES,
    imports: [{ name: called, type }],
    functions: [
      ...USUAL,
      { name: "instantiate", type: THREE, code: answer },
      { name: "execute", type: THREE, code },
    ],
    data,
  });
}

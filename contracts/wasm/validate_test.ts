/** V8 judges the validator: over modules of the specification's suite with some bytes changed, and over random bodies. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { body, join, section, vector, wasm } from "../../tests/helpers/wasm_bytes.ts";
import { specModule, specScripts } from "../../tests/helpers/wasm_spec_vectors.ts";
import { loadModule } from "./check.ts";
import { MISC, type Opcode, OPCODES } from "./opcodes.ts";
import { CODE, immediatesOf } from "../../tests/helpers/wasm_random_code.ts";

/** Longest module that is mutated: in larger ones most bytes mean the same. */
const BYTES_MAX = 3000;

/** Bytes that mean something somewhere: opcodes, types, kinds, limits of integers. */
const MEANINGFUL = [
  ...[0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x0b, 0x0c, 0x0d, 0x0e, 0x10, 0x11, 0x1a, 0x1b, 0x1c, 0x20, 0x23, 0x40, 0x41],
  ...[0x60, 0x69, 0x6e, 0x6f, 0x70, 0x7b, 0x7c, 0x7d, 0x7e, 0x7f, 0x80, 0xd0, 0xd2, 0xfb, 0xfc, 0xfd, 0xfe, 0xff],
];

/** What we accept V8 accepts; what it accepts and we do not has a proposal or a bound as its reason. */
function judge(bytes: Uint8Array<ArrayBuffer>): "both" | "neither" | "only V8" {
  const ours = loadModule(bytes);
  const theirs = WebAssembly.validate(bytes);
  if (ours.ok) {
    assert(theirs, `V8 refuses ${bytes.toHex()}`);
    return "both";
  }
  const [{ kind, message }] = ours.error as [typeof ours.error[number]];
  if (!theirs) return "neither";
  assert(kind === "feature" || kind === "limit", `V8 accepts ${bytes.toHex()}: ${message}`);
  return "only V8";
}

Deno.test("changed bytes: V8 accepts what we accept, and what it accepts alone is refused for a proposal or a bound", () => {
  const modules = (["v1", "v2", "proposals"] as const).flatMap((file) =>
    specScripts(file).flatMap((script) => Object.keys(script.modules).map((name) => specModule(script, name)))
  ).filter((bytes) => bytes.length < BYTES_MAX && bytes.length > 8);
  const seen = { both: 0, neither: 0, "only V8": 0 };
  const change = fc.record({
    at: fc.nat(),
    to: fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...MEANINGFUL) }, fc.nat(255)),
  });
  fc.assert(
    fc.property(fc.nat(), fc.array(change, { minLength: 1, maxLength: 3 }), (which, changes) => {
      const bytes = modules[which % modules.length]!.slice();
      for (const { at, to } of changes) bytes[8 + at % (bytes.length - 8)] = to;
      seen[judge(bytes)]++;
    }),
    { numRuns: 8_000 },
  );
  assert(seen.both > 300 && seen.neither > 300 && seen["only V8"] > 50, JSON.stringify(seen));
});

/** Instructions, most of them ones that others can follow. */
const instruction: fc.Arbitrary<Opcode> = fc.oneof(
  fc.constantFrom(...CODE.structure.map((code) => OPCODES[code]!)),
  fc.constantFrom(...CODE.simple.map((code) => OPCODES[code]!)),
  fc.constantFrom(...OPCODES.filter((opcode) => opcode !== undefined)),
);

/** Code whose blocks are closed; whether it is valid is another matter. */
const code: fc.Arbitrary<number[]> = fc.tuple(
  fc.boolean(),
  fc.array(fc.tuple(instruction, fc.array(fc.nat(4), { minLength: 10, maxLength: 10 })), {
    maxLength: 12,
  }),
).map(([unreachable, list]) => {
  const bytes: number[] = unreachable ? [0x00] : [];
  let depth = 0;
  for (const [{ code, immediate }, choices] of list) {
    if ((code === 0x0b || code === 0x05) && depth === 0) continue;
    if (code === 0x0b) depth--;
    else if (code >= 0x02 && code <= 0x04) depth++;
    bytes.push(...(code >= MISC ? [0xfc, code - MISC] : [code]), ...immediatesOf(immediate, choices));
  }
  return [...bytes, ...new Array(depth).fill(0x0b)];
});

/** A module with something of each kind around one body. */
function around(bytes: readonly number[], type: number, memory: boolean, dataCount: boolean): Uint8Array<ArrayBuffer> {
  return wasm(
    section(1, vector(...CODE.types)),
    section(3, vector([type], [1])),
    section(4, vector([0x70, 0, 4], [0x6f, 0, 2])),
    ...(memory ? [section(5, vector([0, 1]))] : []),
    section(6, vector([0x7f, 1, 0x41, 0, 0x0b], [0x6f, 1, 0xd0, 0x6f, 0x0b], [0x7e, 0, 0x42, 0, 0x0b])),
    section(9, vector([1, 0, 1, 0], [5, 0x6f, 1, 0xd0, 0x6f, 0x0b])),
    ...(dataCount ? [section(12, [1])] : []),
    section(10, vector(body(bytes, [2, 0x7e], [1, 0x6f]), body([0x00]))),
    section(11, vector(join([1, 1, 7]))),
  );
}

Deno.test("random bodies: we accept exactly what V8 accepts", () => {
  const seen = { both: 0, neither: 0, "only V8": 0 };
  const often = fc.nat(9).map((n) => n > 0);
  fc.assert(
    fc.property(code, fc.nat(CODE.types.length - 1), often, often, (bytes, type, memory, dataCount) => {
      seen[judge(around(bytes, type, memory, dataCount))]++;
    }),
    { numRuns: 8_000 },
  );
  assert(seen.both > 50 && seen.neither > 200, JSON.stringify(seen));
  assertEquals(seen["only V8"], 0);
});

Deno.test("one wrong function does not keep the others from being judged; the same proposal is told once", () => {
  const codes = (...bodies: readonly (readonly number[])[]) => {
    const result = loadModule(wasm(
      section(1, vector([0x60, 0, 0])),
      section(3, vector(...bodies.map(() => [0]))),
      section(10, vector(...bodies.map((bytes) => body(bytes)))),
    ));
    return result.ok ? [] : result.error.map(({ kind, code }) => `${kind} ${code}`);
  };
  const simd = [0xfd, 0x0c], drop = [0x1a], atomic = [0xfe, 0x03, 0x00], illegal = [0xff];
  assertEquals(codes([0x01], [0x00]), []);
  assertEquals(codes(drop, simd, drop, simd, atomic), [
    "invalid type_mismatch",
    "feature simd",
    "invalid type_mismatch",
    "feature threads",
  ]);
  assertEquals(codes(illegal, drop), ["malformed opcode"]);
  assertEquals(codes(...new Array(100).fill(drop)).length, 16);
});

Deno.test("labels of one br_table agree in number, and each takes what is on the stack", () => {
  /** A block of one type around one of another, and the code in them; what the outer one leaves is dropped. */
  const within = (outer: number, inner: number, code: readonly number[]) =>
    wasm(
      section(1, vector([0x60, 0, 0])),
      section(3, vector([0])),
      section(
        10,
        vector(body([0x02, outer, 0x02, inner, ...code, 0x0b, 0x1a, 0x00, 0x0b, ...(outer === 0x40 ? [] : [0x1a])])),
      ),
    );
  const [i32, i64, none] = [0x7f, 0x7e, 0x40];
  const branch = [0x41, 0, 0x0e, 1, 1, 0];
  const value = { [i32]: [0x41, 0], [i64]: [0x42, 0] };
  assertEquals(judge(within(i32, i32, [...value[i32]!, ...branch])), "both");
  assertEquals(judge(within(i64, i32, [...value[i32]!, ...branch])), "neither");
  assertEquals(judge(within(i32, i64, [...value[i32]!, ...branch])), "neither");
  assertEquals(judge(within(i32, i64, [0x00, ...branch])), "both");
  assertEquals(judge(within(i32, i64, [0x00, ...value[i32]!, ...branch])), "neither");
  assertEquals(judge(within(none, i32, [0x00, ...branch])), "neither");
});

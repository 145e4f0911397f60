import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { utf8ToBytes } from "../../core/bytes.ts";
import { isJson, type Json, readJson } from "./json.ts";

const runs = { numRuns: 500 };

/** What JSON.parse makes of the same text, told as {@linkcode readJson} tells it; undefined: nothing. */
function expected(text: string): unknown {
  try {
    return [
      JSON.parse(
        text,
        ((_key: string, value: unknown, { source }: { source?: string }) => {
          if (typeof value === "number" && /^(?:0|[1-9][0-9]{0,19})$/.test(source!)) return BigInt(source!);
          return typeof value === "string" ? value.toWellFormed() : value;
        }) as (key: string, value: unknown) => unknown,
      ),
    ];
  } catch {
    return undefined;
  }
}

/** Objects here have no prototype. */
const plain = (json: Json): unknown => {
  if (json === null || typeof json !== "object") return json;
  if (Array.isArray(json)) return json.map(plain);
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, plain(value)]));
};

const found = (text: string): unknown => {
  const result = readJson(utf8ToBytes(text));
  return result.ok ? [plain(result.value)] : undefined;
};

Deno.test("readJson() reads what JSON.parse reads, with spaces anywhere", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), fc.constantFrom(undefined, 1, "\t", " \n\r"), (text, space) => {
      const spaced = JSON.stringify(JSON.parse(text), null, space);
      for (const one of [text, spaced, ` ${spaced}\n`]) assertEquals(found(one), expected(one));
    }),
    runs,
  );
});

Deno.test("readJson() refuses what JSON.parse refuses", () => {
  const piece = fc.constantFrom(
    ...'{}[],:" -+.eE019tfn\\u/\u0001é',
    "true",
    "false",
    "null",
    '"a"',
    "12",
    '"\\n\\u0041"',
    '"\\ud800"',
    "\ufeff",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join("");
      assertEquals(found(text), expected(text));
      assertEquals(isJson(utf8ToBytes(text)), expected(text) !== undefined);
    }),
    { numRuns: 5_000 },
  );
});

Deno.test("readJson() keeps whole numbers to the last digit, and names whatever they are", () => {
  assertEquals(found("[18446744073709551615,0,-1,1.0,1e2]"), [[18446744073709551615n, 0n, -1, 1, 100]]);
  const odd = readJson(utf8ToBytes('{"__proto__":{"a":1},"constructor":2}'));
  assert(odd.ok);
  assertEquals(Object.entries(odd.value as object).map(([name]) => name), ["__proto__", "constructor"]);
});

Deno.test("readJson() is bounded in depth, and takes no stack for it", () => {
  const nested = (depth: number) => utf8ToBytes("[".repeat(depth) + "]".repeat(depth));
  assertEquals([readJson(nested(200)).ok, readJson(nested(201)).ok, readJson(nested(500_000)).ok], [
    true,
    false,
    false,
  ]);
  assertEquals([isJson(nested(10_000)), isJson(nested(10_001))], [true, false]);
});

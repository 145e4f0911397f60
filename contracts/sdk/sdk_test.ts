/** What the AssemblyScript library computes, asked of a contract that does nothing else. */
import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import { buildContract } from "../../tests/helpers/built_contract.ts";
import { ContractError, MockChain } from "./mod.ts";

const wasm = await buildContract(new URL("./assembly/testing/probe.ts", import.meta.url));
const MAX = 2n ** 128n - 1n;

function start(options: ConstructorParameters<typeof MockChain>[0] = {}) {
  const chain = new MockChain(options);
  const alice = chain.account("alice");
  const probe = chain.instantiate(alice, chain.store(wasm), {}, { admin: alice });
  return { chain, alice, probe };
}
const { probe } = start();

function refusal(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof ContractError) return error.message;
    throw error;
  }
}

/** Numbers of all sizes, and those at the edges of words. */
const uint128 = fc.oneof(
  fc.bigInt({ min: 0n, max: MAX }),
  fc.tuple(fc.integer({ min: 0, max: 128 }), fc.bigInt({ min: -2n, max: 2n })).map(([bits, near]) => {
    const value = 2n ** BigInt(bits) + near;
    return value < 0n ? 0n : value > MAX ? MAX : value;
  }),
);

const OPERATIONS: Record<string, (a: bigint, b: bigint) => bigint> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  mod: (a, b) => a % b,
};

for (const [operation, exact] of Object.entries(OPERATIONS)) {
  Deno.test(`Uint128 ${operation} is exact, or refuses`, () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(uint128, uint128), { minLength: 20, maxLength: 40 }), (pairs) => {
        const divides = operation === "div" || operation === "mod";
        const fits = ([a, b]: [bigint, bigint]) => divides ? b !== 0n : exact(a, b) >= 0n && exact(a, b) <= MAX;
        const ask = (some: [bigint, bigint][]) =>
          probe.query({ calculate: { operation, pairs: some.map(([a, b]) => ({ a, b })) } });
        const good = pairs.filter(fits);
        assertEquals(ask(good), good.map(([a, b]) => exact(a, b).toString()));
        for (const pair of pairs.filter((pair) => !fits(pair)).slice(0, 3)) {
          assertMatch(refusal(() => ask([pair])) ?? "none", /^(Overflow: Cannot|Divide by zero)/);
        }
      }),
      { numRuns: 15 },
    );
  });
}

Deno.test("Uint128 compares, and multiplies by a ratio without losing anything in between", () => {
  fc.assert(
    fc.property(uint128, uint128, uint128, (a, b, c) => {
      const word = (a < b ? "<" : "") + (a <= b ? "<=" : "") + (a === b ? "==" : "!=") + (a >= b ? ">=" : "") +
        (a > b ? ">" : "");
      assertEquals(probe.query({ compare: { pairs: [{ a, b }, { a, b: a }] } }), [word, "<===>="]);
      const exact = c === 0n ? undefined : a * b / c;
      const ask = () => probe.query({ ratio: { value: a, numerator: b, denominator: c } });
      if (exact !== undefined && exact <= MAX) assertEquals(ask(), exact.toString());
      else assertMatch(refusal(ask) ?? "none", /^(Overflow|Divide by zero)/);
    }),
    { numRuns: 60 },
  );
});

/** What JSON.parse takes, except numbers, which stay as they are written. */
function jsonParses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

Deno.test("every JSON value comes back as it was", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      const plain = JSON.parse(JSON.stringify(value));
      // Numbers that JavaScript may have rounded come back as bigints.
      const answer = JSON.stringify(
        probe.query({ echo: { value: plain } }),
        (_key, item) => typeof item === "bigint" ? Number(item) : item,
      );
      assertEquals(JSON.parse(answer), plain);
    }),
    { numRuns: 60 },
  );
});

Deno.test("JSON is taken exactly when JSON.parse takes it", () => {
  const reads = (text: string) => probe.query<boolean>({ reads_json: { text } });
  const broken = fc.tuple(fc.jsonValue({ maxDepth: 3 }), fc.nat(), fc.constantFrom(...'{}[]",:\\0123e.+-tfn \n\u0001x'))
    .map(([value, at, char]) => {
      const text = JSON.stringify(value);
      return text.slice(0, at % (text.length + 1)) + char + text.slice(at % (text.length + 1) + (at % 2));
    });
  const taken = (text: string) => refusal(() => reads(text)) === undefined;
  fc.assert(fc.property(broken, (text) => assertEquals(taken(text), jsonParses(text))), { numRuns: 150 });
  for (
    const text of [
      "",
      " ",
      "01",
      "-",
      "1.",
      "1e",
      '"\\u12"',
      '"\\x"',
      "[1,]",
      '{"a":1,}',
      "{a:1}",
      "nul",
      "1 2",
      "\ufeff1",
    ]
  ) {
    assertEquals(taken(text), false, text);
  }
  assertEquals([64, 65].map((depth) => taken("[".repeat(depth) + "]".repeat(depth))), [true, false]);
});

Deno.test("classes take what fits their types, and nothing else", () => {
  const value = {
    flag: true,
    tiny: 255,
    small: -(2 ** 31),
    large: 18446744073709551615n,
    signed: -9223372036854775808n,
    words: ["", 'a"\\\n\u0000\u001f/é€😀'],
    bytes: "AP8=",
    amount: "340282366920938463463374607431768211455",
    expires: { at_time: "1" },
    maybe: "x",
    start_after: 1,
  };
  const raw = (change: Record<string, unknown>) => ({
    typed: { value: { ...value, large: 5, signed: -5, ...change } },
  });
  // A bigint becomes digits in quotes in messages, and this one wants them without.
  const unquoted = JSON as unknown as { rawJSON(text: string): unknown };
  const numbers = { large: unquoted.rawJSON(String(value.large)), signed: unquoted.rawJSON(String(value.signed)) };
  assertEquals(probe.query(raw(numbers)), value);
  assertEquals(probe.query(raw({ maybe: undefined, start_after: undefined })), {
    ...value,
    large: 5,
    signed: -5,
    maybe: null,
    start_after: 7,
  });
  const bad: Record<string, unknown>[] = [
    { flag: 1 },
    { flag: undefined },
    { tiny: 256 },
    { tiny: -1 },
    { tiny: 1.5 },
    { tiny: "1" },
    { small: 2 ** 31 },
    { small: -(2 ** 31) - 1 },
    { large: -1 },
    { large: 2 ** 70 },
    { words: "a" },
    { words: [1] },
    { bytes: "AP8" },
    { bytes: "AP9=" },
    { bytes: "AP8=\n" },
    { amount: "340282366920938463463374607431768211456" },
    { amount: "" },
    { amount: "1.0" },
    { amount: 5 },
    { expires: { at_time: 1 } },
    { expires: {} },
    { maybe: 1 },
    { unknown: 1 },
  ];
  for (const change of bad) {
    assertMatch(refusal(() => probe.query(raw(change))) ?? JSON.stringify(change), /^Error parsing into type/);
  }
});

Deno.test("text is Unicode: no halves of characters, no UTF-8 in other forms", () => {
  const rows = (text: string) => probe.query<string>({ read_text: { json: new TextEncoder().encode(text) } });
  assertEquals(['"\\ud83d\\ude00"', '"é\\n€😀"'].map(rows), ["😀", "é\n€😀"]);
  for (const text of ['"\\ud83d"', '"\\ude00\\ud83d"', '"x\\ud83dx"']) {
    assertMatch(refusal(() => rows(text)) ?? text, /Unicode/);
  }
  // An overlong "a", half a character, a surrogate, a lone continuation, a byte that never is.
  for (const hex of ["c1a1", "c3", "eda080", "80", "ff"]) {
    const json = new Uint8Array([34, ...Uint8Array.fromHex(hex), 34]);
    assertMatch(refusal(() => probe.query({ read_text: { json } })) ?? hex, /no UTF-8/);
  }
});

Deno.test("bytes become hexadecimal, base64 and hashes, and addresses bytes", async () => {
  for (const length of [0, 1, 2, 3, 55, 56, 63, 64, 65, 200]) {
    const bytes = Uint8Array.from({ length }, (_, i) => i * 151 + length);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
    const answer = { hex: bytes.toHex(), base64: bytes.toBase64(), sha256: hash, text: "é€😀" };
    assertEquals(probe.query({ bytes: { value: bytes } }), answer);
  }
  const { alice } = start();
  assertEquals(probe.query({ addresses: { address: alice } }), alice);
  assertThrows(() => probe.query({ addresses: { address: "cat1x" } }), ContractError, "addr_canonicalize");
});

Deno.test("maps keep their keys in order, and apart from those of other maps", () => {
  const key = fc.integer({ min: -5, max: 5 });
  const bound = fc.option(key, { nil: undefined });
  fc.assert(
    fc.property(fc.array(fc.tuple(key, fc.boolean()), { maxLength: 12 }), bound, bound, fc.boolean(), fc.nat(6), (
      changes,
      from,
      before,
      descending,
      limit,
    ) => {
      const { probe, alice } = start();
      const model = new Map<number, string>();
      for (const [at, [key, there]] of changes.entries()) {
        if (there) model.set(key, `v${at}`);
        else model.delete(key);
        probe.execute(alice, there ? { put: { key, value: `v${at}` } } : { drop: { key } });
      }
      const rows = [...model].filter(([key]) => key >= (from ?? -9) && key < (before ?? 9)).sort(([a], [b]) => a - b);
      const expected = (descending ? rows.reverse() : rows).slice(0, limit);
      assertEquals(probe.query({ numbers: { from, before, descending, limit } }), expected);
    }),
    { numRuns: 40 },
  );
  const { probe, alice } = start();
  const pairs: [string, number][] = [["a", 256], ["a", 1], ["ab", 3], ["", 2]];
  for (const [first, second] of pairs) probe.execute(alice, { put_pair: { first, second } });
  assertEquals(["a", "ab", "", "b"].map((first) => probe.query({ pairs: { first } })), [[1, 256], [3], [2], []]);
});

Deno.test("the first failure is the answer, and nothing that was written is kept", () => {
  const { probe, alice, chain } = start();
  assertEquals(refusal(() => probe.execute(alice, { fail_twice: {} })), "first");
  assertEquals(probe.query({ started: {} }), 1);
  assertMatch(refusal(() => probe.execute(alice, { trap: { list: [] } })) ?? "", /Index out of range/);
  assertEquals(
    refusal(() => chain.migrate(chain.account("bob"), probe.address, 1, {})),
    "can not migrate: unauthorized",
  );
  chain.migrate(alice, probe.address, 1, { value: 5 });
  assertEquals(probe.query({ started: {} }), 5);
  chain.sudo(probe.address, { set: { value: 6 } });
  assertEquals(probe.query({ started: {} }), 6);
});

Deno.test("messages are carried out, and replies come when they were asked for", () => {
  const lines: string[] = [];
  const { probe, alice } = start({ onDebug: (line) => lines.push(line) });
  const call = (on: string, id: number, message: object) => probe.execute(alice, { call: { on, id, message } });
  const note = (line: string) => ({ note: { line, data: "x" } });
  call("never", 1, note("one"));
  const outcome = call("always", 2, note("two"));
  assertEquals(new TextDecoder().decode(outcome.data), "from call");
  call("error", 3, note("three"));
  call("error", 4, { fail_twice: {} });
  assertEquals(refusal(() => call("success", 6, { fail_twice: {} })), "first");
  assertEquals(refusal(() => call("always", 5, note("five"))), "not this one");
  // What a reply gets as data is MsgExecuteContractResponse: field 1, one byte, "x".
  assertEquals(probe.query({ log: {} }), [
    "one",
    "two",
    "reply 2 two0a0178",
    "three",
    "reply 4 codespace: wasm, code: 5",
  ]);
  assertEquals(lines, ["call 1", "call 2", "call 3", "call 4", "call 6", "call 5"]);
  assertEquals(outcome.events.map(({ type }) => type), ["execute", "wasm-calling", "execute", "wasm", "reply"]);
});

Deno.test("a contract asks others and the bank", () => {
  const { chain, probe, alice } = start();
  const other = chain.instantiate(alice, 1, {});
  assertEquals(probe.query({ started_of: { contract: other.address } }), 1);
  assertEquals(probe.query({ log_of: { contract: other.address } }), []);
  assertEquals(probe.query({ log_of: { contract: alice } }), null);
  assertEquals(probe.query({ raw_of: { contract: other.address, key: "started" } }), "1");
  assertEquals(probe.query({ raw_of: { contract: other.address, key: "x" } }), "nothing");
  chain.mint(alice, "euro", MAX);
  assertEquals(probe.query({ balance_of: { address: alice, denom: "euro" } }), MAX.toString());
  assertEquals(probe.query({ block: {} }), `1 ${chain.nanos} ${chain.time} mock-1`);
});

Deno.test("calls that ask others cost the fuel of both, and an endless one ends", () => {
  const { chain, probe, alice } = start({ fuel: 300_000_000n });
  const value = Array.from({ length: 4000 }, (_, at) => at);
  assertMatch(refusal(() => probe.query({ echo: { value } })) ?? "", /[Oo]ut of gas/);
  const outcome = chain.execute(alice, probe.address, { note: { line: "x" } });
  assertEquals(outcome.fuel > 0n && outcome.fuel < 300_000_000n, true);
});

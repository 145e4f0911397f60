import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Deadlines } from "./deadlines.ts";
import { Dispatcher } from "./dispatcher.ts";
import { paramsFault } from "./fault.ts";
import { isDeeperThan, numericIdTexts } from "./json_scan.ts";
import type { Method, RawParams } from "./method.ts";
import { RPC_CONFIG_DEFAULT } from "./mod.ts";

const method = (invoke: (params: RawParams) => unknown): Method => ({
  names: [],
  socketOnly: false,
  ownTimeout: false,
  invoke,
  invokeUri: () => undefined,
});

const numbers = (params: RawParams) => Array.isArray(params) ? params as number[] : [];
const notified: unknown[] = [];

/** The methods the specification's examples assume. */
const SPEC_METHODS = new Map<string, Method>([
  [
    "subtract",
    method((params) => {
      const [minuend, subtrahend] = Array.isArray(params)
        ? params as number[]
        : [(params as Record<string, number>)["minuend"], (params as Record<string, number>)["subtrahend"]];
      return minuend! - subtrahend!;
    }),
  ],
  ["sum", method((params) => numbers(params).reduce((sum, each) => sum + each, 0))],
  ["get_data", method(() => Promise.resolve(["hello", 5]))],
  ["update", method((params) => notified.push(params))],
  ["notify_hello", method((params) => notified.push(params))],
  ["notify_sum", method((params) => notified.push(params))],
  ["echo", method((params) => params)],
  ["bad", method(() => paramsFault("never right"))],
  [
    "boom",
    method(() => {
      throw new Error("secret path /home/x");
    }),
  ],
  ["reject", method(() => Promise.reject(new Error("secret")))],
  ["never", method(() => new Promise(() => {}))],
]);

function dispatcher(limits = {}, timeoutMs = 0, onError?: (method: string, error: unknown) => void) {
  const hooks = onError === undefined ? {} : { onError };
  return new Dispatcher(SPEC_METHODS, { ...RPC_CONFIG_DEFAULT, ...limits }, new Deadlines(timeoutMs), hooks);
}
const run = async (text: string, limits = {}) => await dispatcher(limits).dispatch(text, { remote: "test" });
const parsed = async (text: string, limits = {}) => JSON.parse(await run(text, limits) ?? "null");

/** Error messages and data are ours; codes are the specification's. */
function withoutMessages(reply: unknown): unknown {
  if (Array.isArray(reply)) return reply.map(withoutMessages);
  const { error, ...rest } = reply as { error?: { code: number } };
  return error === undefined ? rest : { ...rest, error: { code: error.code } };
}

const vectors = JSON.parse(
  Deno.readTextFileSync(new URL("../../tests/vectors/jsonrpc/spec_examples.json", import.meta.url)),
) as { cases: [string, unknown][] };

for (const [index, [request, expected]] of vectors.cases.entries()) {
  Deno.test(`specification example ${index}: ${request.slice(0, 70)}`, async () => {
    const reply = await run(request);
    assertEquals(reply === undefined ? null : withoutMessages(JSON.parse(reply)), expected);
  });
}

const IDS = [
  "1",
  "0",
  "-1",
  "1.0",
  "-0",
  "1e2",
  "1E+2",
  "0.1",
  "12345678901234567890",
  "123456789012345678901234567890.5",
  "999999999999999",
  "9007199254740993",
  "null",
  '""',
  '"1"',
  '"a\\"b"',
  '"é\u2028"',
];
for (const id of IDS) {
  Deno.test(`id ${id} comes back as it went`, async () => {
    const spaced = await run(`{"jsonrpc":"2.0","method":"sum","params":[1],"id" :\n ${id} }`);
    assertEquals(spaced, `{"jsonrpc":"2.0","id":${id},"result":1}`);
    const first = await run(`[{"id":${id},"jsonrpc":"2.0","method":"echo","params":{"id":1.50}},{"id":7.0}]`);
    assert(first?.startsWith(`[{"jsonrpc":"2.0","id":${id},"result":{"id":1.5}}`), first);
    assert(first?.includes('"id":7.0,"error"'), first);
  });
}

Deno.test("an id under an escaped key is an id all the same", async () => {
  assertEquals(
    await run('{"jsonrpc":"2.0","method":"sum","params":[],"\\u0069d":1.0}'),
    '{"jsonrpc":"2.0","id":1.0,"result":0}',
  );
});

Deno.test("any number as an id comes back in its own text [property]", () =>
  fc.assert(
    fc.asyncProperty(
      fc.stringMatching(/^-?(0|[1-9]\d{0,30})(\.\d{1,30})?([eE][+-]?\d{1,3})?$/),
      async (id) => {
        const reply = await run(`{"jsonrpc":"2.0","method":"sum","params":[],"id":${id}}`);
        assertEquals(reply, `{"jsonrpc":"2.0","id":${id},"result":0}`);
      },
    ),
    { numRuns: 500 },
  ));

Deno.test("plain integers need no second reading", () => {
  assertEquals(numericIdTexts('{"id":12,"params":{"id":"1.0"}}'), undefined);
  assertEquals(numericIdTexts('{"id":1.0}'), ["1.0"]);
});

const INVALID = [
  '{"jsonrpc":"1.0","method":"sum","id":1}',
  '{"method":"sum","id":1}',
  '{"jsonrpc":"2.0","id":1}',
  '{"jsonrpc":"2.0","method":null,"id":1}',
  '{"jsonrpc":"2.0","method":"sum","params":"bar","id":1}',
  '{"jsonrpc":"2.0","method":"sum","params":null,"id":1}',
  '{"jsonrpc":"2.0","method":"sum","id":{}}',
  '{"jsonrpc":"2.0","method":"sum","id":[1]}',
  '{"jsonrpc":"2.0","method":"sum","id":true}',
  "1",
  '"x"',
  "null",
  "true",
];
for (const request of INVALID) {
  Deno.test(`${request} is an invalid request`, async () => {
    const { error, id } = await parsed(request);
    assertEquals(error.code, -32600);
    assertEquals(id, request.includes('"id":1') ? 1 : null);
  });
}

for (const text of ["", "{", "[", "{'a':1}", '{"jsonrpc":"2.0"}x', "\ufeff1", "NaN", '{"id":01}']) {
  Deno.test(`${JSON.stringify(text)} does not parse`, async () => {
    const { error, id } = await parsed(text);
    assertEquals([error.code, id], [-32700, null]);
  });
}

Deno.test("nothing that comes in as a text makes the dispatcher throw [property]", () =>
  fc.assert(
    fc.asyncProperty(fc.oneof(fc.string({ maxLength: 60 }), fc.json()), async (text) => {
      const reply = await run(text);
      if (reply !== undefined) JSON.parse(reply);
    }),
    { numRuns: 500 },
  ));

Deno.test("depth is counted outside of strings", () => {
  assertEquals(isDeeperThan('[[["[[[[[["]]]', 3), false);
  assertEquals(isDeeperThan('[[["\\"[[[[", [1]]]]', 3), true);
  assertEquals(isDeeperThan('["\\\\", [[[', 3), true);
  assertEquals(isDeeperThan("[]".repeat(1000), 1), false);
});

Deno.test("deep JSON is refused before it is parsed, in linear time", async () => {
  for (const text of ["[".repeat(1_000_000), '{"a":'.repeat(200_000), '"' + '\\"'.repeat(500_000)]) {
    const { error } = await parsed(text);
    assertEquals(error.code, -32700);
  }
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  const request = (depth: number) => `{"jsonrpc":"2.0","id":1,"method":"echo","params":${nested(depth)}}`;
  assertEquals((await parsed(request(31))).id, 1);
  assertEquals((await parsed(request(32))).error.code, -32700);
});

Deno.test("a batch over the limit is refused as a whole", async () => {
  const batch = (count: number) =>
    `[${'{"jsonrpc":"2.0","id":1,"method":"sum","params":[]},'.repeat(count).slice(0, -1)}]`;
  assertEquals((await parsed(batch(100))).length, 100);
  const { error, id } = await parsed(batch(101));
  assertEquals([error.code, error.data, id], [-32600, "batch of 101 requests: at most 100", null]);
});

Deno.test("a batch stops answering when its answers are too large", async () => {
  const big = "x".repeat(1000);
  const batch = Array.from({ length: 5 }, (_, id) => ({ jsonrpc: "2.0", id, method: "echo", params: [big] }));
  const replies = await parsed(JSON.stringify(batch), { responseBytesMax: 1500 });
  assertEquals(replies.map((reply: { error?: { code: number } }) => reply.error?.code ?? 0), [
    0,
    0,
    -32000,
    -32000,
    -32000,
  ]);
});

Deno.test("the calls of a batch start in order", async () => {
  notified.length = 0;
  const batch = Array.from({ length: 40 }, (_, i) => ({ jsonrpc: "2.0", method: "update", params: [i] }));
  assertEquals(await run(JSON.stringify(batch)), undefined);
  assertEquals(notified, Array.from({ length: 40 }, (_, i) => [i]));
});

Deno.test("what a method throws stays inside and is reported", async () => {
  const reported: string[] = [];
  const guarded = dispatcher({}, 0, (name, error) => reported.push(`${name}: ${(error as Error).message}`));
  for (const name of ["boom", "reject"]) {
    const reply = await guarded.dispatch(`{"jsonrpc":"2.0","id":1,"method":"${name}"}`, { remote: "test" });
    assertEquals(JSON.parse(reply!).error, { code: -32603, message: "Internal error", data: "unexpected failure" });
  }
  assertEquals(reported, ["boom: secret path /home/x", "reject: secret"]);
  assertEquals((await parsed('{"jsonrpc":"2.0","id":1,"method":"bad"}')).error.code, -32602);
});

Deno.test("a call that takes too long is answered and forgotten", async () => {
  const slow = dispatcher({}, 5);
  const request = '{"jsonrpc":"2.0","id":1,"method":"never"}';
  const replies = await Promise.all([1, 2, 3].map(() => slow.dispatch(request, { remote: "test" })));
  for (const reply of replies) assertEquals(JSON.parse(reply!).error.data, "timed out after 5 ms");
  slow.deadlines.close();
});

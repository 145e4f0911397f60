import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { parseDurationNs } from "./_duration.ts";
import {
  encodeForwardMemo,
  type Forward,
  FORWARD_HOPS_MAX,
  MEMO_BYTES_MAX,
  memoForNext,
  parseForwardMemo,
} from "./mod.ts";

const HOP = { receiver: "noble1f4", port: "transfer", channel: "channel-0" };
const parse = (forward: unknown) => parseForwardMemo(JSON.stringify({ forward }));
const code = (forward: unknown) => {
  const result = parse(forward);
  return result.ok ? "ok" : `${result.error.codespace}/${result.error.code}`;
};
const value = (forward: unknown) => {
  const result = parse(forward);
  assert(result.ok, JSON.stringify(forward));
  return result.value;
};
const READ: Forward = { receiver: "noble1f4", portId: "transfer", channelId: "channel-0", timeoutNs: 0n };

Deno.test("a memo without an object under forward asks for nothing", () => {
  const plain = [
    "",
    "hello",
    "{}",
    "[]",
    "null",
    "7",
    '{"wasm":{}}',
    '{"forward":null}',
    '{"forward":"x"}',
    '{"forward":[]}',
  ];
  for (const memo of [...plain, '{"Forward":{}}', '{"forward":{}', "[".repeat(MEMO_BYTES_MAX)]) {
    assertEquals(parseForwardMemo(memo), { ok: true, value: undefined }, memo.slice(0, 40));
  }
});

Deno.test("a hop names receiver, port and channel, and may set timeout, retries and what comes next", () => {
  assertEquals(value(HOP), READ);
  assertEquals(value({ ...HOP, timeout: 60_000_000_000 })?.timeoutNs, 60_000_000_000n);
  assertEquals(value({ ...HOP, timeout: "1m0.5s" })?.timeoutNs, 60_500_000_000n);
  assertEquals(value({ ...HOP, timeout: -1.9 })?.timeoutNs, -1n);
  for (const [retries, expected] of [[0, 0], [255, 255], [2.7, 2]]) {
    assertEquals(value({ ...HOP, retries }), { ...READ, retries: expected! });
  }
  const next = { ...HOP, receiver: "osmo1l5" };
  const expected = { ...READ, next: { ...READ, receiver: "osmo1l5" } };
  assertEquals(value({ ...HOP, next: { forward: next } }), expected);
  assertEquals(value({ ...HOP, next: JSON.stringify({ forward: next }) }), expected);
});

Deno.test("a hop that is wrong is refused, at every depth", () => {
  const refused: [change: object, code: string][] = [
    [{ receiver: undefined }, "packetfowardmiddleware/1"],
    [{ port: 7 }, "packetfowardmiddleware/1"],
    [{ channel: null }, "packetfowardmiddleware/1"],
    [{ receiver: "" }, "packetfowardmiddleware/2"],
    [{ port: "!nv@lidport" }, "host/2"],
    [{ channel: "invalid|channel" }, "host/2"],
    [{ timeout: "soon" }, "packetfowardmiddleware/2"],
    [{ timeout: true }, "packetfowardmiddleware/2"],
    [{ timeout: 1e19 }, "packetfowardmiddleware/2"],
    [{ timeout: null }, "packetfowardmiddleware/2"],
    [{ retries: 256 }, "packetfowardmiddleware/2"],
    [{ retries: -1 }, "packetfowardmiddleware/2"],
    [{ retries: "2" }, "packetfowardmiddleware/2"],
    [{ next: 42 }, "packetfowardmiddleware/2"],
    [{ next: "no json" }, "packetfowardmiddleware/2"],
    [{ next: "[]" }, "packetfowardmiddleware/2"],
    [{ next: "" }, "packetfowardmiddleware/2"],
    [{ next: [] }, "packetfowardmiddleware/2"],
    [{ next: { forward: {} } }, "packetfowardmiddleware/1"],
  ];
  for (const [change, expected] of refused) {
    assertEquals(code({ ...HOP, ...change }), expected, JSON.stringify(change));
    assertEquals(code({ ...HOP, next: { forward: { ...HOP, ...change } } }), expected, JSON.stringify(change));
  }
});

Deno.test("null stands for no retries and no next hop, as wallets write options that are not used", () => {
  assertEquals(value({ ...HOP, retries: null, next: null }), READ);
});

Deno.test("what the next chain is asked besides forwarding reaches it word for word", () => {
  const wasm =
    '{ "wasm": {"contract":"osmo1c","msg":{"swap":{"b":1e2,"a":1716000000000000001,"2":[],"1":"\\u00e9, }"}}} }';
  const callback = `{"forward":${JSON.stringify(HOP)},"dest_callback":{"address":"osmo1c","gas_limit":"200000"}}`;
  const unknownKey = `{"forward":{"hint":"}","receiver":"noble1f4","port":"transfer","channel":"channel-0"}}`;
  const twoDeep = `{"forward":{"receiver":"x","port":"transfer","channel":"channel-9","next":${wasm}}}`;
  const deep = `{"x":${"[".repeat(10_000)}${"]".repeat(10_000)}}`;
  const start =
    '{"note":{"forward":{"next":{}}},"forward":{"receiver":"noble1f4","port":"transfer","channel":"channel-0"';
  const hidden = '"n":{"next":{"no":1}},"next" :';
  for (const memo of [wasm, callback, unknownKey, twoDeep, "{}", '{"forward":null}', '{"forward":"x"}', deep]) {
    for (const next of [memo, JSON.stringify(memo)]) {
      const result = parseForwardMemo(`${start},${hidden} ${next}\n}, "wasm":{"next":{"no":1}}}`);
      assert(result.ok && result.value !== undefined, memo.slice(0, 60));
      const onwards = memoForNext(result.value);
      assertEquals(onwards, memo === twoDeep ? encoded(twoDeep, wasm) : memo.trim());
      assertEquals(parseForwardMemo(encodeForwardMemo(result.value)), result);
    }
  }
  const parsed = parseForwardMemo(`${start},"next":${callback}}}`);
  assertEquals(parsed, { ok: true, value: { ...READ, next: READ, nextMemo: callback } });
  // Of two the last counts, as Go reads objects.
  const twice = parseForwardMemo(`${start},"next":{"a":1},"n\\u0065xt":{"b":2}}}`);
  assertEquals(twice, { ok: true, value: { ...READ, nextMemo: '{"b":2}' } });
});

/** A memo of known keys alone is written anew, in sorted order, around the part that is not ours. */
function encoded(memo: string, inner: string): string {
  const { receiver, port, channel } = JSON.parse(memo).forward;
  return `{"forward":{"channel":"${channel}","next":${inner},"port":"${port}","receiver":"${receiver}"}}`;
}

Deno.test("hops and bytes are bounded", () => {
  const chain = (hops: number): object => hops === 1 ? HOP : { ...HOP, next: { forward: chain(hops - 1) } };
  assertEquals(code(chain(FORWARD_HOPS_MAX)), "ok");
  assertEquals(code(chain(FORWARD_HOPS_MAX + 1)), "packetfowardmiddleware/2");
  const long = parseForwardMemo("x".repeat(MEMO_BYTES_MAX + 1));
  assert(!long.ok && long.error.code === 11);
});

const hops = fc.letrec<{ hop: Forward }>((tie) => ({
  hop: fc.record({
    receiver: fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }),
    portId: fc.constantFrom("transfer", "transfer.2"),
    channelId: fc.nat(500).map((n) => `channel-${n}`),
    timeoutNs: fc.bigInt(0n, 2n ** 52n),
    retries: fc.nat(255),
    next: tie("hop"),
  }, { noNullPrototype: true, requiredKeys: ["receiver", "portId", "channelId", "timeoutNs"] }) as fc.Arbitrary<
    Forward
  >,
})).hop;

Deno.test("a forward comes back from its memo", () => {
  assertEquals(
    encodeForwardMemo({ ...READ, timeoutNs: 30n, retries: 2, next: READ }),
    '{"forward":{"channel":"channel-0","next":{"forward":{"channel":"channel-0","port":"transfer","receiver":"noble1f4"}},' +
      '"port":"transfer","receiver":"noble1f4","retries":2,"timeout":30}}',
  );
  fc.assert(fc.property(hops, (forward) => {
    assertEquals(parseForwardMemo(encodeForwardMemo(forward)), { ok: true, value: forward });
  }));
});

Deno.test("parseForwardMemo() never throws", () => {
  const fields = fc.record({
    receiver: fc.oneof(fc.string(), fc.jsonValue()),
    port: fc.constantFrom("transfer", "", 7),
    channel: fc.constantFrom("channel-0", null),
    timeout: fc.oneof(fc.double(), fc.string(), fc.constantFrom("5s", "1h", "-")),
    retries: fc.oneof(fc.double(), fc.nat(300)),
    next: fc.jsonValue(),
  }, { requiredKeys: [] });
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), fields.map((forward) => JSON.stringify({ forward }))), (memo) => {
      parseForwardMemo(memo);
    }),
  );
});

Deno.test("what stands in the place of a number or a text need not have a text of its own", () => {
  const deep = `${"[".repeat(16_000)}${"]".repeat(16_000)}`;
  for (const odd of ['{"toString":1,"valueOf":1}', '{"toString":null}', "{}", deep]) {
    for (const key of ["receiver", "port", "channel", "timeout", "retries", "next"]) {
      const fields = { receiver: '"noble1f4"', port: '"transfer"', channel: '"channel-0"', [key]: odd };
      const memo = `{"forward":{${Object.entries(fields).map(([name, text]) => `"${name}":${text}`).join(",")}}}`;
      // As what comes next an object may be for somebody else.
      if (key === "next") parseForwardMemo(memo);
      else assert(!parseForwardMemo(memo).ok, `${key}: ${odd.slice(0, 40)}`);
    }
  }
});

Deno.test("durations are read as Go reads them", () => {
  const good: [string, bigint][] = [
    ["0", 0n],
    ["-0", 0n],
    ["5s", 5_000_000_000n],
    ["+5s", 5_000_000_000n],
    ["-5s", -5_000_000_000n],
    ["1h15m30.918273645s", 4_530_918_273_645n],
    ["5.s", 5_000_000_000n],
    [".5s", 500_000_000n],
    ["10ns11us12µs13μs14ms", 14_036_010n],
    ["1.5ns", 1n],
    ["0.100000000000000000000h", 360_000_000_000n],
    ["0.3333333333333333333h", 1_200_000_000_000n],
    ["9007199254.740993s", 9_007_199_254_740_993_000n],
    ["9223372036854775807ns", 2n ** 63n - 1n],
    ["-9223372036854775808ns", -(2n ** 63n)],
  ];
  for (const [text, ns] of good) assertEquals(parseDurationNs(text), ns, text);
  const bad = [
    "",
    "3",
    "-",
    "s",
    ".",
    "-.",
    ".s",
    "+.s",
    "1d",
    "1 s",
    " 1s",
    "1s ",
    "1..5s",
    "0x1s",
    "1e3s",
    "1S",
    "--1s",
  ];
  for (
    const text of [...bad, "9223372036854775808ns", "9223372036854775.808us", "3000000h", "-9223372036854775809ns"]
  ) {
    assertEquals(parseDurationNs(text), undefined, text);
  }
  assertEquals(parseDurationNs("9".repeat(30_000) + "s"), undefined);
  assertEquals(parseDurationNs("1s".repeat(15_000)), 15_000_000_000_000n);
});

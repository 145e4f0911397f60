import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { utf8ToBytes } from "../bytes.ts";
import { decodePacketData, encodePacketData, MEMO_BYTES_MAX, PACKET_DATA_BYTES_MAX } from "./mod.ts";

const GOOD = { denom: "transfer/channel-0/uatom", amount: "10", sender: "cosmos1a", receiver: "cat1b" };
const decode = (json: string) => decodePacketData(utf8ToBytes(json));
const code = (json: string) => {
  const result = decode(json);
  return result.ok ? "ok" : `${result.error.codespace}/${result.error.code}`;
};

Deno.test("transfer data is written in the order of its fields, without an empty memo, with Go's escapes", () => {
  const data = { denom: "uatom", amount: 10n, sender: "a", receiver: "b", memo: "" };
  const text = (change: object) => new TextDecoder().decode(encodePacketData({ ...data, ...change }));
  assertEquals(text({}), '{"denom":"uatom","amount":"10","sender":"a","receiver":"b"}');
  assertEquals(
    text({ memo: "<&>" }),
    '{"denom":"uatom","amount":"10","sender":"a","receiver":"b","memo":"\\u003c\\u0026\\u003e"}',
  );
});

Deno.test("transfer data comes back from its bytes", () => {
  const texts = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 }).filter((text) => /\S/.test(text));
  const data = fc.record({
    denom: fc.constantFrom("uatom", "transfer/channel-7/uatom", "gamm/pool/1"),
    amount: fc.bigInt(1n, 2n ** 256n - 1n),
    sender: texts.map((text) => text + "x"),
    receiver: texts.map((text) => text + "x"),
    memo: fc.string({ unit: "grapheme", maxLength: 50 }),
  }, { noNullPrototype: true });
  fc.assert(fc.property(data, (value) => {
    assertEquals(decodePacketData(encodePacketData(value)), { ok: true, value });
  }));
});

Deno.test("known fields with strings are read, in any order", () => {
  const { denom, amount, sender, receiver } = GOOD;
  assertEquals(code(JSON.stringify({ receiver, sender, memo: "", amount, denom })), "ok");
  assertEquals(code(` ${JSON.stringify(GOOD)}\n`), "ok");
  const json = JSON.stringify(GOOD);
  const malformed = [
    ...["", "null", "[]", "7", json + "x", json + json, "\ufeff" + json],
    ...[
      '"memo":7',
      '"memo":{}',
      '"memo":["x"]',
      '"memo":false',
      '"extra":"x"',
      '"Memo":"x"',
      '"__proto__":"x"',
      '"toString":"x"',
    ]
      .map((field) => json.replace("{", `{${field},`)),
    json.replace("denom", "Denom"),
    json.replace('"10"', "10"),
    "[".repeat(PACKET_DATA_BYTES_MAX),
  ];
  for (const bad of malformed) assertEquals(code(bad), "ibc/12", bad.slice(0, 60));
  assert(!decodePacketData(Uint8Array.of(...utf8ToBytes(json).subarray(0, -2), 0xff, 0x22, 0x7d)).ok);
});

Deno.test("null is as good as missing, as contracts write a memo they do not have", () => {
  const json = JSON.stringify(GOOD);
  for (const memo of ['"memo":null', '"memo":""']) assertEquals(decode(json.replace("{", `{${memo},`)), decode(json));
  for (const [key, expected] of [["denom", "transfer/3"], ["amount", "transfer/5"], ["sender", "ibc/5"]]) {
    assertEquals(code(JSON.stringify({ ...GOOD, [key!]: null })), expected!, key);
  }
});

Deno.test("what is missing or wrong is refused with the code of ibc-go", () => {
  const changed = (change: object) => code(JSON.stringify({ ...GOOD, ...change }));
  for (const amount of ["", "0", "-1", "+1", "01", "0x10", "1_000", "1.0", "1e3", " 1", "٣", "9".repeat(79)]) {
    assertEquals(changed({ amount }), "transfer/5", amount);
  }
  assertEquals(changed({ amount: (2n ** 256n).toString() }), "transfer/5");
  assertEquals(changed({ amount: (2n ** 256n - 1n).toString() }), "ok");
  assertEquals(changed({ sender: " " }), "ibc/5");
  assertEquals(changed({ receiver: undefined }), "ibc/5");
  assertEquals(changed({ denom: "transfer/channel-0/ " }), "transfer/3");
  assertEquals(changed({ denom: "(transfer)/channel-1/uatom" }), "host/2");
});

Deno.test("the memo is bounded in bytes, not characters, and so is the whole", () => {
  const withMemo = (memo: string) => code(JSON.stringify({ ...GOOD, memo }));
  assertEquals(withMemo("é".repeat(MEMO_BYTES_MAX / 2)), "ok");
  assertEquals(withMemo("é".repeat(MEMO_BYTES_MAX / 2) + "x"), "transfer/11");
  assertEquals(withMemo("x".repeat(MEMO_BYTES_MAX + 1)), "transfer/11");
  assertEquals(code(JSON.stringify(GOOD) + " ".repeat(PACKET_DATA_BYTES_MAX)), "ibc/12");
});

Deno.test("half a character becomes U+FFFD, as Go reads it", () => {
  const result = decode(JSON.stringify({ ...GOOD, sender: "x" }).replace('"x"', '"\\ud800"'));
  assert(result.ok);
  assertEquals(result.value.sender, "\ufffd");
});

Deno.test("decodePacketData() never throws", () => {
  const near = fc.record({
    denom: fc.string(),
    amount: fc.oneof(fc.string(), fc.nat(), fc.nat().map(String)),
    sender: fc.string(),
    receiver: fc.string(),
    memo: fc.oneof(fc.string(), fc.constant(null)),
  }, { requiredKeys: [] }).map((value) => utf8ToBytes(JSON.stringify(value)));
  fc.assert(fc.property(fc.oneof(near, fc.uint8Array({ maxLength: 60 }), fc.json().map(utf8ToBytes)), (bytes) => {
    const result = decodePacketData(bytes);
    if (result.ok) assertEquals(decodePacketData(encodePacketData(result.value)), result);
  }));
});

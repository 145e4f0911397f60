import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ResponseFinalizeBlock } from "cosmjs-types/tendermint/abci/types";
import { IoError } from "../core/errors.ts";
import { decodeResults, decodeResultsHead, encodeResults } from "./_results.ts";

const text = fc.oneof(
  fc.constantFrom("", "transfer", "cat1xyz", "\u{feff}é€𝄞"),
  fc.string({ unit: "grapheme", maxLength: 120 }),
);
const bytes = fc.oneof(fc.constantFrom(new Uint8Array(), Uint8Array.of(1, 2)), fc.uint8Array({ maxLength: 120 }));
const int64 = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n);
const event = fc.record({
  type: text,
  attributes: fc.array(fc.record({ key: text, value: text, index: fc.boolean() }), { maxLength: 4 }),
});
const result = fc.record({
  code: fc.oneof(fc.nat(300), fc.constant(0xffff_ffff)),
  data: bytes,
  log: text,
  info: text,
  gasWanted: int64,
  gasUsed: fc.bigInt(0n, 2n ** 33n),
  events: fc.array(event, { maxLength: 4 }),
  codespace: text,
});
const response = fc.record({
  events: fc.array(event, { maxLength: 3 }),
  txResults: fc.array(result, { maxLength: 30 }),
  updates: fc.boolean(),
  appHash: bytes,
}).map(({ updates, ...given }) =>
  ResponseFinalizeBlock.fromPartial({
    ...given,
    ...(updates && {
      validatorUpdates: [{ pubKey: { ed25519: new Uint8Array(32) }, power: 5n }],
      consensusParamUpdates: { block: { maxBytes: 1n, maxGas: -1n } },
    }),
  })
);

Deno.test("decodeResults() gives back what encodeResults() was given", async () => {
  await fc.assert(
    fc.asyncProperty(response, async (given) => {
      const bytes = await encodeResults(given);
      // By their protobuf bytes: whether an absent field is undefined or not there is all one.
      const asProto = (each: ResponseFinalizeBlock) => ResponseFinalizeBlock.encode(each).finish();
      assertEquals(asProto(decodeResults(bytes)), asProto(given));
      assertEquals(decodeResultsHead(bytes).appHash, given.appHash);
    }),
  );
});

Deno.test("encodeResults() writes a text once however often it comes", async () => {
  const events = [{ type: "transfer", attributes: [{ key: "sender", value: "s".repeat(40), index: true }] }];
  const txResults = Array.from({ length: 3_000 }, () => ({ events, data: new Uint8Array(40) }));
  const given = ResponseFinalizeBlock.fromPartial({ txResults });
  const stored = await encodeResults(given);
  assertEquals(decodeResults(stored).txResults.length, 3_000);
  assertEquals(stored.length < 3_000 * 20, true, `${stored.length} bytes`);
});

Deno.test("decodeResults() throws an IoError for every cut and for bytes left over", async () => {
  const events = [{ type: "t", attributes: [{ key: "k", value: "v", index: true }] }];
  const given = ResponseFinalizeBlock.fromPartial({ txResults: [{ events, gasUsed: 300n }, { events }] });
  const stored = await encodeResults(given);
  for (let length = 0; length < stored.length; length++) {
    assertThrows(() => decodeResults(stored.subarray(0, length)), IoError);
  }
  assertThrows(() => decodeResults(new Uint8Array([...stored, 0])), IoError);
  assertThrows(() => decodeResults(new Uint8Array([2, ...stored.subarray(1)])), IoError);
});

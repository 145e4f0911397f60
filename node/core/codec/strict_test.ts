import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { MsgSend } from "cosmjs-types/cosmos/bank/v1beta1/tx";
import { TxBody, TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { hexToBytes } from "../bytes.ts";
import { CODEC_CODE, decodeStrict, encode } from "./mod.ts";

const code = (bytes: Uint8Array) => {
  const result = decodeStrict(TxRaw, bytes, "transaction", 1_000);
  return result.ok ? "ok" : result.error.code;
};

Deno.test("decodeStrict() takes the canonical form only", () => {
  const cases: [hex: string, expected: string | number, why: string][] = [
    ["0a0101120102", "ok", "canonical"],
    ["", "ok", "empty"],
    ["1201020a0101", CODEC_CODE.notCanonical, "fields out of order"],
    ["0a01010a0101", CODEC_CODE.notCanonical, "a field twice"],
    ["0a00120102", CODEC_CODE.notCanonical, "a default written out"],
    ["0a810001", CODEC_CODE.notCanonical, "an overlong length"],
    ["0a0101220103", CODEC_CODE.notCanonical, "an unknown field"],
    ["0b0101", CODEC_CODE.notCanonical, "a wrong wire type"],
    ["0a0201", CODEC_CODE.malformed, "cut short"],
    ["0affffffff0f01", CODEC_CODE.malformed, "a length past the end"],
    ["23".repeat(900), CODEC_CODE.malformed, "groups in groups"],
  ];
  for (const [hex, expected, why] of cases) assertEquals(code(hexToBytes(hex)), expected, why);
});

Deno.test("decodeStrict() refuses more bytes than allowed before it reads them", () => {
  const result = decodeStrict(TxRaw, new Uint8Array(1_001), "transaction", 1_000);
  assertEquals(result, {
    ok: false,
    error: { codespace: "codec", code: CODEC_CODE.tooLong, message: "decode transaction: 1001 bytes, limit 1000" },
  });
});

Deno.test("decodeStrict() refuses broken UTF-8", () => {
  for (const hex of ["0a0161", "0a03ed9fbf", "0a04f09f9880"]) {
    assert(decodeStrict(MsgSend, hexToBytes(hex), "message", 100).ok, hex);
  }
  // In a byte field the same bytes are only bytes.
  assertEquals(code(hexToBytes("0a03eda080")), "ok");
  for (
    const hex of ["0a01ff", "0a02c080", "0a03eda080", "0a06eda080edb080", "0a04f4908080", "0a04f0808080", "0a01c3"]
  ) {
    assert(!decodeStrict(MsgSend, hexToBytes(hex), "message", 100).ok, hex);
  }
});

Deno.test("decodeStrict() never throws, and what it accepts encodes to the same bytes", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
    for (const codec of [TxRaw, TxBody, MsgSend]) {
      const result = decodeStrict<unknown>(codec as never, bytes, "message", 50);
      if (result.ok) assertEquals(encode(codec as never, result.value), bytes);
    }
  }));
});

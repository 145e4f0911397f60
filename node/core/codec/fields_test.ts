import { assert, assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { MsgTransfer } from "cosmjs-types/ibc/applications/transfer/v1/tx";
import { Height } from "cosmjs-types/ibc/core/client/v1/client";
import { PageRequest } from "cosmjs-types/cosmos/base/query/v1beta1/pagination";
import { Coin } from "cosmjs-types/cosmos/base/v1beta1/coin";
import { MsgMultiSend } from "cosmjs-types/cosmos/bank/v1beta1/tx";
import { decodeStrict, encode, fields, messageCodec } from "./mod.ts";

const { bool, bytes, message, messages, string, uint32, uint64 } = fields;

const TransferCodec = messageCodec(MsgTransfer.typeUrl, {
  sourcePort: string(1),
  sourceChannel: string(2),
  token: message(3, Coin),
  sender: string(4),
  receiver: string(5),
  timeoutHeight: message(6, Height),
  timeoutTimestamp: uint64(7),
  memo: string(8),
  encoding: string(9),
});
const PageCodec = messageCodec(PageRequest.typeUrl, {
  key: bytes(1),
  offset: uint64(2),
  limit: uint64(3),
  countTotal: bool(4),
  reverse: bool(5),
});
const InputCodec = messageCodec("/cosmos.bank.v1beta1.Input", { address: string(1), coins: messages(2, Coin) });
const MultiSendCodec = messageCodec(MsgMultiSend.typeUrl, {
  inputs: messages(1, InputCodec),
  outputs: messages(2, InputCodec),
});

const whole = { noNullPrototype: true };
const uint = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const text = fc.string({ unit: "grapheme" });
const coin = fc.record({ denom: text, amount: text }, whole);
const input = fc.record({ address: text, coins: fc.array(coin, { maxLength: 3 }) }, whole);

Deno.test("a codec from a table writes and reads what the generated codec of the same message does", () => {
  const transfer = fc.record({
    sourcePort: text,
    sourceChannel: text,
    token: coin,
    sender: text,
    receiver: text,
    timeoutHeight: fc.record({ revisionNumber: uint, revisionHeight: uint }, whole),
    timeoutTimestamp: uint,
    memo: text,
    encoding: text,
  }, whole);
  const page = fc.record({
    key: fc.uint8Array({ maxLength: 9 }),
    offset: uint,
    limit: uint,
    countTotal: fc.boolean(),
    reverse: fc.boolean(),
  }, whole);
  const multi = fc.record(
    { inputs: fc.array(input, { maxLength: 2 }), outputs: fc.array(input, { maxLength: 2 }) },
    whole,
  );
  fc.assert(fc.property(transfer, page, multi, (transfer, page, multi) => {
    assertEquals(encode(TransferCodec, transfer), encode(MsgTransfer, transfer));
    assertEquals(TransferCodec.decode(encode(MsgTransfer, transfer)), transfer);
    assertEquals(encode(PageCodec, page), encode(PageRequest, page));
    assertEquals(PageCodec.decode(encode(PageRequest, page)), page);
    assertEquals(encode(MultiSendCodec, multi), encode(MsgMultiSend, multi));
    assertEquals(MultiSendCodec.decode(encode(MsgMultiSend, multi)), multi);
  }));
});

Deno.test("a message that is not there stays away, and one with defaults stays there", () => {
  const none = { sourcePort: "transfer", sourceChannel: "channel-0", token: undefined, sender: "", receiver: "" };
  const rest = { timeoutTimestamp: 0n, memo: "", encoding: "" };
  const without = encode(TransferCodec, { ...none, ...rest, timeoutHeight: undefined });
  const zero = { revisionNumber: 0n, revisionHeight: 0n };
  const withZero = encode(TransferCodec, { ...none, ...rest, timeoutHeight: zero });
  assertEquals(withZero.toHex(), without.toHex() + "3200");
  for (const [bytes, expected] of [[without, undefined], [withZero, zero]] as const) {
    const decoded = decodeStrict(TransferCodec, bytes, "message", 100);
    assert(decoded.ok);
    assertEquals(decoded.value.timeoutHeight, expected);
  }
});

Deno.test("strict decoding with such a codec refuses unknown fields, defaults, repetitions and wrong order", () => {
  const Codec = messageCodec("/test", { a: uint32(1), b: string(2) });
  const code = (hex: string) => decodeStrict(Codec, Uint8Array.fromHex(hex), "message", 100).ok;
  assert(code("0801120161") && code("") && code("0801"));
  for (const hex of ["0800", "1200", "08011801", "1201610801", "08010802", "0a0101", "0880808080808001"]) {
    assertEquals(code(hex), false, hex);
  }
});

Deno.test("a table that gives a number twice is our own fault", () => {
  assertThrows(() => messageCodec("/test", { a: uint32(1), b: string(1) }), Error, "twice");
});

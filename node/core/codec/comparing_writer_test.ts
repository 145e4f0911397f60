import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { Duration } from "cosmjs-types/google/protobuf/duration";
import { ExecTxResult, ResponseFinalizeBlock } from "cosmjs-types/tendermint/abci/types";
import { Block } from "cosmjs-types/tendermint/types/block";
import { MsgSend } from "cosmjs-types/cosmos/bank/v1beta1/tx";
import { AuthInfo } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { equalBytes } from "../bytes.ts";
import { encode, type MessageCodec } from "./mod.ts";
import { encodesTo } from "./strict.ts";

const event = { type: "transfer", attributes: [{ key: "sender", value: "čat1é𝄞", index: true }, {}] };

/** Every kind of field that occurs in what we decode. */
const SAMPLES: readonly (readonly [MessageCodec<unknown>, unknown])[] = [
  [
    MsgSend,
    MsgSend.fromPartial({ fromAddress: "a", toAddress: "ž".repeat(70), amount: [{ denom: "u", amount: "1" }] }),
  ],
  [
    AuthInfo,
    AuthInfo.fromPartial({
      signerInfos: [{
        publicKey: { typeUrl: "/key", value: new Uint8Array(200).fill(1) },
        modeInfo: {
          multi: { bitarray: { extraBitsStored: 3, elems: Uint8Array.of(1) }, modeInfos: [{ single: { mode: 1 } }] },
        },
        sequence: 2n ** 40n,
      }],
      fee: { gasLimit: 200_000n, amount: [{ denom: "", amount: "" }] },
    }),
  ],
  [Duration, Duration.fromPartial({ seconds: -5n, nanos: -7 })],
  [
    ExecTxResult,
    ExecTxResult.fromPartial({ code: 0xffff_ffff, gasUsed: -1n, gasWanted: 3_000_000_000n, events: [event] }),
  ],
  [ResponseFinalizeBlock, ResponseFinalizeBlock.fromPartial({ events: [event], txResults: [{ events: [event] }, {}] })],
  [
    Block,
    Block.fromPartial({
      header: {
        height: 5n,
        chainId: "chain",
        time: { seconds: 1_700_000_000n, nanos: 5 },
        appHash: new Uint8Array(32),
      },
      data: { txs: [new Uint8Array(300), new Uint8Array(), Uint8Array.of(1)] },
      lastCommit: { height: 4n, signatures: [{ blockIdFlag: 2, signature: new Uint8Array(64) }] },
    }),
  ],
] as never;

Deno.test("encodesTo() says what comparing with the encoded bytes says", () => {
  for (const [codec, message] of SAMPLES) {
    const bytes = encode(codec, message);
    assert(encodesTo(codec, message, bytes), codec.typeUrl);
    for (let length = 0; length < bytes.length; length++) {
      assert(!encodesTo(codec, message, bytes.subarray(0, length)), `${codec.typeUrl} cut to ${length}`);
    }
    assert(!encodesTo(codec, message, new Uint8Array([...bytes, 0])), codec.typeUrl);
    for (let i = 0; i < bytes.length; i++) {
      for (const flip of [1, 0x80]) {
        const changed = bytes.slice();
        changed[i]! ^= flip;
        assert(!encodesTo(codec, message, changed), `${codec.typeUrl} changed at ${i}`);
      }
    }
  }
});

Deno.test("encodesTo() agrees with encode() about whatever decodes", () => {
  const edit = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    drop: fc.nat(3),
    put: fc.uint8Array({ maxLength: 3 }),
  });
  let decoded = 0;
  let canonical = 0;
  fc.assert(
    fc.property(fc.nat(SAMPLES.length - 1), fc.array(edit, { maxLength: 3 }), (index, edits) => {
      const [codec, message] = SAMPLES[index]!;
      let bytes = encode(codec, message);
      for (const { at, drop, put } of edits) {
        const start = Math.floor(at * bytes.length);
        bytes = new Uint8Array([...bytes.subarray(0, start), ...put, ...bytes.subarray(start + drop)]);
      }
      let again: unknown;
      try {
        again = codec.decode(bytes);
        encode(codec, again);
      } catch {
        return;
      }
      decoded++;
      const same = equalBytes(encode(codec, again), bytes);
      if (same) canonical++;
      assertEquals(encodesTo(codec, again, bytes), same);
    }),
    { numRuns: 5_000 },
  );
  assert(decoded > 1_000 && canonical > 300 && decoded - canonical > 100, `${decoded} decoded, ${canonical} canonical`);
});

import { assertEquals } from "@std/assert";
import { ResponseFinalizeBlock } from "cosmjs-types/tendermint/abci/types";
import { encodeResponse } from "./_results.ts";

Deno.test("encodeResponse() gives the bytes of ResponseFinalizeBlock", async () => {
  const event = { type: "t", attributes: [{ key: "k", value: "v", index: true }] };
  const responses = [
    {},
    { appHash: new Uint8Array([1]), events: [event] },
    {
      events: [event, event],
      txResults: Array.from({ length: 300 }, (_, i) => ({
        code: i % 3,
        data: new Uint8Array(i),
        log: "l".repeat(i),
        gasUsed: BigInt(i),
        events: i % 2 === 0 ? [event] : [],
      })),
      validatorUpdates: [{ pubKey: { ed25519: new Uint8Array(32) }, power: 5n }],
      consensusParamUpdates: { block: { maxBytes: 1n, maxGas: -1n } },
      appHash: new Uint8Array(32).fill(7),
    },
  ];
  for (const partial of responses) {
    const response = ResponseFinalizeBlock.fromPartial(partial);
    assertEquals(await encodeResponse(response), ResponseFinalizeBlock.encode(response).finish());
  }
});

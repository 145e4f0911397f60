import { assertEquals } from "@std/assert";
import { TwinChain } from "../../../../tests/helpers/twin_chains.ts";
import { AddressCodec } from "../../../core/address.ts";
import { encode } from "../../../core/codec/mod.ts";
import { DEFAULT_PARAMS } from "./keeper.ts";
import { MsgUpdateParams, msgUpdateParams } from "./msg_update_params.ts";

const addresses = new AddressCodec("cat");
const [admin, other] = [1, 2].map((n) => addresses.of(new Uint8Array(20).fill(n)));

function update(signer: string, maxExpectedTimePerBlock: bigint | undefined) {
  const chain = new TwinChain();
  const handler = msgUpdateParams(addresses, chain.keeper.connections, {
    isAuthority: (_view, { text }) => text === admin!.text,
  });
  const params = maxExpectedTimePerBlock === undefined ? undefined : { maxExpectedTimePerBlock };
  const decoded = handler.decode(encode(MsgUpdateParams, { signer, params }));
  const done = decoded.ok ? handler.execute(chain.context(), decoded.value) : decoded;
  const now = chain.keeper.connections.params(chain.journal);
  return [done.ok ? "ok" : `${done.error.codespace}/${done.error.code}`, now.maxExpectedTimePerBlock];
}

Deno.test("an authority sets the longest time of a block, and nobody else does", () => {
  const before = DEFAULT_PARAMS.maxExpectedTimePerBlock;
  assertEquals(update(admin!.text, 5n), ["ok", 5n]);
  assertEquals(update(other!.text, 5n), ["ibc/2", before]);
  assertEquals(update(admin!.text, 0n), ["ibc/8", before]);
  assertEquals(update(admin!.text, undefined), ["ibc/8", before]);
  assertEquals(update("nobody", 5n), ["ibc/5", before]);
});

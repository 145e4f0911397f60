/** Without empty blocks a chain rests until there is something to do, and rests again. @module */
import { assertEquals } from "@std/assert";
import { makeAccount, signTransfer } from "../helpers/accounts.ts";
import { withNode } from "../helpers/local_node.ts";
import { rpc } from "../helpers/rpc_client.ts";
import { deriveAccounts, DEVELOPMENT_MNEMONIC } from "../../node/development.ts";
import { secp256k1AccountOf } from "../helpers/accounts.ts";

Deno.test("with create_empty_blocks = false there are blocks for transactions and their proof, and no others", async () => {
  await withNode({ config: { consensus: { create_empty_blocks: false } }, blockTimeMs: 10 }, async (node) => {
    const dev0 = secp256k1AccountOf(deriveAccounts(DEVELOPMENT_MNEMONIC, 1)[0]!.privateKey);
    const heights: bigint[] = [];
    const txHeights: string[] = [];
    for (let sequence = 0n; sequence < 3n; sequence++) {
      const tx = signTransfer(dev0, {
        chainId: "catenary-local-1",
        accountNumber: 0n,
        sequence,
        to: makeAccount("ed25519", 1).address,
        amount: "1",
      });
      const result = await rpc(node.rpcAddress, "broadcast_tx_commit", { tx: tx.toBase64() });
      assertEquals(result.tx_result.code, 0);
      txHeights.push(result.height);
      // The proof block follows by itself; after it nothing does, so the height stands still between transactions.
      while (node.height < BigInt(result.height) + 1n) {
        await new Promise((resolve) => node.events.addEventListener("block", resolve, { once: true }));
      }
      heights.push(node.height);
    }
    assertEquals(txHeights, ["2", "4", "6"]);
    assertEquals(heights, [3n, 5n, 7n]);
  });
});

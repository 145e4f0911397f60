/** Committed values with ICS-23 proofs, checked against the app hash in the next header, by nothing but core. @module */
import { assert, assertEquals } from "@std/assert";
import { ICS23_SPECS, verifyMembership, verifyNonMembership } from "../../mod.ts";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import { nextBlock, withNode } from "../helpers/local_node.ts";
import { balanceKey, proven, storeRoot } from "../helpers/proofs.ts";
import { rpc } from "../helpers/rpc_client.ts";

Deno.test("a balance is proven against the next header, also at a past height, and an absent one too", async () => {
  await withNode({}, async (node) => {
    const address = node.developmentAccounts[3]!.address;
    const key = balanceKey(address, "ucat");
    const now = await rpc(node.rpcAddress, "status");
    const height = BigInt(now.sync_info.latest_block_height);
    await nextBlock(node);
    await nextBlock(node);
    for (const at of [height, height - 1n > 0n ? height - 1n : height]) {
      const found = await proven(node.rpcAddress, key, at);
      assertEquals(found.height, at);
      assertEquals(found.types, ["ics23:jmt", "ics23:simple"]);
      assertEquals(new TextDecoder().decode(found.value), "1000000000000");
      const root = storeRoot(found);
      assert(verifyMembership(ICS23_SPECS.jmt, root, found.proofs[0]!, key, found.value));
      assert(!verifyMembership(ICS23_SPECS.jmt, root, found.proofs[0]!, key, utf8ToBytes("1000000000001")));
      assert(!verifyNonMembership(ICS23_SPECS.jmt, root, found.proofs[0]!, key));
    }
    const absentKey = balanceKey(address, "unone");
    const absent = await proven(node.rpcAddress, absentKey, height);
    const root = storeRoot(absent);
    assertEquals(absent.value.length, 0);
    assert(verifyNonMembership(ICS23_SPECS.jmt, root, absent.proofs[0]!, absentKey));
    assert(!verifyNonMembership(ICS23_SPECS.jmt, root, absent.proofs[0]!, key));
  });
});

/** Committed values with ICS-23 proofs, checked against the app hash in the next header, by nothing but core. @module */
import { assert, assertEquals } from "@std/assert";
import { bech32 } from "@scure/base";
import { CommitmentProof } from "cosmjs-types/cosmos/ics23/v1/proofs";
import { concatBytes, utf8ToBytes } from "../../node/core/bytes.ts";
import { ICS23_SPECS, verifyMembership, verifyNonMembership } from "../../mod.ts";
import { nextBlock, withNode } from "../helpers/local_node.ts";
import { rpc } from "../helpers/rpc_client.ts";

const balanceKey = (address: string, denom: string) => {
  const bytes = new Uint8Array(bech32.fromWords(bech32.decode(address as `${string}1${string}`).words));
  return concatBytes(Uint8Array.of(2, bytes.length), bytes, utf8ToBytes(denom));
};

interface ProofOp {
  type: string;
  key: string;
  data: string;
}

async function proven(url: string, key: Uint8Array, height?: bigint) {
  const { response } = await rpc(url, "abci_query", {
    path: "/store/bank/key",
    data: key.toHex(),
    prove: true,
    ...(height !== undefined && { height: height.toString() }),
  });
  const ops = response.proofOps.ops as ProofOp[];
  const at = BigInt(response.height);
  const { header } = (await rpc(url, "commit", { height: (at + 1n).toString() })).signed_header;
  return {
    value: Uint8Array.fromBase64(response.value ?? ""),
    proofs: ops.map((op) => CommitmentProof.decode(Uint8Array.fromBase64(op.data))),
    types: ops.map((op) => op.type),
    appHash: Uint8Array.fromHex(header.app_hash),
    height: at,
  };
}

/** The store root that the second proof proves, checked against the app hash. */
function storeRoot(proofs: CommitmentProof[], appHash: Uint8Array): Uint8Array {
  const root = proofs[1]!.exist!.value;
  assert(verifyMembership(ICS23_SPECS.tendermint, appHash, proofs[1]!, utf8ToBytes("bank"), root));
  return root;
}

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
      const root = storeRoot(found.proofs, found.appHash);
      assert(verifyMembership(ICS23_SPECS.jmt, root, found.proofs[0]!, key, found.value));
      assert(!verifyMembership(ICS23_SPECS.jmt, root, found.proofs[0]!, key, utf8ToBytes("1000000000001")));
      assert(!verifyNonMembership(ICS23_SPECS.jmt, root, found.proofs[0]!, key));
    }
    const absentKey = balanceKey(address, "unone");
    const absent = await proven(node.rpcAddress, absentKey, height);
    const root = storeRoot(absent.proofs, absent.appHash);
    assertEquals(absent.value.length, 0);
    assert(verifyNonMembership(ICS23_SPECS.jmt, root, absent.proofs[0]!, absentKey));
    assert(!verifyNonMembership(ICS23_SPECS.jmt, root, absent.proofs[0]!, key));
  });
});

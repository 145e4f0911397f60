/** What one node was sent gets into blocks of others, also when messages between them were lost. @module */
import { assertEquals } from "@std/assert";
import { homePaths } from "../../node/config/mod.ts";
import { deriveAccounts, DEVELOPMENT_MNEMONIC } from "../../node/development.ts";
import { initHomeWithGenesis } from "../../node/home.ts";
import { makeAccount, secp256k1AccountOf, signTransfer } from "../helpers/accounts.ts";
import { MemoryTestnet } from "../helpers/memory_testnet.ts";
import { rpc } from "../helpers/rpc_client.ts";

Deno.test("transactions of one account through a full node are decided in order, although the first of them got lost", async () => {
  let isLossy = false;
  let lost = 0;
  const net = await MemoryTestnet.make({
    validators: 1,
    // Time enough that a busy machine does not leave the full node behind, which then takes nothing.
    config: { consensus: { block_time_ms: 300 } },
    deliver: ({ kind }) => {
      if (!isLossy || kind !== "transactions") return true;
      lost++;
      return false;
    },
  });
  const home = await Deno.makeTempDir();
  try {
    await net.startAll();
    const genesis = JSON.parse(await Deno.readTextFile(homePaths(net.homes[0]!.home).genesis));
    await initHomeWithGenesis(home, { genesis, full: true });
    const quiet = { rpc: { listen: "127.0.0.1:0" }, observability: { metrics_listen: "" as const } };
    const { node, blocks } = await net.start(1, { home, config: quiet });
    await net.until(() => !node.catchingUp);
    const from = secp256k1AccountOf(deriveAccounts(DEVELOPMENT_MNEMONIC, 1)[0]!.privateKey);
    const to = makeAccount("ed25519", 1).address;
    const submit = async (sequence: bigint) => {
      const tx = signTransfer(from, { chainId: node.chainId, accountNumber: 0n, sequence, to, amount: "1" });
      assertEquals((await rpc(node.rpcAddress, "broadcast_tx_sync", { tx: tx.toBase64() })).code, 0);
    };
    isLossy = true;
    for (let sequence = 0n; sequence < 3n; sequence++) await submit(sequence);
    await net.until(() => lost > 0);
    isLossy = false;
    // Heard, but nobody has what it follows.
    await submit(3n);
    await net.until(() => [...blocks.values()].reduce((sum, { txs }) => sum + txs, 0) === 4);
    assertEquals(node.bans, []);
  } finally {
    await net.close();
    await Deno.remove(home, { recursive: true });
  }
});

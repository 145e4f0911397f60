/** Whoever has the genesis and meets one node follows the chain: from its first block, or from a snapshot. @module */
import { assert, assertEquals } from "@std/assert";
import { DirectSecp256k1HdWallet } from "@cosmjs/proto-signing";
import { SigningStargateClient } from "@cosmjs/stargate";
import { initHomeWithGenesis } from "../../node/home.ts";
import { homePaths } from "../../node/config/mod.ts";
import { MemoryTestnet } from "../helpers/memory_testnet.ts";

const MNEMONIC = "test test test test test test test test test test test junk";
const QUIET = { rpc: { listen: "127.0.0.1:0" }, observability: { metrics_listen: "" as const } };

async function newHome(net: MemoryTestnet): Promise<string> {
  const home = await Deno.makeTempDir();
  const genesis = JSON.parse(await Deno.readTextFile(homePaths(net.homes[0]!.home).genesis));
  await initHomeWithGenesis(home, { genesis, full: true });
  return home;
}

Deno.test("a full node follows, what it is sent gets into blocks, and a later one begins from a snapshot", async () => {
  // Time enough between blocks that a busy machine does not leave the full node behind, which then takes nothing.
  const consensus = { block_time_ms: 200 };
  const net = await MemoryTestnet.make({ validators: 4, config: { consensus, sync: { snapshot_interval: 5 } } });
  const homes: string[] = [];
  try {
    await net.startAll();
    await net.reach(12n);
    homes.push(await newHome(net));
    const full = await net.start(4, { home: homes[0]!, config: QUIET });
    await net.until(() => !full.node.catchingUp);
    assertEquals(full.blocks.has(1n), true);

    const wallet = await DirectSecp256k1HdWallet.fromMnemonic(MNEMONIC, { prefix: "cat" });
    const [me] = await wallet.getAccounts();
    const client = await SigningStargateClient.connectWithSigner(full.node.rpcAddress, wallet);
    const fee = { amount: [], gas: "200000" };
    const sent = await client.sendTokens(me!.address, me!.address, [{ denom: "ucat", amount: "7" }], fee);
    client.disconnect();
    assertEquals(sent.code, 0);
    const height = BigInt(sent.height);
    // Told of, which is later than committed.
    await net.until(() => [...net.nodes.values()].every(({ blocks }) => blocks.has(height)));
    for (const { blocks } of net.nodes.values()) assertEquals(blocks.get(height)!.txs, 1);

    homes.push(await newHome(net));
    const trust = net.nodes.get(0)!.blocks.get(3n)!;
    const sync = { state_sync: true, trust_height: 3, trust_hash: trust.hash };
    const late = await net.start(5, { home: homes[1]!, config: { ...QUIET, sync } });
    await net.until(() => !late.node.catchingUp);
    const [first] = [...late.blocks.keys()];
    assert(first! > 5n, `its first block was ${first}`);
    const [reference, own] = [net.nodes.get(0)!.blocks, late.blocks];
    for (const [at, block] of own) assertEquals(block.appHash, reference.get(at)?.appHash ?? block.appHash);
    assertEquals([late.node.bans, full.node.bans], [[], []]);
    const { result } = await (await fetch(`${late.node.rpcAddress}/status`)).json();
    assert(BigInt(result.sync_info.earliest_block_height) >= 5n);
  } finally {
    await net.close();
    for (const home of homes) await Deno.remove(home, { recursive: true });
  }
});

/**
 * Kills the node (SIGKILL) at random moments under load, on the real KV, and judges what is left: no committed
 * transaction lost, no height signed twice, app hashes continuous. CATENARY_KILLS and CATENARY_SEED override.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { Prng } from "../../node/core/prng.ts";
import { makeAccount, signTransfer } from "../helpers/accounts.ts";
import { writeBenchHome } from "../helpers/bench_home.ts";
import { type NodeProcess, startNodeProcess } from "../helpers/node_process.ts";
import { provenBalance } from "../helpers/proofs.ts";
import { rpc, rpcBatch } from "../helpers/rpc_client.ts";

const KILLS = Number(Deno.env.get("CATENARY_KILLS") ?? 100);
const SEED = Number(Deno.env.get("CATENARY_SEED") ?? Math.floor(Math.random() * 2 ** 32));
const CHAIN_ID = "catenary-kill-1";
const SENDERS = 20;
const GENESIS_BALANCE = 1_000_000_000_000n;
/** At how many past heights the state is judged. */
const PAST_HEIGHTS = 50n;

/** What the outside world saw of a block, which must never change. */
interface Seen {
  readonly hash: string;
  readonly appHash: string;
}

Deno.test(`a node killed ${KILLS} times under load loses nothing and signs nothing twice (seed ${SEED})`, async () => {
  const random = new Prng(SEED);
  const home = await Deno.makeTempDir({ prefix: "catenary-kill-" });
  const accounts = Array.from({ length: SENDERS }, (_, i) => makeAccount("ed25519", i));
  const firstNumber = await writeBenchHome(home, CHAIN_ID, accounts.map(({ address }) => address));
  const seen = new Map<string, Seen>();
  const committed = new Map<string, string>();
  const onBlock = (block: { height: string; hash: string; appHash: string }) => {
    const before = seen.get(block.height);
    if (before) assertEquals(before.hash, block.hash, `height ${block.height} was decided twice`);
    seen.set(block.height, { hash: block.hash, appHash: block.appHash });
  };
  try {
    for (let kill = 0; kill < KILLS; kill++) {
      const node = await startNodeProcess({ home, onBlock, args: ["--block-time-ms", "20"] });
      const load = keepSending(node, accounts, firstNumber, committed);
      await new Promise((resolve) => setTimeout(resolve, 50 + random.below(700)));
      await node.stop("SIGKILL");
      await load;
      if (kill % 10 === 9) {
        console.log(`kill ${kill + 1}: ${seen.size} heights seen, ${committed.size} transactions committed`);
      }
    }
    await judge(home, seen, committed, onBlock, accounts.map(({ address }) => address));
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

/** Sends until the node is gone. Remembers what `broadcast_tx_commit` said is in a block: hash → height. */
async function keepSending(
  node: NodeProcess,
  accounts: ReturnType<typeof makeAccount>[],
  firstNumber: bigint,
  committed: Map<string, string>,
): Promise<void> {
  try {
    const witness = accounts[0]!;
    for (;;) {
      const sequences = await Promise.all(accounts.map((account) => sequenceOf(node.rpcUrl, account.address)));
      const burst = accounts.slice(1).flatMap((account, i) =>
        Array.from({ length: 5 }, (_, k) =>
          signTransfer(account, {
            chainId: CHAIN_ID,
            accountNumber: firstNumber + BigInt(i + 1),
            sequence: sequences[i + 1]! + BigInt(k),
            to: witness.address,
            amount: "1",
          }))
      );
      await rpcBatch(node.rpcUrl, "broadcast_tx_sync", burst.map((tx) => ({ tx: tx.toBase64() })));
      const tx = signTransfer(witness, {
        chainId: CHAIN_ID,
        accountNumber: firstNumber,
        sequence: sequences[0]!,
        to: accounts[1]!.address,
        amount: "1",
      });
      const result = await rpc(node.rpcUrl, "broadcast_tx_commit", { tx: tx.toBase64() });
      if (result.tx_result.code === 0 && result.height !== "0") committed.set(result.hash, result.height);
    }
  } catch (error) {
    // The node was killed under us, which is the point; anything else shows in the judgement.
    if (
      !(error instanceof TypeError || (error instanceof Error && /broadcast_tx|JSON|get_account/.test(error.message)))
    ) throw error;
  }
}

async function sequenceOf(url: string, address: string): Promise<bigint> {
  const account = await rpc(url, "get_account", { address });
  return BigInt(account.sequence);
}

async function judge(
  home: string,
  seen: Map<string, Seen>,
  committed: Map<string, string>,
  onBlock: (block: { height: string; hash: string; appHash: string }) => void,
  addresses: readonly string[],
): Promise<void> {
  // What was seen until the last kill; the judged node goes on making blocks meanwhile.
  const heights = [...seen.keys()];
  const node = await startNodeProcess({ home, onBlock, args: ["--block-time-ms", "20"] });
  try {
    const latest = BigInt((await rpc(node.rpcUrl, "status")).sync_info.latest_block_height);
    let previous: { hash: string } | undefined;
    for (let height = 1n; height <= latest; height++) {
      const { block_id, block } = await rpc(node.rpcUrl, "block", { height: height.toString() });
      if (previous) assertEquals(block.header.last_block_id.hash, previous.hash, `height ${height} does not follow`);
      const known = seen.get(height.toString());
      if (known) assertEquals(block_id.hash, known.hash, `height ${height} changed after a restart`);
      const before = seen.get((height - 1n).toString());
      if (before) assertEquals(block.header.app_hash, before.appHash, `app hash at height ${height} is not continuous`);
      previous = block_id;
    }
    for (const height of heights) assert(BigInt(height) <= latest, `height ${height} was lost`);
    for (const [hash, height] of committed) {
      const tx = await rpc(node.rpcUrl, "tx", { hash: Uint8Array.fromHex(hash).toBase64() });
      assertEquals(tx.height, height, `transaction ${hash} moved`);
    }
    await judgePast(node.rpcUrl, latest, addresses);
    assert(committed.size > 0, "nothing was ever committed: the load did not work");
    console.log(`judged ${latest} heights, ${committed.size} committed transactions`);
  } finally {
    await node.stop();
  }
}

/** At heights all along the chain every balance is proven, and together they are what genesis gave: nothing was paid in fees. */
async function judgePast(url: string, latest: bigint, addresses: readonly string[]): Promise<void> {
  const step = latest / PAST_HEIGHTS + 1n;
  for (let height = 1n; height < latest; height += step) {
    const balances = await Promise.all(addresses.map((address) => provenBalance(url, address, "ucat", height)));
    const sum = balances.reduce((total, balance) => total + balance, 0n);
    assertEquals(sum, BigInt(addresses.length) * GENESIS_BALANCE, `balances at height ${height}`);
  }
}

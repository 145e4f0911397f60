/** What options and configuration change in a running node. @module */
import { assert, assertEquals, assertGreater, assertMatch, assertRejects } from "@std/assert";
import { createNode } from "../../mod.ts";
import { deriveAccounts, DEVELOPMENT_MNEMONIC } from "../../node/development.ts";
import { makeAccount, secp256k1AccountOf, signTransfer } from "../helpers/accounts.ts";
import { nextBlock, withNode } from "../helpers/local_node.ts";
import { rpc } from "../helpers/rpc_client.ts";

const dev0 = secp256k1AccountOf(deriveAccounts(DEVELOPMENT_MNEMONIC, 1)[0]!.privateKey);
const tx = (sequence: bigint) =>
  signTransfer(dev0, {
    chainId: "catenary-local-1",
    accountNumber: 0n,
    sequence,
    to: makeAccount("ed25519", 2).address,
    amount: "1",
  }).toBase64();

/** Prometheus' text format, version 0.0.4: comments, samples, nothing else. */
const LINE =
  /^(# (HELP|TYPE) [a-zA-Z_:][\w:]* .+|[a-zA-Z_:][\w:]*(\{([a-zA-Z_]\w*="([^"\\]|\\.)*",?)*\})? [-+.\deE]+|[a-zA-Z_:][\w:]*(\{.*\})? (\+Inf|-Inf|NaN)|)$/;

Deno.test("metrics are valid Prometheus text and count what happens", async () => {
  await withNode({ metricsListen: "127.0.0.1:0" }, async (node) => {
    const { tx_result } = await rpc(node.rpcAddress, "broadcast_tx_commit", { tx: tx(0n) });
    assertEquals(tx_result.code, 0);
    await fetch(`${node.rpcAddress}/no_such_method`).then((answer) => answer.body?.cancel());
    await nextBlock(node);
    await nextBlock(node);
    const response = await fetch(node.metricsAddress!);
    assertMatch(response.headers.get("content-type")!, /^text\/plain; version=0\.0\.4/);
    const text = await response.text();
    for (const line of text.split("\n")) assertMatch(line, LINE);
    const value = (series: string) => {
      const line = text.split("\n").find((line) => line.startsWith(series + " "));
      assert(line !== undefined, `${series} is there`);
      return Number(line.slice(series.length));
    };
    for (
      const series of [
        "consensus_height",
        "consensus_proposals_total",
        'consensus_votes_total{type="prevote"}',
        'consensus_votes_total{type="precommit"}',
        'consensus_timeouts_total{step="commit"}',
        "consensus_block_commit_duration_seconds_count",
        "consensus_block_size_bytes",
        "state_gas_used_total",
        "process_resident_memory_bytes",
      ]
    ) assertGreater(value(`catenary_${series}`), 0);
    assertEquals(value('catenary_state_txs_total{outcome="success"}'), 1);
    assertEquals(value('catenary_rpc_request_duration_seconds_count{method="broadcast_tx_commit",code="0"}'), 1);
    assertEquals(value('catenary_rpc_request_duration_seconds_count{method="unknown",code="-32601"}'), 1);
  });
});

Deno.test("without an index nothing can be searched, and blocks are there all the same", async () => {
  await withNode({ config: { storage: { index_transactions: false } } }, async (node) => {
    const sent = await rpc(node.rpcAddress, "broadcast_tx_commit", { tx: tx(0n) });
    const { block } = await rpc(node.rpcAddress, "block", { height: sent.height });
    assertEquals(block.data.txs.length, 1);
    await assertRejects(() => rpc(node.rpcAddress, "tx", { hash: sent.hash }), Error, "indexing is disabled");
  });
});

Deno.test("start() comes back with the first block of a new chain, so that clients can read its status", async () => {
  await withNode({ blockTimeMs: 60_000 }, async (node) => {
    const response = await fetch(`${node.rpcAddress}/ready`);
    assertEquals([response.status, (await response.json()).height], [200, "1"]);
    assertEquals((await rpc(node.rpcAddress, "status")).sync_info.latest_block_height, "1");
  });
});

Deno.test("options of another kind than they must be are refused before anything is opened", async () => {
  for (
    const options of [
      { rpcListen: "nowhere" },
      { metricsListen: "127.0.0.1:99999" },
      { blockTimeMs: -1 },
      { config: { rpc: { lissen: "127.0.0.1:0" } } },
      { config: { network: {} } },
    ]
  ) {
    const node = createNode(options as Parameters<typeof createNode>[0]);
    await assertRejects(() => node.start(), Error, "read the node's options");
    await node.stop();
  }
});

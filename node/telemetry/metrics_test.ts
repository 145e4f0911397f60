import { assert, assertEquals, assertMatch } from "@std/assert";
import { Metrics, serveMetrics } from "./mod.ts";

const valueOf = (text: string, series: string): number | undefined => {
  const line = text.split("\n").find((each) => each.startsWith(series + " "));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
};

Deno.test("what happens shows in the numbers, all named catenary_", async () => {
  const metrics = new Metrics();
  metrics.roundEntered(12n, 3);
  metrics.proposalSeen();
  metrics.voteSeen("prevote");
  metrics.voteSeen("prevote");
  metrics.timeoutFired("propose");
  metrics.blockCommitted({ seconds: 0.02, txs: 7, bytes: 900 });
  metrics.blockExecuted({ seconds: 0.01, succeeded: 5, failed: 2, gasUsed: 1000n });
  metrics.persisted("wal", 0.0002);
  metrics.mempoolSized(4, 400);
  metrics.rpcCalled("status", 0, 0.001);
  metrics.rpcCalled("unknown", -32601, 0.001);
  metrics.lagSampled(3);
  metrics.followLag({ p50Ms: () => 1, p99Ms: () => 40 });
  const text = await metrics.render();
  for (
    const [series, value] of [
      ["catenary_consensus_height", 12],
      ["catenary_consensus_round", 3],
      ["catenary_consensus_proposals_total", 1],
      ['catenary_consensus_votes_total{type="prevote"}', 2],
      ['catenary_consensus_timeouts_total{step="propose"}', 1],
      ["catenary_consensus_block_commit_duration_seconds_count", 1],
      ["catenary_consensus_block_txs", 7],
      ['catenary_state_txs_total{outcome="success"}', 5],
      ['catenary_state_txs_total{outcome="failure"}', 2],
      ["catenary_state_gas_used_total", 1000],
      ['catenary_storage_persist_duration_seconds_count{what="wal"}', 1],
      ["catenary_mempool_txs", 4],
      ['catenary_rpc_request_duration_seconds_count{method="unknown",code="-32601"}', 1],
      ['catenary_event_loop_lag_seconds_bucket{le="0.005"}', 1],
      ["catenary_event_loop_lag_p99_seconds", 0.04],
    ] as const
  ) assertEquals(valueOf(text, series), value, series);
  assert(valueOf(text, "catenary_process_resident_memory_bytes")! > 1e6);
  for (const line of text.split("\n")) if (line !== "") assertMatch(line, /^(# (HELP|TYPE) )?catenary_/);
});

Deno.test("two nodes of one process have numbers of their own", async () => {
  const [one, two] = [new Metrics(), new Metrics()];
  one.proposalSeen();
  assertEquals(valueOf(await one.render(), "catenary_consensus_proposals_total"), 1);
  assertEquals(valueOf(await two.render(), "catenary_consensus_proposals_total"), 0);
});

Deno.test("/metrics is served, and nothing else", async () => {
  const server = await serveMetrics(new Metrics(), { hostname: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${server.address.port}`;
  const answer = await fetch(`${url}/metrics`);
  assertEquals([answer.status, answer.headers.get("content-type")], [200, "text/plain; version=0.0.4; charset=utf-8"]);
  assertMatch(await answer.text(), /catenary_consensus_height 0/);
  for (const [path, init, status] of [["/", {}, 404], ["/metrics", { method: "POST" }, 405]] as const) {
    const other = await fetch(url + path, init);
    await other.body?.cancel();
    assertEquals(other.status, status);
  }
  await server.stop();
});

import { assertEquals } from "@std/assert";
import { LogLines } from "../log_lines.ts";
import type { PeerView } from "../network/ports.ts";
import { createLogger, Metrics, type Spans } from "../telemetry/mod.ts";
import { parseExposition, valueOf } from "../../tests/helpers/exposition.ts";
import { NetworkMeter, SyncMeter } from "./mod.ts";

function run() {
  let nowMs = 0;
  const lines: Record<string, unknown>[] = [];
  const sink = (line: string) => lines.push(JSON.parse(line));
  const log = new LogLines(createLogger({ level: "debug", format: "json", sink }), () => nowMs);
  const metrics = new Metrics();
  const numbers = async (...series: readonly string[]) => {
    const page = parseExposition(await metrics.render());
    return series.map((each) => valueOf(page, `catenary_${each}`));
  };
  return { metrics, log: () => log, lines, numbers, pass: (ms: number) => nowMs += ms, nowMs: () => nowMs };
}

const peer = (id: string, moniker: string): PeerView => ({
  id,
  address: `/memory/${id}`,
  outbound: true,
  relayed: false,
  moniker,
  version: "1",
  nodeKey: new Uint8Array(32),
  validator: undefined,
  connectedAt: 0,
  score: -5,
  bytesReceived: 10,
  bytesSent: 20,
  messagesReceived: 1,
  messagesSent: 2,
});

Deno.test("peers come, send, misbehave and go: counted, and told with the report that was one too many", async () => {
  const { metrics, log, lines, numbers, pass, nowMs } = run();
  const meter = new NetworkMeter(metrics.network, log, nowMs);
  const peers = [peer("a", "alpha"), peer("b", "beta")];
  meter.follow({ peers, bans: [{ peer: "z", until: 0, reason: "" }] });
  meter.peerJoined(peers[0]!);
  meter.received("consensus", 100);
  meter.verdict("consensus", "reject");
  meter.reported("bad_signature");
  meter.banned({ peer: "a", until: 1000, reason: "score -100" });
  pass(2500);
  meter.peerLeft("a");
  meter.peerLeft("never seen");
  meter.gossip.heard("prevote", false);
  meter.gossip.helped(3);
  assertEquals(
    await numbers(
      "p2p_peers",
      "p2p_banned_peers",
      "p2p_peers_joined_total",
      "p2p_peers_left_total",
      "p2p_bans_total",
      'p2p_message_receive_bytes_total{message_type="consensus"}',
      'p2p_verdicts_total{topic="consensus",verdict="reject"}',
      'p2p_peer_send_bytes_total{peer_id="b"}',
      'gossip_duplicates_total{what="prevote"}',
      "gossip_helped_total",
    ),
    [2, 1, 1, 2, 1, 100, 1, 20, 1, 3],
  );
  assertEquals(lines.map(({ message, moniker, seconds, code }) => [message, moniker, seconds, code]), [
    ["peer joined", "alpha", undefined, undefined],
    ["peer banned", undefined, undefined, "bad_signature"],
    ["peer left", "alpha", 2.5, undefined],
    ["peer left", null, null, undefined],
  ]);
});

Deno.test("sync is counted, told, and its questions are spans", async () => {
  const { metrics, log, lines, numbers } = run();
  const spans: unknown[] = [];
  const fake: Spans = {
    on: true,
    open: () => undefined,
    record: (name, { fromMs, toMs, failure }, attributes) =>
      void spans.push([name, Math.round(toMs - fromMs), failure, attributes]),
  };
  const meter = new SyncMeter(metrics.sync, log, fake);
  meter.switched("sync", "behind");
  meter.progress({ mode: "sync", next: 10n, target: 100n, peers: 2 });
  meter.progress({ mode: "sync", next: 30n, target: 100n, peers: 2 });
  meter.answered({ protocol: "blocks", peer: "a", ms: 40, frames: 20, failure: undefined });
  meter.answered({ protocol: "chunks", peer: "b", ms: 5, frames: 0, failure: "cut short" });
  meter.restoring({ height: 50n, chunks: 8, total: 8 });
  meter.restoring(undefined);
  assertEquals(await numbers("blocksync_syncing", "blocksync_blocks_total", "statesync_syncing"), [1, 20, 0]);
  meter.switched("consensus", "caught up");
  // Consensus decided what follows: nothing of it was synced.
  meter.progress({ mode: "watch", next: 101n, target: 101n, peers: 2 });
  assertEquals(
    await numbers(
      "blocksync_syncing",
      "blocksync_blocks_total",
      "blocksync_latest_block_height",
      'sync_questions_total{protocol="chunks",outcome="failed"}',
    ),
    [0, 20, 100, 1],
  );
  assertEquals(spans, [
    ["sync.question", 40, undefined, { "catenary.protocol": "blocks", "catenary.peer": "a", "catenary.frames": 20 }],
    ["sync.question", 5, "cut short", { "catenary.protocol": "chunks", "catenary.peer": "b", "catenary.frames": 0 }],
  ]);
  assertEquals(lines.map(({ message }) => message), [
    "sync switched",
    "syncing blocks",
    "question to a peer failed",
    "restoring a snapshot",
    "sync switched",
  ]);
});

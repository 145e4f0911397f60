import { assertEquals } from "@std/assert";
import { CONTRACT_LINES_MAX, LogLines, REPEAT_MS, WARNINGS_MAX } from "./log_lines.ts";
import { createLogger, type LogLevel } from "./telemetry/mod.ts";

function record(level: LogLevel = "debug") {
  let nowMs = 0;
  const lines: Record<string, unknown>[] = [];
  const sink = (line: string) => lines.push(JSON.parse(line));
  const logger = createLogger({ level, format: "json", sink, nowMs: () => 0 });
  const log = new LogLines(logger, () => nowMs);
  /** What was said since the last call, without time. */
  const said = () =>
    lines.splice(0).map(({ time, ...rest }) => {
      assertEquals(time, "1970-01-01T00:00:00.000Z");
      return rest;
    });
  return { log, said, pass: (ms: number) => nowMs += ms };
}

const BLOCK = {
  height: 7n,
  round: 0,
  hash: new Uint8Array([0xab]),
  txs: 3,
  failed: 1,
  bytes: 900,
  executeMs: 1.26,
  persistMs: 2,
  totalMs: 3.5,
};
const PEER = {
  id: "12D3",
  address: "/ip4/10.0.0.1/tcp/26656",
  outbound: true,
  relayed: false,
  moniker: "b",
  version: "0.1.0",
  nodeKey: new Uint8Array(32),
  validator: new Uint8Array([1]),
  connectedAt: 0,
  score: 0,
  bytesReceived: 0,
  bytesSent: 0,
  messagesReceived: 0,
  messagesSent: 0,
};

Deno.test("each block is told at debug, and the growth of the chain now and then at info", () => {
  const { log, said, pass } = record();
  log.blockCommitted(BLOCK, 3);
  assertEquals(said(), [
    {
      level: "debug",
      message: "block committed",
      height: "7",
      round: 0,
      hash: "AB",
      txs: 3,
      failed: 1,
      bytes: 900,
      execute_ms: 1.3,
      persist_ms: 2,
      total_ms: 3.5,
    },
    { level: "info", message: "chain grows", height: "7", blocks: 1, txs: 3, interval_ms: 0, peers: 3 },
  ]);
  const quiet = record("info");
  quiet.log.blockCommitted(BLOCK, 3);
  quiet.said();
  for (let height = 8n; height < 58n; height++) {
    quiet.pass(REPEAT_MS / 50);
    quiet.log.blockCommitted({ ...BLOCK, height }, 4);
  }
  assertEquals(quiet.said(), [
    { level: "info", message: "chain grows", height: "57", blocks: 50, txs: 150, interval_ms: 100, peers: 4 },
  ]);
  pass(0);
});

Deno.test("peers that come, go and are banned are told with who they are and why", () => {
  const { log, said } = record();
  log.peerJoined(PEER, 1);
  log.peerLeft("12D3", "b", 61.23, 0);
  log.peerBanned({ peer: "12D3", until: 60_000, reason: "sent votes with wrong signatures" }, "bad_signature");
  assertEquals(said(), [
    {
      level: "info",
      message: "peer joined",
      peer: "12D3",
      address: "/ip4/10.0.0.1/tcp/26656",
      moniker: "b",
      version: "0.1.0",
      outbound: true,
      relayed: false,
      validator: "01",
      peers: 1,
    },
    { level: "info", message: "peer left", peer: "12D3", moniker: "b", seconds: 61.2, peers: 0 },
    {
      level: "warn",
      message: "peer banned",
      peer: "12D3",
      reason: "sent votes with wrong signatures",
      until: "1970-01-01T00:01:00.000Z",
      code: "bad_signature",
    },
  ]);
});

Deno.test("peers cannot fill the log: a message comes so often in a while, then how many there were", () => {
  const { log, said, pass } = record();
  for (let i = 0; i < 1000; i++) log.peerJoined(PEER, 1);
  assertEquals(said().length, WARNINGS_MAX);
  pass(REPEAT_MS);
  log.peerJoined(PEER, 1);
  assertEquals(said().map(({ suppressed }) => suppressed), [1000 - WARNINGS_MAX]);
  pass(REPEAT_MS);
  log.peerJoined(PEER, 1);
  assertEquals(said().map(({ suppressed }) => suppressed), [undefined]);
});

Deno.test("contracts are heard at debug only, and so often in a while", () => {
  const { log, said } = record();
  for (let i = 0; i < 1000; i++) log.contractSaid("cat1x", `line ${i}`);
  const lines = said();
  assertEquals(lines.length, CONTRACT_LINES_MAX);
  assertEquals(lines[0], { level: "debug", message: "contract says", contract: "cat1x", text: "line 0" });
  const quiet = record("info");
  quiet.log.contractSaid("cat1x", "hello");
  assertEquals(quiet.said(), []);
});

Deno.test("sync tells how far it is and how fast, a question that failed only to who asks for it", () => {
  const { log, said, pass } = record("info");
  const progress = (next: bigint) => log.syncProgress({ mode: "sync", next, target: 5000n, peers: 2 });
  progress(1n);
  pass(100);
  progress(50n);
  pass(REPEAT_MS);
  progress(1021n);
  log.syncProgress({ mode: "watch", next: 5000n, target: 5000n, peers: 2 });
  log.syncSwitched("consensus", "caught up");
  log.questionFailed({ protocol: "blocks", peer: "a", ms: 5, frames: 0, failure: "too slow" });
  assertEquals(said(), [
    { level: "info", message: "syncing blocks", height: "0", target: "5000", peers: 2, blocks_per_second: 0 },
    { level: "info", message: "syncing blocks", height: "1020", target: "5000", peers: 2, blocks_per_second: 200 },
    { level: "info", message: "sync switched", to: "consensus", reason: "caught up" },
  ]);
});

import { assertEquals } from "@std/assert";
import { ZERO_HEIGHT } from "../../node/core/ibc/mod.ts";
import {
  type ActionKind,
  backoffMs,
  type Head,
  type Heads,
  type Lane,
  laneIdOf,
  newRecord,
  nextStep,
  type PacketPolicy,
  type PacketRecord,
  planLane,
  retryNow,
  settle,
  timeoutState,
} from "./mod.ts";

const POLICY: PacketPolicy = {
  retryFirstMs: 100,
  retryMaxMs: 1000,
  attemptsMax: 3,
  receiveMarginMs: 500,
  ackSearchFirstMs: 2000,
  ackSearchMaxMs: 20_000,
  backlogAfterMs: 10_000,
};
const NOW = 1_000_000;
const [source, destination] = ["a", "b"].map((chain) => ({ chain, portId: "transfer", channelId: "channel-0" }));
const LANE: Lane = {
  id: laneIdOf(source!),
  source: source!,
  destination: destination!,
  ordered: false,
  pathIds: ["a-b"],
  sourceClosed: undefined,
  destinationClosed: undefined,
};
const head = (height: bigint, more: Partial<Head> = {}): Head => ({
  height,
  timeNanos: 1_000_000n * 1_000_000n,
  revision: 1n,
  seenMs: NOW,
  ...more,
});
const HEADS: Heads = { source: head(11n), destination: head(50n) };
const record = (more: Partial<PacketRecord> = {}): PacketRecord => ({
  ...newRecord(
    { sequence: 1n, data: new Uint8Array([1]), timeoutHeight: ZERO_HEIGHT, timeoutTimestamp: 0n },
    "sent",
    { nowMs: NOW, destinationHeight: 0n, backlog: false, ackSearchFirstMs: 0 },
  ),
  sent: { height: 10n, txHash: "", proofHeight: undefined, timeNanos: undefined },
  ...more,
});
const step = (one: PacketRecord, heads = HEADS, lane = LANE, nowMs = NOW) => nextStep(lane, one, heads, nowMs, POLICY);
const revision = (height: bigint) => ({ revisionNumber: 1n, revisionHeight: height });

Deno.test("a packet is received as soon as a header follows the block that sent it", () => {
  assertEquals(step(record()), { tag: "act", kind: "recv", proofHeightMin: 11n });
  assertEquals(step(record(), { ...HEADS, source: head(10n) }), { tag: "wait", untilMs: undefined });
  assertEquals(step(record(), { ...HEADS, destination: undefined }), { tag: "wait", untilMs: undefined });
});

Deno.test("a packet about to time out is not received, and timed out when a header proves it", () => {
  const byHeight = record({ timeoutHeight: revision(51n) });
  assertEquals(step(byHeight), { tag: "wait", untilMs: undefined });
  assertEquals(step(byHeight, { ...HEADS, destination: head(51n) }), {
    tag: "act",
    kind: "timeout",
    proofHeightMin: 51n,
  });
  assertEquals(step(record({ timeoutHeight: revision(52n) })).tag, "act");
  // Another revision is always later or earlier.
  assertEquals(step(record({ timeoutHeight: { revisionNumber: 2n, revisionHeight: 1n } })).tag, "act");

  const seconds = 1_000_000_000n;
  const byTime = record({ timeoutTimestamp: 1000n * seconds + 700_000_000n });
  assertEquals(timeoutState(byTime, HEADS.destination!, NOW, 500), "open");
  assertEquals(timeoutState(byTime, HEADS.destination!, NOW + 200, 500), "closing");
  assertEquals(timeoutState(byTime, HEADS.destination!, NOW - 100_000, 500), "open");
  assertEquals(timeoutState(byTime, head(51n, { timeNanos: 1001n * seconds }), NOW, 500), "elapsed");
});

Deno.test("a closed channel turns packets back, and takes no acknowledgements", () => {
  const closedThere = { ...LANE, destinationClosed: 48n };
  assertEquals(step(record(), HEADS, closedThere), { tag: "act", kind: "timeout_on_close", proofHeightMin: 49n });
  const closedHere = { ...LANE, sourceClosed: 5n };
  assertEquals(step(record(), HEADS, closedHere), { tag: "wait", untilMs: undefined });
  assertEquals(step(record({ stage: "written", writtenHeight: 40n }), HEADS, closedHere).tag, "stopped");
});

Deno.test("an acknowledgement goes back when its block has a successor, and is searched for while unknown", () => {
  const written = record({ stage: "written", writtenHeight: 49n });
  assertEquals(step(written), { tag: "act", kind: "ack", proofHeightMin: 50n });
  assertEquals(step({ ...written, writtenHeight: 50n }), { tag: "wait", untilMs: undefined });
  assertEquals(step(record({ stage: "received", notBeforeMs: NOW + 1 })), { tag: "wait", untilMs: NOW + 1 });
  assertEquals(step(record({ stage: "received", notBeforeMs: NOW })).tag, "act");
});

Deno.test("failures wait longer and longer, then stop; a receive that was given up still times out", () => {
  const fault = { code: "x", message: "receive packet: refused" };
  let one = record({ timeoutHeight: revision(60n) });
  for (const wait of [100, 200]) {
    one = settle(one, "recv", { tag: "failed", fault }, NOW, POLICY);
    assertEquals(one.notBeforeMs <= NOW + wait && one.notBeforeMs > NOW + wait * 0.8, true);
    assertEquals(step(one), { tag: "wait", untilMs: one.notBeforeMs });
    assertEquals(step(one, HEADS, LANE, one.notBeforeMs).tag, "act");
  }
  one = settle(one, "recv", { tag: "failed", fault }, NOW, POLICY);
  assertEquals(step(one, HEADS, LANE, NOW + 10_000), { tag: "stopped", reason: fault.message });
  assertEquals(step(retryNow(one)).tag, "act");
  const late = { ...HEADS, destination: head(60n) };
  assertEquals(step(one, late, LANE, one.notBeforeMs), { tag: "act", kind: "timeout", proofHeightMin: 60n });
  assertEquals(settle(record(), "recv", { tag: "failed", fault, final: true }, NOW, POLICY).gaveUp, "recv");
});

Deno.test("what is nobody's fault is not counted", () => {
  const one = settle(record(), "recv", { tag: "later", untilMs: NOW + 5 }, NOW, POLICY);
  assertEquals([one.attempts, one.notBeforeMs, one.gaveUp], [0, NOW + 5, undefined]);
});

Deno.test("backoffMs() doubles up to its limit and spreads by an eighth", () => {
  for (let attempts = 1; attempts < 40; attempts++) {
    const whole = Math.min(1000, 100 * 2 ** (attempts - 1));
    for (let salt = 0n; salt < 50n; salt++) {
      const wait = backoffMs(attempts, 100, 1000, salt);
      assertEquals(wait <= whole && wait >= whole * 0.875, true, `${attempts} ${salt}: ${wait}`);
    }
  }
});

const kinds = (lane: Lane, records: readonly PacketRecord[], busy: readonly bigint[] = []) =>
  planLane({ lane, records, heads: HEADS, isBusy: (sequence) => busy.includes(sequence) }, NOW, POLICY).actions
    .map(({ record, kind }): [bigint, ActionKind] => [record.sequence, kind]);

Deno.test("on an unordered lane each packet goes by itself", () => {
  const records = [
    record({ sequence: 3n }),
    record({ sequence: 1n, notBeforeMs: NOW + 5 }),
    record({ sequence: 2n, stage: "written", writtenHeight: 40n }),
    record({ sequence: 4n, stage: "acknowledged" }),
  ];
  assertEquals(kinds(LANE, records), [[3n, "recv"], [2n, "ack"]]);
  assertEquals(kinds(LANE, records, [3n]), [[2n, "ack"]]);
});

Deno.test("on an ordered lane nothing overtakes", () => {
  const lane = { ...LANE, ordered: true };
  const written = { stage: "written", writtenHeight: 40n } as const;
  assertEquals(kinds(lane, [record({ sequence: 2n }), record({ sequence: 1n })]), [[1n, "recv"], [2n, "recv"]]);
  assertEquals(kinds(lane, [record({ sequence: 1n, notBeforeMs: NOW + 5 }), record({ sequence: 2n })]), []);
  assertEquals(kinds(lane, [record({ sequence: 1n }), record({ sequence: 2n })], [1n]), []);
  assertEquals(kinds(lane, [record({ sequence: 1n, ...written }), record({ sequence: 2n })]), [
    [1n, "ack"],
    [2n, "recv"],
  ]);
  assertEquals(kinds(lane, [record({ sequence: 1n }), record({ sequence: 2n, ...written })]), [[1n, "recv"]]);
  assertEquals(kinds(lane, [record({ sequence: 1n, ...written }), record({ sequence: 2n, ...written })], [1n]), []);
  // A timeout needs no order, but nothing is received behind it.
  const late = record({ sequence: 1n, timeoutHeight: revision(50n) });
  assertEquals(kinds(lane, [late, record({ sequence: 2n })]), [[1n, "timeout"]]);
});

Deno.test("a plan says when time alone makes something possible", () => {
  const records = [record({ notBeforeMs: NOW + 70 }), record({ sequence: 2n, notBeforeMs: NOW + 30 })];
  const plan = planLane({ lane: LANE, records, heads: HEADS, isBusy: () => false }, NOW, POLICY);
  assertEquals(plan, { actions: [], wakeMs: NOW + 30 });
});

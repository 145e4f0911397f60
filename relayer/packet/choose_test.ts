import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ZERO_HEIGHT } from "../../node/core/ibc/mod.ts";
import { type Action, chooseBatch, laneIdOf, messageBytes, newRecord } from "./mod.ts";

function actionOf(sequence: bigint, seenMs: number, backlog: boolean, ordered = false, size = 1): Action {
  const end = { chain: "a", portId: "transfer", channelId: "channel-0" };
  const packet = { sequence, data: new Uint8Array(size), timeoutHeight: ZERO_HEIGHT, timeoutTimestamp: 0n };
  return {
    lane: {
      id: laneIdOf(end),
      source: end,
      destination: { ...end, chain: "b" },
      ordered,
      pathIds: ["a-b"],
      sourceClosed: undefined,
      destinationClosed: undefined,
    },
    record: newRecord(packet, "sent", { nowMs: seenMs, destinationHeight: 0n, backlog, ackSearchFirstMs: 0 }),
    kind: "recv",
    proofHeightMin: 1n,
    backlog,
  };
}
const sequences = (actions: readonly Action[]) => actions.map(({ record }) => Number(record.sequence));
const ROOM = { messagesMax: 8, bytesMax: 1_000_000, backlogMax: 6 };

Deno.test("live packets go first, the backlog gets its share and no more", () => {
  const live = (count: number) => Array.from({ length: count }, (_, i) => actionOf(BigInt(100 + i), 50 - i, false));
  const backlog = Array.from({ length: 20 }, (_, i) => actionOf(BigInt(i), i, true));
  assertEquals(sequences(chooseBatch([...backlog, ...live(2)], ROOM, 100)), [101, 100, 0, 1, 2, 3, 4, 5]);
  assertEquals(sequences(chooseBatch([...backlog, ...live(9)], ROOM, 100)), [108, 107, 106, 105, 104, 103, 0, 1]);
  assertEquals(sequences(chooseBatch(backlog, ROOM, 100)), [0, 1, 2, 3, 4, 5]);
  assertEquals(sequences(chooseBatch(live(9), ROOM, 100)).length, 8);
});

Deno.test("a batch stays under its bytes, but for a single message that is larger", () => {
  const actions = Array.from({ length: 10 }, (_, i) => actionOf(BigInt(i), i, i % 2 === 0, false, 1000));
  const size = messageBytes(actions[0]!, 600);
  const room = { messagesMax: 8, bytesMax: size * 4, backlogMax: 8 };
  assertEquals(sequences(chooseBatch(actions, room, 600)), [1, 3, 5, 0]);
  assertEquals(chooseBatch(actions, { ...room, bytesMax: 10 }, 600).length, 1);
  assertEquals(chooseBatch([], room, 600), []);
});

Deno.test("on an ordered lane a batch is a run from the first action", () => {
  const seen = fc.array(fc.record({ seenMs: fc.nat(20), backlog: fc.boolean() }), { minLength: 1, maxLength: 30 });
  fc.assert(fc.property(seen, fc.integer({ min: 1, max: 10 }), (seen, messagesMax) => {
    const actions = seen.map(({ seenMs, backlog }, i) => actionOf(BigInt(i), seenMs, backlog, true));
    const chosen = sequences(chooseBatch(actions, { ...ROOM, messagesMax, backlogMax: messagesMax }, 1));
    assert(chosen.length > 0 && chosen.length <= messagesMax);
    chosen.forEach((sequence, i) => assertEquals(sequence, i));
  }));
});

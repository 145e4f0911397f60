import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { block, proposal, vote } from "./_testing.ts";
import { TestNode } from "./_testing_node.ts";
import { heightContext, proposalMessage, voteMessage } from "./_testing.ts";
import { tendermintCodec } from "./codec.ts";
import type { TendermintMessage, TendermintRecord } from "./messages.ts";

function someDecision() {
  const node = new TestNode(1);
  node.start(heightContext([1, 1, 1, 1]));
  node.feed(proposalMessage(0, 0, "a"), voteMessage(0, "prevote", 0, "a"), voteMessage(2, "prevote", 0, "a"));
  node.feed(voteMessage(0, "precommit", 0, "a"), voteMessage(2, "precommit", 0, "a"));
  return { records: node.records, decision: node.state.height!.decision! };
}

const { records, decision } = someDecision();
const messages: TendermintMessage[] = [
  { type: "proposal", proposal: proposal(0, 3, "a", 1), block: block("a").bytes },
  { type: "proposal", proposal: proposal(0, 0, "a"), block: new Uint8Array(0) },
  { type: "vote", vote: vote(2, "precommit", 7, "b", 9n) },
  { type: "vote", vote: vote(2, "prevote", 0) },
  { type: "decided", commit: decision.commit, block: decision.block.bytes },
  { type: "status", height: 5n, round: 2 },
];
const round: TendermintRecord = {
  type: "round_entered",
  round: 2,
  votes: [vote(1, "precommit", 1), vote(2, "precommit", 1)],
};

Deno.test("every message and record comes back as it was", () => {
  for (const message of messages) {
    assertEquals(tendermintCodec.decodeMessage(tendermintCodec.encodeMessage(message)), { ok: true, value: message });
  }
  assertEquals(new Set(records.map(({ type }) => type)), new Set(["block_kept", "valid_value", "intent"]));
  for (const record of [...records, round]) {
    assertEquals(tendermintCodec.decodeRecord(tendermintCodec.encodeRecord(record)), { ok: true, value: record });
  }
});

Deno.test("decoders refuse an unknown version or tag, bytes cut short and bytes left over", () => {
  const status = tendermintCodec.encodeMessage({ type: "status", height: 5n, round: 2 });
  for (const bytes of [status.with(0, 2), status.with(1, 9), status.slice(0, -1), new Uint8Array([...status, 0])]) {
    assert(!tendermintCodec.decodeMessage(bytes).ok);
  }
  for (const record of [...records, round]) {
    const bytes = tendermintCodec.encodeRecord(record);
    assert(!tendermintCodec.decodeRecord(bytes.slice(0, 10)).ok);
    assert(!tendermintCodec.decodeRecord(bytes.with(0, 7)).ok);
  }
  assert(!tendermintCodec.decodeMessage(new Uint8Array(25_000_000)).ok);
});

Deno.test("decoders never throw, and a claimed count does not make them allocate", () => {
  const encoded = [...messages.map(tendermintCodec.encodeMessage), ...records.map(tendermintCodec.encodeRecord)];
  fc.assert(
    fc.property(fc.nat(encoded.length - 1), fc.nat(), fc.nat(255), fc.nat(40), (which, at, byte, cut) => {
      const bytes = encoded[which]!.slice(0, encoded[which]!.length - cut);
      if (bytes.length > 0) bytes[at % bytes.length] = byte;
      tendermintCodec.decodeMessage(bytes);
      tendermintCodec.decodeRecord(bytes);
    }),
    { numRuns: 2000 },
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
    tendermintCodec.decodeMessage(Uint8Array.from([1, ...bytes]));
    tendermintCodec.decodeRecord(Uint8Array.from([1, ...bytes]));
  }));
  assert(!tendermintCodec.decodeRecord(Uint8Array.from([1, 1, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff])).ok);
});

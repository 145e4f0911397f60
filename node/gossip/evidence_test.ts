import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { Evidence } from "cosmjs-types/tendermint/types/evidence";
import type { GossipVerdict } from "../core/peer.ts";
import { vote } from "../consensus/tendermint/_testing.ts";
import { decodeEvidence, encodeEvidence, EvidenceGossip } from "./evidence_service.ts";

/** Evidence against validator `i`; `bytes` makes it long. */
function piece(i: number, bytes = 0): Evidence {
  const voteA = { ...vote(0, "prevote", i, "a"), extension: new Uint8Array(bytes) };
  return Evidence.fromPartial({ duplicateVoteEvidence: { voteA, voteB: vote(0, "prevote", i, "b") } });
}

const nameOf = (evidence: Evidence) => `${evidence.duplicateVoteEvidence!.voteA!.round}`;
const namesOf = (bytes: Uint8Array) => {
  const decoded = decodeEvidence(bytes, 1000);
  assert(decoded.ok);
  return decoded.value.map(nameOf);
};

class Rig {
  readonly kept: Evidence[] = [];
  readonly published: string[][] = [];
  readonly sent: { to: string; names: string[]; bytes: number }[] = [];
  readonly reports: string[] = [];
  readonly failures: unknown[] = [];
  judged = 0;
  active = true;
  room = true;
  verdict: GossipVerdict = "accept";
  fails = false;
  readonly gossip: EvidenceGossip;
  #listeners = new Set<(evidence: Evidence) => void>();
  #timers: (() => void)[] = [];

  constructor() {
    this.gossip = new EvidenceGossip({
      network: {
        publish: (_topic, bytes) => this.published.push(namesOf(bytes)),
        send: (to, _channel, bytes) => {
          if (this.room) this.sent.push({ to, names: namesOf(bytes), bytes: bytes.length });
          return this.room;
        },
        report: (peer, code) => this.reports.push(`${peer} ${code}`),
      },
      clock: {
        schedule: (_ms, run) => {
          this.#timers.push(run);
          return () => this.#timers = this.#timers.filter((other) => other !== run);
        },
      },
      keeper: {
        submit: (evidence) => this.submit(evidence),
        pending: () => this.kept,
        onNew: (listener) => {
          this.#listeners.add(listener);
          return () => this.#listeners.delete(listener);
        },
      },
      active: () => this.active,
      onFailure: (error) => this.failures.push(error),
    });
  }

  async submit(evidence: Evidence): Promise<{ verdict: GossipVerdict; reason: string }> {
    await Promise.resolve();
    this.judged++;
    if (this.fails) throw new Error("disk");
    const known = this.kept.some((other) => nameOf(other) === nameOf(evidence));
    const verdict = known ? "ignore" : this.verdict;
    if (verdict === "accept") {
      this.kept.push(evidence);
      for (const listener of this.#listeners) listener(evidence);
    }
    return { verdict, reason: verdict };
  }

  tick(): void {
    for (const run of this.#timers.splice(0)) run();
  }

  get timers(): number {
    return this.#timers.length;
  }
}

Deno.test("what is new here is published, what the topic brought is left to the topic", async () => {
  const rig = new Rig();
  await rig.submit(piece(1));
  assertEquals(rig.published, [["1"]]);
  assertEquals(await rig.gossip.onTopic("a", encodeEvidence([piece(2)])), "accept");
  assertEquals(await rig.gossip.onTopic("b", encodeEvidence([piece(2)])), "ignore");
  await rig.gossip.onMessage("a", encodeEvidence([piece(2), piece(3)]));
  assertEquals(rig.published, [["1"], ["3"]], "what came directly is published on when it is new");
});

Deno.test("false evidence is rejected and its sender named; the rest of the message is not looked at", async () => {
  const rig = new Rig();
  rig.verdict = "reject";
  assertEquals(await rig.gossip.onTopic("b", encodeEvidence([piece(1)])), "reject");
  await rig.gossip.onMessage("c", encodeEvidence([piece(1), piece(2), piece(3)]));
  assertEquals([rig.reports, rig.judged], [["b bad_evidence", "c bad_evidence"], 2]);
});

Deno.test("what cannot be judged is ignored: while syncing, of another version, when the world fails", async () => {
  const rig = new Rig();
  rig.verdict = "ignore";
  assertEquals(await rig.gossip.onTopic("a", encodeEvidence([piece(1)])), "ignore");
  assertEquals(await rig.gossip.onTopic("a", Uint8Array.of(8, 7, 1)), "ignore");
  rig.fails = true;
  assertEquals(await rig.gossip.onTopic("a", encodeEvidence([piece(1)])), "ignore");
  rig.active = false;
  assertEquals(await rig.gossip.onTopic("a", Uint8Array.of(1)), "ignore");
  assertEquals([rig.reports, rig.failures.length, rig.judged], [[], 1, 2]);
});

Deno.test("bytes that are no evidence, none or too much are rejected, and nothing throws", async () => {
  const rig = new Rig();
  for (
    const bytes of [new Uint8Array(), Uint8Array.of(8, 1), encodeEvidence([]), encodeEvidence([piece(1), piece(2)])]
  ) {
    assertEquals(await rig.gossip.onTopic("b", bytes), "reject");
  }
  assertEquals([rig.reports.length, rig.judged], [4, 0]);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => void decodeEvidence(bytes, 32)));
});

Deno.test("a new peer gets what waits, in messages that leave room for others, again where there was none", async () => {
  const rig = new Rig();
  for (let i = 0; i < 40; i++) await rig.submit(piece(i, i === 7 ? 900_000 : 20_000));
  rig.gossip.onPeerJoined("n");
  rig.room = false;
  rig.tick();
  rig.room = true;
  while (rig.sent.flatMap(({ names }) => names).length < 40) rig.tick();
  assertEquals(rig.sent.flatMap(({ names }) => names), rig.kept.map(nameOf));
  assert(rig.sent.every(({ to, bytes, names }) => to === "n" && (bytes <= 256 * 1024 || names.length === 1)));
});

Deno.test("peers are sent again in turns what has waited for long, and nothing once it is in a block", async () => {
  const rig = new Rig();
  for (const peer of ["a", "b"]) rig.gossip.onPeerJoined(peer);
  assertEquals(rig.timers, 0);
  await rig.submit(piece(1));
  rig.tick();
  await rig.submit(piece(2));
  assertEquals(rig.sent, [], "they are new");
  for (let i = 0; i < 4; i++) rig.tick();
  assertEquals(rig.sent.slice(0, 2).map(({ to, names }) => `${to} ${names}`), ["a 1", "b 1,2"]);
  rig.active = false;
  rig.tick();
  const count = rig.sent.length;
  for (let i = 0; i < 4; i++) rig.tick();
  assertEquals(rig.sent.length, count);
  rig.active = true;
  rig.kept.length = 0;
  for (let i = 0; i < 4; i++) rig.tick();
  assertEquals([rig.sent.length, rig.timers], [count, 0]);
});

Deno.test("a peer that leaves and a service that stops leave nothing behind", async () => {
  const rig = new Rig();
  rig.gossip.onPeerJoined("none waits");
  assertEquals(rig.timers, 0);
  rig.gossip.onPeerLeft("none waits");
  await rig.submit(piece(1));
  rig.gossip.onPeerJoined("n");
  rig.gossip.onPeerLeft("n");
  rig.tick();
  assertEquals([rig.sent, rig.timers], [[], 0]);
  rig.gossip.onPeerJoined("n");
  rig.gossip.stop();
  assertEquals(rig.timers, 0);
  const before = rig.published.length;
  await rig.submit(piece(2));
  assertEquals(rig.published.length, before);
});

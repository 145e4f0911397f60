import { assert, assertEquals } from "@std/assert";
import type { GossipVerdict } from "../core/peer.ts";
import { toy, toyCodec, type ToyMessage } from "./_testing.ts";
import { GOSSIP_TICK_MS } from "./ports.ts";
import { ConsensusGossipService } from "./service.ts";
import { decodeFrame, encodeCarry, encodeStatus } from "./wire.ts";

const vote = (fields: Partial<ToyMessage> = {}) => toy({ kind: "prevote", height: 5, author: 0, ...fields });
const whole = (message: ToyMessage) => toyCodec.encodeMessage(message);
const text = (message: Uint8Array) => {
  const decoded = toyCodec.decodeMessage(message);
  assert(decoded.ok);
  const { kind, height, author } = decoded.value;
  return `${kind} ${height} of ${author}`;
};

/** A service whose world writes down, in one list, what happens. */
class Rig {
  readonly log: string[] = [];
  readonly service: ConsensusGossipService<ToyMessage>;
  readonly timers: { ms: number; run: () => void }[] = [];
  base = 1n;

  constructor() {
    this.service = new ConsensusGossipService<ToyMessage>({
      network: {
        publish: (topic, bytes) => this.log.push(`publish ${topic} ${this.#show(bytes)}`),
        send: (to, channel, bytes) => {
          this.log.push(`send ${to} ${channel} ${this.#show(bytes)}`);
          return true;
        },
        report: (peer, code) => this.log.push(`report ${peer} ${code}`),
      },
      clock: {
        nowNanos: () => 0n,
        schedule: (ms, run) => {
          const timer = { ms, run };
          this.timers.push(timer);
          return () => this.timers.splice(this.timers.indexOf(timer), 1);
        },
      },
      codec: toyCodec,
      base: () => this.base,
      onPeerStatus: (peer, height, base) => this.log.push(`${peer} decides ${height}, has ${base}`),
    });
  }

  #show(bytes: Uint8Array): string {
    const frame = decodeFrame(bytes);
    assert(frame.ok);
    const { carry, status, have } = frame.value;
    if (carry !== undefined) return text(carry.head);
    return status !== undefined ? `status ${status.height}/${status.round}/${status.base}` : `have ${have?.height}`;
  }

  /** A driver that answers each message with a vote of its own, at once. */
  driver(name: string, verdict: GossipVerdict = "accept") {
    return {
      receive: (from: string, message: Uint8Array) => {
        this.log.push(`${name} gets ${text(message)} from ${from}`);
        if (text(message).startsWith("prevote")) this.service.broadcast(whole(vote({ kind: "precommit", author: 9 })));
        return true;
      },
      judge: (): GossipVerdict => verdict,
    };
  }

  take(): string[] {
    return this.log.splice(0);
  }
}

const carry = (message: ToyMessage) => encodeCarry(whole(message));

Deno.test("service ticks by the clock until it stops, and tells peers where it syncs", () => {
  const rig = new Rig();
  rig.service.start(3n);
  rig.service.onPeerJoined("a");
  assertEquals(rig.take(), ["send a consensus status 3/0/1"]);
  assertEquals(rig.timers.map(({ ms }) => ms), [GOSSIP_TICK_MS]);
  rig.service.syncing(4n);
  rig.timers.shift()!.run();
  assertEquals(rig.take(), ["send a consensus status 4/0/1"]);
  assertEquals(rig.timers.length, 1);
  rig.service.onMessage("a", encodeStatus({ height: 9n, round: 0, base: 2n }));
  assertEquals(rig.take(), ["a decides 9, has 2"]);
  rig.service.stop();
  assertEquals(rig.timers.length, 0);
});

Deno.test("service hands messages to the driver that is attached, and to none while blocks are synced", () => {
  const rig = new Rig();
  rig.service.start(5n);
  rig.service.onPeerJoined("a");
  assertEquals(rig.service.onTopic("a", carry(vote())), "ignore");
  rig.service.attach(rig.driver("first"));
  assertEquals(rig.service.onTopic("a", carry(vote({ author: 1 }))), "ignore", "it has not begun");
  rig.service.position({ height: 5n, round: 0, step: "propose" });
  rig.take();
  assertEquals(rig.service.onTopic("a", carry(vote())), "accept");
  assertEquals(rig.take(), ["first gets prevote 5 of 0 from a", "publish consensus precommit 5 of 9"]);
  rig.service.syncing(6n);
  assertEquals(rig.service.onTopic("a", carry(vote({ height: 6 }))), "ignore");
  rig.service.position({ height: 5n, round: 1, step: "propose" });
  assertEquals(rig.take(), []);
  rig.service.attach(rig.driver("second"));
  rig.service.position({ height: 7n, round: 0, step: "propose" });
  assertEquals(rig.service.onTopic("a", carry(vote({ height: 7 }))), "accept");
  assert(rig.take().includes("second gets prevote 7 of 0 from a"));
});

Deno.test("service carries effects out in order, also when the driver answers in between", () => {
  const rig = new Rig();
  rig.service.start(5n);
  rig.service.onPeerJoined("a");
  rig.service.attach(rig.driver("it"));
  rig.service.position({ height: 5n, round: 0, step: "commit" });
  for (const author of [1, 2, 3]) rig.service.onTopic("a", carry(vote({ height: 6, author })));
  rig.take();
  rig.service.position({ height: 6n, round: 0, step: "propose" });
  assertEquals(rig.take().slice(0, 4), [
    "it gets prevote 6 of 1 from a",
    "it gets prevote 6 of 2 from a",
    "it gets prevote 6 of 3 from a",
    "publish consensus precommit 5 of 9",
  ]);
});

Deno.test("service reports what the driver reports, and what the machine finds", () => {
  const rig = new Rig();
  rig.service.start(5n);
  rig.service.onPeerJoined("a");
  rig.service.attach(rig.driver("it", "reject"));
  rig.service.position({ height: 5n, round: 0, step: "propose" });
  rig.take();
  assertEquals(rig.service.onTopic("a", carry(vote())), "reject");
  rig.service.report("b", "undecodable", "decode: cut short");
  assertEquals(rig.take(), ["report a bad_message", "report b undecodable"]);
});

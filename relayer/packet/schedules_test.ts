/**
 * Random schedules against two model chains: sends, blocks, scans in any order and twice, tries that are lost or never
 * sent, crashes back to the last checkpoint, late acknowledgements, a channel that closes. In the end every packet must
 * have been delivered at most once and settled on its source, and the relayer must have nothing left.
 */
import { assert, assertEquals } from "@std/assert";
import { MsgUpdateClient } from "cosmjs-types/ibc/core/client/v1/tx";
import type { Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import { u64ToBytes, utf8ToBytes } from "../../node/core/bytes.ts";
import { packetCommitmentPath, packetReceiptPath, ZERO_HEIGHT } from "../../node/core/ibc/mod.ts";
import { Prng } from "../../node/core/prng.ts";
import { type ModelChain, modelPair, sendMessage } from "../../tests/helpers/model/chain.ts";
import type { Message } from "../chain/ports.ts";
import {
  type Action,
  type ChannelEvent,
  closingKey,
  closingMessage,
  isClosed,
  isSettled,
  judgeEvidence,
  type Lane,
  messageOf,
  type Observation,
  observe,
  type PacketPolicy,
  type PacketRecord,
  parseChannelEvent,
  planClosing,
  planLane,
  provenKeys,
  proverOf,
  retryNow,
  settle,
} from "./mod.ts";

const POLICY: PacketPolicy = {
  retryFirstMs: 200,
  retryMaxMs: 3000,
  attemptsMax: 8,
  receiveMarginMs: 1500,
  ackSearchFirstMs: 2000,
  ackSearchMaxMs: 8000,
  backlogAfterMs: 10_000,
};
const PORT = "transfer";
const CHANNEL = "channel-0";
const decoder = new TextDecoder();

const updateTo = (height: bigint): Message => ({
  typeUrl: MsgUpdateClient.typeUrl,
  value: MsgUpdateClient.encode(MsgUpdateClient.fromPartial({
    clientId: "07-tendermint-0",
    clientMessage: { typeUrl: "/model.Header", value: u64ToBytes(height) },
  })).finish(),
});

interface Memory {
  lane: Lane;
  records: Map<bigint, PacketRecord>;
  cursors: { a: bigint; b: bigint };
}

class Schedule {
  readonly a: ModelChain;
  readonly b: ModelChain;
  memory: Memory;
  checkpoint: Memory;
  nowMs = 1_700_000_000_000;
  sent = 0;
  readonly owed: Packet[] = [];

  constructor(readonly random: Prng, readonly ordered: boolean) {
    const { a, b } = modelPair({ ordered });
    this.a = a;
    this.b = b;
    b.onReceive = (packet) => {
      if (!random.chance(0.3)) return utf8ToBytes('{"result":"AQ=="}');
      this.owed.push(packet);
      return undefined;
    };
    const end = (chain: string) => ({ chain, portId: PORT, channelId: CHANNEL });
    const lane: Lane = {
      id: `a/${PORT}/${CHANNEL}`,
      source: end("a"),
      destination: end("b"),
      ordered,
      pathIds: ["a-b"],
      sourceClosed: undefined,
      destinationClosed: undefined,
    };
    this.memory = { lane, records: new Map(), cursors: { a: a.height + 1n, b: b.height + 1n } };
    this.checkpoint = this.#copy();
  }

  #copy(): Memory {
    const { lane, records, cursors } = this.memory;
    return { lane, records: new Map(records), cursors: { ...cursors } };
  }

  save(): void {
    this.checkpoint = this.#copy();
  }

  crash(): void {
    const saved = this.checkpoint;
    this.memory = { lane: saved.lane, records: new Map(saved.records), cursors: { ...saved.cursors } };
  }

  send(): void {
    const { random, b } = this;
    const kind = random.below(4);
    const result = this.a.nextBlock([[sendMessage({
      portId: PORT,
      channelId: CHANNEL,
      data: `packet ${this.sent}`,
      timeoutHeight: kind === 1
        ? { revisionNumber: 1n, revisionHeight: b.height + BigInt(1 + random.below(12)) }
        : ZERO_HEIGHT,
      timeoutTimestamp: kind === 2 ? b.timeNanos + BigInt(500 + random.below(12_000)) * 1_000_000n : 0n,
    })]]);
    if (result.at(-1)!.code === 0) this.sent++;
  }

  scan(name: "a" | "b", height: bigint): void {
    const { txs, block } = this[name].blocks.get(height)!;
    for (const { hash, events } of [...txs, { hash: "", events: block }]) {
      for (const event of events) {
        const said = parseChannelEvent(event);
        if (said !== undefined) this.#note(name, said, height, hash);
      }
    }
  }

  #note(name: "a" | "b", said: ChannelEvent, height: bigint, txHash: string): void {
    const step = { height, txHash, proofHeight: undefined, timeNanos: undefined };
    if (said.tag === "opened") return;
    if (said.tag === "closed") {
      const which = name === "a" ? "sourceClosed" : "destinationClosed";
      this.memory.lane = { ...this.memory.lane, [which]: this.memory.lane[which] ?? height };
      return;
    }
    const ofSource = said.tag === "sent" || said.tag === "acknowledged" || said.tag === "timed_out";
    if (ofSource !== (name === "a")) return;
    this.observe({ ...said, step });
  }

  observe(observation: Observation): void {
    const sequence = "packet" in observation ? observation.packet.sequence : observation.sequence;
    const seen = {
      nowMs: this.nowMs,
      destinationHeight: this.b.height,
      backlog: false,
      ackSearchFirstMs: POLICY.ackSearchFirstMs,
    };
    const next = observe(this.memory.records.get(sequence), observation, seen);
    if (next !== undefined) this.memory.records.set(sequence, next);
  }

  /** The destination's RPC says that it received a packet, which it did not. */
  lie(): void {
    const believed = [...this.memory.records.values()].filter(({ stage }) => stage === "sent");
    if (believed.length === 0) return;
    const step = { height: this.b.height, txHash: "AA", proofHeight: undefined, timeNanos: undefined };
    const packet = { ...this.random.pick(believed), data: utf8ToBytes("another") };
    this.observe({ tag: "received", packet, step });
  }

  scanNext(name: "a" | "b"): boolean {
    const { cursors } = this.memory;
    if (cursors[name] > this[name].height) return false;
    this.scan(name, cursors[name]++);
    return true;
  }

  plan(): readonly Action[] {
    const head = (chain: ModelChain) => ({
      height: chain.height,
      timeNanos: chain.timeNanos,
      revision: 1n,
      seenMs: this.nowMs,
    });
    const heads = { source: head(this.a), destination: head(this.b) };
    const { lane, records } = this.memory;
    return planLane({ lane, records: records.values(), heads, isBusy: () => false }, this.nowMs, POLICY).actions;
  }

  /** Tries some of what can be done, in one transaction for each chain; it may be lost, or be believed so. */
  act(share: number): void {
    const { random, ordered } = this;
    const wanted = this.plan().filter(() => ordered || random.chance(share));
    for (const action of wanted.filter(({ kind }) => kind === "find_ack")) this.#findAck(action);
    for (const prover of ["source", "destination"] as const) {
      const batch = wanted.filter(({ kind }) => kind !== "find_ack" && proverOf(kind) === prover);
      if (batch.length > 0) this.#submit(batch, prover);
    }
  }

  #submit(batch: readonly Action[], proverName: "source" | "destination"): void {
    const [prover, target] = proverName === "source" ? [this.a, this.b] : [this.b, this.a];
    const height = prover.height;
    const update = updateTo(height);
    const good: { action: Action; message: Message }[] = [];
    for (const action of batch) {
      const proven = provenKeys(action).map((key) => prover.prove(decoder.decode(key), height - 1n));
      const evidence = judgeEvidence(action, proven.map(({ value }) => value));
      if (evidence.tag === "fails") {
        this.#settle(action, evidence.outcome);
        continue;
      }
      const proof = {
        proofs: proven.map(({ proof }) => proof),
        height: proven[0]!.height,
        nextSequenceRecv: evidence.nextSequenceRecv,
      };
      good.push({ action, message: messageOf(action, proof, "relayer") });
    }
    if (good.length === 0) return;
    const fate = this.random.below(6);
    if (fate === 0) {
      // Never reaches the chain; the relayer only knows that it saw nothing.
      for (const { action } of good) this.#settle(action, { tag: "later", untilMs: this.nowMs + 2000 });
      return;
    }
    const tx = target.nextBlock([[update, ...good.map(({ message }) => message)]]).at(-1)!;
    if (fate === 1) {
      for (const { action } of good) this.#settle(action, { tag: "later", untilMs: this.nowMs + 2000 });
    } else if (tx.code === 0) {
      const step = { height: tx.height, txHash: tx.hash, proofHeight: undefined, timeNanos: undefined };
      for (const { action } of good) this.#settle(action, { tag: "done", step });
    } else if (good.length === 1) {
      this.#settle(good[0]!.action, { tag: "failed", fault: { code: `${tx.codespace}/${tx.code}`, message: tx.log } });
    } else if (!this.ordered || this.random.chance(0.5)) {
      for (const one of good) this.#submit([one.action], proverName);
    }
  }

  /** Closes the other end when one is closed. */
  close(): void {
    const { lane } = this.memory;
    const back: Lane = {
      ...lane,
      source: lane.destination,
      destination: lane.source,
      sourceClosed: lane.destinationClosed,
      destinationClosed: lane.sourceClosed,
    };
    for (const one of [lane, back]) {
      const closing = planClosing(one);
      if (closing === undefined) continue;
      const [prover, target] = one === lane ? [this.a, this.b] : [this.b, this.a];
      if (prover.height < closing.proofHeightMin) continue;
      const proven = prover.prove(decoder.decode(closingKey(closing)), prover.height - 1n);
      assert(isClosed(proven.value));
      target.nextBlock([[updateTo(prover.height), closingMessage(closing, proven, "relayer")]]);
    }
  }

  #settle({ record: { sequence }, kind }: Action, outcome: Parameters<typeof settle>[2]): void {
    const record = this.memory.records.get(sequence);
    if (record === undefined || isSettled(record)) return;
    this.memory.records.set(sequence, settle(record, kind, outcome, this.nowMs, POLICY));
  }

  #findAck(action: Action): void {
    const { sequence } = action.record;
    for (const { height, txs, block } of this.b.blocks.values()) {
      for (const { hash, events } of [...txs, { hash: "", events: block }]) {
        const written = events.map(parseChannelEvent)
          .find((said) => said?.tag === "written" && said.packet.sequence === sequence);
        if (written !== undefined) return this.#note("b", written, height, hash);
      }
    }
    const source = this.a.valueAt(packetCommitmentPath(PORT, CHANNEL, sequence), this.a.height);
    const receipt = this.b.valueAt(packetReceiptPath(PORT, CHANNEL, sequence), this.b.height);
    const received = this.ordered ? this.b.deliveries.has(`${PORT}/${CHANNEL}/${sequence}`) : receipt !== undefined;
    if (source === undefined) this.#settle(action, { tag: "gone" });
    else this.#settle(action, { tag: received ? "not_written" : "not_received" });
  }

  payAcks(): void {
    for (const packet of this.owed.splice(0)) {
      if (this.b.deliveries.has(`${PORT}/${CHANNEL}/${packet.sequence}`)) {
        this.b.writeAck(packet, utf8ToBytes('{"result":"AQ=="}'));
      } else this.owed.push(packet);
    }
    this.b.nextBlock();
  }
}

function run(seed: number): void {
  const random = new Prng(seed);
  const world = new Schedule(random, random.chance(0.3));
  const closes = random.chance(0.2);
  for (let i = 0; i < 120; i++) {
    world.nowMs += random.below(1500);
    switch (random.below(10)) {
      case 0:
      case 1:
        world.send();
        break;
      case 2:
        (random.chance(0.5) ? world.a : world.b).nextBlock();
        break;
      case 3:
      case 4:
      case 5: {
        const name = random.chance(0.5) ? "a" : "b";
        world.scanNext(name);
        // A look at an old block again, as after a crash or in a search.
        if (random.chance(0.2)) world.scan(name, 2n + BigInt(random.below(Number(world[name].height) - 1)));
        break;
      }
      case 6:
        random.chance(0.5) ? world.save() : world.crash();
        break;
      case 7:
        if (world.owed.length > 0) world.payAcks();
        else if (random.chance(0.3)) world.lie();
        break;
      default:
        world.act(0.7);
    }
    if (closes && i === 80) {
      world.b.closeChannel(PORT, CHANNEL);
      world.b.nextBlock();
    }
  }
  // What is still owed is written, unless the channel is closed; the operator has what was given up tried again.
  for (let i = 0; i < 200; i++) {
    world.nowMs += 1000;
    world.a.nextBlock();
    if (closes) world.b.nextBlock();
    else world.payAcks();
    while (world.scanNext("a") || world.scanNext("b"));
    world.act(1);
    world.close();
    if (i === 100) {
      for (const [sequence, record] of world.memory.records) world.memory.records.set(sequence, retryNow(record));
    }
  }

  for (const [name, times] of world.b.deliveries) assertEquals(times, 1, `${name} was delivered ${times} times`);
  const open = [...world.memory.records.values()].filter((record) => !isSettled(record));
  // What ICS-04 itself leaves: acknowledgements for, or from, a closed channel.
  const stuck = (record: PacketRecord) =>
    world.memory.lane.sourceClosed !== undefined || world.memory.lane.destinationClosed !== undefined
      ? record.stage !== "sent"
      : false;
  assertEquals(open.filter((record) => !stuck(record)), [], `seed ${seed}`);
  for (let sequence = 1n; sequence <= BigInt(world.sent); sequence++) {
    const committed = world.a.valueAt(packetCommitmentPath(PORT, CHANNEL, sequence), world.a.height) !== undefined;
    const record = world.memory.records.get(sequence);
    assert(record !== undefined, `seed ${seed}: packet ${sequence} is not known`);
    assertEquals(committed, !isSettled(record), `seed ${seed}: packet ${sequence} ${record.stage}`);
    const outcome = world.a.outcomes.get(`${PORT}/${CHANNEL}/${sequence}`);
    const delivered = world.b.deliveries.has(`${PORT}/${CHANNEL}/${sequence}`);
    if (outcome !== undefined) assertEquals(outcome === "acknowledged", delivered, `seed ${seed}: packet ${sequence}`);
  }
}

Deno.test("every packet ends acknowledged or timed out, whatever is lost, repeated, reordered or forgotten", () => {
  const first = Number(Deno.env.get("SEED") ?? 1);
  const count = Number(Deno.env.get("SEEDS") ?? 150);
  console.log(`seeds ${first} to ${first + count - 1}`);
  for (let seed = first; seed < first + count; seed++) run(seed);
});

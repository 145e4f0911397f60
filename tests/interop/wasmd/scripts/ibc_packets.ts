import { MsgStoreCode } from "cosmjs-types/cosmwasm/wasm/v1/tx";
import type { Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import { GENESIS_NANOS } from "../../../helpers/wasmd/txs.ts";
import { ECHO } from "../echo.ts";
import { type Answers, LOOPS, PANICS, Puppets, response, submessage } from "../puppet.ts";
import {
  acknowledge,
  closeConfirm,
  closeInit,
  type End,
  LITTLE_GAS,
  receive,
  Relay,
  sentIn,
  timeout,
  timeoutOnClose,
  writtenIn,
} from "../relay.ts";
import { addressOf, binary, message, type Script } from "../script.ts";

const LATER = { block: null, timestamp: `${GENESIS_NANOS * 2n}` };
/** By height: late from the next block on. */
const AT_ONCE = (height: number) => ({ block: { revision: 1, height }, timestamp: null });

const packet = (channel: string, data: unknown = "hello", timeout: unknown = LATER) => ({
  ibc: { send_packet: { channel_id: channel, data: binary(data), timeout } },
});
const acks = (text: string | null, more: Record<string, unknown> = {}) =>
  response({ acknowledgement: text === null ? null : binary(text), ...more });
const pays = (denom = "ucat") => ({
  bank: { send: { to_address: addressOf("bob"), amount: [{ denom, amount: "1" }] } },
});
const attributes = (key: string, value: string) => [{ key, value }];

interface World {
  readonly script: Script;
  readonly puppets: Puppets;
  readonly relay: Relay;
  readonly one: string;
  readonly two: string;
  /** An unordered channel, of which `end` is the first's. */
  readonly end: End;
  readonly other: End;
}

/** Packets of contracts: sent, received, acknowledged and late. */
export async function ibcPackets(script: Script): Promise<void> {
  const puppets = new Puppets(script);
  const relay = new Relay(script, LITTLE_GAS);
  const code = await puppets.store();
  const one = await script.instantiate("alice", code, {}, { funds: "100ucat" });
  const two = await script.instantiate("alice", code, {}, { funds: "100ucat" });
  const [end, other] = await relay.open("an unordered channel", `wasm.${one}`, `wasm.${two}`);
  const world: World = { script, puppets, relay, one, two, end, other };
  await sends(world);
  await receives(world);
  await receivesOnce(world);
  await acknowledges(world);
  await writesLater(world);
  await comesLate(world);
  await inOrder(world);
}

/** A packet of the first puppet, to be received by the second one. */
async function sent({ puppets, one, end }: World, told: Readonly<Record<string, Answers>> = {}): Promise<Packet> {
  const execute = response({ messages: [submessage(packet(end.channel))] });
  return sentIn(await puppets.tell("sends", { ...told, [one]: { ...told[one], execute } }))[0]!;
}

async function sends({ script, puppets, one, two, end, other }: World): Promise<void> {
  const packets: Record<string, unknown> = {
    "over no channel": packet(""),
    "over a channel that is not there": packet("channel-99"),
    "over another's channel": packet(other.channel),
    "no data": packet(end.channel, ""),
    "without a timeout": packet(end.channel, "x", { block: null, timestamp: null }),
    "with a timeout of zeros": packet(end.channel, "x", { block: { revision: 0, height: 0 }, timestamp: "0" }),
    "late already": packet(end.channel, "x", { block: null, timestamp: `${GENESIS_NANOS}` }),
    "late by height": packet(end.channel, "x", { block: { revision: 1, height: 1 }, timestamp: null }),
    "late by revision": packet(end.channel, "x", { block: { revision: 0, height: 1_000_000 }, timestamp: null }),
    "until the end of time": packet(end.channel, "x", { block: null, timestamp: `${(1n << 64n) - 1n}` }),
    "with a timeout beyond 64 bits": packet(end.channel, "x", { block: null, timestamp: `${1n << 64n}` }),
    "with a timeout that is no text": packet(end.channel, "x", { block: null, timestamp: 5 }),
    "with a negative height": packet(end.channel, "x", { block: { revision: 1, height: -1 }, timestamp: null }),
    "without the field": { ibc: { send_packet: { channel_id: end.channel, data: "eA==" } } },
    "with both timeouts": packet(end.channel, "x", {
      block: { revision: 1, height: 9_999 },
      timestamp: LATER.timestamp,
    }),
    "a fee": { ibc: { pay_packet_fee: { channel_id: end.channel, relayers: [], fee: {} } } },
    "an acknowledgement that nobody waits for": {
      ibc: { write_acknowledgement: { channel_id: end.channel, packet_sequence: 1, ack: { data: "eA==" } } },
    },
    "nothing": { ibc: {} },
    "by IBC v2 to nobody": {
      ibc2: {
        send_packet: {
          source_client: "07-tendermint-0",
          timeout: LATER.timestamp,
          payloads: [{ source_port: "wasm2x", destination_port: "x", version: "1", encoding: "x", value: "eA==" }],
        },
      },
    },
    "nothing by IBC v2": { ibc2: {} },
  };
  for (const [say, msg] of Object.entries(packets)) {
    await puppets.tell(`sends ${say}`, { [one]: { execute: response({ messages: [submessage(msg)] }) } });
  }
  await puppets.tell("sends two, hears of both", {
    [one]: {
      reply: response({ data: binary("both") }),
      execute: response({
        messages: [
          submessage(packet(end.channel), { reply_on: "always" }),
          submessage(packet("channel-99"), { reply_on: "always", id: 8 }),
        ],
      }),
    },
  });
  await script.tx("stores an echo", "alice", [
    message(MsgStoreCode, { sender: addressOf("alice"), wasmByteCode: ECHO }),
  ]);
  const echo = await script.instantiate("alice", 2n, response({ data: null }));
  for (const msg of [packet(end.channel), { ibc: { close_channel: { channel_id: end.channel } } }]) {
    await script.execute("alice", echo, response({ messages: [submessage(msg)] }), {
      say: "a contract without a port",
    });
  }
  await puppets.tell("one tells the other to send", {
    [two]: { reply: response({ data: binary("heard") }) },
    [one]: {
      execute: response({
        messages: [submessage({
          wasm: {
            execute: {
              contract_addr: two,
              msg: binary([0, response({ messages: [submessage(packet(other.channel), { reply_on: "always" })] })]),
              funds: [],
            },
          },
        })],
      }),
    },
  });
}

/** What a contract may say to a packet, and what becomes of it. */
async function receives(world: World): Promise<void> {
  const { relay, two, end, other } = world;
  const executes = (contract: string, answer: unknown) => ({
    wasm: { execute: { contract_addr: contract, msg: binary([0, answer]), funds: [] } },
  });
  const replies = (more: Record<string, unknown> = {}) =>
    response({ attributes: attributes("replied", "so"), ...more });
  const always = { reply_on: "always" };
  const cases: Record<string, Answers> = {
    "an acknowledgement, with events": {
      ibc_packet_receive: acks("thanks", {
        attributes: [...attributes("a", "b"), { key: "c", value: "" }],
        events: [{ type: "got", attributes: attributes("d", "e") }],
      }),
    },
    "an error": { ibc_packet_receive: { error: `no "thanks" <&> \u2028é` } },
    "an error without a word": { ibc_packet_receive: { error: "" } },
    "a blank error": { ibc_packet_receive: { error: " " } },
    "an empty acknowledgement": { ibc_packet_receive: acks("") },
    "an acknowledgement that is no base64": { ibc_packet_receive: response({ acknowledgement: "!" }) },
    "an acknowledgement that is a list": { ibc_packet_receive: response({ acknowledgement: [1, 2] }) },
    "what is no data": { ibc_packet_receive: acks("x", { data: "!" }) },
    "data in place of an acknowledgement": { ibc_packet_receive: response({ data: "eA==" }) },
    "a panic": { ibc_packet_receive: PANICS },
    "a loop": { ibc_packet_receive: LOOPS },
    "a number": { ibc_packet_receive: 5 },
    "neither": { ibc_packet_receive: {} },
    "null": { ibc_packet_receive: { ok: null } },
    "a payment": { ibc_packet_receive: acks("paid", { messages: [submessage(pays())] }) },
    "a payment it cannot make": { ibc_packet_receive: acks("paid", { messages: [submessage(pays("ugold"))] }) },
    "a payment it cannot make, and a reply": {
      ibc_packet_receive: acks("paid", { messages: [submessage(pays("ugold"), always)] }),
      reply: replies({ data: binary("at least") }),
    },
    "a payment, and a reply that acknowledges": {
      ibc_packet_receive: acks("paid", { messages: [submessage(pays(), always)] }),
      reply: replies({ data: binary("replied") }),
    },
    "nothing, and a reply that acknowledges": {
      ibc_packet_receive: acks(null, { messages: [submessage(pays(), always)] }),
      reply: replies({ data: binary("replied") }),
    },
    "a payment, and a reply that acknowledges with nothing": {
      ibc_packet_receive: acks("paid", { messages: [submessage(pays(), always)] }),
      reply: replies({ data: "" }),
    },
    "a payment, and a reply that refuses": {
      ibc_packet_receive: acks("paid", { messages: [submessage(pays(), always)] }),
      reply: { error: "not like this" },
    },
    "a payment, and a reply that panics": {
      ibc_packet_receive: acks("paid", { messages: [submessage(pays(), always)] }),
      reply: PANICS,
    },
    "a payment within too little gas": {
      ibc_packet_receive: acks("paid", { messages: [submessage(pays(), { gas_limit: 1_000, ...always })] }),
      reply: replies(),
    },
    "a call of the other contract": {
      ibc_packet_receive: acks("called", {
        messages: [submessage(executes(world.one, replies({ data: "aGk=" })), always)],
      }),
      reply: replies({ data: binary("of both") }),
    },
    "a call that is refused": {
      ibc_packet_receive: acks("called", { messages: [submessage(executes(world.one, { error: "never" }))] }),
    },
    "a call that is refused, and a reply": {
      ibc_packet_receive: acks("called", { messages: [submessage(executes(world.one, { error: "never" }), always)] }),
      reply: replies(),
    },
    "a call that panics": {
      ibc_packet_receive: acks("called", { messages: [submessage(executes(world.one, PANICS))] }),
    },
    "a message of nobody": { ibc_packet_receive: acks("x", { messages: [submessage({ custom: { x: 1 } })] }) },
    "a bad event": { ibc_packet_receive: acks("x", { events: [{ type: "x", attributes: [] }] }) },
    "a bad attribute": { ibc_packet_receive: acks("x", { attributes: attributes("_x", "y") }) },
    "a packet": { ibc_packet_receive: acks("x", { messages: [submessage(packet(other.channel, "back"), always)] }) },
    "the end of another's channel": {
      ibc_packet_receive: acks("x", {
        messages: [submessage({ ibc: { close_channel: { channel_id: end.channel } } })],
      }),
    },
  };
  for (const [say, answers] of Object.entries(cases)) {
    const one = await sent(world, { [two]: { reply: response(), ...answers } });
    await relay.do(`is answered with ${say}`, receive(one));
  }
}

async function receivesOnce(world: World): Promise<void> {
  const { relay, two, script } = world;
  const one = await sent(world, { [two]: { ibc_packet_receive: acks("once") } });
  await relay.do("other data", receive({ ...one, data: new Uint8Array(3) }));
  await relay.do("another number", receive({ ...one, sequence: 999n }));
  await relay.do("another port", receive({ ...one, destinationPort: one.sourcePort }));
  await relay.do("another channel", receive({ ...one, destinationChannel: "channel-99" }));
  await relay.do("too early for a timeout", timeout(one));
  await script.tx("three times at once", "carol", [receive(one), receive(one), receive(one)]);
  await relay.do("again", receive(one), receive(one));
  await relay.do("a timeout of what was received", timeout(one));
}

async function acknowledges(world: World): Promise<void> {
  const { relay, puppets, one, two, script, end } = world;
  const sentOne = await sent(world, { [two]: { ibc_packet_receive: acks("fine") } });
  const fine = writtenIn(await relay.do("received", receive(sentOne)))!;
  await relay.do("another acknowledgement", acknowledge(sentOne, new Uint8Array(4)));
  const cases: Record<string, Answers> = {
    "an error": { ibc_packet_ack: { error: "not like this" } },
    "a panic": { ibc_packet_ack: PANICS },
    "a loop": { ibc_packet_ack: LOOPS },
    "null": { ibc_packet_ack: { ok: null } },
    "a payment it cannot make": { ibc_packet_ack: response({ messages: [submessage(pays("ugold"))] }) },
    "much": {
      ibc_packet_ack: response({
        data: "!",
        attributes: attributes("a", "b"),
        events: [{ type: "settled", attributes: attributes("c", "d") }],
        messages: [submessage(pays(), { reply_on: "success" }), submessage(packet(end.channel, "next"))],
      }),
      reply: response({ data: binary("ignored"), attributes: attributes("replied", "so") }),
    },
  };
  for (const [say, answers] of Object.entries(cases)) {
    await puppets.tell(`will answer with ${say}`, { [one]: answers });
    await relay.do(`acknowledged to one that says ${say}`, acknowledge(sentOne, fine));
  }
  await script.tx("acknowledged twice at once", "carol", [acknowledge(sentOne, fine), acknowledge(sentOne, fine)]);
  await puppets.tell("answers with nothing", { [one]: { ibc_packet_ack: response() } });
  const refused = await sent(world, { [two]: { ibc_packet_receive: { error: "<no>" } } });
  await relay.do(
    "acknowledges an error",
    acknowledge(refused, writtenIn(await relay.do("refused", receive(refused)))!),
  );
}

/** Acknowledgements that a contract puts off. */
async function writesLater(world: World): Promise<void> {
  const { puppets, relay, one, two, other, end } = world;
  const sentOne = await sent(world, {
    [two]: { ibc_packet_receive: acks(null, { attributes: attributes("a", "b") }) },
  });
  const { sequence } = sentOne;
  await relay.do("received", receive(sentOne));
  const write = (channel: string, number: bigint, data: string, more = {}) =>
    response({
      messages: [submessage({
        ibc: {
          write_acknowledgement: { channel_id: channel, packet_sequence: Number(number), ack: { data: binary(data) } },
        },
      }, more)],
    });
  await puppets.tell("the sender writes", { [one]: { execute: write(end.channel, sequence, "x") } });
  await puppets.tell("the sender writes for the other", { [one]: { execute: write(other.channel, sequence, "x") } });
  await puppets.tell("another number", { [two]: { execute: write(other.channel, 999n, "x") } });
  await puppets.tell("no channel", { [two]: { execute: write("", sequence, "x") } });
  await puppets.tell("nothing", { [two]: { execute: write(other.channel, sequence, "") } });
  const written = await puppets.tell("late, but here", {
    [two]: {
      execute: write(other.channel, sequence, "late", { reply_on: "always" }),
      reply: response({ data: binary("written") }),
    },
  });
  await puppets.tell("again", { [two]: { execute: write(other.channel, sequence, "late") } });
  await relay.do("acknowledged", acknowledge(sentOne, writtenIn(written)!));
  const within = await sent(world, {
    [two]: { ibc_packet_receive: acks("now", write(other.channel, sequence + 1n, "x").ok) },
  });
  await relay.do("writes what it is being given", receive(within));
}

async function comesLate(world: World): Promise<void> {
  const { puppets, relay, one, two, end, script } = world;
  const soon = () => packet(end.channel, "late", AT_ONCE(script.steps.filter((step) => "txs" in step).length + 3));
  const block = await puppets.tell("sends for three blocks", {
    [two]: { ibc_packet_receive: acks("in time") },
    [one]: { execute: response({ messages: [submessage(soon())] }) },
  });
  const late = sentIn(block)[0]!;
  const height = (add: bigint) => ({ ...late.timeoutHeight, revisionHeight: late.timeoutHeight.revisionHeight + add });
  await relay.do("too early", timeout(late, 1n, height(-1n)));
  await relay.do("a block");
  await relay.do("too late", receive(late));
  const cases: Record<string, Answers> = {
    "an error": { ibc_packet_timeout: { error: "never" } },
    "a panic": { ibc_packet_timeout: PANICS },
    "events": {
      ibc_packet_timeout: response({
        attributes: attributes("a", "b"),
        messages: [submessage(pays(), { reply_on: "always" })],
      }),
      reply: response({ data: binary("ignored") }),
    },
  };
  for (const [say, answers] of Object.entries(cases)) {
    await puppets.tell(`will answer with ${say}`, { [one]: answers });
    await relay.do("late", timeout(late, 1n, height(0n)));
  }
  await relay.do("late again", timeout(late, 1n, height(0n)));
}

/** An ordered channel, and one that is closed with packets under way. */
async function inOrder(world: World): Promise<void> {
  const { puppets, relay, one, two, script } = world;
  const [end, other] = await relay.open("an ordered channel", `wasm.${one}`, `wasm.${two}`, { ordered: true });
  const blocks = script.steps.filter((step) => "txs" in step).length;
  const soon = AT_ONCE(blocks + 6);
  const three = ["first", "second", "third"].map((data) => submessage(packet(end.channel, data, soon)));
  const [first, second, third] = sentIn(
    await puppets.tell("sends three", {
      [two]: { ibc_packet_receive: acks("thanks") },
      [one]: {
        ibc_packet_ack: response({ attributes: attributes("acknowledged", "so") }),
        execute: response({ messages: three }),
      },
    }),
  ) as [Packet, Packet, Packet];
  await relay.do("the second first", receive(second), receive(first), receive(second));
  const acked = new TextEncoder().encode("thanks");
  await relay.do("acknowledged", acknowledge(second, acked), acknowledge(first, acked), acknowledge(second, acked));
  await relay.do("a block");
  await relay.do("a block");
  await relay.do("a block");
  const { timeoutHeight } = third;
  await relay.do("late, by another number", timeout(third, 2n, timeoutHeight));
  await puppets.tell("refuses to close", {
    [one]: { ibc_packet_timeout: response(), ibc_channel_close: { error: "stay" } },
  });
  await relay.do("late", timeout(third, 3n, timeoutHeight));
  await relay.do("the other hears of it", closeConfirm(other));
  await puppets.tell("sends over what is closed", {
    [one]: { execute: response({ messages: [submessage(packet(end.channel))] }) },
  });
  await closedUnderWay(world);
}

async function closedUnderWay(world: World): Promise<void> {
  const { relay, puppets, one, end, other } = world;
  const under = await sent(world);
  await relay.do("the other end closes", closeInit(other));
  await relay.do("too late to receive", receive(under));
  await puppets.tell("refuses a timeout", { [one]: { ibc_packet_timeout: { error: "no" } } });
  await relay.do("never received", timeoutOnClose(under));
  await puppets.tell("takes it", { [one]: { ibc_packet_timeout: response({ attributes: attributes("back", "so") }) } });
  await relay.do("never received", timeoutOnClose(under), timeoutOnClose(under));
  await relay.do("closed", closeConfirm(end));
}

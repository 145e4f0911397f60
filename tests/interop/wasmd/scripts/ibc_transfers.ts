import { MsgTransfer } from "cosmjs-types/ibc/applications/transfer/v1/tx";
import type { Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import { GENESIS_NANOS } from "../../../helpers/wasmd/txs.ts";
import { type Answers, LOOPS, PANICS, Puppets, response, submessage } from "../puppet.ts";
import { acknowledge, type End, LITTLE_GAS, receive, Relay, sentIn, timeout, writtenIn } from "../relay.ts";
import { addressOf, message, type Script } from "../script.ts";

const LATER = GENESIS_NANOS * 2n;
const attributes = (key: string, value: string) => [{ key, value }];
const told = (key: string) =>
  response({ attributes: attributes(key, "so"), events: [{ type: key, attributes: attributes("a", "b") }] });

interface World {
  readonly script: Script;
  readonly puppets: Puppets;
  readonly relay: Relay;
  readonly one: string;
  readonly two: string;
  readonly end: End;
  readonly other: End;
}

/** Tokens that contracts send, and contracts that hear of tokens (ADR-8). */
export async function ibcTransfers(script: Script): Promise<void> {
  const puppets = new Puppets(script);
  const relay = new Relay(script);
  const code = await puppets.store();
  const one = await script.instantiate("alice", code, {}, { funds: "1000ucat" });
  const two = await script.instantiate("alice", code, {}, { funds: "100ucat" });
  const [end, other] = await relay.open("a channel of tokens", "transfer", "transfer", { version: "ics20-1" });
  const world: World = { script, puppets, relay, one, two, end, other };
  await transfers(world);
  await atTheSource(world);
  await memosAtTheSource(world);
  await atTheDestination(world);
  await memosAtTheDestination(world);
  await refused(world);
  await late(world);
  await throughContracts(world);
}

interface Sending {
  readonly memo?: unknown;
  readonly to?: string;
  readonly amount?: string;
  readonly denom?: string;
  readonly timeout?: unknown;
}

const memoText = (memo: unknown) => memo === undefined ? "" : typeof memo === "string" ? memo : JSON.stringify(memo);

const ibcTransfer = (
  channel: string,
  { memo, to = addressOf("bob"), amount = "5", denom = "ucat", timeout }: Sending,
) => ({
  ibc: {
    transfer: {
      channel_id: channel,
      to_address: to,
      amount: { denom, amount },
      timeout: timeout ?? { block: null, timestamp: `${LATER}` },
      ...(memo === undefined ? {} : { memo: memoText(memo) }),
    },
  },
});

/** The first puppet sends tokens over the channel. */
async function sent(
  { puppets, one, end }: World,
  sending: Sending,
  answers: Answers = {},
): Promise<Packet | undefined> {
  const execute = response({ messages: [submessage(ibcTransfer(end.channel, sending))] });
  return sentIn(
    await puppets.tell(`sends ${JSON.stringify(sending).slice(0, 100)}`, { [one]: { ...answers, execute } }),
  )[0];
}

/** A user sends tokens over the channel. */
async function sentByUser(
  { script, end }: World,
  memo: unknown,
  receiver = addressOf("bob"),
): Promise<Packet | undefined> {
  const transfer = message(MsgTransfer, {
    sourcePort: "transfer",
    sourceChannel: end.channel,
    token: { denom: "ucat", amount: "7" },
    sender: addressOf("alice"),
    receiver,
    timeoutTimestamp: LATER,
    memo: memoText(memo),
  });
  return sentIn(await script.tx(`alice sends with ${JSON.stringify(memo)}`.slice(0, 100), "alice", [transfer]))[0];
}

async function transfers(world: World): Promise<void> {
  const { puppets, one, end, relay } = world;
  const refusals: Record<string, unknown> = {
    "too much": ibcTransfer(end.channel, { amount: "999999" }),
    "nothing": ibcTransfer(end.channel, { amount: "0" }),
    "no number": ibcTransfer(end.channel, { amount: "x" }),
    "to nobody": ibcTransfer(end.channel, { to: "" }),
    "over no channel": ibcTransfer("", {}),
    "over a channel that is not there": ibcTransfer("channel-99", {}),
    "what it has not": ibcTransfer(end.channel, { denom: "ibc/00" }),
    "without a timeout": ibcTransfer(end.channel, { timeout: { block: null } }),
    "late already": ibcTransfer(end.channel, { timeout: { block: { revision: 1, height: 1 } } }),
  };
  for (const [say, msg] of Object.entries(refusals)) {
    await puppets.tell(`sends ${say}`, { [one]: { execute: response({ messages: [submessage(msg)] }) } });
  }
  const heard = submessage(ibcTransfer(end.channel, {}), { reply_on: "always" });
  const [packet] = sentIn(
    await puppets.tell("hears of it", { [one]: { reply: told("replied"), execute: response({ messages: [heard] }) } }),
  );
  const written = writtenIn(await relay.do("received", receive(packet!)))!;
  await relay.do("settled", acknowledge(packet!, written));
}

/** Both ways of a packet: received, and settled as it was answered. */
async function there({ relay }: World, packet: Packet): Promise<Uint8Array> {
  return writtenIn(await relay.do("received", receive(packet)))!;
}

async function atTheSource(world: World): Promise<void> {
  const { one, relay } = world;
  const memo = { src_callback: { address: one } };
  const cases: Record<string, Answers> = {
    "events": { ibc_source_callback: told("settled") },
    "an error": { ibc_source_callback: { error: "never mind" } },
    "a panic": { ibc_source_callback: PANICS },
    "null": { ibc_source_callback: { ok: null } },
    "a message": {
      ibc_source_callback: response({
        messages: [
          submessage({ bank: { send: { to_address: addressOf("bob"), amount: [{ denom: "ucat", amount: "1" }] } } }, {
            reply_on: "always",
          }),
        ],
      }),
      reply: told("replied"),
    },
    "a message that is refused": {
      ibc_source_callback: response({
        messages: [
          submessage({ bank: { send: { to_address: addressOf("bob"), amount: [{ denom: "ugold", amount: "1" }] } } }),
        ],
      }),
    },
  };
  for (const answers of Object.values(cases)) {
    const packet = (await sent(world, { memo }, answers))!;
    await relay.do("settled", acknowledge(packet, await there(world, packet)));
  }
  // Endless, within what the memo allows; then within less than that, which is the relayer's fault.
  const small = (await sent(world, { memo: { src_callback: { address: one, gas_limit: "150000" } } }, {
    ibc_source_callback: LOOPS,
  }))!;
  await relay.do("settled", acknowledge(small, await there(world, small)));
  const great = (await sent(world, { memo }))!;
  await relay.within(LITTLE_GAS, "runs out", acknowledge(great, await there(world, great)));
}

async function memosAtTheSource(world: World): Promise<void> {
  const { one, two, relay } = world;
  const of = (more: Record<string, unknown>) => ({ src_callback: { address: one, ...more } });
  const memos: unknown[] = [
    { src_callback: { address: two } },
    { src_callback: { address: one.toUpperCase() } },
    { src_callback: { address: "" } },
    { src_callback: { address: " " } },
    { src_callback: { address: 5 } },
    { src_callback: { address: "x" } },
    { src_callback: {} },
    { src_callback: null },
    { src_callback: one },
    { src_callback: [] },
    "no json with src_callback",
    "[]",
    `{"src_callback":{"address":"${one}"}} `,
    `{"src_callback":{"address":"${two}"},"src_callback":{"address":"${one}"}}`,
    of({ gas_limit: "" }),
    of({ gas_limit: "0" }),
    of({ gas_limit: "150000" }),
    of({ gas_limit: "0150000" }),
    of({ gas_limit: "99999999999999999999" }),
    of({ gas_limit: "18446744073709551615" }),
    of({ gas_limit: "-1" }),
    of({ gas_limit: 150000 }),
    of({ gas_limit: null }),
    of({ calldata: "00ff" }),
    of({ calldata: "0xff" }),
    of({ calldata: 5 }),
    of({ other: { x: 1 } }),
    { src_callback: { address: one }, dest_callback: { address: two } },
  ];
  for (const memo of memos) {
    const packet = await sent(world, { memo, amount: "1" }, { ibc_source_callback: told("settled") });
    if (packet === undefined) continue;
    await relay.do("received and settled", receive(packet), acknowledge(packet, ACK));
  }
}

/** That tokens have arrived. */
const ACK = new TextEncoder().encode(`{"result":"AQ=="}`);

async function atTheDestination(world: World): Promise<void> {
  const { two, puppets, relay } = world;
  const memo = { dest_callback: { address: two } };
  const cases: Record<string, Answers> = {
    "events": { ibc_destination_callback: told("arrived") },
    "an error": { ibc_destination_callback: { error: "unwanted" } },
    "a panic": { ibc_destination_callback: PANICS },
    "a message": {
      ibc_destination_callback: response({
        messages: [
          submessage({ bank: { send: { to_address: addressOf("bob"), amount: [{ denom: "ucat", amount: "1" }] } } }, {
            reply_on: "always",
          }),
        ],
      }),
      reply: told("replied"),
    },
    "a message that is refused": {
      ibc_destination_callback: response({
        messages: [
          submessage({ bank: { send: { to_address: addressOf("bob"), amount: [{ denom: "ugold", amount: "1" }] } } }),
        ],
      }),
    },
  };
  for (const [say, answers] of Object.entries(cases)) {
    await puppets.tell(`will answer with ${say}`, { [two]: answers });
    const packet = (await sentByUser(world, memo, say === "events" ? two : undefined))!;
    const written = await there(world, packet);
    await relay.do("settled", acknowledge(packet, written));
  }
  await puppets.tell("will loop", { [two]: { ibc_destination_callback: LOOPS } });
  const small = (await sentByUser(world, { dest_callback: { address: two, gas_limit: "150000" } }))!;
  await relay.do("settled", acknowledge(small, await there(world, small)));
  await relay.within(LITTLE_GAS, "runs out", receive((await sentByUser(world, memo))!));
}

async function memosAtTheDestination(world: World): Promise<void> {
  const { one, two, puppets, relay, end } = world;
  await puppets.tell("will answer", { [two]: { ibc_destination_callback: told("arrived") } });
  const of = (more: Record<string, unknown>) => ({ dest_callback: { address: two, ...more } });
  const memos: unknown[] = [
    { dest_callback: { address: addressOf("bob") } },
    { dest_callback: { address: "x" } },
    { dest_callback: { address: "" } },
    { dest_callback: {} },
    { dest_callback: two },
    of({ gas_limit: 150000 }),
    of({ gas_limit: "150000" }),
    of({ calldata: "zz" }),
    { src_callback: { address: one }, ...of({}) },
  ];
  for (const memo of memos) {
    const packet = await sentByUser(world, memo);
    if (packet !== undefined) await relay.do("received", receive(packet));
  }
  // Back again: the coins go by their first name.
  const back = message(MsgTransfer, {
    sourcePort: "transfer",
    sourceChannel: world.other.channel,
    token: { denom: await voucher(world), amount: "3" },
    sender: addressOf("bob"),
    receiver: two,
    timeoutTimestamp: LATER,
    memo: memoText(of({})),
  });
  const [packet] = sentIn(await world.script.tx(`bob sends back to ${end.channel}`, "bob", [back]));
  if (packet !== undefined) await relay.do("received", receive(packet));
}

/** What the coin is called at the other end: bob has some. */
function voucher({ script }: World): Promise<string> {
  for (const step of script.steps.toReversed()) {
    if (!("txs" in step)) continue;
    for (const [holding] of step.outcome.balances) {
      const [holder, denom] = holding.split(" ") as [string, string];
      if (holder === addressOf("bob") && denom.startsWith("ibc/")) return Promise.resolve(denom);
    }
  }
  throw new Error("nothing has arrived");
}

/** Packets that the other end refuses: what the sender hears. */
async function refused(world: World): Promise<void> {
  const { one, relay } = world;
  const memo = { src_callback: { address: one }, dest_callback: { address: "x" } };
  for (const sending of [{ to: "nobody", memo }, { memo }]) {
    const packet = (await sent(world, sending, { ibc_source_callback: told("refunded") }))!;
    await relay.do("settled", acknowledge(packet, await there(world, packet)));
  }
}

async function late(world: World): Promise<void> {
  const { one, relay, script } = world;
  const memo = { src_callback: { address: one }, dest_callback: { address: world.two } };
  for (const answer of [told("refunded"), { error: "never mind" }]) {
    const height = script.steps.filter((step) => "txs" in step).length + 2;
    const packet =
      (await sent(world, { memo, timeout: { block: { revision: 1, height } } }, { ibc_source_callback: answer }))!;
    await relay.do("too late", receive(packet));
    await relay.do("late", timeout(packet, 1n, packet.timeoutHeight));
  }
}

/** A port of a contract that speaks the language of tokens, and the module of tokens at the other end. */
async function throughContracts(world: World): Promise<void> {
  const { one, two, puppets, relay } = world;
  await puppets.tell("agrees", { [two]: { ibc_channel_open: response(), ibc_channel_connect: response() } });
  const [own] = await relay.open("a contract's channel to the module", `wasm.${two}`, "transfer", {
    version: "ics20-1",
  });
  const data = JSON.stringify({
    denom: "uown",
    amount: "12",
    sender: two,
    receiver: one,
    memo: memoText({ src_callback: { address: two }, dest_callback: { address: one } }),
  });
  const msg = {
    ibc: {
      send_packet: { channel_id: own.channel, data: btoa(data), timeout: { block: null, timestamp: `${LATER}` } },
    },
  };
  const [packet] = sentIn(
    await puppets.tell("issues what is its own", {
      [one]: { ibc_destination_callback: told("arrived") },
      [two]: { ibc_packet_ack: told("acknowledged"), execute: response({ messages: [submessage(msg)] }) },
    }),
  );
  await relay.do("settled", acknowledge(packet!, await there(world, packet!)));
}

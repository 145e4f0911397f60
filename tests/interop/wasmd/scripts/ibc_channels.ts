import { QueryContractInfoRequest } from "cosmjs-types/cosmwasm/wasm/v1/query";
import { Order } from "cosmjs-types/ibc/core/channel/v1/channel";
import { type Answers, LOOPS, PANICS, Puppets, response, submessage } from "../puppet.ts";
import {
  closeConfirm,
  closeInit,
  type End,
  LITTLE_GAS,
  openAck,
  openConfirm,
  openInit,
  type OpenOptions,
  openTry,
  Relay,
} from "../relay.ts";
import { addressOf, type Script } from "../script.ts";

const MADE = [{ key: "made", value: "so" }];

/** Channels of contracts: opened, refused, asked for and closed. */
export async function ibcChannels(script: Script): Promise<void> {
  const [alice, bob] = ["alice", "bob"].map(addressOf) as [string, string];
  const puppets = new Puppets(script);
  const relay = new Relay(script, LITTLE_GAS);
  const code = await puppets.store();
  const hackatom = await script.store("alice", "hackatom.wasm");
  const one = await script.instantiate("alice", code, {}, { funds: "100ucat", admin: alice });
  const two = await script.instantiate("alice", code, {}, { funds: "100ucat" });
  const plain = await script.instantiate("alice", hackatom, { verifier: bob, beneficiary: bob }, { admin: alice });
  for (const address of [one, plain]) {
    await script.query("asks for its info", "/cosmwasm.wasm.v1.Query/ContractInfo", QueryContractInfoRequest, {
      address,
    });
  }
  const [a, b] = [`wasm.${one}`, `wasm.${two}`];
  const asks = async (who: string, ...more: unknown[]) => {
    for (const ibc of [{ port_id: {} }, { list_channels: {} }, ...more]) await script.smart(who, { ibc });
  };
  await asks(one, { list_channels: { port_id: b } }, { list_channels: { port_id: "wasm" } }, {
    channel: { channel_id: "channel-0" },
  }, { channel: { channel_id: "!", port_id: "/" } });
  await inits(puppets, relay, a, one, plain);
  await tries(puppets, relay, a, b, two);
  await connects(puppets, relay, [one, a], [two, b]);
  await puppets.tell("told nothing more", { [one]: { ibc_channel_open: response(), ibc_channel_connect: response() } });
  await puppets.tell("told nothing more", { [two]: { ibc_channel_open: response(), ibc_channel_connect: response() } });
  const ends = await relay.open("an ordered channel", a, b, { ordered: true, version: `v"<1>` });
  const own = await relay.open("a channel to itself", a, a);
  await asks(
    one,
    { list_channels: { port_id: b } },
    { list_channels: { port_id: "wasm" } },
    { list_channels: { port_id: "transfer" } },
    { channel: { channel_id: own[0].channel } },
    { channel: { channel_id: own[0].channel, port_id: a } },
    { channel: { channel_id: own[0].channel, port_id: b } },
    { channel: { channel_id: ends[1].channel, port_id: b } },
    { channel: { channel_id: "channel-77" } },
    { channel: { channel_id: "channel-0" } },
  );
  await closes(puppets, relay, one, two, ends);
  await script.migrate("alice", plain, code, {});
  await script.query("asks for its info", "/cosmwasm.wasm.v1.Query/ContractInfo", QueryContractInfoRequest, {
    address: plain,
  });
  await script.migrate("alice", one, hackatom, { verifier: bob });
  await relay.open("a channel of the migrated one", `wasm.${plain}`, b);
  await asks(one, { channel: { channel_id: ends[0].channel } });
}

async function inits(puppets: Puppets, relay: Relay, a: string, one: string, plain: string): Promise<void> {
  const init = (options?: OpenOptions, change?: Parameters<typeof openInit>[3]) =>
    openInit(a, "transfer", options, change);
  const answers: Record<string, unknown> = {
    refuses: { error: "no channels today" },
    "refuses without a word": { error: "" },
    "panics": PANICS,
    loops: LOOPS,
    "says no object": 5,
    "says neither": {},
    "says a version that is no text": { ok: { version: 5 } },
    "says null": { ok: null },
    "says an empty version": { ok: { version: "" } },
    "says its version": { ok: { version: "mine" } },
    "says a version of blanks": { ok: { version: "  " } },
  };
  for (const [say, answer] of Object.entries(answers)) {
    await puppets.tell(`${say} when asked to open`, { [one]: { ibc_channel_open: answer } });
    await relay.begin("init", init());
  }
  await puppets.tell("agrees", { [one]: { ibc_channel_open: { ok: null } } });
  await relay.begin("init without a version", init({ version: "" }));
  await relay.begin("init, ordered", init({ ordered: true }));
  await relay.begin("init without an order", init({}, { ordering: Order.ORDER_NONE_UNSPECIFIED }));
  await relay.begin("init over a connection that is not there", init({}, { connectionHops: ["connection-9"] }));
  await relay.begin("init over no connection", init({}, { connectionHops: [] }));
  const ports = {
    "without entry points": `wasm.${plain}`,
    "of an account": `wasm.${addressOf("alice")}`,
    "wasm.": "wasm.",
    "wasm.x": "wasm.x",
    "in upper case": a.toUpperCase(),
    "a and more": `${a}x`,
  };
  for (const [say, port] of Object.entries(ports)) {
    await relay.begin(`init of the port ${say}: `, openInit(port, "transfer"));
  }
}

async function tries(puppets: Puppets, relay: Relay, a: string, b: string, two: string): Promise<void> {
  const channel = await relay.begin("init", openInit(a, b));
  const end = { port: a, channel: channel! };
  const answers: Record<string, unknown> = {
    refuses: { error: "not with you" },
    "panics": PANICS,
    "says its version": { ok: { version: "other" } },
    "says null": { ok: null },
  };
  for (const [say, answer] of Object.entries(answers)) {
    await puppets.tell(`${say} when asked to open`, { [two]: { ibc_channel_open: answer } });
    await relay.begin("try", openTry(b, end));
  }
  await relay.begin("try with another version", openTry(b, end, { version: "v2" }));
  await relay.begin("try, ordered", openTry(b, end, { ordered: true }));
  await relay.begin("try of what is not there", openTry(b, { port: a, channel: "channel-99" }));
}

async function connects(
  puppets: Puppets,
  relay: Relay,
  [one, a]: [string, string],
  [two, b]: [string, string],
): Promise<void> {
  const end = { port: a, channel: (await relay.begin("init", openInit(a, b)))! };
  const other = { port: b, channel: (await relay.begin("try", openTry(b, end)))! };
  const pays = (denom: string) => ({
    bank: { send: { to_address: addressOf("bob"), amount: [{ denom, amount: "1" }] } },
  });
  const steps: Record<string, Answers> = {
    refuses: { ibc_channel_connect: { error: "no" } },
    panics: { ibc_channel_connect: PANICS },
    "says neither": { ibc_channel_connect: {} },
    "pays what it has not": { ibc_channel_connect: response({ messages: [submessage(pays("ugold"))] }) },
    "has a bad event": { ibc_channel_connect: response({ events: [{ type: "x", attributes: [] }] }) },
    "has a bad attribute": { ibc_channel_connect: response({ attributes: [{ key: "_x", value: "y" }] }) },
    "does much": {
      ibc_channel_connect: response({
        messages: [
          submessage(pays("ucat"), { reply_on: "always" }),
          submessage(pays("ugold"), { id: 8, reply_on: "error", payload: "aGk=" }),
        ],
        attributes: MADE,
        events: [{ type: "open", attributes: MADE }],
        acknowledgement: "aWdub3JlZA==",
        data: "aWdub3JlZA==",
      }),
      reply: response({ data: "cmVwbGllZA==", attributes: [{ key: "replied", value: "yes" }] }),
    },
  };
  await puppets.tell("refuses", { [two]: steps.refuses! });
  await relay.do("ack with another version", openAck(end, other, "v2"));
  await relay.do("confirm too early", openConfirm(other));
  for (const [say, answers] of Object.entries(steps)) {
    await puppets.tell(say, { [one]: answers });
    await relay.do(`ack to one that ${say}`, openAck(end, other));
  }
  for (const [say, answers] of Object.entries(steps)) {
    await puppets.tell(say, { [two]: answers });
    await relay.do(`confirm to one that ${say}`, openConfirm(other));
  }
  await relay.do("ack and confirm again", openAck(end, other), openConfirm(other));
}

async function closes(puppets: Puppets, relay: Relay, one: string, two: string, [end, other]: [End, End]) {
  const close = (channel: string, more = {}) =>
    response({ messages: [submessage({ ibc: { close_channel: { channel_id: channel } } }, more)] });
  await puppets.tell("refuses to close", { [one]: { ibc_channel_close: { error: "stay" } } });
  await relay.do("close from outside", closeInit(end));
  await puppets.tell("closes its own, and refuses", { [one]: { execute: close(end.channel) } });
  await puppets.tell("closes its own, and hears of it", {
    [one]: {
      reply: response({ data: "aGVhcmQ=" }),
      execute: close(end.channel, { reply_on: "always" }),
    },
  });
  await puppets.tell("closes another's", { [two]: { execute: close(end.channel) } });
  await puppets.tell("closes what is not there", { [two]: { execute: close("channel-99") } });
  await puppets.tell("closes nothing", { [two]: { execute: close("") } });
  await relay.do("confirm what is open", closeConfirm(other));
  await puppets.tell("closes its own", {
    [one]: {
      ibc_channel_close: response({ attributes: MADE, events: [{ type: "bye", attributes: MADE }] }),
      execute: close(end.channel, { reply_on: "success" }),
    },
  });
  await puppets.tell("closes it again", { [one]: { execute: close(end.channel) } });
  await puppets.tell("refuses to close", { [two]: { ibc_channel_close: { error: "stay" } } });
  await relay.do("confirm", closeConfirm(other));
  await puppets.tell("panics when closed", { [two]: { ibc_channel_close: PANICS } });
  await relay.do("confirm", closeConfirm(other));
  await puppets.tell("lets it be closed", { [two]: { ibc_channel_close: { ok: response().ok } } });
  await relay.do("confirm", closeConfirm(other), closeConfirm(other));
}

/** What contracts are told over IBC, and what comes of what they say: contracts that do what the test wants, real chains. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { TxMsgData } from "cosmjs-types/cosmos/base/abci/v1beta1/abci";
import { MsgIBCSendResponse } from "cosmjs-types/cosmwasm/wasm/v1/ibc";
import { Order, Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import { MsgChannelCloseInit, MsgChannelOpenInit } from "cosmjs-types/ibc/core/channel/v1/tx";
import type { EntryPoint } from "../../../contracts/engine.ts";
import {
  acknowledge,
  anyOf,
  attribute,
  chanCloseConfirm,
  chanOpenInit,
  type Delivered,
  encodeTyped,
  type End,
  eventsOf,
  execute,
  makeContract,
  pair,
  type Path,
  portOfContract,
  recvPacket,
  sentPackets,
  storeCode,
  TestChain,
  timeout,
  tryExecute,
  tryMigrate,
} from "../../../tests/helpers/ibc/mod.ts";
import { NOTHING, type Script, ScriptedEngine, toBase64 } from "../../../tests/helpers/scripted_contracts.ts";
import { standardModules } from "../../app/mod.ts";
import type { AddressCodec } from "../../app/ports.ts";
import { utf8ToBytes } from "../../core/bytes.ts";

const PLAIN: readonly EntryPoint[] = ["instantiate", "execute", "query", "migrate", "reply", "sudo"];
const IBC: readonly EntryPoint[] = [
  ...PLAIN,
  "ibc_channel_open",
  "ibc_channel_connect",
  "ibc_channel_close",
  "ibc_packet_receive",
  "ibc_packet_ack",
  "ibc_packet_timeout",
];
const VERSION = "scripted-1";
const HOUR = 3_600_000_000_000n;

/** One engine for all chains: what the contracts do belongs to the test that runs. */
const engine = new ScriptedEngine();
const modules = (codec: AddressCodec) => standardModules(codec, { engine });

type Told = { readonly entry: EntryPoint; readonly message: string };
/** Every call of an IBC entry point. */
let told: Told[] = [];

/** Lets contracts do this; those that are not named do nothing. */
function contractsDo(scripts: Partial<Record<EntryPoint, Script | ((message: string) => Script)>>): void {
  told = [];
  engine.ibc = (entry, message) => {
    told.push({ entry, message });
    const script = scripts[entry];
    return typeof script === "function" ? script(message) : script ?? NOTHING;
  };
}

const response = (more: object = {}): Script => ({
  result: { ok: { messages: [], attributes: [], events: [], ...more } },
});
const says = (error: string): Script => ({ result: { error } });
const acks = (bytes: string, more: object = {}): Script =>
  response({ acknowledgement: utf8ToBytes(bytes).toBase64(), ...more });
const sub = (msg: unknown, more: object = {}) => ({ id: 1, msg, gas_limit: null, reply_on: "never", ...more });

interface World {
  readonly a: TestChain;
  readonly b: TestChain;
  readonly path: Path;
  /** The contracts at the ends. */
  readonly contracts: readonly [a: string, b: string];
}

/** A contract on each chain; the channel between them is not open yet. */
function world(ordered = false): World {
  contractsDo({});
  engine.entryPoints = IBC;
  const { a, b, path: tokens } = pair({ chain: { modules, validators: [10n] } });
  const contracts = [a, b].map((chain) => makeContract(chain, storeCode(chain, utf8ToBytes("ibc")), NOTHING));
  const path = tokens.another({ ordered, version: VERSION });
  path.a.portId = portOfContract(a, contracts[0]!);
  path.b.portId = portOfContract(b, contracts[1]!);
  return { a, b, path, contracts: contracts as [string, string] };
}

function opened(ordered = false): World {
  const made = world(ordered);
  made.path.openChannel();
  told = [];
  return made;
}

const packetMessage = (end: End, data: string, timeoutNanos = HOUR) => ({
  ibc: {
    send_packet: {
      channel_id: end.channelId,
      data: utf8ToBytes(data).toBase64(),
      timeout: { block: null, timestamp: `${end.chain.clock.now + timeoutNanos}` },
    },
  },
});

/** Lets the contract at the end of `a` send a packet. */
function sends({ a, path, contracts }: World, data = "hello", timeoutNanos = HOUR): Packet {
  const script = response({ messages: [sub(packetMessage(path.a, data, timeoutNanos))] });
  return sentPackets(execute(a, contracts[0], script))[0]!;
}

/** The other chain gets a packet, whatever comes of it. */
function receives({ path }: World, packet: Packet): Delivered {
  path.b.updateClient();
  return path.b.try(recvPacket(path.b, packet));
}

const codeOf = ({ codespace, code }: Delivered): string => code === 0 ? "ok" : `${codespace}/${code}`;
const ackText = ({ path }: World, delivered: Delivered): string =>
  new TextDecoder().decode(path.b.acked(delivered)[0]!.ack);
/** What the contract at the end of `b` keeps under a key. */
const kept = ({ b, contracts }: World, key: string): string | undefined => {
  const state = b.exportGenesis().wasm as {
    contracts: { contract_address: string; contract_state: { key: string; value: string }[] }[];
  };
  const own = state.contracts.find((one) => one.contract_address === contracts[1])!.contract_state;
  return own.find((entry) => entry.key === utf8ToBytes(key).toHex().toUpperCase())?.value;
};

Deno.test("contracts are told of a channel in the words of CosmWasm", () => {
  const { path } = world();
  path.openChannel();
  const { a, b } = path;
  const ends = (own: End, other: End, channelId: string) =>
    `"channel":{"endpoint":{"port_id":"${own.portId}","channel_id":"${own.channelId}"},` +
    `"counterparty_endpoint":{"port_id":"${other.portId}","channel_id":"${channelId}"},` +
    `"order":"ORDER_UNORDERED","version":"${VERSION}","connection_id":"${own.connectionId}"}`;
  assertEquals(told, [
    { entry: "ibc_channel_open", message: `{"open_init":{${ends(a, b, "")}}}` },
    {
      entry: "ibc_channel_open",
      message: `{"open_try":{${ends(b, a, a.channelId)},"counterparty_version":"${VERSION}"}}`,
    },
    {
      entry: "ibc_channel_connect",
      message: `{"open_ack":{${ends(a, b, b.channelId)},"counterparty_version":"${VERSION}"}}`,
    },
    { entry: "ibc_channel_connect", message: `{"open_confirm":{${ends(b, a, a.channelId)}}}` },
  ]);
});

Deno.test("a contract may refuse a channel, or want another version of it", () => {
  const { path } = world();
  contractsDo({ ibc_channel_open: says("not with you") });
  const refused = path.a.try(chanOpenInit(path.a));
  assertEquals(codeOf(refused), "wasm/5");
  assertStringIncludes(refused.log, "not with you: execute wasm contract failed");
  contractsDo({ ibc_channel_open: { result: { ok: { version: "other-2" } } } });
  const init = path.a.do(chanOpenInit(path.a));
  assertEquals(attribute(eventsOf(init, "channel_open_init")[0]!, "version"), "other-2");
  contractsDo({ ibc_channel_open: { result: { ok: null } } });
  const again = path.a.do(chanOpenInit(path.a));
  assertEquals(attribute(eventsOf(again, "channel_open_init")[0]!, "version"), VERSION);
  // Nobody says a version.
  path.a.version = "";
  assertEquals(codeOf(path.a.try(chanOpenInit(path.a))), "wasm/12");
  contractsDo({ ibc_channel_open: { result: {}, fault: "Aborted: panicked" } });
  assertEquals(codeOf(path.a.try(chanOpenInit(path.a))), "wasm/5");
});

Deno.test("a channel leads to a contract under exactly its port, and only to one with the entry points", () => {
  const { a, path, contracts } = world();
  const open = (portId: string): string => {
    path.a.portId = portId;
    return codeOf(path.a.try(chanOpenInit(path.a)));
  };
  const own = path.a.portId;
  assertEquals(own, `wasm.${contracts[0]}`);
  assertEquals(open(own), "ok");
  assertEquals(open(`wasm.${contracts[0].toUpperCase()}`), "port/5");
  assertEquals(open("wasm.somebody"), "port/5");
  assertEquals(open(`wasm.${a.accounts[0]!.address.text}`), "wasm/22");
  engine.entryPoints = PLAIN;
  const without = makeContract(a, storeCode(a, utf8ToBytes("plain")), NOTHING);
  assertEquals(portOfContract(a, without), "");
  const sent = tryExecute(a, without, response({ messages: [sub(packetMessage(path.a, "x"))] }));
  assertEquals(codeOf(sent), "wasm/17");
});

Deno.test("a port comes with a migration to code that has the entry points, and cannot be lost", () => {
  const { a } = world();
  engine.entryPoints = PLAIN;
  const contract = makeContract(a, storeCode(a, utf8ToBytes("before")), NOTHING);
  assertEquals(portOfContract(a, contract), "");
  engine.entryPoints = IBC;
  const code = storeCode(a, utf8ToBytes("after"));
  assertEquals(codeOf(tryMigrate(a, contract, code, NOTHING)), "ok");
  assertEquals(portOfContract(a, contract), `wasm.${contract}`);
  engine.entryPoints = PLAIN;
  assertEquals(codeOf(tryMigrate(a, contract, storeCode(a, utf8ToBytes("back")), NOTHING)), "wasm/11");
});

Deno.test("a packet goes to the other contract and its acknowledgement comes back, in the words of CosmWasm", () => {
  const made = opened();
  const { path } = made;
  contractsDo({ ibc_packet_receive: acks("thank you", { attributes: [{ key: "got", value: "it" }] }) });
  const packet = sends(made);
  const received = receives(made, packet);
  assertEquals(ackText(made, received), "thank you");
  const at = (end: End) => `{"port_id":"${end.portId}","channel_id":"${end.channelId}"}`;
  const json = `{"data":"${utf8ToBytes("hello").toBase64()}","src":${at(path.a)},"dest":${at(path.b)},"sequence":1,` +
    `"timeout":{"block":null,"timestamp":"${packet.timeoutTimestamp}"}}`;
  path.a.acknowledge(packet, utf8ToBytes("thank you"));
  assertEquals(told, [
    { entry: "ibc_packet_receive", message: `{"packet":${json},"relayer":"${path.b.chain.relayer}"}` },
    {
      entry: "ibc_packet_ack",
      message: `{"acknowledgement":{"data":"${utf8ToBytes("thank you").toBase64()}"},"original_packet":${json},` +
        `"relayer":"${path.a.chain.relayer}"}`,
    },
  ]);
  const types = received.events.map(({ type }) => type);
  assertEquals(types.slice(types.indexOf("wasm")).filter((type) => type !== "message"), [
    "wasm",
    "ibc_packet_received",
    "write_acknowledgement",
  ]);
  const [event] = eventsOf(received, "ibc_packet_received");
  assertEquals(event!.attributes.map(({ key, value }) => `${key}=${value}`), [
    "module=wasm",
    `_contract_address=${made.contracts[1]}`,
    "success=true",
    "msg_index=0",
  ]);
});

Deno.test("a packet that is late is told to its sender, with a block in its timeout", () => {
  const made = opened();
  const { a, b, path, contracts } = made;
  const { revisionNumber, revisionHeight } = b.ibcHeight(b.height + 3n);
  const message = packetMessage(path.a, "late");
  Object.assign(message.ibc.send_packet.timeout, {
    block: { revision: Number(revisionNumber), height: Number(revisionHeight) },
    timestamp: null,
  });
  const [packet] = sentPackets(execute(a, contracts[0], response({ messages: [sub(message)] })));
  for (let i = 0; i < 4; i++) b.nextBlock();
  contractsDo({ ibc_packet_timeout: says("never") });
  path.a.updateClient();
  const refused = path.a.try(timeout(path.a, packet!));
  assertEquals([codeOf(refused), refused.log.includes("on timeout: never")], ["wasm/5", true]);
  contractsDo({ ibc_packet_timeout: response({ attributes: [{ key: "how", value: "late" }] }) });
  const settled = path.a.timeout(packet!);
  assertEquals(eventsOf(settled, "wasm").length, 1);
  assertStringIncludes(told[0]!.message, `"timeout":{"block":{"revision":1,"height":${revisionHeight}}}}`);
});

Deno.test("what a contract refuses becomes an acknowledgement in its words, and nothing of it stays", () => {
  const made = opened();
  const bad: Script = { ...says('no "thanks"'), writes: [["got", "it"]] };
  contractsDo({ ibc_packet_receive: bad });
  const received = receives(made, sends(made));
  assertEquals(codeOf(received), "ok");
  assertEquals(ackText(made, received), '{"error":"no \\"thanks\\""}');
  assertEquals([kept(made, "got"), eventsOf(received, "wasm").length], [undefined, 0]);
  const [event] = eventsOf(received, "ibccallbackerror-ibc_packet_received");
  assertEquals(attribute(event!, "ibccallbackerror-success"), "false");
  // A blank error is one too.
  contractsDo({ ibc_packet_receive: says(" ") });
  assertEquals(ackText(made, receives(made, sends(made))), '{"error":" "}');
});

Deno.test("what a packet's messages come to when they are refused is told by its code alone", () => {
  const made = opened();
  const { b } = made;
  const send = {
    bank: { send: { to_address: b.accounts[0]!.address.text, amount: [{ denom: "ucat", amount: "1" }] } },
  };
  const script = acks("fine", { messages: [sub(send)], attributes: [{ key: "a", value: "b" }] });
  contractsDo({ ibc_packet_receive: { ...script, writes: [["got", "it"]] } });
  const received = receives(made, sends(made));
  assertEquals(ackText(made, received), '{"error":"ABCI error: sdk/5: error handling packet: see events for details"}');
  assertEquals([kept(made, "got"), eventsOf(received, "wasm").length], [undefined, 0]);
  const [event] = eventsOf(received, "ibccallbackerror-ibc_packet_received");
  assert(attribute(event!, "ibccallbackerror-error").length > 10);
  assertEquals(eventsOf(received, "ibccallbackerror-wasm"), []);
  // The contract may hear of it itself, and what its reply says is the acknowledgement.
  const data = utf8ToBytes("replied").toBase64();
  const reply = { result: { ok: { messages: [], attributes: [], events: [], data } } };
  const heard = sub(send, { reply_on: "error", payload: toBase64(reply) });
  contractsDo({ ibc_packet_receive: { ...acks("fine", { messages: [heard] }), writes: [["got", "it"]] } });
  assertEquals(ackText(made, receives(made, sends(made))), "replied");
  assertEquals(kept(made, "got"), utf8ToBytes("it").toBase64());
});

Deno.test("a contract that panics on a packet ends the relayer's message, and the packet may come again", () => {
  const made = opened();
  const packet = sends(made);
  contractsDo({ ibc_packet_receive: { result: {}, fault: "Aborted: panicked at packet", writes: [["got", "it"]] } });
  const failed = receives(made, packet);
  assertEquals(codeOf(failed), "undefined/111222");
  assertStringIncludes(failed.log, "recovered: Aborted: panicked at packet: panic");
  contractsDo({ ibc_packet_receive: { result: { neither: "nor" } } });
  assertEquals(codeOf(receives(made, packet)), "undefined/111222");
  contractsDo({ ibc_packet_receive: { ...acks("too much"), fuel: 140_000 * 25_000_000 } });
  assertEquals(codeOf(receives(made, packet)), "sdk/11");
  contractsDo({ ibc_packet_receive: acks("now") });
  assertEquals(ackText(made, receives(made, packet)), "now");
});

Deno.test("an acknowledgement that is empty or too long ends the message", () => {
  const made = opened();
  const packet = sends(made);
  contractsDo({ ibc_packet_receive: acks("") });
  assertEquals(codeOf(receives(made, packet)), "channel/16");
  contractsDo({ ibc_packet_receive: acks("x".repeat(262_145)) });
  assertEquals(codeOf(receives(made, packet)), "channel/16");
  contractsDo({ ibc_packet_receive: says("x".repeat(262_145)) });
  assertEquals(codeOf(receives(made, packet)), "channel/16");
  contractsDo({ ibc_packet_receive: acks("x".repeat(262_144)) });
  assertEquals(codeOf(receives(made, packet)), "ok");
});

Deno.test("a contract that refuses an acknowledgement fails the relayer's message, and hears of it again", () => {
  const made = opened();
  const { path } = made;
  contractsDo({ ibc_packet_receive: acks("thanks"), ibc_packet_ack: says("not like this") });
  const packet = sends(made);
  receives(made, packet);
  path.a.updateClient();
  const refused = path.a.try(acknowledge(path.a, packet, utf8ToBytes("thanks")));
  assertEquals(codeOf(refused), "wasm/5");
  assertStringIncludes(refused.log, "on ack: not like this: execute wasm contract failed");
  contractsDo({ ibc_packet_ack: response({ attributes: [{ key: "settled", value: "yes" }] }) });
  const settled = path.a.acknowledge(packet, utf8ToBytes("thanks"));
  assertEquals(attribute(eventsOf(settled, "wasm")[0]!, "settled"), "yes");
});

Deno.test("a contract may acknowledge later, once, and only its own packets", () => {
  const made = opened();
  const { b, path, contracts } = made;
  contractsDo({ ibc_packet_receive: response({ acknowledgement: null }) });
  const packet = sends(made);
  const received = receives(made, packet);
  assertEquals([codeOf(received), path.b.acked(received).length], ["ok", 0]);
  assertEquals(attribute(eventsOf(received, "ibc_packet_received")[0]!, "success"), "true");
  const write = (sequence: number, bytes = "late, but here") => {
    const ack = { data: utf8ToBytes(bytes).toBase64() };
    const message = {
      ibc: { write_acknowledgement: { ack, channel_id: path.b.channelId, packet_sequence: sequence } },
    };
    return response({ messages: [sub(message)] });
  };
  // It is waited for also on a chain that begins again.
  const exported = b.exportGenesis();
  const { pending_acknowledgements: pending } = exported.wasm as { pending_acknowledgements: unknown };
  assertEquals(pending, [Packet.encode(packet).finish().toBase64()]);
  const again = new TestChain({ chainId: b.chainId, modules, validators: [10n], appState: () => exported });
  assertEquals(again.roots().get("wasm"), b.roots().get("wasm"));
  const other = makeContract(b, 1n, NOTHING);
  assertEquals(codeOf(tryExecute(b, other, write(1))), "wasm/14");
  assertEquals(codeOf(tryExecute(b, contracts[1], write(2))), "wasm/14");
  assertEquals(codeOf(tryExecute(b, contracts[1], write(1, ""))), "channel/16");
  const written = execute(b, contracts[1], write(1));
  assertEquals(ackText(made, written), "late, but here");
  assertEquals(codeOf(tryExecute(b, contracts[1], write(1))), "wasm/14");
  path.a.acknowledge(packet, utf8ToBytes("late, but here"));
  assertEquals(told.at(-1)!.entry, "ibc_packet_ack");
  assertEquals("pending_acknowledgements" in (b.exportGenesis().wasm as object), false);
});

Deno.test("contracts are told what number a packet got, and other IBC messages are refused by name", () => {
  const { a, path, contracts } = opened();
  const script = response({ messages: [sub(packetMessage(path.a, "x"), { reply_on: "success" })] });
  execute(a, contracts[0], script);
  const reply = engine.calls.findLast(({ entry }) => entry === "reply")!.args[1] as {
    result: { ok: { msg_responses: { type_url: string; value: string }[]; data: string } };
  };
  const [answer] = reply.result.ok.msg_responses;
  assertEquals(answer!.type_url, "/cosmwasm.wasm.v1.MsgIBCSendResponse");
  assertEquals(MsgIBCSendResponse.decode(Uint8Array.fromBase64(answer!.value)).sequence, 1n);
  const sent = (ibc: object) => codeOf(tryExecute(a, contracts[0], response({ messages: [sub({ ibc })] })));
  const { timeout } = packetMessage(path.a, "x").ibc.send_packet;
  assertEquals(sent({ pay_packet_fee: { channel_id: "channel-0" } }), "wasm/20");
  assertEquals(sent({}), "wasm/20");
  assertEquals(sent({ send_packet: { channel_id: "", data: "eA==", timeout } }), "wasm/12");
  assertEquals(sent({ send_packet: { channel_id: "channel-77", data: "eA==", timeout } }), "channel/3");
  assertEquals(sent({ send_packet: { channel_id: path.a.channelId, data: "", timeout } }), "channel/13");
  assertEquals(
    sent({ send_packet: { channel_id: path.a.channelId, data: "eA==", timeout: { block: null } } }),
    "channel/13",
  );
  // What is no IbcMsg at all makes the whole response unreadable.
  assertEquals(sent({ send_packet: { channel_id: 5, data: "eA==", timeout } }), "wasm/29");
  assertEquals(sent({ send_packet: { channel_id: "c", data: "eA==", timeout: { timestamp: 5 } } }), "wasm/29");
});

Deno.test("a channel is closed by its contract, and the other one hears of it; each may refuse", () => {
  const made = opened();
  const { a, path, contracts } = made;
  const close = response({ messages: [sub({ ibc: { close_channel: { channel_id: path.a.channelId } } })] });
  contractsDo({ ibc_channel_close: says("stay") });
  assertEquals(codeOf(tryExecute(a, contracts[0], close)), "wasm/5");
  // Whoever asks from outside gets the same answer: the contract decides.
  const outside = anyOf(MsgChannelCloseInit, {
    portId: path.a.portId,
    channelId: path.a.channelId,
    signer: a.relayer,
  });
  assertEquals(codeOf(a.relay([outside])), "wasm/5");
  contractsDo({ ibc_channel_close: response({ attributes: [{ key: "bye", value: "bye" }] }) });
  const closed = execute(a, contracts[0], close);
  assertEquals(attribute(eventsOf(closed, "wasm")[0]!, "bye"), "bye");
  assertStringIncludes(told[0]!.message, `{"close_init":{"channel":{"endpoint":{"port_id":"${path.a.portId}"`);
  path.b.updateClient();
  path.b.do(chanCloseConfirm(path.b));
  assertStringIncludes(told[1]!.message, `{"close_confirm":{"channel":`);
  assertEquals([path.a.channel().state, path.b.channel().state], [4, 4]);
});

Deno.test("contracts that answer each other without end are stopped", () => {
  const made = opened();
  const { a, path, contracts } = made;
  // A close that closes: each inside the other, on the native stack.
  const close = sub({ ibc: { close_channel: { channel_id: path.a.channelId } } });
  contractsDo({ ibc_channel_close: response({ messages: [close] }) });
  assertEquals(codeOf(tryExecute(a, contracts[0], response({ messages: [close] }))), "wasm/30");
  assertEquals(told.length, 3);
  // A packet whose contract calls itself, which takes no stack.
  const call = (depth: number): object => {
    const msg = depth === 0 ? NOTHING : response({ messages: [sub(call(depth - 1))] });
    return { wasm: { execute: { contract_addr: contracts[1], msg: toBase64(msg), funds: [] } } };
  };
  contractsDo({ ibc_packet_receive: acks("deep", { messages: [sub(call(10))] }) });
  assertEquals(ackText(made, receives(made, sends(made))), "deep");
});

Deno.test("who relays chooses no outcome: with too much gas for contracts a packet is not received at all", () => {
  const made = opened();
  const { b, path } = made;
  contractsDo({ ibc_packet_receive: acks("good") });
  const packet = sends(made);
  path.b.updateClient();
  const message = encodeTyped(recvPacket(path.b, packet));
  const greedy = b.deliver([message], { signer: b.accounts.length - 1, gas: 60_000_000n });
  assertEquals([codeOf(greedy), told.length], ["sdk/41", 0]);
  assertEquals(ackText(made, receives(made, packet)), "good");
});

Deno.test("a contract relays a packet to this very chain, but not from deep inside", () => {
  const made = opened();
  const { b, path, contracts } = made;
  contractsDo({ ibc_packet_receive: acks("relayed") });
  const packet = sends(made);
  path.b.updateClient();
  const { codec, value } = recvPacket(path.b, packet);
  const bytes = codec.encode({ ...value, signer: contracts[1] }).finish();
  const message = sub({ any: { type_url: codec.typeUrl, value: bytes.toBase64() } });
  const relayed = execute(b, contracts[1], response({ messages: [message] }));
  assertEquals(ackText(made, relayed), "relayed");
  // The contract of a second packet relays a third: that one is refused as a message, and not as a packet.
  const [outer, inner] = [sends(made, "outer"), sends(made, "inner")];
  path.b.updateClient();
  const relay = (one: Packet, more: object = {}) => {
    const again = recvPacket(path.b, one);
    const value = again.codec.encode({ ...again.value, signer: contracts[1] }).finish().toBase64();
    return sub({ any: { type_url: again.codec.typeUrl, value } }, more);
  };
  contractsDo({
    ibc_packet_receive: (text) =>
      text.includes(utf8ToBytes("outer").toBase64())
        ? acks("outer", { messages: [relay(inner, { reply_on: "error", payload: toBase64(NOTHING) })] })
        : acks("inner"),
  });
  const both = execute(b, contracts[1], response({ messages: [relay(outer)] }));
  assertEquals(path.b.acked(both).map(({ ack }) => new TextDecoder().decode(ack)), ["outer"]);
  assertEquals(ackText(made, receives(made, inner)), "inner");
});

Deno.test("a contract's channel may be ordered: a late packet closes it, and its contract knows", () => {
  const made = opened(true);
  const { b, path } = made;
  assertEquals(path.a.channel().ordering, Order.ORDER_ORDERED);
  const packet = sends(made, "late", 5_000_000_000n);
  b.clock.advance(60_000_000_000n);
  b.nextBlock();
  path.a.timeout(packet);
  assertEquals([told.at(-1)!.entry, path.a.channel().state], ["ibc_packet_timeout", 4]);
});

Deno.test("a channel is opened by anybody, also by another contract's hand, and the port is its own", () => {
  const { a, path, contracts } = world();
  const init = chanOpenInit(path.a);
  const value = MsgChannelOpenInit.encode({ ...init.value, signer: contracts[0] } as MsgChannelOpenInit).finish();
  const message = sub({ any: { type_url: MsgChannelOpenInit.typeUrl, value: value.toBase64() } });
  const opened = execute(a, contracts[0], response({ messages: [message] }));
  assertEquals(attribute(eventsOf(opened, "channel_open_init")[0]!, "port_id"), path.a.portId);
  assert(TxMsgData.decode(opened.data).msgResponses.length === 1);
});

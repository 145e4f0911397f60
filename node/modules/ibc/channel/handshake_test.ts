import { assert, assertEquals } from "@std/assert";
import { Channel, Order, State } from "cosmjs-types/ibc/core/channel/v1/channel";
import {
  MsgChannelCloseConfirm,
  MsgChannelCloseInit,
  MsgChannelOpenAck,
  MsgChannelOpenConfirm,
  MsgChannelOpenInit,
  MsgChannelOpenInitResponse,
  MsgChannelOpenTry,
  MsgChannelOpenTryResponse,
} from "cosmjs-types/ibc/core/channel/v1/tx";
import { codeOf, PORT, PROOF, Twins, VERSION } from "../../../../tests/helpers/twin_chains.ts";
import { encode } from "../../../core/codec/mod.ts";

const END = { portId: PORT, channelId: "channel-0" };
const { STATE_INIT, STATE_TRYOPEN, STATE_OPEN, STATE_CLOSED } = State;

function channelOf(change: Partial<Channel>): Channel {
  return {
    state: STATE_INIT,
    ordering: Order.ORDER_UNORDERED,
    counterparty: { portId: PORT, channelId: "" },
    connectionHops: ["connection-0"],
    version: "",
    ...change,
  };
}

type Changes<M> = Partial<Omit<M, "channel">> & { readonly channel?: Partial<Channel> };

const init = ({ a }: Twins, change: Changes<MsgChannelOpenInit> = {}) =>
  a.run(MsgChannelOpenInit, { portId: PORT, ...change, channel: channelOf(change.channel ?? {}) });

const open = (twins: Twins, change: Changes<MsgChannelOpenTry> = {}) =>
  twins.b.run(MsgChannelOpenTry, {
    portId: PORT,
    previousChannelId: "",
    counterpartyVersion: VERSION,
    proofInit: PROOF,
    proofHeight: twins.proof(twins.a),
    ...change,
    channel: channelOf({ state: STATE_TRYOPEN, counterparty: END, ...change.channel }),
  });

const ack = (twins: Twins, change: Partial<MsgChannelOpenAck> = {}) =>
  twins.a.run(MsgChannelOpenAck, {
    ...END,
    counterpartyChannelId: "channel-0",
    counterpartyVersion: VERSION,
    proofTry: PROOF,
    proofHeight: twins.proof(twins.b),
    ...change,
  });

const confirm = (twins: Twins, change: Partial<MsgChannelOpenConfirm> = {}) =>
  twins.b.run(MsgChannelOpenConfirm, { ...END, proofAck: PROOF, proofHeight: twins.proof(twins.a), ...change });

const closeInit = ({ a }: Twins, change: Partial<MsgChannelCloseInit> = {}) =>
  a.run(MsgChannelCloseInit, { ...END, ...change });

const closeConfirm = (twins: Twins, change: Partial<MsgChannelCloseConfirm> = {}) =>
  twins.b.run(MsgChannelCloseConfirm, { ...END, proofInit: PROOF, proofHeight: twins.proof(twins.a), ...change });

/** Twins with a connection, after the first so many steps of the handshake of a channel. */
function after(steps: 0 | 1 | 2 | 3 | 4, ordering = Order.ORDER_UNORDERED): Twins {
  const twins = new Twins();
  twins.connect();
  const channel = { ordering };
  for (const step of [() => init(twins, { channel }), () => open(twins, { channel }), ack, confirm].slice(0, steps)) {
    assert(step(twins).result.ok);
    twins.blocks();
  }
  return twins;
}

const stateOf = ({ keeper, journal }: Twins["a"]) => keeper.channel(journal, END)?.state;

Deno.test("four steps open a channel of either order, and the application says the version", () => {
  for (const ordering of [Order.ORDER_UNORDERED, Order.ORDER_ORDERED]) {
    const twins = after(4, ordering);
    for (const { keeper, journal } of [twins.a, twins.b]) {
      const channel = channelOf({ state: STATE_OPEN, ordering, counterparty: END, version: VERSION });
      assertEquals(keeper.channel(journal, END), channel);
      assertEquals(keeper.clientIdOf(journal, END), "07-tendermint-0");
      for (const counter of ["send", "receive", "acknowledge"] as const) {
        assertEquals(keeper.channels.counter(journal, counter, END), 1n);
      }
    }
    assertEquals([twins.a.application.steps, twins.b.application.steps], [["init", "ack"], ["try", "confirm"]]);
  }
});

Deno.test("the responses of the first steps name the channel and its version", () => {
  const twins = after(0);
  const first = init(twins).result;
  twins.blocks();
  const second = open(twins).result;
  assert(first.ok && second.ok);
  const answer = { channelId: "channel-0", version: VERSION };
  assertEquals(MsgChannelOpenInitResponse.decode(first.value), answer);
  assertEquals(MsgChannelOpenTryResponse.decode(second.value), answer);
});

Deno.test("each step has its event, with what ibc-go tells in its order", () => {
  const twins = after(0);
  const told: unknown[] = [];
  for (const step of [init, open, ack, confirm, closeInit, closeConfirm]) {
    const { result, events } = step(twins);
    assert(result.ok);
    told.push(events.map(({ type, attributes }) => [type, attributes.map(({ key, value }) => `${key}=${value}`)]));
    twins.blocks();
  }
  const own = ["port_id=mock", "channel_id=channel-0", "counterparty_port_id=mock"];
  const other = [...own, "counterparty_channel_id=channel-0", "connection_id=connection-0"];
  const module = ["message", ["module=ibc_channel"]];
  assertEquals(told, [
    [["channel_open_init", [...own, "connection_id=connection-0", "version=mock-1"]], module],
    [["channel_open_try", [...other, "version=mock-1"]], module],
    [["channel_open_ack", other], module],
    [["channel_open_confirm", other], module],
    [["channel_close_init", other], module],
    [["channel_close_confirm", other], module],
  ]);
});

Deno.test("INIT: what is refused, with its code", () => {
  const cases: [string, Changes<MsgChannelOpenInit>][] = [
    ["ok", {}],
    ["host/2", { portId: "x" }],
    ["port/5", { portId: "nobody" }],
    ["channel/5", { channel: { state: STATE_TRYOPEN } }],
    ["channel/7", { channel: { counterparty: END } }],
    ["channel/6", { channel: { ordering: Order.ORDER_NONE_UNSPECIFIED } }],
    ["channel/6", { channel: { ordering: 3 as Order } }],
    ["channel/15", { channel: { connectionHops: [] } }],
    ["channel/15", { channel: { connectionHops: ["connection-0", "connection-1"] } }],
    ["host/2", { channel: { connectionHops: ["c"] } }],
    ["host/2", { channel: { counterparty: { portId: "", channelId: "" } } }],
    ["connection/3", { channel: { connectionHops: ["connection-9"] } }],
  ];
  for (const [code, change] of cases) assertEquals(codeOf(init(after(0), change).result), code);
});

Deno.test("INIT: the connection must allow the order and its client be active; it need not be open", () => {
  const twins = after(0);
  const { keeper: { connections }, journal, clients } = twins.a;
  const connection = connections.connection(journal, "connection-0")!;
  connections.setConnection(journal, "connection-0", {
    ...connection,
    state: 1,
    versions: [{ identifier: "1", features: ["ORDER_ORDERED"] }],
  });
  assertEquals(codeOf(init(twins).result), "connection/9");
  assertEquals(codeOf(init(twins, { channel: { ordering: Order.ORDER_ORDERED } }).result), "ok");
  connections.setConnection(journal, "connection-0", {
    ...connection,
    versions: [...connection.versions, ...connection.versions],
  });
  assertEquals(codeOf(init(twins).result), "connection/9");
  connections.setConnection(journal, "connection-0", connection);
  clients.state = "Expired";
  assertEquals(codeOf(init(twins).result), "client/29");
});

Deno.test("TRY: what is refused, with its code", () => {
  const cases: [string, Changes<MsgChannelOpenTry>][] = [
    ["ok", {}],
    // Its version is for nobody: the one of the other end counts.
    ["ok", { channel: { version: "other" } }],
    ["host/2", { portId: "" }],
    ["port/5", { portId: "nobody" }],
    ["channel/18", { previousChannelId: "channel-0" }],
    ["commitment/2", { proofInit: new Uint8Array() }],
    ["channel/5", { channel: { state: STATE_INIT } }],
    ["host/2", { channel: { counterparty: { portId: PORT, channelId: "" } } }],
    ["channel/6", { channel: { ordering: Order.ORDER_NONE_UNSPECIFIED } }],
    ["channel/15", { channel: { connectionHops: ["connection-0", "connection-1"] } }],
    ["connection/3", { channel: { connectionHops: ["connection-9"] } }],
    // None of these is what the other chain has stored.
    ["client/30", { channel: { ordering: Order.ORDER_ORDERED } }],
    ["client/30", { channel: { counterparty: { portId: "other", channelId: "channel-0" } } }],
    ["client/30", { channel: { counterparty: { portId: PORT, channelId: "channel-1" } } }],
    ["client/30", { counterpartyVersion: "other" }],
    ["client/30", { proofInit: Uint8Array.of(1) }],
  ];
  for (const [code, change] of cases) assertEquals(codeOf(open(after(1), change).result), code);
  assertEquals(codeOf(open(after(0)).result), "client/30");
});

Deno.test("ACK: what is refused, with its code", () => {
  const cases: [string, 0 | 1 | 2 | 3, Partial<MsgChannelOpenAck>][] = [
    ["ok", 2, {}],
    ["channel/3", 0, {}],
    ["channel/5", 3, {}],
    ["client/30", 1, {}],
    ["port/5", 2, { portId: "nobody" }],
    ["channel/18", 2, { channelId: "mychannel" }],
    ["host/2", 2, { counterpartyChannelId: "c" }],
    ["commitment/2", 2, { proofTry: new Uint8Array() }],
    ["client/30", 2, { counterpartyChannelId: "channel-1" }],
    ["client/30", 2, { counterpartyVersion: "other" }],
    ["client/30", 2, { proofTry: Uint8Array.of(1) }],
  ];
  for (const [code, steps, change] of cases) assertEquals(codeOf(ack(after(steps), change).result), code);
});

Deno.test("CONFIRM: what is refused, with its code", () => {
  const cases: [string, 1 | 2 | 3 | 4, Partial<MsgChannelOpenConfirm>][] = [
    ["ok", 3, {}],
    ["channel/3", 1, {}],
    ["client/30", 2, {}],
    ["channel/5", 4, {}],
    ["port/5", 3, { portId: "nobody" }],
    ["channel/18", 3, { channelId: "" }],
    ["commitment/2", 3, { proofAck: new Uint8Array() }],
    ["client/30", 3, { proofAck: Uint8Array.of(1) }],
  ];
  for (const [code, steps, change] of cases) assertEquals(codeOf(confirm(after(steps), change).result), code);
});

Deno.test("an end may be closed in any state but once, and the other follows by its proof", () => {
  for (const steps of [1, 2, 3, 4] as const) {
    const twins = after(steps);
    assertEquals(codeOf(closeInit(twins).result), "ok");
    assertEquals(stateOf(twins.a), STATE_CLOSED);
    assertEquals(codeOf(closeInit(twins).result), "channel/5");
  }
  const twins = after(4);
  assertEquals(codeOf(closeConfirm(twins).result), "client/30");
  assertEquals(codeOf(closeInit(twins, { channelId: "channel-1" }).result), "channel/3");
  assert(closeInit(twins).result.ok);
  assertEquals(codeOf(closeConfirm(twins).result), "client/30", "not yet in a block");
  twins.blocks();
  assertEquals(codeOf(closeConfirm(twins, { proofInit: new Uint8Array() }).result), "commitment/2");
  assertEquals(codeOf(closeConfirm(twins).result), "ok");
  assertEquals(stateOf(twins.b), STATE_CLOSED);
  assertEquals(codeOf(closeConfirm(twins).result), "channel/5");
});

Deno.test("an end is not closed over a client that is not active, or a connection that is not open", () => {
  const twins = after(4);
  const { keeper: { connections }, journal, clients } = twins.a;
  clients.state = "Frozen";
  assertEquals(codeOf(closeInit(twins).result), "client/29");
  clients.state = "Active";
  const connection = connections.connection(journal, "connection-0")!;
  connections.setConnection(journal, "connection-0", { ...connection, state: 1 });
  assertEquals(codeOf(closeInit(twins).result), "connection/6");
});

Deno.test("each step but the first needs an open connection", () => {
  for (const [steps, step, on] of [[1, open, "b"], [2, ack, "a"], [3, confirm, "b"], [4, closeConfirm, "b"]] as const) {
    const twins = after(steps);
    if (step === closeConfirm) {
      assert(closeInit(twins).result.ok);
      twins.blocks();
    }
    const { keeper: { connections }, journal } = twins[on];
    const connection = connections.connection(journal, "connection-0")!;
    connections.setConnection(journal, "connection-0", { ...connection, state: 2 });
    assertEquals(codeOf(step(twins).result), "connection/6");
  }
});

Deno.test("an application that refuses a step stops it, and nothing of it stays", () => {
  for (
    const [steps, step, on] of [
      [0, init, "a"],
      [1, open, "b"],
      [2, ack, "a"],
      [3, confirm, "b"],
      [4, closeInit, "a"],
    ] as const
  ) {
    const twins = after(steps);
    twins[on].application.refusesAll = true;
    const before = twins[on].journal.changes().map(({ value }) => value);
    assertEquals(codeOf(step(twins).result), "mock/7");
    assertEquals(twins[on].journal.changes().map(({ value }) => value), before);
  }
});

Deno.test("what is stored is what other chains ask proofs of", () => {
  const { journal } = after(4).a;
  const stored = journal.get("ibc", new TextEncoder().encode("channelEnds/ports/mock/channels/channel-0"));
  assertEquals(stored, encode(Channel, channelOf({ state: STATE_OPEN, counterparty: END, version: VERSION })));
});

Deno.test("the ends of a channel may have different numbers, and each knows the other's", () => {
  const twins = after(0);
  twins.b.must(MsgChannelOpenInit, { portId: PORT, channel: channelOf({}) });
  assert(init(twins).result.ok);
  twins.blocks();
  assert(open(twins).result.ok);
  twins.blocks();
  assertEquals(codeOf(ack(twins).result), "client/30", "that is another channel");
  assert(ack(twins, { counterpartyChannelId: "channel-1" }).result.ok);
  twins.blocks();
  assertEquals(codeOf(confirm(twins).result), "channel/5", "that is another channel");
  assert(confirm(twins, { channelId: "channel-1" }).result.ok);
  twins.blocks();
  assert(closeInit(twins).result.ok);
  twins.blocks();
  assertEquals(codeOf(closeConfirm(twins).result), "client/30");
  assert(closeConfirm(twins, { channelId: "channel-1" }).result.ok);
  const ends = [
    twins.a.keeper.channel(twins.a.journal, END),
    twins.b.keeper.channel(twins.b.journal, { ...END, channelId: "channel-1" }),
  ];
  assertEquals(ends.map((end) => end?.counterparty.channelId), ["channel-1", "channel-0"]);
});

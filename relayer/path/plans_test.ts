import { assert, assertEquals } from "@std/assert";
import { type Channel, type IdentifiedChannel, Order, State } from "cosmjs-types/ibc/core/channel/v1/channel";
import { MsgChannelOpenTry } from "cosmjs-types/ibc/core/channel/v1/tx";
import {
  MsgConnectionOpenAck,
  MsgConnectionOpenInit,
  MsgConnectionOpenTry,
} from "cosmjs-types/ibc/core/connection/v1/tx";
import { type ConnectionEnd, State as ConnectionState } from "cosmjs-types/ibc/core/connection/v1/connection";
import { ConsensusState } from "cosmjs-types/ibc/lightclients/tendermint/v1/tendermint";
import { decodeClientState, ZERO_HEIGHT } from "../../node/core/ibc/mod.ts";
import { ICS23_SPECS } from "../../node/core/merkle/mod.ts";
import { makeLightBlock, membersOf } from "../../tests/helpers/light_chain.ts";
import { type ChannelGoal, planChannel, planClosing } from "./channel_plan.ts";
import { type ChainFacts, planClient } from "./client_plan.ts";
import { CONNECTION_VERSION, type ConnectionGoal, MERKLE_PREFIX, planConnection } from "./connection_plan.ts";
import { channelFollowing, connectionFollowing, connectionInit } from "./handshake_messages.ts";

const OPTIONS = { first: "a", reference: "a", givenUp: new Set<string>() } as const;
const HEIGHT = { revisionNumber: 1n, revisionHeight: 9n };
const EVIDENCE = { proof: Uint8Array.of(1), proofHeight: HEIGHT };

const connection = (
  clientId: string,
  otherClient: string,
  state: ConnectionState,
  connectionId = "",
): ConnectionEnd => ({
  clientId,
  versions: [CONNECTION_VERSION],
  state,
  counterparty: { clientId: otherClient, connectionId, prefix: MERKLE_PREFIX },
  delayPeriod: 0n,
});

const CONNECTIONS: ConnectionGoal = {
  clients: { a: "07-tendermint-0", b: "07-tendermint-5" },
  pins: { a: undefined, b: undefined },
  delayNs: 0n,
};

Deno.test("only connections of the two clients and the same delay count", () => {
  const { INIT, OPEN } = { INIT: ConnectionState.STATE_INIT, OPEN: ConnectionState.STATE_OPEN };
  const found = {
    a: [
      { id: "connection-0", connection: connection("07-tendermint-0", "07-tendermint-9", OPEN, "connection-0") },
      {
        id: "connection-1",
        connection: { ...connection("07-tendermint-0", "07-tendermint-5", INIT), delayPeriod: 7n },
      },
      { id: "connection-2", connection: connection("07-tendermint-0", "07-tendermint-5", INIT) },
    ],
    b: [{ id: "connection-0", connection: connection("07-tendermint-5", "07-tendermint-1", INIT) }],
  };
  const move = planConnection(CONNECTIONS, found, OPTIONS);
  assert(typeof move !== "string" && move.tag === "try");
  assertEquals([move.side, move.counterparty.id], ["b", "connection-2"]);
  const pinned = planConnection({ ...CONNECTIONS, pins: { a: "connection-0", b: undefined } }, found, OPTIONS);
  assertEquals(pinned, "plan connection of 07-tendermint-0 and 07-tendermint-5: there is no connection-0 that fits");
});

Deno.test("messages of a connection carry what the other end said and was proven", () => {
  const counterparty = {
    id: "connection-2",
    stage: "init",
    counterpartyId: "",
    end: { ...connection("07-tendermint-0", "07-tendermint-5", ConnectionState.STATE_INIT), delayPeriod: 3n },
  } as const;
  const init = MsgConnectionOpenInit.decode(connectionInit(CONNECTIONS, "a", "cat1r").value);
  assertEquals([init.clientId, init.counterparty.clientId, init.counterparty.connectionId], [
    "07-tendermint-0",
    "07-tendermint-5",
    "",
  ]);
  const tried = connectionFollowing(CONNECTIONS, { tag: "try", side: "b", counterparty }, EVIDENCE, "cat1r");
  const message = MsgConnectionOpenTry.decode(tried.value);
  assertEquals(message.clientId, "07-tendermint-5");
  assertEquals([message.counterparty.connectionId, message.delayPeriod], ["connection-2", 3n]);
  assertEquals([message.proofInit, message.proofHeight, message.consensusHeight], [
    Uint8Array.of(1),
    HEIGHT,
    ZERO_HEIGHT,
  ]);
  const state = { typeUrl: "/x", value: Uint8Array.of(5) };
  const client = { state, proof: Uint8Array.of(2), consensusHeight: HEIGHT, consensusProof: Uint8Array.of(3) };
  const own = { ...counterparty, id: "connection-7" };
  const acked = connectionFollowing(
    CONNECTIONS,
    { tag: "ack", side: "a", own, counterparty },
    { ...EVIDENCE, client },
    "cat1r",
  );
  const ack = MsgConnectionOpenAck.decode(acked.value);
  assertEquals([ack.connectionId, ack.counterpartyConnectionId], ["connection-7", "connection-2"]);
  assertEquals([ack.clientState, ack.proofClient, ack.proofConsensus, ack.consensusHeight], [
    state,
    Uint8Array.of(2),
    Uint8Array.of(3),
    HEIGHT,
  ]);
});

const CHANNELS: ChannelGoal = {
  ports: { a: "transfer", b: "wasm.x" },
  hops: { a: ["connection-0"], b: ["connection-3"] },
  order: "unordered",
  version: "",
  pins: { a: undefined, b: undefined },
  others: new Set(),
};

const channel = (more: Partial<IdentifiedChannel> = {}): IdentifiedChannel => ({
  state: State.STATE_OPEN,
  ordering: Order.ORDER_UNORDERED,
  counterparty: { portId: "wasm.x", channelId: "channel-8" },
  connectionHops: ["connection-0"],
  version: "ics20-1",
  portId: "transfer",
  channelId: "channel-1",
  ...more,
});
const onB = (more: Partial<IdentifiedChannel> = {}) =>
  channel({
    counterparty: { portId: "transfer", channelId: "channel-1" },
    connectionHops: ["connection-3"],
    portId: "wasm.x",
    channelId: "channel-8",
    ...more,
  });

Deno.test("only channels of the wanted ports, connections, order and version count", async (t) => {
  const tagOf = (goal: Partial<ChannelGoal>, a: IdentifiedChannel[], b: IdentifiedChannel[]) => {
    const move = planChannel({ ...CHANNELS, ...goal }, { a, b }, OPTIONS);
    return typeof move === "string" ? move : move.tag;
  };
  const cases: [string, Partial<ChannelGoal>, Partial<IdentifiedChannel>, Partial<IdentifiedChannel>, string][] = [
    ["all is as wanted", {}, {}, {}, "done"],
    ["the version is wanted", { version: "ics20-1" }, {}, {}, "done"],
    ["another version", { version: "ics20-2" }, {}, {}, "init"],
    ["another order", { order: "ordered" }, {}, {}, "init"],
    ["another port", {}, { portId: "other" }, { portId: "other" }, "init"],
    ["another connection", {}, { connectionHops: ["connection-9"] }, { connectionHops: ["connection-9"] }, "init"],
    ["more hops", {}, { connectionHops: ["connection-0", "connection-1"] }, { connectionHops: [] }, "init"],
    ["closed", {}, { state: State.STATE_CLOSED }, { state: State.STATE_CLOSED }, "init"],
    ["one is closed", {}, { state: State.STATE_CLOSED }, {}, "wait"],
    ["being upgraded", {}, { state: 5 as State }, { state: 6 as State }, "done"],
    ["half open", {}, {}, { state: State.STATE_TRYOPEN }, "confirm"],
    ["one more is wanted", { others: new Set(["channel-1"]) }, {}, {}, "init"],
  ];
  for (const [name, goal, a, b, tag] of cases) {
    await t.step(name, () => assertEquals(tagOf(goal, [channel(a)], [onB(b)]), tag));
  }
});

Deno.test("the answer to a channel has its order and version", () => {
  const counterparty = { id: "channel-1", stage: "init", counterpartyId: "", end: channel() } as const;
  const { value } = channelFollowing(CHANNELS, { tag: "try", side: "b", counterparty }, EVIDENCE, "cat1r");
  const message = MsgChannelOpenTry.decode(value);
  assertEquals([message.portId, message.counterpartyVersion], ["wasm.x", "ics20-1"]);
  assertEquals(message.channel.counterparty, { portId: "transfer", channelId: "channel-1" });
  assertEquals(message.channel.connectionHops, ["connection-3"]);
});

Deno.test("closing begins on one side and is shown to the other", () => {
  const ends = (a: State, b: State) => ({
    a: { ...channel(), state: a } as Channel,
    b: { ...onB(), state: b } as Channel,
  });
  const { STATE_OPEN: OPEN, STATE_CLOSED: CLOSED, STATE_INIT: INIT } = State;
  assertEquals(planClosing(ends(OPEN, OPEN)), { tag: "close_init", side: "a" });
  assertEquals(planClosing(ends(OPEN, OPEN), "b"), { tag: "close_init", side: "b" });
  assertEquals(planClosing(ends(CLOSED, OPEN)), { tag: "close_confirm", side: "b" });
  assertEquals(planClosing(ends(OPEN, CLOSED)), { tag: "close_confirm", side: "a" });
  assertEquals(planClosing(ends(CLOSED, CLOSED)), { tag: "done" });
  assertEquals(planClosing(ends(INIT, OPEN)), "close channel: the end on a is not open");
});

Deno.test("a client begins at a header, with periods and specifications of its chain", () => {
  const members = membersOf([0]);
  const { header } = makeLightBlock({ chainId: "gaia-4", height: 7n, time: 5n, members, next: members }).signedHeader;
  const facts: ChainFacts = {
    unbondingNs: 300n,
    clockDriftNs: 1n,
    proofSpecs: [ICS23_SPECS.iavl, ICS23_SPECS.tendermint],
  };
  const planned = planClient(header, facts);
  assert(planned.ok);
  const state = decodeClientState(planned.value.clientState.value);
  assert(state.ok);
  assertEquals(state.value.latestHeight, { revisionNumber: 4n, revisionHeight: 7n });
  assertEquals([state.value.trustingPeriod, state.value.unbondingPeriod], [
    { seconds: 0n, nanos: 200 },
    { seconds: 0n, nanos: 300 },
  ]);
  const { root, nextValidatorsHash } = ConsensusState.decode(planned.value.consensusState.value);
  assertEquals([root.hash, nextValidatorsHash], [header.appHash, header.nextValidatorsHash]);
  const codeOf = (more: Partial<ChainFacts>) => {
    const result = planClient(header, { ...facts, ...more });
    return result.ok ? 0 : result.error.code;
  };
  assertEquals(codeOf({ trustingNs: 300n }), 1, "not shorter than the unbonding period");
  assertEquals(codeOf({ unbondingNs: 0n }), 1);
  assertEquals(codeOf({ clockDriftNs: 0n }), 1);
  assertEquals(codeOf({ trustLevel: { numerator: 1n, denominator: 4n } }), 2);
  assertEquals(codeOf({ proofSpecs: [] }), 3);
});

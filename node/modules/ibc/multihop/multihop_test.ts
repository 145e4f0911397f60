import { assert, assertEquals } from "@std/assert";
import { Channel, Order, State } from "cosmjs-types/ibc/core/channel/v1/channel";
import { testContext } from "../../../../tests/helpers/context.ts";
import { type Claim, SECOND, ToyRoute, type ToyRouteOptions } from "../../../../tests/helpers/toy_route.ts";
import type { CounterpartyProof, IbcApplication, IbcClients } from "../../../app/ports.ts";
import { AddressCodec } from "../../../core/address.ts";
import { u64ToBytes } from "../../../core/bytes.ts";
import { encode } from "../../../core/codec/mod.ts";
import {
  acknowledgementCommitment,
  assembleMultihopProof,
  channelPath,
  clientStatePath,
  connectionPath,
  MsgChannelCloseFrozenCodec,
  MULTIHOP_CODE,
  nextSequenceRecvPath,
  packetAcknowledgementPath,
  packetCommitmentPath,
  planMultihopProof,
  rootJudge,
} from "../../../core/ibc/mod.ts";
import { ok, type Result } from "../../../core/result.ts";
import { utf8ToBytes } from "../../../core/bytes.ts";
import { IbcKeeper } from "../keeper.ts";
import { closeFrozenMessage } from "./close_frozen.ts";
import { MULTIHOP } from "./verifier.ts";

const END = { portId: "transfer", channelId: "channel-3" };
const PLACE = { ...END, sequence: 9n };
const BELIEVED = { ok: true, value: undefined } as const;
const COMMITMENT = new Uint8Array(32).fill(5);

/** The client that the first chain of a route has of its neighbour, as its keeper offers it. */
function clientsOf({ links: [link] }: ToyRoute) {
  const asked: CounterpartyProof[] = [];
  const judge = (proof: CounterpartyProof) => {
    asked.push(proof);
    return rootJudge(link!.to.specs, link!.to.header(proof.height.revisionHeight).root);
  };
  const clients: IbcClients = {
    status: () => "Active",
    latestHeight: () => link!.client.latestHeight,
    timestampAt: (_, __, height) => ok(link!.to.header(height.revisionHeight).time),
    verifyMembership: (_, __, proof, path, value) => judge(proof).verifyMembership(proof.proof, path, value),
    verifyNonMembership: (_, __, proof, path) => judge(proof).verifyNonMembership(proof.proof, path),
  };
  return { clients, asked };
}

/** The verifying chain of a route: its keeper with the first connection, and what its verifier says. */
function verifying(route: ToyRoute) {
  const { clients, asked } = clientsOf(route);
  const keeper = new IbcKeeper(clients, MULTIHOP);
  const context = testContext({ time: route.clock.now });
  keeper.connections.setConnection(context.view, route.hops[0]!, route.links[0]!.connection);
  const way = keeper.channels.route(context.view, route.hops);
  assert(way.ok);
  return {
    keeper,
    context,
    asked,
    way: way.value,
    verifier: way.value.verifier,
    of: ({ bytes, height }: Claim) => ({ height, proof: bytes }),
  };
}

function chains(options: ToyRouteOptions = {}): ToyRoute {
  return new ToyRoute({ chains: [{}, {}, {}, {}], ...options });
}

function assertRefused(verdict: Result<unknown>, code: keyof typeof MULTIHOP_CODE): void {
  assert(!verdict.ok, "it was believed");
  assertEquals([verdict.error.codespace, verdict.error.code], ["multihop", MULTIHOP_CODE[code]]);
}

Deno.test("packets, acknowledgements, absences and sequences are read at the end of the way", () => {
  const route = chains();
  const { portId, channelId, sequence } = PLACE;
  const acknowledgement = utf8ToBytes("ack");
  route.source.set(packetCommitmentPath(portId, channelId, sequence), COMMITMENT);
  route.source.set(packetAcknowledgementPath(portId, channelId, sequence), acknowledgementCommitment(acknowledgement));
  route.source.set(nextSequenceRecvPath(portId, channelId), u64ToBytes(12n));
  route.source.block();
  const claims = [
    packetCommitmentPath(portId, channelId, sequence),
    packetAcknowledgementPath(portId, channelId, sequence),
    `receipts/ports/${portId}/channels/${channelId}/sequences/${sequence}`,
    nextSequenceRecvPath(portId, channelId),
  ].map((key) => route.prove(key));
  const { context, way, verifier, of } = verifying(route);
  const [sent, acknowledged, absent, next] = claims.map(of);
  assertEquals(verifier.verifyPacketCommitment(context, way, sent!, PLACE, COMMITMENT), BELIEVED);
  assert(!verifier.verifyPacketCommitment(context, way, sent!, { ...PLACE, sequence: 10n }, COMMITMENT).ok);
  assertEquals(verifier.verifyPacketAcknowledgement(context, way, acknowledged!, PLACE, acknowledgement), BELIEVED);
  assert(!verifier.verifyPacketAcknowledgement(context, way, acknowledged!, PLACE, utf8ToBytes("no")).ok);
  assertEquals(verifier.verifyPacketReceiptAbsence(context, way, absent!, PLACE), BELIEVED);
  assert(!verifier.verifyPacketReceiptAbsence(context, way, sent!, PLACE).ok);
  assertEquals(verifier.verifyNextSequenceRecv(context, way, next!, END, 12n), BELIEVED);
  assert(!verifier.verifyNextSequenceRecv(context, way, next!, END, 11n).ok);
});

Deno.test("a channel end must name the connections of the way back, in their order", () => {
  const expected = {
    state: State.STATE_INIT,
    ordering: Order.ORDER_UNORDERED,
    counterparty: { portId: "transfer", channelId: "" },
    version: "ics20-1",
  };
  for (
    const [connectionHops, isBelieved] of [
      [["connection-5", "connection-3", "connection-1"], true],
      [["connection-1", "connection-3", "connection-5"], false],
      [["connection-5", "connection-1"], false],
    ] as const
  ) {
    const route = chains();
    route.source.set(
      channelPath(END.portId, END.channelId),
      encode(Channel, { ...expected, connectionHops: [...connectionHops] }),
    );
    route.source.block();
    const claim = route.prove(channelPath(END.portId, END.channelId));
    const { context, way, verifier, of, asked } = verifying(route);
    assertEquals(verifier.verifyChannelState(context, way, of(claim), END, expected).ok, isBelieved);
    // The delay is one of packets.
    assert(asked.every(({ delayTime }) => delayTime === 0n));
  }
});

Deno.test("packets wait for the longest delay of the way, wherever it is", () => {
  for (const delays of [[90n, 0n, 30n], [0n, 90n, 30n], [30n, 0n, 90n]]) {
    const route = chains({ delays: delays.map((delay) => delay * SECOND) });
    const claim = route.prove(packetCommitmentPath(END.portId, END.channelId, 1n));
    const { context, way, verifier, of, asked } = verifying(route);
    const place = { ...END, sequence: 1n };
    assert(!verifier.verifyPacketCommitment(context, way, of(claim), place, COMMITMENT).ok);
    // Thirty seconds to a block, unless parameters say otherwise.
    assertEquals([asked[0]!.delayTime, asked[0]!.delayBlocks], [90n * SECOND, 3n]);
  }
});

Deno.test("the moment of a proof is the one of the chain at the end, and no moment is known without a proof", () => {
  const route = chains();
  const claim = route.prove("x");
  const { context, way, verifier, of } = verifying(route);
  const moment = verifier.momentOf(context, way, of(claim));
  assert(moment.ok);
  assertEquals(moment.value.height, route.links[2]!.client.latestHeight);
  assertEquals(moment.value.timestamp, route.source.header(moment.value.height.revisionHeight).time);
  assertEquals(verifier.latestMoment(context, way), { ok: true, value: undefined });
});

Deno.test("what is no proof at all is refused before any client is asked", () => {
  const route = chains();
  const { context, way, verifier, asked } = verifying(route);
  const height = route.links[0]!.to.ibcHeight(1n);
  for (const proof of [new Uint8Array(200_000), Uint8Array.of(1, 2, 3), Uint8Array.of(18, 0)]) {
    assert(!verifier.momentOf(context, way, { height, proof }).ok);
    assert(!verifier.verifyPacketReceiptAbsence(context, way, { height, proof }, PLACE).ok);
  }
  assertEquals(asked, []);
});

const addresses = new AddressCodec("cat");
const signer = addresses.of(new Uint8Array(20)).text;

/** Closes the channel of `route` by proofs about the client of its link number `hop`. */
function closeFor(route: ToyRoute, hop: number) {
  const description = route.description.slice(0, hop);
  const proofs = [connectionPath(route.links[hop]!.connectionId), clientStatePath(route.links[hop]!.clientId)].map(
    (key) => {
      const plan = planMultihopProof(description, { key: utf8ToBytes(key), since: 1n });
      assert(plan.tag === "fetch");
      const made = assembleMultihopProof(description, plan, route.fetch(plan), true);
      assert(made.ok);
      return { bytes: made.value, height: plan.proofHeight };
    },
  );
  const { keeper, context } = verifying(route);
  const channel = Channel.fromPartial({
    state: State.STATE_OPEN,
    ordering: Order.ORDER_UNORDERED,
    counterparty: END,
    connectionHops: route.hops,
    version: "ics20-1",
  });
  keeper.channels.setChannel(context.view, END, channel);
  const heard: string[] = [];
  const application = { onChanCloseConfirm: () => (heard.push("closed"), BELIEVED) } as unknown as IbcApplication;
  keeper.bindPort(END.portId, application);
  const handler = closeFrozenMessage(addresses, { channels: keeper.channels, router: keeper.router });
  const [ofConnection, ofClient] = proofs;
  const message = handler.decode(encode(MsgChannelCloseFrozenCodec, {
    ...END,
    proofConnection: ofConnection!.bytes,
    proofClientState: ofClient!.bytes,
    proofHeight: ofConnection!.height,
    signer,
  }));
  assert(message.ok);
  const verdict = handler.execute(context, message.value);
  return { verdict, heard, events: context.events, state: keeper.channels.channel(context.view, END)!.state };
}

/** Every client knows the last block of the next chain, whose state has what was written before. */
function updateAll(route: ToyRoute): void {
  for (const link of route.links.toReversed()) {
    link.to.block();
    link.update();
  }
}

Deno.test("a channel is closed when a client on its way is proven frozen, the neighbour's or one further on", () => {
  for (const hop of [1, 2]) {
    const route = chains();
    const link = route.links[hop]!;
    link.update();
    link.client = { ...link.client, frozenHeight: { revisionNumber: 0n, revisionHeight: 1n } };
    link.write();
    link.from.block();
    updateAll(route);
    const { verdict, heard, events, state } = closeFor(route, hop);
    assertEquals(verdict, { ok: true, value: new Uint8Array() });
    assertEquals(state, State.STATE_CLOSED);
    assertEquals(heard, ["closed"]);
    assertEquals(events.map(({ type }) => type), ["channel_close_frozen", "message"]);
  }
});

Deno.test("a channel stays open when the client is not frozen, or stands behind a frozen one", () => {
  const route = chains();
  updateAll(route);
  updateAll(route);
  const healthy = closeFor(route, 1);
  assertRefused(healthy.verdict, "clientNotFrozen");
  assertEquals([healthy.state, healthy.heard], [State.STATE_OPEN, []]);

  const behind = chains();
  const [, link] = behind.links;
  const frozen = { ...link!.client, frozenHeight: { revisionNumber: 0n, revisionHeight: 1n } };
  updateAll(behind);
  link!.client = frozen;
  link!.write();
  link!.from.block();
  updateAll(behind);
  // Nothing is known of a chain behind a frozen client, not even that its own client is frozen.
  assertRefused(closeFor(behind, 2).verdict, "clientFrozen");
});

import { assert, assertEquals } from "@std/assert";
import { Order, State } from "cosmjs-types/ibc/core/channel/v1/channel";
import * as query from "cosmjs-types/ibc/core/channel/v1/query";
import * as connectionQuery from "cosmjs-types/ibc/core/connection/v1/query";
import { PageRequest } from "cosmjs-types/cosmos/base/query/v1beta1/pagination";
import { Any } from "cosmjs-types/google/protobuf/any";
import { CLIENT, PORT, SECOND, type TwinChain, Twins, VERSION } from "../../../../tests/helpers/twin_chains.ts";
import { utf8ToBytes } from "../../../core/bytes.ts";
import type { MessageCodec } from "../../../core/codec/mod.ts";
import type { Result } from "../../../core/result.ts";
import { Miss, type StateReader } from "../../../state/view.ts";
import { connectionQueries, QueryConnectionParamsResponse } from "../connection/query.ts";
import { channelEndQueries } from "./query_channels.ts";
import { packetQueries, SEQUENCES_MAX } from "./query_packets.ts";

const END = { portId: PORT, channelId: "channel-0" };
const HEIGHT = { revisionNumber: 3n, revisionHeight: 42n };

/** Asks a chain as it is now, at a height of our choice. */
function ask<Q, A>(
  { keeper, journal }: TwinChain,
  path: string,
  [request, response]: [MessageCodec<Q>, MessageCodec<A>],
  asked: NoInfer<Partial<Q>>,
): A | string {
  const handlers = [
    ...connectionQueries(keeper.connections),
    ...channelEndQueries(keeper.channels),
    ...packetQueries(keeper.channels),
  ];
  const handler = handlers.find((handler) => handler.path === path);
  assert(handler !== undefined, `no handler of ${path}`);
  const context = { view: journal, height: 42n, chainId: "twin-3", time: 0n };
  const codec = request as MessageCodec<Q> & { fromPartial(partial: unknown): Q };
  const answer: Result<Uint8Array> = handler.handle(context, codec.encode(codec.fromPartial(asked)).finish());
  return answer.ok ? response.decode(answer.value) : `${answer.error.codespace}/${answer.error.code}`;
}

const asker = (chain: TwinChain) => {
  const on =
    (service: string) =>
    <Q, A>(method: string, codecs: [MessageCodec<Q>, MessageCodec<A>], asked: NoInfer<Partial<Q>>) =>
      ask(chain, `/ibc.core.${service}.v1.Query/${method}`, codecs, asked);
  return { channel: on("channel"), connection: on("connection") };
};

function opened(ordering = Order.ORDER_UNORDERED): Twins {
  const twins = new Twins();
  twins.connect(5n * SECOND);
  twins.open(ordering);
  return twins;
}

function answerOf<A>(answer: A | string): A {
  assert(typeof answer !== "string", `refused: ${answer}`);
  return answer;
}

const CHANNEL: [typeof query.QueryChannelRequest, typeof query.QueryChannelResponse] = [
  query.QueryChannelRequest,
  query.QueryChannelResponse,
];

Deno.test("a channel is answered with the height of this chain, and is not found under another name", () => {
  const { channel } = asker(opened().a);
  const answer = answerOf(channel("Channel", CHANNEL, END));
  assertEquals(answer.channel, {
    state: State.STATE_OPEN,
    ordering: Order.ORDER_UNORDERED,
    counterparty: END,
    connectionHops: ["connection-0"],
    version: VERSION,
  });
  assertEquals([answer.proof, answer.proofHeight], [new Uint8Array(), HEIGHT]);
  assertEquals(channel("Channel", CHANNEL, { ...END, channelId: "channel-1" }), "sdk/22");
  assertEquals(channel("Channel", CHANNEL, { ...END, portId: "a/b" }), "sdk/18");
  assertEquals(channel("Channel", CHANNEL, {}), "sdk/18");
});

Deno.test("channels come in pages, all or those of a connection", () => {
  const twins = opened();
  const { channels } = twins.a.keeper;
  const first = channels.channel(twins.a.journal, END)!;
  for (let n = 1; n < 7; n++) {
    const connectionHops = [n % 2 === 0 ? "connection-0" : "connection-5"];
    channels.setChannel(twins.a.journal, { portId: PORT, channelId: `channel-${n}` }, { ...first, connectionHops });
  }
  const { channel } = asker(twins.a);
  const all = answerOf(channel("Channels", [query.QueryChannelsRequest, query.QueryChannelsResponse], {}));
  assertEquals(all.channels.map(({ channelId }) => channelId), [0, 1, 2, 3, 4, 5, 6].map((n) => `channel-${n}`));
  const ofConnection = (pagination: Partial<PageRequest>) =>
    answerOf(channel(
      "ConnectionChannels",
      [query.QueryConnectionChannelsRequest, query.QueryConnectionChannelsResponse],
      { connection: "connection-0", pagination: PageRequest.fromPartial(pagination) },
    ));
  const whole = ["channel-0", "channel-2", "channel-4", "channel-6"];
  const idsOf = ({ channels }: { channels: { channelId: string }[] }) => channels.map(({ channelId }) => channelId);
  assertEquals(idsOf(ofConnection({})), whole);
  const one = ofConnection({ limit: 3n, countTotal: true });
  assertEquals([idsOf(one), one.pagination!.total], [whole.slice(0, 3), 4n]);
  const two = ofConnection({ key: one.pagination!.nextKey });
  assertEquals([idsOf(two), two.pagination!.nextKey.length], [whole.slice(3), 0]);
  assertEquals(idsOf(ofConnection({ offset: 1n, limit: 2n })), whole.slice(1, 3));
  assertEquals(idsOf(ofConnection({ reverse: true, limit: 2n })), whole.toReversed().slice(0, 2));
  assertEquals(
    channel("ConnectionChannels", [query.QueryConnectionChannelsRequest, query.QueryConnectionChannelsResponse], {
      connection: "x",
    }),
    "sdk/18",
  );
});

Deno.test("a page of one connection looks at a bounded number of channels and tells where to go on", () => {
  const twins = opened();
  const { channels } = twins.a.keeper;
  const other = { ...channels.channel(twins.a.journal, END)!, connectionHops: ["connection-9"] };
  for (let n = 1; n < 10_500; n++) {
    channels.setChannel(twins.a.journal, { portId: PORT, channelId: `channel-${n}` }, other);
  }
  channels.setChannel(twins.a.journal, { portId: PORT, channelId: "channel-99999" }, {
    ...other,
    connectionHops: ["connection-8"],
  });
  const { channel } = asker(twins.a);
  const page = (key: Uint8Array) =>
    answerOf(channel(
      "ConnectionChannels",
      [query.QueryConnectionChannelsRequest, query.QueryConnectionChannelsResponse],
      { connection: "connection-8", pagination: PageRequest.fromPartial({ key }) },
    ));
  const first = page(new Uint8Array());
  assertEquals(first.channels, []);
  assert(first.pagination!.nextKey.length > 0);
  const second = page(first.pagination!.nextKey);
  assertEquals(second.channels.map(({ channelId }) => channelId), ["channel-99999"]);
  assertEquals(second.pagination!.nextKey.length, 0);
});

Deno.test("the client under a channel or connection is answered as it is stored", () => {
  const { a } = opened();
  const clientState = { typeUrl: "/x.ClientState", value: Uint8Array.of(1, 2) };
  const consensusState = { typeUrl: "/x.ConsensusState", value: Uint8Array.of(3) };
  a.journal.set("ibc", utf8ToBytes(`clients/${CLIENT}/clientState`), Any.encode(clientState).finish());
  a.journal.set("ibc", utf8ToBytes(`clients/${CLIENT}/consensusStates/0-7`), Any.encode(consensusState).finish());
  const { channel, connection } = asker(a);
  const ofChannel = answerOf(channel(
    "ChannelClientState",
    [query.QueryChannelClientStateRequest, query.QueryChannelClientStateResponse],
    END,
  ));
  const ofConnection = answerOf(connection(
    "ConnectionClientState",
    [connectionQuery.QueryConnectionClientStateRequest, connectionQuery.QueryConnectionClientStateResponse],
    { connectionId: "connection-0" },
  ));
  assertEquals(ofChannel.identifiedClientState, { clientId: CLIENT, clientState });
  assertEquals(ofConnection.identifiedClientState, { clientId: CLIENT, clientState });
  for (const [revisionHeight, expected] of [[7n, consensusState], [8n, undefined]] as const) {
    const answers = [
      channel(
        "ChannelConsensusState",
        [query.QueryChannelConsensusStateRequest, query.QueryChannelConsensusStateResponse],
        { ...END, revisionHeight },
      ),
      connection("ConnectionConsensusState", [
        connectionQuery.QueryConnectionConsensusStateRequest,
        connectionQuery.QueryConnectionConsensusStateResponse,
      ], { connectionId: "connection-0", revisionHeight }),
    ];
    for (const answer of answers) {
      if (expected === undefined) assertEquals(answer, "sdk/22");
      else assertEquals([answerOf(answer).consensusState, answerOf(answer).clientId], [expected, CLIENT]);
    }
  }
});

Deno.test("connections, those of a client, and parameters", () => {
  const { a } = opened();
  const { connection } = asker(a);
  const one = answerOf(connection(
    "Connection",
    [connectionQuery.QueryConnectionRequest, connectionQuery.QueryConnectionResponse],
    { connectionId: "connection-0" },
  ));
  assertEquals(one.connection, a.keeper.connections.connection(a.journal, "connection-0"));
  const all = answerOf(connection(
    "Connections",
    [connectionQuery.QueryConnectionsRequest, connectionQuery.QueryConnectionsResponse],
    {},
  ));
  assertEquals(all.connections, [{ id: "connection-0", ...one.connection! }]);
  const CLIENTS: [
    typeof connectionQuery.QueryClientConnectionsRequest,
    typeof connectionQuery.QueryClientConnectionsResponse,
  ] = [connectionQuery.QueryClientConnectionsRequest, connectionQuery.QueryClientConnectionsResponse];
  assertEquals(answerOf(connection("ClientConnections", CLIENTS, { clientId: CLIENT })).connectionPaths, [
    "connection-0",
  ]);
  assertEquals(connection("ClientConnections", CLIENTS, { clientId: "07-tendermint-1" }), "sdk/22");
  const params = answerOf(connection(
    "ConnectionParams",
    [connectionQuery.QueryConnectionParamsRequest, QueryConnectionParamsResponse],
    {},
  ));
  assertEquals(params.params, { maxExpectedTimePerBlock: 30n * SECOND });
  assertEquals(
    connection(
      "Connection",
      [connectionQuery.QueryConnectionRequest, connectionQuery.QueryConnectionResponse],
      { connectionId: "connection-7" },
    ),
    "sdk/22",
  );
});

const COMMITMENTS: [typeof query.QueryPacketCommitmentsRequest, typeof query.QueryPacketCommitmentsResponse] = [
  query.QueryPacketCommitmentsRequest,
  query.QueryPacketCommitmentsResponse,
];
const UNRECEIVED: [typeof query.QueryUnreceivedPacketsRequest, typeof query.QueryUnreceivedPacketsResponse] = [
  query.QueryUnreceivedPacketsRequest,
  query.QueryUnreceivedPacketsResponse,
];
const UNACKNOWLEDGED: [typeof query.QueryUnreceivedAcksRequest, typeof query.QueryUnreceivedAcksResponse] = [
  query.QueryUnreceivedAcksRequest,
  query.QueryUnreceivedAcksResponse,
];

Deno.test("packets: what was sent, what has come, what is still to come, on either kind of channel", () => {
  for (const ordering of [Order.ORDER_UNORDERED, Order.ORDER_ORDERED]) {
    const twins = opened(ordering);
    const packets = Array.from({ length: 12 }, (_, n) => twins.a.send(END, `${n}`, { height: 1000n }));
    twins.blocks();
    for (const packet of packets.slice(0, 3)) assert(twins.receive(packet).result.ok);
    const sender = asker(twins.a).channel;
    const receiver = asker(twins.b).channel;
    const sent = answerOf(sender("PacketCommitments", COMMITMENTS, END)).commitments;
    assertEquals(sent.map(({ sequence }) => sequence), [1n, 10n, 11n, 12n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n]);
    assertEquals(
      sent.every(({ data, portId, channelId }) => data.length === 32 && portId === PORT && channelId === "channel-0"),
      true,
    );
    const sequences = packets.map(({ sequence }) => sequence);
    const request = { ...END, packetCommitmentSequences: sequences };
    assertEquals(answerOf(receiver("UnreceivedPackets", UNRECEIVED, request)).sequences, sequences.slice(3));
    assertEquals(
      answerOf(sender("UnreceivedAcks", UNACKNOWLEDGED, { ...END, packetAckSequences: [1n, 2n, 13n] })).sequences,
      [1n, 2n],
    );
    const next = answerOf(receiver(
      "NextSequenceReceive",
      [query.QueryNextSequenceReceiveRequest, query.QueryNextSequenceReceiveResponse],
      END,
    ));
    assertEquals(next.nextSequenceReceive, ordering === Order.ORDER_ORDERED ? 4n : 0n);
    const nextSent = answerOf(sender(
      "NextSequenceSend",
      [query.QueryNextSequenceSendRequest, query.QueryNextSequenceSendResponse],
      END,
    ));
    assertEquals(nextSent.nextSequenceSend, 13n);
  }
});

Deno.test("single records of packets, found and not found", () => {
  const twins = opened();
  const packet = twins.a.send(END, "x", { height: 1000n });
  twins.blocks();
  assert(twins.receive(packet).result.ok);
  const [sender, receiver] = [asker(twins.a).channel, asker(twins.b).channel];
  const commitment: [typeof query.QueryPacketCommitmentRequest, typeof query.QueryPacketCommitmentResponse] = [
    query.QueryPacketCommitmentRequest,
    query.QueryPacketCommitmentResponse,
  ];
  const receipt: [typeof query.QueryPacketReceiptRequest, typeof query.QueryPacketReceiptResponse] = [
    query.QueryPacketReceiptRequest,
    query.QueryPacketReceiptResponse,
  ];
  const acknowledgement: [
    typeof query.QueryPacketAcknowledgementRequest,
    typeof query.QueryPacketAcknowledgementResponse,
  ] = [query.QueryPacketAcknowledgementRequest, query.QueryPacketAcknowledgementResponse];
  const [one, two] = [{ ...END, sequence: 1n }, { ...END, sequence: 2n }];
  assertEquals(answerOf(sender("PacketCommitment", commitment, one)).commitment.length, 32);
  assertEquals(sender("PacketCommitment", commitment, two), "sdk/22");
  assertEquals(sender("PacketCommitment", commitment, { ...END, sequence: 0n }), "sdk/18");
  assertEquals(sender("PacketCommitment", commitment, { ...one, channelId: "channel-9" }), "sdk/22");
  assertEquals(answerOf(receiver("PacketReceipt", receipt, one)).received, true);
  assertEquals(answerOf(receiver("PacketReceipt", receipt, two)).received, false);
  assertEquals(answerOf(receiver("PacketAcknowledgement", acknowledgement, one)).acknowledgement.length, 32);
  assertEquals(receiver("PacketAcknowledgement", acknowledgement, two), "sdk/22");
});

Deno.test("acknowledgements by page, or those of listed sequences that are there", () => {
  const twins = opened();
  const packets = Array.from({ length: 5 }, (_, n) => twins.a.send(END, `${n}`, { height: 1000n }));
  twins.blocks();
  for (const packet of packets) assert(twins.receive(packet).result.ok);
  const { channel } = asker(twins.b);
  const codecs: [
    typeof query.QueryPacketAcknowledgementsRequest,
    typeof query.QueryPacketAcknowledgementsResponse,
  ] = [query.QueryPacketAcknowledgementsRequest, query.QueryPacketAcknowledgementsResponse];
  const page = answerOf(
    channel("PacketAcknowledgements", codecs, { ...END, pagination: PageRequest.fromPartial({ limit: 2n }) }),
  );
  assertEquals(page.acknowledgements.map(({ sequence }) => sequence), [1n, 2n]);
  assertEquals(page.pagination!.nextKey, utf8ToBytes("3"));
  const listed = answerOf(
    channel("PacketAcknowledgements", codecs, { ...END, packetCommitmentSequences: [4n, 9n, 1n] }),
  );
  assertEquals(listed.acknowledgements.map(({ sequence }) => sequence), [4n, 1n]);
  assertEquals(listed.pagination, undefined);
});

Deno.test("lists of sequences are bounded, and have no zero", () => {
  const twins = opened();
  const { channel } = asker(twins.a);
  const many = Array.from({ length: SEQUENCES_MAX + 1 }, (_, n) => BigInt(n + 1));
  const unreceived = (packetCommitmentSequences: bigint[]) =>
    channel("UnreceivedPackets", UNRECEIVED, { ...END, packetCommitmentSequences });
  assertEquals(unreceived(many), "sdk/18");
  assertEquals(answerOf(unreceived(many.slice(1))).sequences.length, SEQUENCES_MAX);
  assertEquals(unreceived([1n, 0n]), "sdk/18");
  assertEquals(channel("UnreceivedAcks", UNACKNOWLEDGED, { ...END, packetAckSequences: many }), "sdk/18");
  assertEquals(unreceived(Array.from({ length: 1000 }, (_, n) => (1n << 64n) - 1n - BigInt(n))) !== "sdk/18", true);
});

Deno.test("a request that is not one is refused", () => {
  const { keeper, journal } = opened().a;
  const context = { view: journal, height: 1n, chainId: "twin", time: 0n };
  for (const { path, handle } of [...channelEndQueries(keeper.channels), ...packetQueries(keeper.channels)]) {
    assertEquals(handle(context, Uint8Array.of(0xff)).ok, false, path);
    assertEquals(handle(context, new Uint8Array(20_000)).ok, false, path);
  }
});

Deno.test("what is not resident of many packets is asked for at once", () => {
  const chain = opened().a;
  const known = new Set<string>();
  let misses = 0;
  /** Of which every key has to be loaded first. */
  const view: StateReader = {
    get(store, key) {
      if (known.has(key.toHex())) return chain.journal.get(store, key);
      throw new Miss({ type: "load_keys", keys: [key] });
    },
    page: (store, range) => chain.journal.page(store, range),
  };
  const sequences = Array.from({ length: SEQUENCES_MAX }, (_, i) => BigInt(i + 1));
  const asked: [string, Uint8Array][] = [
    ["UnreceivedPackets", encodeAsked(query.QueryUnreceivedPacketsRequest, { packetCommitmentSequences: sequences })],
    ["UnreceivedAcks", encodeAsked(query.QueryUnreceivedAcksRequest, { packetAckSequences: sequences })],
    [
      "PacketAcknowledgements",
      encodeAsked(query.QueryPacketAcknowledgementsRequest, { packetCommitmentSequences: sequences }),
    ],
  ];
  for (const [method, data] of asked) {
    known.clear();
    misses = 0;
    const handler = packetQueries(chain.keeper.channels).find(({ path }) => path.endsWith(`/${method}`))!;
    for (;;) {
      try {
        assert(handler.handle({ view, height: 42n, chainId: "twin-3", time: 0n }, data).ok);
        break;
      } catch (thrown) {
        assert(thrown instanceof Miss && thrown.request.type === "load_keys", `${thrown}`);
        for (const key of thrown.request.keys) known.add(key.toHex());
        misses++;
      }
    }
    assertEquals(misses, 2, "the channel, and what is known of the packets");
  }
});

const encodeAsked = <T>(codec: MessageCodec<T>, asked: Partial<T>): Uint8Array =>
  codec.encode({ ...codec.decode(new Uint8Array()), ...END, ...asked }).finish();

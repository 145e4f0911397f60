/** Clients, connections and channels between two chains, by real headers and proofs. @module */
import { assertEquals } from "@std/assert";
import { Order, State } from "cosmjs-types/ibc/core/channel/v1/channel";
import { State as ConnectionState } from "cosmjs-types/ibc/core/connection/v1/connection";
import {
  assertRefused,
  chanCloseInit,
  changed,
  chanOpenAck,
  chanOpenConfirm,
  chanOpenInit,
  chanOpenTry,
  connOpenAck,
  connOpenConfirm,
  connOpenInit,
  connOpenTry,
  encodeTyped,
  type End,
  eventsOf,
  eventValue,
  MOCK_PORT,
  MOCK_VERSION,
  modulesWithMock,
  pair,
  Path,
  type PathOptions,
  TestChain,
  TestClock,
  transfer,
  type Typed,
} from "../helpers/ibc/mod.ts";

const mock = { port: MOCK_PORT, version: MOCK_VERSION } as const;
const withMock = { ...mock, chain: { modules: modulesWithMock } } as const;

/** Two chains that do not know each other. */
function strangers(options: PathOptions = {}): { a: TestChain; b: TestChain; path: Path } {
  const clock = new TestClock();
  const [a, b] = ["a", "b"].map((name) =>
    new TestChain({ chainId: `catenary-${name}-1`, clock, modules: modulesWithMock })
  ) as [TestChain, TestChain];
  return { a, b, path: new Path(a, b, { ...mock, ...options }) };
}

Deno.test("two chains open clients, a connection and a channel by proofs of each other", () => {
  for (const ordered of [false, true]) {
    const { path } = pair({ ...withMock, ordered });
    for (const end of path.ends) {
      const { other } = end;
      assertEquals([end.clientId, end.connectionId, end.channelId], ["07-tendermint-0", "connection-0", "channel-0"]);
      const connection = end.connection();
      assertEquals(connection.state, ConnectionState.STATE_OPEN);
      assertEquals(connection.counterparty.connectionId, other.connectionId);
      assertEquals(connection.counterparty.clientId, other.clientId);
      const channel = end.channel();
      assertEquals(channel.state, State.STATE_OPEN);
      assertEquals(channel.ordering, ordered ? Order.ORDER_ORDERED : Order.ORDER_UNORDERED);
      assertEquals(channel.counterparty, { portId: other.portId, channelId: other.channelId });
      assertEquals([channel.version, channel.connectionHops], [MOCK_VERSION, [end.connectionId]]);
    }
  }
});

Deno.test("a step names its module only in the events of its own", () => {
  const { path: { a } } = pair(withMock);
  const delivered = a.do(connOpenInit(a));
  const [action] = eventsOf(delivered, "message");
  assertEquals(action!.attributes.map(({ key }) => key), ["action", "sender", "msg_index"]);
});

Deno.test("a step of a handshake is taken once, and not before the one before it", () => {
  const { a: chainA, b: chainB, path } = strangers();
  const { a, b } = path.openClients();
  const of = new Map<End, TestChain>([[a, chainA], [b, chainB]]);
  // deno-lint-ignore no-explicit-any
  const refused = (end: End, refusal: Parameters<typeof assertRefused>[1], message: Typed<any>) =>
    assertRefused(of.get(end)!, refusal, () => end.try(message));
  a.connectionId = eventValue(a.do(connOpenInit(a)), "connection_open_init", "connection_id");
  b.updateClient();
  b.connectionId = eventValue(b.do(connOpenTry(b)), "connection_open_try", "connection_id");
  // The other end is in TRYOPEN: not yet open.
  b.updateClient();
  refused(b, "invalidProof", connOpenConfirm(b));
  refused(b, "connectionNotFound", changed(connOpenAck(b), { connectionId: "connection-1" }));
  refused(b, "invalidConnectionState", connOpenAck(b));
  refused(b, "invalidConnectionState", chanOpenTryOver(b));
  a.updateClient();
  refused(a, "invalidConnectionState", connOpenConfirm(a));
  const ack = connOpenAck(a);
  a.do(ack);
  refused(a, "invalidConnectionState", ack);
  b.updateClient();
  const confirm = connOpenConfirm(b);
  b.do(confirm);
  refused(b, "invalidConnectionState", confirm);

  a.channelId = eventValue(a.do(chanOpenInit(a)), "channel_open_init", "channel_id");
  b.updateClient();
  b.channelId = eventValue(b.do(chanOpenTry(b)), "channel_open_try", "channel_id");
  b.updateClient();
  refused(b, "invalidProof", chanOpenConfirm(b));
  refused(b, "invalidChannelState", chanOpenAck(b));
  a.updateClient();
  refused(a, "invalidChannelState", chanOpenConfirm(a));
  const chanAck = chanOpenAck(a);
  a.do(chanAck);
  refused(a, "invalidChannelState", chanAck);
  b.updateClient();
  const chanConfirm = chanOpenConfirm(b);
  b.do(chanConfirm);
  refused(b, "invalidChannelState", chanConfirm);
  a.do(chanCloseInit(a));
  refused(a, "invalidChannelState", chanCloseInit(a));
});

/** A channel that would be answered over a connection that is not open. */
const chanOpenTryOver = (end: End) => {
  end.channelId = "channel-0";
  end.other.channelId = "channel-0";
  return chanOpenTry(end);
};

Deno.test("the application may refuse a channel, and transfers do", () => {
  const { a: chain, path } = pair(withMock);
  const { a } = path;
  assertRefused(
    chain,
    ["mock", 1],
    () => a.try(changed(chanOpenInit(a), ({ channel }) => ({ channel: { ...channel, version: "please refuse" } }))),
  );
  const transfers = path.another({ port: "transfer", version: "ics20-9" });
  assertRefused(chain, ["transfer", 4], () => transfers.a.try(chanOpenInit(transfers.a)));
  const inOrder = path.another({ port: "transfer", version: "ics20-1", ordered: true });
  assertRefused(chain, "invalidOrder", () => inOrder.a.try(chanOpenInit(inOrder.a)));
});

Deno.test("the application chooses the version where none is asked for", () => {
  const { path } = pair(withMock);
  const another = path.another({ port: "transfer", version: "" }).openChannel();
  for (const end of another.ends) assertEquals(end.channel().version, "ics20-1");
});

Deno.test("many channels share a connection, and each keeps its own packets", () => {
  const { a, path } = pair({});
  const second = path.another().openChannel();
  assertEquals([second.a.channelId, second.b.channelId], ["channel-1", "channel-1"]);
  const alice = a.accounts[1]!.address.text;
  const sent = a.deliverOk([path, second].map(({ a: end }) => encodeTyped(transfer(end, alice, alice, 5n))), {
    signer: 1,
  });
  assertEquals(path.a.sent(sent).map(({ sequence }) => sequence), [1n]);
  assertEquals(second.a.sent(sent).map(({ sequence }) => sequence), [1n]);
});

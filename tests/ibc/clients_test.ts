/** Clients of chains that change their validators, fall silent, lie, and are upgraded. @module */
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  QueryClientStatusRequest,
  QueryClientStatusResponse,
  QueryConsensusStateHeightsRequest,
  QueryConsensusStateHeightsResponse,
} from "cosmjs-types/ibc/core/client/v1/query";
import { MsgRecoverClient, MsgUpgradeClient } from "cosmjs-types/ibc/core/client/v1/tx";
import { ConsensusState } from "cosmjs-types/ibc/lightclients/tendermint/v1/tendermint";
import { encode } from "../../node/core/codec/mod.ts";
import { Any } from "cosmjs-types/google/protobuf/any";
import { ClientStateCodec, type TendermintClientState, ZERO_HEIGHT } from "../../node/core/ibc/mod.ts";
import {
  anyOf,
  assertRefused,
  changed,
  chanOpenInit,
  clientStateOf,
  connOpenInit,
  encodeTyped,
  type End,
  eventsOf,
  headerOf,
  misbehave,
  mockWrite,
  modulesWithMock,
  pair,
  recvPacket,
  relayAll,
  SECOND,
  submitMisbehaviour,
  TestChain,
  TestClock,
  transfer,
  type Typed,
  updateClient,
  updateClientWith,
} from "../helpers/ibc/mod.ts";

const DAY = 86_400n * SECOND;
const chainOf = (end: End) => end.chain as TestChain;

function status({ chain, clientId }: End): string {
  const request = QueryClientStatusRequest.encode({ clientId }).finish();
  return QueryClientStatusResponse.decode(chain.query("/ibc.core.client.v1.Query/ClientStatus", request)).status;
}

/** Heights of the consensus states that a client keeps. */
function heights(end: End): bigint[] {
  const answer = chainOf(end).ask(
    "/ibc.core.client.v1.Query/ConsensusStateHeights",
    QueryConsensusStateHeightsRequest,
    QueryConsensusStateHeightsResponse,
    QueryConsensusStateHeightsRequest.fromPartial({ clientId: end.clientId }),
  );
  return answer.consensusStateHeights.map(({ revisionHeight }) => revisionHeight).sort((a, b) => Number(a - b));
}

/** An authority gives the client the state of another one. */
const recover = (end: End, substituteClientId: string, account = 0): Typed<MsgRecoverClient> => ({
  codec: MsgRecoverClient,
  value: {
    subjectClientId: end.clientId,
    substituteClientId,
    signer: chainOf(end).accounts[account]!.address.text,
  },
});

Deno.test("a client follows a chain whose validators change a little at a time, and not one that changed at once", () => {
  const { b, path: { a } } = pair({});
  const chain = chainOf(a);
  b.changeValidators({ 4: 10n, 5: 10n });
  for (let i = 0; i < 3; i++) b.nextBlock();
  a.updateClient();
  const before = a.clientHeight;
  // Two of the six that are trusted stay; they have a third, which is not more than a third.
  b.changeValidators({ 0: 0n, 1: 0n, 2: 0n, 3: 0n, 6: 10n });
  const between = b.height;
  for (let i = 0; i < 4; i++) b.nextBlock();
  const newest = b.height;
  assertRefused(chain, "tendermintHeader", () => a.try(updateClient(a, newest, before)));
  // Step by step it is believed: the commit of the last old set, then each next one.
  a.do(updateClient(a, between + 1n, before), updateClient(a, between + 2n, between + 1n));
  assertEquals(a.do(updateClient(a, newest, between + 2n)).code, 0);
});

Deno.test("an older header is taken in as well, and the heights between can be proven", () => {
  const { b, path: { a } } = pair({});
  const older = b.height + 1n;
  b.nextBlock();
  b.nextBlock();
  a.updateClient();
  const known = heights(a);
  assert(!known.includes(older));
  a.do(updateClient(a, older, known[0]!));
  assert(heights(a).includes(older));
  const again = a.do(updateClient(a, older, known[0]!));
  assertEquals(eventsOf(again, "client_misbehaviour"), []);
});

Deno.test("a client that was not updated in time believes nothing until an authority gives it another's state", () => {
  const { clock, a: chain, b, path } = pair({});
  const { a } = path;
  const alice = b.accounts[1]!.address.text;
  b.deliverOk([
    encodeTyped(transfer(path.b, alice, chain.accounts[1]!.address.text, 70n, { timeoutTimestamp: 2n ** 62n })),
  ], {
    signer: 1,
  });
  const [packet] = path.b.sent(b.history.at(-1)!);
  b.nextBlock();
  a.updateClient();
  clock.advance(15n * DAY);
  chain.nextBlock();
  assertEquals(status(a), "Expired");
  b.nextBlock();
  assertRefused(chain, "clientNotActive", () => a.try(updateClient(a)));
  assertRefused(chain, "clientNotActive", () => a.try(recvPacket(a, packet!)));
  assertRefused(chain, "clientNotActive", () => a.try(connOpenInit(a)));
  assertRefused(chain, "clientNotActive", () => a.try(chanOpenInit(a)));
  assertRefused(
    chain,
    "clientNotActive",
    () => chain.deliver([encodeTyped(transfer(a, chain.accounts[1]!.address.text, alice, 5n))], { signer: 1 }),
  );
  const fresh = path.another().a;
  fresh.createClient();
  const [substitute] = [fresh.clientId];
  assertRefused(chain, "unauthorized", () => chain.deliver([encodeTyped(recover(a, substitute, 1))], { signer: 1 }));
  assertRefused(chain, "invalidSubstitute", () => chain.deliver([encodeTyped(recover(a, a.clientId))]));
  const other = path.another().a;
  other.createClient({ clockDrift: 99n * SECOND });
  assertRefused(chain, "invalidSubstitute", () => chain.deliver([encodeTyped(recover(a, other.clientId))]));
  chain.deliverOk([encodeTyped(recover(a, substitute))]);
  assertEquals(status(a), "Active");
  a.clientHeight = fresh.clientHeight;
  assertEquals(a.recv(packet!).code, 0);
  assertRefused(chain, "invalidRecoveryClient", () => chain.deliver([encodeTyped(recover(a, substitute))]));
});

/** Two futures of one chain with the same validators: the second block of a height is signed by them too. */
function forkOf(b: TestChain): TestChain {
  const fork = b.fork(new TestClock(b.clock.now));
  const { address } = fork.accounts[1]!;
  fork.deliverOk([encodeTyped(mockWrite(address.text, "another", Uint8Array.of(1)))], { signer: 1 });
  fork.nextBlock();
  return fork;
}

const withMock = { chain: { modules: modulesWithMock } };

Deno.test("two headers of one height freeze a client, and nothing is believed any more", () => {
  for (const older of [false, true]) {
    const { a: chain, b, path: { a } } = pair(withMock);
    a.updateClient();
    const trusted = a.clientHeight;
    const fork = forkOf(b);
    b.nextBlock();
    b.nextBlock();
    const height = b.height;
    const [one, two] = [b.header(height, trusted), fork.header(height, trusted)];
    // deno-lint-ignore no-explicit-any
    const make = (...given: Parameters<typeof misbehave>): Typed<any> =>
      older ? submitMisbehaviour(...given) : misbehave(...given);
    assertRefused(chain, "invalidMisbehaviour", () => {
      const forged = fork.header(height, trusted);
      forged.signedHeader!.commit!.signatures[0]!.signature[0]! ^= 1;
      return a.try(make(a, one, forged));
    });
    const delivered = a.do(make(a, one, two));
    assertEquals(eventsOf(delivered, "client_misbehaviour").length, 1);
    assertEquals(status(a), "Frozen");
    b.nextBlock();
    assertRefused(chain, "clientNotActive", () => a.try(updateClient(a)));
    assertRefused(chain, "clientNotActive", () => a.try(connOpenInit(a)));
  }
});

Deno.test("an update that contradicts what a client knows freezes it, without anybody calling it evidence", () => {
  const { b, path: { a } } = pair(withMock);
  a.updateClient();
  const trusted = a.clientHeight;
  const fork = forkOf(b);
  b.nextBlock();
  b.nextBlock();
  const { height } = b;
  a.do(updateClient(a, height, trusted));
  const delivered = a.do(updateClientWith(a, fork.header(height, trusted)));
  assertEquals([status(a), eventsOf(delivered, "client_misbehaviour").length], ["Frozen", 1]);
});

Deno.test("a later header that is not later in time freezes a client", () => {
  const { clock, b, path: { a } } = pair(withMock);
  a.updateClient();
  const trusted = a.clientHeight;
  const fork = b.fork(new TestClock(clock.now));
  clock.advance(1000n * SECOND);
  b.nextBlock();
  b.nextBlock();
  a.do(updateClient(a, b.height, trusted));
  for (let i = 0; i < 4; i++) fork.nextBlock();
  assert(fork.height > b.height && fork.time < b.time);
  const evidence = [fork.header(fork.height, trusted), b.header(b.height, trusted)] as const;
  a.do(misbehave(a, ...evidence));
  assertEquals(status(a), "Frozen");
});

Deno.test("headers that do not contradict each other are no evidence", () => {
  const { b, path: { a } } = pair({});
  a.updateClient();
  const trusted = a.clientHeight;
  b.nextBlock();
  b.nextBlock();
  const [one, two] = [b.header(b.height, trusted), b.header(b.height - 1n, trusted)];
  a.do(misbehave(a, one, two));
  a.do(misbehave(a, one, one));
  assertEquals(status(a), "Active");
});

Deno.test("a frozen client is recovered with another one, and its channels go on", () => {
  const { a: chain, b, path } = pair(withMock);
  const { a } = path;
  a.updateClient();
  const trusted = a.clientHeight;
  const fork = forkOf(b);
  b.nextBlock();
  b.nextBlock();
  a.do(misbehave(a, b.header(b.height, trusted), fork.header(b.height, trusted)));
  const fresh = path.another().a;
  fresh.createClient();
  chain.deliverOk([encodeTyped(recover(a, fresh.clientId))]);
  a.clientHeight = fresh.clientHeight;
  const alice = chain.accounts[1]!.address.text;
  chain.deliverOk([encodeTyped(transfer(a, alice, b.accounts[2]!.address.text, 5n))], { signer: 1 });
  relayAll(path);
  assertEquals(chain.history.at(-1)!.code, 0);
});

Deno.test("consensus states that have expired are forgotten one at a time", () => {
  const { clock, path: { a } } = pair({ client: { trustingPeriod: 100n * SECOND } });
  a.updateClient();
  const before = heights(a);
  clock.advance(60n * SECOND);
  a.updateClient();
  clock.advance(60n * SECOND);
  a.updateClient();
  const after = heights(a);
  assertEquals(after.length, before.length + 1);
  assert(!after.includes(before[0]!));
});

Deno.test("a header from the future, from an expired trust or with too little of it is refused", () => {
  const { clock, b, a: chain, path: { a } } = pair({ client: { trustingPeriod: 1000n * SECOND } });
  a.updateClient();
  const first = a.clientHeight;
  // The other chain's clock is ahead by more than the drift.
  const ahead = b.fork(new TestClock(clock.now + 60n * SECOND));
  ahead.nextBlock();
  assertRefused(chain, "tendermintHeader", () => a.try(updateClientWith(a, ahead.header(ahead.height, first))));
  for (let i = 0; i < 2; i++) {
    clock.advance(600n * SECOND);
    a.updateClient();
  }
  b.nextBlock();
  assertEquals(status(a), "Active");
  assertRefused(chain, "trustingPeriodExpired", () => a.try(updateClient(a, b.height, first)));
});

Deno.test("a chain that upgrades says so to its clients, and they follow its next revision", () => {
  const { a: chain, b, path } = pair({ ...withMock, client: { upgradePath: ["mock", "upgradedIBCState"] } });
  const { a } = path;
  // What comes after height h is committed to under h, in the block before.
  const next = new TestChain({ chainId: "catenary-b-2", clock: chain.clock, modules: modulesWithMock });
  const last = b.height + 3n;
  const zero = { seconds: 0n, nanos: 0 };
  const committed: TendermintClientState = {
    ...clientStateOf(next, 1n),
    trustLevel: { numerator: 0n, denominator: 0n },
    trustingPeriod: zero,
    maxClockDrift: zero,
    frozenHeight: ZERO_HEIGHT,
  };
  const states = {
    upgradedClient: anyOf(ClientStateCodec, committed),
    upgradedConsState: anyOf(ConsensusState, next.consensusState(1n)),
  };
  const { address: { text: signer } } = b.accounts[0]!;
  b.deliverOk(
    Object.entries(states).map(([name, any]) =>
      encodeTyped(mockWrite(signer, `upgradedIBCState/${last}/${name}`, encode(Any, any)))
    ),
  );
  b.nextBlock();
  a.updateClient();
  assertEquals(a.clientHeight, last);
  const proofOf = (name: string) =>
    b.prove("mock", new TextEncoder().encode(`upgradedIBCState/${last}/${name}`), last - 1n).proof;
  const upgrade: Typed<MsgUpgradeClient> = {
    codec: MsgUpgradeClient,
    value: {
      clientId: a.clientId,
      clientState: states.upgradedClient,
      consensusState: states.upgradedConsState,
      proofUpgradeClient: proofOf("upgradedClient"),
      proofUpgradeConsensusState: proofOf("upgradedConsState"),
      signer: chain.relayer,
    },
  };
  assertRefused(
    chain,
    "invalidProof",
    () => a.try(changed(upgrade, { consensusState: anyOf(ConsensusState, b.consensusState(b.height)) })),
  );
  assertRefused(
    chain,
    "invalidProof",
    () =>
      a.try(changed(upgrade, ({ proofUpgradeConsensusState }) => ({ proofUpgradeClient: proofUpgradeConsensusState }))),
  );
  const delivered = a.do(upgrade);
  assertEquals(eventsOf(delivered, "upgrade_client").length, 1);
  next.nextBlock();
  const light = next.blocks.light(next.height);
  a.do(updateClientWith(a, headerOf(light, next.ibcHeight(1n), next.blocks.at(1n).nextValidators)));
  assertEquals(status(a), "Active");
  // The old revision is over.
  b.nextBlock();
  assertThrows(() => a.updateClient());
});

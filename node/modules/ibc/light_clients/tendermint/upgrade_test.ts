import { assert, assertEquals } from "@std/assert";
import { Any } from "cosmjs-types/google/protobuf/any";
import { ConsensusState } from "cosmjs-types/ibc/lightclients/tendermint/v1/tendermint";
import {
  anyBytes,
  anyOf,
  block,
  Clients,
  codeOf,
  consensusOf,
  createTendermint,
  h,
  headerAny,
  SECOND,
  SourceState,
  stateOf,
  T0,
} from "../../../../../tests/helpers/ibc_clients.ts";
import { encode } from "../../../../core/codec/mod.ts";
import {
  ClientStateCodec,
  decodeClientState,
  encodeClientState,
  type TendermintClientState,
} from "../../../../core/ibc/mod.ts";
import { zeroCustomFields } from "./state.ts";

const NOW = T0 + 60n * SECOND;
const CLIENT_KEY = "upgradedIBCState/20/upgradedClient";
const CONSENSUS_KEY = "upgradedIBCState/20/upgradedConsState";

/** The next revision: its first validators are the last of the old one. */
const NEXT = stateOf({ chainId: "src-2", latestHeight: h(21n, 2n), unbondingPeriod: { seconds: 3_600n, nanos: 0 } });
const KERNEL: ConsensusState = { ...consensusOf(block(20n)), root: { hash: new Uint8Array() } };

interface Change {
  readonly committed?: TendermintClientState;
  readonly claimed?: TendermintClientState;
  readonly kernel?: ConsensusState;
  readonly clientKey?: string;
  readonly own?: Partial<TendermintClientState>;
  /** Whether a later block of the old revision is known. */
  readonly later?: boolean;
}

/** A client of src-1 that knows the last block, which commits to an upgrade, and the attempt to follow it. */
function upgrade(change: Change = {}): { clients: Clients; id: string; code: string } {
  const { committed = NEXT, claimed = committed, kernel = KERNEL, clientKey = CLIENT_KEY, own = {} } = change;
  const source = new SourceState({
    [clientKey]: anyBytes(anyOf(ClientStateCodec, zeroCustomFields(committed))),
    [CONSENSUS_KEY]: anyBytes(anyOf(ConsensusState, kernel)),
  }, "upgrade");
  const clients = new Clients();
  const id = createTendermint(clients, own);
  clients.update(id, headerAny(block(20n, { appHash: source.appHash }), 1n), NOW);
  if (change.later) clients.update(id, headerAny(block(21n), 1n), NOW);
  const context = clients.at(NOW);
  const { result } = context.attempt(() =>
    clients.keeper.upgrade(context, id, {
      clientState: encodeClientState(claimed),
      consensusState: encode(ConsensusState, kernel),
      proofClient: source.proof(clientKey),
      proofConsensusState: source.proof(CONSENSUS_KEY),
    })
  );
  clients.events = context.events;
  return { clients, id, code: codeOf(result) };
}

Deno.test("a client follows its chain to the next revision, and keeps what is its own choice", () => {
  const { clients, id, code } = upgrade();
  assertEquals(code, "ok");
  assertEquals(clients.events.map(({ type }) => type), ["upgrade_client", "message"]);
  assertEquals(clients.events[0]!.attributes.map(({ value }) => value), [id, "07-tendermint", "2-21"]);
  const state = decodeClientState(Any.decode(clients.keeper.clientState(clients.journal, id)!).value);
  assert(state.ok);
  // The unbonding period was halved, so the trusting period is.
  assertEquals(state.value, { ...NEXT, trustingPeriod: { seconds: 1_800n, nanos: 0 } });
  const first = block(22n, { chainId: "src-2" });
  assertEquals(codeOf(clients.update(id, headerAny(first, h(21n, 2n)), NOW)), "ok");
  assertEquals(clients.keeper.latestHeight(clients.at(NOW), id), h(22n, 2n));
  assertEquals(clients.status(id, NOW), "Active");
});

Deno.test("what the relayer claims of the client's own choices does not matter", () => {
  const claimed = {
    ...NEXT,
    trustingPeriod: { seconds: 9n, nanos: 0 },
    trustLevel: { numerator: 1n, denominator: 1n },
  };
  assertEquals(upgrade({ claimed }).code, "ok");
});

Deno.test("an upgrade that was not committed, or not just so, is refused", () => {
  const table: [expected: string, what: string, change: Change][] = [
    ["commitment/2", "another chain id", { claimed: { ...NEXT, chainId: "crs-2" } }],
    ["commitment/2", "another unbonding period", { claimed: { ...NEXT, unbondingPeriod: { seconds: 1n, nanos: 0 } } }],
    ["commitment/2", "committed elsewhere", { clientKey: "upgradedIBCState/19/upgradedClient" }],
    ["commitment/2", "not at the last height", { later: true }],
    ["client/25", "no upgrade path", { own: { upgradePath: [] } }],
    ["commitment/2", "another upgrade path", { own: { upgradePath: ["upgrade", "elsewhere"] } }],
    ["ibc/9", "no greater height", { committed: { ...NEXT, chainId: "src-1", latestHeight: h(20n) } }],
    ["07-tendermint/5", "a revision that is not the chain id's", { committed: { ...NEXT, latestHeight: h(21n, 3n) } }],
    ["07-tendermint/13", "no proof specs", { committed: { ...NEXT, proofSpecs: [] } }],
    [
      "07-tendermint/3",
      "an unbonding period of nothing",
      { committed: { ...NEXT, unbondingPeriod: { seconds: 0n, nanos: 0 } } },
    ],
    ["client/8", "no time", { kernel: { ...KERNEL, timestamp: { seconds: 0n, nanos: 0 } } }],
  ];
  for (const [expected, what, change] of table) {
    const { code, clients, id } = upgrade(change);
    assertEquals(code, expected, what);
    assertEquals(clients.keeper.latestHeight(clients.at(NOW), id).revisionNumber, 1n);
    assertEquals(clients.events, []);
  }
});

Deno.test("no proof leads to the root that stands in for the first one of the new revision", () => {
  const { clients, id } = upgrade();
  const source = new SourceState({ a: "1" });
  const claim = { height: h(21n, 2n), proof: source.proof("a"), delayTime: 0n, delayBlocks: 0n };
  const code = codeOf(
    clients.keeper.verifyMembership(clients.at(NOW), id, claim, source.path("a"), Uint8Array.of(49)),
  );
  assertEquals(code, "commitment/2");
});

Deno.test("a client that is not active does not follow an upgrade", () => {
  const clients = new Clients();
  const id = createTendermint(clients);
  const nothing = new Uint8Array();
  const upgrade = {
    clientState: encodeClientState(NEXT),
    consensusState: nothing,
    proofClient: nothing,
    proofConsensusState: nothing,
  };
  assertEquals(codeOf(clients.keeper.upgrade(clients.at(NOW + 7_200n * SECOND), id, upgrade)), "client/29");
});

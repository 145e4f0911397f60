import { assert, assertEquals } from "@std/assert";
import { PageRequest } from "cosmjs-types/cosmos/base/query/v1beta1/pagination";
import {
  QueryClientCreatorRequest,
  QueryClientCreatorResponse,
  QueryClientParamsRequest,
  QueryClientParamsResponse,
  QueryClientStateRequest,
  QueryClientStateResponse,
  QueryClientStatesRequest,
  QueryClientStatesResponse,
  QueryClientStatusRequest,
  QueryClientStatusResponse,
  QueryConsensusStateHeightsRequest,
  QueryConsensusStateHeightsResponse,
  QueryConsensusStateRequest,
  QueryConsensusStateResponse,
  QueryConsensusStatesRequest,
  QueryConsensusStatesResponse,
  QueryUpgradedClientStateRequest,
  QueryUpgradedConsensusStateRequest,
  QueryVerifyMembershipRequest,
  QueryVerifyMembershipResponse,
} from "cosmjs-types/ibc/core/client/v1/query";
import { ConsensusState } from "cosmjs-types/ibc/lightclients/tendermint/v1/tendermint";
import {
  anyOf,
  block,
  Clients,
  codeOf,
  consensusOf,
  createTendermint,
  h,
  headerAny,
  HOUR,
  SECOND,
  SourceState,
  stateOf,
  T0,
} from "../../../../tests/helpers/ibc_clients.ts";
import { utf8ToBytes } from "../../../core/bytes.ts";
import { encode, type MessageCodec } from "../../../core/codec/mod.ts";
import { ClientStateCodec, formatHeight } from "../../../core/ibc/mod.ts";
import type { StateReader } from "../../../state/view.ts";
import { clientQueries } from "./mod.ts";

const NOW = T0 + 60n * SECOND;
const source = new SourceState({ a: "1", b: "2" });

/** Twelve clients; the first knows thirty heights. */
function setUp() {
  const clients = new Clients();
  for (let i = 0; i < 12; i++) createTendermint(clients);
  for (let height = 2n; height <= 30n; height++) {
    const { appHash } = source;
    assertEquals(codeOf(clients.update("07-tendermint-0", headerAny(block(height, { appHash }), 1n), NOW)), "ok");
  }
  const queries = new Map(clientQueries(clients.keeper).map((query) => [query.path, query]));
  const ask = <Q, A>(method: string, request: MessageCodec<Q>, message: Q, answer: MessageCodec<A>, time = NOW) => {
    const context = { view: clients.journal, height: 77n, chainId: "own-3", time };
    const found = queries.get(`/ibc.core.client.v1.Query/${method}`)!.handle(context, encode(request, message));
    return found.ok ? answer.decode(found.value) : `${found.error.codespace}/${found.error.code}`;
  };
  return { clients, queries, ask };
}

const ID = "07-tendermint-0";
const page = (change: Partial<PageRequest> = {}): PageRequest => ({ ...PageRequest.fromPartial({}), ...change });

Deno.test("a client state and a consensus state are answered at the height of the query, without a proof", () => {
  const { ask } = setUp();
  const proof = { proof: new Uint8Array(), proofHeight: h(77n, 3n) };
  const state = ask("ClientState", QueryClientStateRequest, { clientId: ID }, QueryClientStateResponse);
  assertEquals(state, { clientState: anyOf(ClientStateCodec, stateOf({ latestHeight: h(30n) })), ...proof });
  const at = (height: bigint, latestHeight = false) => {
    const request = { clientId: ID, revisionNumber: 1n, revisionHeight: height, latestHeight };
    return ask("ConsensusState", QueryConsensusStateRequest, request, QueryConsensusStateResponse);
  };
  const known = (height: bigint) => anyOf(ConsensusState, consensusOf(block(height, { appHash: source.appHash })));
  assertEquals(at(7n), { consensusState: known(7n), ...proof });
  assertEquals(at(0n, true), { consensusState: known(30n), ...proof });
  assertEquals(at(0n), "sdk/18");
  assertEquals(at(31n), "sdk/22");
});

Deno.test("what is not there is not found, and an identifier that is none is refused", () => {
  const { ask } = setUp();
  const of = (clientId: string) => ask("ClientState", QueryClientStateRequest, { clientId }, QueryClientStateResponse);
  assertEquals(of("07-tendermint-99"), "sdk/22");
  assertEquals(of("x"), "sdk/18");
  assertEquals(of("clients/07-tendermint-0"), "sdk/18");
});

Deno.test("many clients are listed in few readings, and what one of them knows is passed over", () => {
  const { clients: { journal }, queries } = setUp();
  const [state, consensus] = [new Uint8Array(), new Uint8Array()];
  for (let i = 0; i < 500; i++) journal.set("ibc", utf8ToBytes(`clients/08-other-${i}/clientState`), state);
  for (let i = 0; i < 5_000; i++) {
    journal.set("ibc", utf8ToBytes(`clients/08-other-77/consensusStates/0-${i}`), consensus);
  }
  for (const reverse of [false, true]) {
    let readings = 0;
    const view: StateReader = {
      get: (store, key) => (readings++, journal.get(store, key)),
      page: (store, range) => (readings++, journal.page(store, range)),
    };
    const request = encode(QueryClientStatesRequest, { pagination: page({ limit: 1_000n, reverse }) });
    const query = queries.get("/ibc.core.client.v1.Query/ClientStates")!;
    const answer = query.handle({ view, height: 77n, chainId: "own-3", time: NOW }, request);
    assert(answer.ok);
    assertEquals(QueryClientStatesResponse.decode(answer.value).clientStates.length, 512);
    assert(readings < 12, `${readings} readings`);
  }
});

Deno.test("pages of clients join to all of them, forwards and backwards, by key and by offset", () => {
  const { ask } = setUp();
  const list = (pagination: PageRequest) => {
    const answer = ask("ClientStates", QueryClientStatesRequest, { pagination }, QueryClientStatesResponse);
    assert(typeof answer !== "string");
    return { ids: answer.clientStates.map(({ clientId }) => clientId), ...answer.pagination! };
  };
  const all = Array.from({ length: 12 }, (_, i) => `07-tendermint-${i}`).sort();
  assertEquals(list(page()).ids, all);
  assertEquals(list(page({ countTotal: true, limit: 5n })).total, 12n);
  assertEquals(list(page({ offset: 5n, limit: 4n })).ids, all.slice(5, 9));
  for (const reverse of [false, true]) {
    const seen: string[] = [];
    let key: Uint8Array = new Uint8Array();
    do {
      const { ids, nextKey } = list(page({ key, limit: 5n, reverse }));
      seen.push(...ids);
      key = nextKey;
    } while (key.length > 0);
    assertEquals(seen.toSorted(), all, `reverse ${reverse}`);
  }
  assertEquals(list(page({ limit: (1n << 64n) - 1n })).ids, all, "relayers ask so for all");
  assertEquals(
    ask("ClientStates", QueryClientStatesRequest, { pagination: page({ offset: 99_999n }) }, QueryClientStatesResponse),
    "sdk/18",
  );
});

Deno.test("pages of consensus states hold the states and not what is kept beside them", () => {
  const { ask } = setUp();
  const wanted = Array.from({ length: 30 }, (_, i) => `1-${i + 1}`).sort();
  const list = (pagination: PageRequest) => {
    const request = { clientId: ID, pagination };
    const states = ask("ConsensusStates", QueryConsensusStatesRequest, request, QueryConsensusStatesResponse);
    const heights = ask(
      "ConsensusStateHeights",
      QueryConsensusStateHeightsRequest,
      request,
      QueryConsensusStateHeightsResponse,
    );
    assert(typeof states !== "string" && typeof heights !== "string");
    const found = states.consensusStates.map(({ height }) => formatHeight(height));
    assertEquals(heights.consensusStateHeights.map(formatHeight), found);
    assert(states.consensusStates.every(({ consensusState }) => consensusState?.typeUrl === ConsensusState.typeUrl));
    return { found, ...states.pagination! };
  };
  assertEquals(list(page()).found, wanted);
  assertEquals(list(page({ countTotal: true, limit: 1n })).total, 30n);
  for (const reverse of [false, true]) {
    const seen: string[] = [];
    let key: Uint8Array = new Uint8Array();
    do {
      const { found, nextKey } = list(page({ key, limit: 7n, reverse }));
      seen.push(...found);
      key = nextKey;
    } while (key.length > 0);
    assertEquals(seen, reverse ? wanted.toReversed() : wanted);
  }
});

Deno.test("the status is that of now, whatever height is asked about", () => {
  const { ask } = setUp();
  const status = (clientId: string, time: bigint) =>
    ask("ClientStatus", QueryClientStatusRequest, { clientId }, QueryClientStatusResponse, time);
  assertEquals(status(ID, NOW), { status: "Active" });
  assertEquals(status(ID, NOW + HOUR), { status: "Expired" });
  assertEquals(status("07-tendermint-99", NOW), { status: "Unknown" });
  assertEquals(status("08-wasm-0", NOW), { status: "Unauthorized" });
  assertEquals(status("09-localhost", NOW), { status: "Active" });
});

Deno.test("parameters and creators are answered; upgrades of this chain there are none", () => {
  const { ask } = setUp();
  assertEquals(ask("ClientParams", QueryClientParamsRequest, {}, QueryClientParamsResponse), {
    params: { allowedClients: ["*"] },
  });
  const creator = (clientId: string) =>
    ask("ClientCreator", QueryClientCreatorRequest, { clientId }, QueryClientCreatorResponse);
  assertEquals(creator(ID), { creator: new Clients().creator.text });
  assertEquals(creator("07-tendermint-99"), { creator: "" });
  assertEquals(ask("UpgradedClientState", QueryUpgradedClientStateRequest, {}, QueryClientStateResponse), "sdk/22");
  assertEquals(
    ask("UpgradedConsensusState", QueryUpgradedConsensusStateRequest, {}, QueryClientStateResponse),
    "sdk/22",
  );
});

Deno.test("a proof can be tried out", () => {
  const { ask } = setUp();
  const whole: QueryVerifyMembershipRequest = {
    clientId: ID,
    proof: source.proof("b"),
    proofHeight: h(9n),
    value: utf8ToBytes("2"),
    timeDelay: 0n,
    blockDelay: 0n,
    merklePath: { keyPath: source.path("b") },
  };
  const attempt = (change: Partial<QueryVerifyMembershipRequest>, time = NOW) =>
    ask("VerifyMembership", QueryVerifyMembershipRequest, { ...whole, ...change }, QueryVerifyMembershipResponse, time);
  assertEquals(attempt({}), { success: true });
  assertEquals(attempt({ value: utf8ToBytes("3") }), { success: false });
  assertEquals(attempt({ proofHeight: h(99n) }), { success: false });
  assertEquals(attempt({ timeDelay: 1n << 63n }), { success: false });
  const refused: Partial<QueryVerifyMembershipRequest>[] = [
    { clientId: "09-localhost" },
    { clientId: "06-solomachine-0" },
    { clientId: "07-tendermint" },
    { clientId: "x" },
    { clientId: "07-tendermint-99" },
    { proof: new Uint8Array() },
    { proofHeight: h(0n, 0n) },
    { merklePath: { keyPath: [] } },
    { value: new Uint8Array() },
  ];
  for (const change of refused) assertEquals(attempt(change), "sdk/18");
  assertEquals(attempt({}, NOW + HOUR), "sdk/18");
});

Deno.test("garbage is no request", () => {
  const { queries, clients } = setUp();
  const context = { view: clients.journal, height: 77n, chainId: "own-3", time: NOW };
  for (const { handle } of queries.values()) assert(!handle(context, Uint8Array.of(0xff, 0x01)).ok);
});

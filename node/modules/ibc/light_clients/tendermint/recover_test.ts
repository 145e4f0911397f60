import { assert, assertEquals } from "@std/assert";
import { Any } from "cosmjs-types/google/protobuf/any";
import {
  block,
  Clients,
  codeOf,
  createTendermint,
  evidenceAny,
  h,
  headerAny,
  headerOf,
  HOUR,
  SECOND,
  T0,
} from "../../../../../tests/helpers/ibc_clients.ts";
import { decodeClientState, type TendermintClientState } from "../../../../core/ibc/mod.ts";
import { processedTime } from "../../client/consensus_index.ts";

const LATE = T0 + HOUR + 100n * SECOND;

/** An expired client (0), and an active one (1) of a later block. */
function setUp(change: Partial<TendermintClientState> = {}) {
  const clients = new Clients();
  const subject = createTendermint(clients);
  const later = block(50n, { time: LATE - 10n * SECOND, ...(change.chainId && { chainId: change.chainId }) });
  const substitute = createTendermint(clients, { latestHeight: h(50n), ...change }, later);
  return { clients, subject, substitute };
}

Deno.test("an expired client takes over the state of an active one", () => {
  const { clients, subject, substitute } = setUp({ trustingPeriod: { seconds: 1_800n, nanos: 0 } });
  assertEquals(clients.status(subject, LATE), "Expired");
  assertEquals(codeOf(clients.recover(subject, substitute, LATE)), "ok");
  assertEquals(clients.events.map(({ type }) => type), ["recover_client", "message"]);
  assertEquals(clients.events[0]!.attributes.map(({ key }) => key), ["subject_client_id", "client_type"]);
  assertEquals(clients.status(subject, LATE), "Active");
  const state = (id: string) => {
    const decoded = decodeClientState(Any.decode(clients.keeper.clientState(clients.journal, id)!).value);
    assert(decoded.ok);
    return decoded.value;
  };
  assertEquals(state(subject), state(substitute));
  // It counts as learnt when the substitute learnt it.
  const learnt = (id: string) => processedTime(clients.journal, id, h(50n));
  assertEquals(learnt(subject), learnt(substitute));
  const next = block(51n, { time: LATE });
  assertEquals(codeOf(clients.update(subject, headerAny(next, 50n), LATE)), "ok");
});

Deno.test("a frozen client is thawed", () => {
  const { clients, subject, substitute } = setUp();
  const evidence = evidenceAny(headerOf(block(9n), 1n), headerOf(block(9n, { app: "fork" }), 1n));
  clients.update(subject, evidence, T0 + 20n * SECOND);
  assertEquals(clients.status(subject, LATE), "Frozen");
  assertEquals(codeOf(clients.recover(subject, substitute, LATE)), "ok");
  assertEquals(clients.status(subject, LATE), "Active");
});

Deno.test("the chain may have another id in the substitute, as after a restart", () => {
  const { clients, subject, substitute } = setUp({ chainId: "src-2", latestHeight: h(50n, 2n) });
  assertEquals(codeOf(clients.recover(subject, substitute, LATE)), "ok");
  assertEquals(clients.keeper.latestHeight(clients.at(LATE), subject), h(50n, 2n));
});

Deno.test("a recovery that is not needed or does not fit is refused", () => {
  const fits = setUp();
  const soon = T0 + 2n * SECOND;
  assertEquals(codeOf(fits.clients.recover(fits.subject, fits.substitute, soon)), "client/24", "still active");
  assertEquals(codeOf(fits.clients.recover(fits.substitute, fits.subject, LATE + 2n * HOUR)), "client/29");
  assertEquals(codeOf(fits.clients.recover("07-tendermint-9", fits.substitute, LATE)), "client/4");
  assertEquals(codeOf(fits.clients.recover(fits.subject, "07-tendermint-9", LATE)), "client/29");
  assertEquals(codeOf(fits.clients.recover(fits.subject, "06-solomachine-0", LATE)), "client/29");
  assertEquals(codeOf(fits.clients.recover("x", fits.substitute, LATE)), "client/32");
  const table: [expected: string, change: Partial<TendermintClientState>][] = [
    ["client/27", { trustLevel: { numerator: 2n, denominator: 3n } }],
    ["client/27", { unbondingPeriod: { seconds: 9_999n, nanos: 0 } }],
    ["client/27", { maxClockDrift: { seconds: 11n, nanos: 0 } }],
    ["client/27", { upgradePath: [] }],
    ["client/26", { latestHeight: h(1n) }],
    ["ok", { allowUpdateAfterExpiry: true, allowUpdateAfterMisbehaviour: true }],
  ];
  for (const [expected, change] of table) {
    const { clients, subject, substitute } = setUp(change);
    assertEquals(codeOf(clients.recover(subject, substitute, LATE)), expected);
  }
});

import { assert, assertEquals } from "@std/assert";
import { Misbehaviour } from "cosmjs-types/ibc/lightclients/tendermint/v1/tendermint";
import {
  anyOf,
  block,
  Clients,
  codeOf,
  createTendermint,
  evidenceAny,
  FOUR,
  headerAny,
  headerOf,
  HOUR,
  SECOND,
  T0,
} from "../../../../../tests/helpers/ibc_clients.ts";
import { membersOf } from "../../../../../tests/helpers/light_chain.ts";
import { decodeClientState } from "../../../../core/ibc/mod.ts";
import { Any } from "cosmjs-types/google/protobuf/any";

const NOW = T0 + 60n * SECOND;
/** More than a third of the trusted power, and more than two thirds of their own. */
const THREE = FOUR.slice(0, 3);

function setUp(): { clients: Clients; id: string } {
  const clients = new Clients();
  return { clients, id: createTendermint(clients) };
}

function assertFrozen(clients: Clients, id: string) {
  assertEquals(clients.status(id, NOW), "Frozen");
  const { value } = Any.decode(clients.keeper.clientState(clients.journal, id)!);
  const state = decodeClientState(value);
  assert(state.ok);
  assertEquals(state.value.frozenHeight, { revisionNumber: 0n, revisionHeight: 1n });
  assertEquals(clients.events.map(({ type }) => type), ["client_misbehaviour", "message"]);
  assertEquals(clients.events[0]!.attributes.map(({ key }) => key), ["client_id", "client_type"]);
  // Frozen clients take nothing, and frozen comes before expired.
  assertEquals(codeOf(clients.update(id, headerAny(block(50n), 1n), NOW)), "client/29");
  assertEquals(clients.status(id, NOW + HOUR), "Frozen");
}

Deno.test("two headers of one height freeze the client", () => {
  const { clients, id } = setUp();
  const [a, b] = [headerOf(block(9n), 1n), headerOf(block(9n, { app: "fork" }), 1n)];
  assertEquals(codeOf(clients.update(id, evidenceAny(a, b), NOW)), "ok");
  assertFrozen(clients, id);
});

Deno.test("headers with different trusted heights are evidence too", () => {
  const { clients, id } = setUp();
  assertEquals(codeOf(clients.update(id, headerAny(block(5n), 1n), NOW)), "ok");
  const [a, b] = [headerOf(block(9n), 5n), headerOf(block(9n, { app: "fork" }), 1n)];
  assertEquals(codeOf(clients.update(id, evidenceAny(a, b), NOW)), "ok");
  assertFrozen(clients, id);
});

Deno.test("a higher header that is not later freezes the client", () => {
  for (const time of [T0 + 8n * SECOND, T0 + 7n * SECOND]) {
    const { clients, id } = setUp();
    const [a, b] = [headerOf(block(9n, { time }), 1n), headerOf(block(8n), 1n)];
    assertEquals(codeOf(clients.update(id, evidenceAny(a, b), NOW)), "ok");
    assertFrozen(clients, id);
  }
});

Deno.test("what is no misbehaviour freezes nothing: one header twice, or two in order", () => {
  for (const [a, b] of [[block(9n), block(9n)], [block(9n), block(8n)]] as const) {
    const { clients, id } = setUp();
    const before = clients.journal.changes();
    assertEquals(codeOf(clients.update(id, evidenceAny(headerOf(a, 1n), headerOf(b, 1n)), NOW)), "ok");
    assertEquals(clients.status(id, NOW), "Active");
    assertEquals(clients.journal.changes(), before);
    assertEquals(clients.events[0]!.attributes.slice(2).map(({ value }) => value), ["", ""]);
  }
});

Deno.test("a header that contradicts a stored consensus state freezes the client", () => {
  const { clients, id } = setUp();
  clients.update(id, headerAny(block(9n), 1n), NOW);
  assertEquals(codeOf(clients.update(id, headerAny(block(9n, { app: "fork" }), 1n), NOW)), "ok");
  assertFrozen(clients, id);
});

Deno.test("a header whose time is not between those of its neighbours freezes the client", () => {
  for (const time of [T0 + 20n * SECOND, T0 + 25n * SECOND, T0 + 10n * SECOND, T0 + 5n * SECOND]) {
    const { clients, id } = setUp();
    clients.update(id, headerAny(block(10n), 1n), NOW);
    clients.update(id, headerAny(block(20n), 1n), NOW);
    assertEquals(codeOf(clients.update(id, headerAny(block(15n, { time }), 1n), NOW)), "ok");
    assertFrozen(clients, id);
  }
});

Deno.test("evidence needs enough of the trusted validators, and two thirds of its own", () => {
  const own = [...membersOf([9]), ...FOUR.slice(0, 1)];
  const strangers = membersOf([4, 5, 6, 7]);
  const table: [expected: string, what: string, parts: Parameters<typeof block>[1]][] = [
    ["ok", "three of four", { members: THREE, next: THREE }],
    ["client/13", "one of four", { members: own, next: own }],
    ["client/13", "strangers", { members: strangers, next: strangers }],
    ["client/13", "two signed of four", { signers: FOUR.slice(0, 2) }],
  ];
  for (const [expected, what, parts] of table) {
    const { clients, id } = setUp();
    const [a, b] = [headerOf(block(9n, parts), 1n), headerOf(block(9n, { app: "fork" }), 1n)];
    for (const [one, two] of [[a, b], [b, a]] as const) {
      assertEquals(codeOf(clients.update(id, evidenceAny(one, two), NOW)), expected, what);
      if (expected === "ok") break;
      assertEquals(clients.status(id, NOW), "Active");
    }
  }
});

Deno.test("evidence is refused with the code of ibc-go when it is malformed or out of date", () => {
  const [a, b] = [headerOf(block(9n), 1n), headerOf(block(9n, { app: "fork" }), 1n)];
  const whole = { clientId: "07-tendermint-0", header1: a, header2: b };
  const without = ({ header1: _, ...rest }: typeof whole) => rest;
  const untrusted = ({ trustedValidators: _, ...rest }: typeof a) => rest;
  const table: [expected: string, what: string, evidence: Misbehaviour][] = [
    ["07-tendermint/6", "a header missing", without(whole)],
    ["07-tendermint/14", "no trusted validators", { ...whole, header2: untrusted(b) }],
    ["07-tendermint/14", "other trusted validators", { ...whole, header2: headerOf(block(9n), 1n, THREE) }],
    ["07-tendermint/5", "no trusted height", {
      ...whole,
      header1: { ...a, trustedHeight: { ...a.trustedHeight, revisionHeight: 0n } },
    }],
    ["client/7", "an unknown trusted height", { ...whole, header1: headerOf(block(9n), 3n) }],
    ["client/13", "two chains", { ...whole, header2: headerOf(block(9n, { chainId: "crs-1" }), 1n) }],
    ["client/13", "the lower first", { ...whole, header1: headerOf(block(8n), 1n) }],
    ["host/2", "no client id", { ...whole, clientId: "" }],
    ["client/13", "trusting itself", { ...whole, header1: headerOf(block(9n), 9n) }],
  ];
  for (const [expected, what, evidence] of table) {
    const { clients, id } = setUp();
    assertEquals(codeOf(clients.update(id, anyOf(Misbehaviour, evidence), NOW)), expected, what);
    assertEquals(clients.status(id, NOW), "Active");
  }
  const { clients, id } = setUp();
  const [other1, other2] = [block(9n, { chainId: "crs-1" }), block(9n, { chainId: "crs-1", app: "fork" })];
  const foreign = evidenceAny(headerOf(other1, 1n), headerOf(other2, 1n));
  assertEquals(codeOf(clients.update(id, foreign, NOW)), "client/13", "of another chain");
  clients.update(id, headerAny(block(50n), 1n), NOW);
  const late = T0 + 10n * SECOND + HOUR;
  assertEquals(codeOf(clients.update(id, evidenceAny(a, b), late)), "07-tendermint/11", "too late");
});

import { assert, assertEquals } from "@std/assert";
import { Any } from "cosmjs-types/google/protobuf/any";
import {
  anyOf,
  block,
  Clients,
  codeOf,
  createTendermint,
  h,
  HOUR,
  SECOND,
  SourceState,
  T0,
} from "../../../../../tests/helpers/ibc_clients.ts";
import { testKey } from "../../../../../tests/helpers/light_chain.ts";
import { compareBytes, utf8ToBytes } from "../../../../core/bytes.ts";
import type { Ed25519Key } from "../../../../core/crypto/mod.ts";
import {
  type Attestation,
  type AttestationClientState,
  AttestationClientStateCodec,
  AttestationConsensusStateCodec,
  AttestationHeaderCodec,
  AttestationMisbehaviourCodec,
  type Attestors,
  signAttestation,
} from "../../../../core/ibc/mod.ts";
import { ICS23_SPECS } from "../../../../core/merkle/mod.ts";

const keysOf = (...numbers: number[]): Ed25519Key[] =>
  numbers.map(testKey).sort((a, b) => compareBytes(a.publicKey, b.publicKey));
const attestorsOf = (keys: readonly Ed25519Key[], threshold: number): Attestors => ({
  keys: keys.map(({ publicKey }) => publicKey),
  threshold,
});
const FOUR = keysOf(0, 1, 2, 3);
const NOW = T0 + 60n * SECOND;
const ROOT = new Uint8Array(32).fill(1);

const stateOf = (change: Partial<AttestationClientState> = {}): AttestationClientState => ({
  chainId: "src-1",
  attestors: attestorsOf(FOUR, 3),
  latestHeight: h(1n),
  proofSpecs: [ICS23_SPECS.tendermint, ICS23_SPECS.tendermint],
  trustingPeriod: HOUR,
  maxClockDrift: 10n * SECOND,
  ...change,
});

function create(clients: Clients, change: Partial<AttestationClientState> = {}, timestamp = T0 + SECOND) {
  return clients.create(
    anyOf(AttestationClientStateCodec, stateOf(change)),
    anyOf(AttestationConsensusStateCodec, { timestamp, root: ROOT }),
    T0 + 2n * SECOND,
  );
}

function setUp(change: Partial<AttestationClientState> = {}): { clients: Clients; id: string } {
  const clients = new Clients();
  const created = create(clients, change);
  assert(created.ok, created.ok ? "" : created.error.message);
  return { clients, id: created.value };
}

/** What is attested of height `n`, `n` seconds after {@linkcode T0}. */
const at = (height: bigint, change: Partial<Attestation> = {}): Attestation => ({
  height,
  timestamp: T0 + height * SECOND,
  root: ROOT,
  ...change,
});

/** Signed by those of `keys` with the given places. */
const signed = (attestation: Attestation, by = [0, 1, 2], keys = FOUR) => ({
  ...attestation,
  signatures: by.map((index) => ({ index, signature: signAttestation("src-1", attestation, keys[index]!) })),
});
const header = (...args: Parameters<typeof signed>): Any => anyOf(AttestationHeaderCodec, signed(...args));
const evidence = (header1: ReturnType<typeof signed>, header2: ReturnType<typeof signed>): Any =>
  anyOf(AttestationMisbehaviourCodec, { header1, header2 });

const stateIn = ({ clients, id }: { clients: Clients; id: string }) =>
  AttestationClientStateCodec.decode(Any.decode(clients.keeper.clientState(clients.journal, id)!).value);

Deno.test("a client is created of attestors that are such, and with the parameters it needs", () => {
  const table: [expected: string, change: Partial<AttestationClientState>][] = [
    ["ok", {}],
    ["ok", { trustingPeriod: 0n }],
    ["client/3", { chainId: "" }],
    ["client/3", { chainId: "x".repeat(51) }],
    ["client/3", { latestHeight: h(0n) }],
    ["client/3", { latestHeight: h(1n, 2n) }],
    ["client/3", { proofSpecs: [] }],
    ["client/3", { maxClockDrift: 0n }],
    ["10-attestation/2", { attestors: attestorsOf(FOUR, 5) }],
    ["10-attestation/2", { attestors: attestorsOf(FOUR.toReversed(), 3) }],
    ["10-attestation/2", { attestors: { keys: [new Uint8Array(32)], threshold: 1 } }],
    ["client/29", { frozenHeight: h(1n) }],
    ["client/29", { trustingPeriod: SECOND }],
  ];
  for (const [i, [expected, change]] of table.entries()) {
    const clients = new Clients();
    assertEquals(codeOf(create(clients, change)), expected, `case ${i}`);
  }
  assertEquals(codeOf(create(new Clients(), {}, 0n)), "client/8");
});

Deno.test("an attestation of enough keys moves the client on", () => {
  const { clients, id } = setUp();
  assertEquals(codeOf(clients.update(id, header(at(5n)), NOW)), "ok");
  assertEquals(clients.events[0]!.attributes.map(({ value }) => value), [id, "10-attestation", "1-5", "1-5"]);
  assertEquals(codeOf(clients.update(id, header(at(9n), [0, 1, 2, 3]), NOW)), "ok");
  assertEquals(codeOf(clients.update(id, header(at(7n), [1, 2, 3]), NOW)), "ok");
  assertEquals(clients.keeper.latestHeight(clients.at(NOW), id), h(9n));
  assertEquals(clients.keeper.timestampAt(clients.at(NOW), id, h(7n)), { ok: true, value: T0 + 7n * SECOND });
  const before = clients.journal.changes();
  assertEquals(codeOf(clients.update(id, header(at(7n)), NOW)), "ok");
  assertEquals(clients.journal.changes(), before);
});

Deno.test("an attestation of too few, of strangers, or out of time is refused", () => {
  const { clients, id } = setUp();
  const table: [expected: string, what: string, message: Any, now?: bigint][] = [
    ["10-attestation/4", "two of four", header(at(5n), [0, 1])],
    ["10-attestation/4", "strangers", header(at(5n), [0, 1, 2], keysOf(5, 6, 7))],
    ["10-attestation/4", "nobody", header(at(5n), [])],
    ["10-attestation/5", "from the future", header(at(5n, { timestamp: NOW + 10n * SECOND }))],
    ["10-attestation/5", "expired", header(at(5n, { timestamp: T0 - HOUR + 60n * SECOND }))],
    ["10-attestation/3", "no root", header(at(5n, { root: new Uint8Array() }))],
    ["client/29", "after the trusting period", header(at(5n)), T0 + SECOND + HOUR],
  ];
  for (const [expected, what, message, now = NOW] of table) {
    assertEquals(codeOf(clients.update(id, message, now)), expected, what);
  }
  assertEquals(codeOf(clients.update(id, header(at(5n, { timestamp: NOW + 10n * SECOND - 1n })), NOW)), "ok");
});

Deno.test("without a trusting period a client never expires", () => {
  const { clients, id } = setUp({ trustingPeriod: 0n });
  const late = T0 + 9_999n * HOUR;
  assertEquals(clients.status(id, late), "Active");
  assertEquals(codeOf(clients.update(id, header(at(5n)), late)), "ok");
  assert(clients.has(id, h(1n)));
});

Deno.test("two roots for one height, as evidence or one after the other, freeze the client", () => {
  const fork = at(5n, { root: new Uint8Array(32).fill(2) });
  const first = setUp();
  assertEquals(codeOf(first.clients.update(first.id, evidence(signed(at(5n)), signed(fork, [1, 2, 3])), NOW)), "ok");
  assertEquals(first.clients.events.map(({ type }) => type), ["client_misbehaviour", "message"]);
  const second = setUp();
  second.clients.update(second.id, header(at(5n)), NOW);
  assertEquals(codeOf(second.clients.update(second.id, header(fork), NOW)), "ok");
  for (const { clients, id } of [first, second]) {
    assertEquals(clients.status(id, NOW), "Frozen");
    assertEquals(codeOf(clients.update(id, header(at(6n)), NOW)), "client/29");
  }
});

Deno.test("a time that does not go forward with the heights freezes the client", () => {
  for (const timestamp of [T0 + 10n * SECOND, T0 + 9n * SECOND, T0 + 20n * SECOND, T0 + 21n * SECOND]) {
    const { clients, id } = setUp();
    clients.update(id, header(at(10n)), NOW);
    clients.update(id, header(at(20n)), NOW);
    assertEquals(codeOf(clients.update(id, header(at(15n, { timestamp })), NOW)), "ok");
    assertEquals(clients.status(id, NOW), "Frozen");
  }
  const { clients, id } = setUp();
  assertEquals(
    codeOf(clients.update(id, evidence(signed(at(6n, { timestamp: T0 + 5n * SECOND })), signed(at(5n))), NOW)),
    "ok",
  );
  assertEquals(clients.status(id, NOW), "Frozen");
});

Deno.test("evidence that is none, or not signed, freezes nothing", () => {
  const fork = at(5n, { root: new Uint8Array(32).fill(2) });
  const { clients, id } = setUp();
  const table: [expected: string, what: string, message: Any][] = [
    ["ok", "one attestation twice", evidence(signed(at(5n)), signed(at(5n), [1, 2, 3]))],
    ["ok", "two in order", evidence(signed(at(6n)), signed(at(5n)))],
    ["10-attestation/4", "one by too few", evidence(signed(at(5n)), signed(fork, [0, 1]))],
    ["10-attestation/4", "one by strangers", evidence(signed(fork, [0, 1, 2], keysOf(5, 6, 7)), signed(at(5n)))],
    ["client/13", "the lower first", evidence(signed(at(5n)), signed(at(6n)))],
    ["client/13", "a malformed one", evidence(signed(at(5n)), signed({ ...fork, root: new Uint8Array() }))],
    ["client/13", "one missing", anyOf(AttestationMisbehaviourCodec, { header1: signed(fork) })],
  ];
  for (const [expected, what, message] of table) {
    assertEquals(codeOf(clients.update(id, message, NOW)), expected, what);
    assertEquals(clients.status(id, NOW), "Active", what);
  }
});

Deno.test("attestors hand over to the next ones, which an older attestation cannot take back", () => {
  const set = setUp();
  const { clients, id } = set;
  const young = keysOf(4, 5, 6);
  const nextAttestors = attestorsOf(young, 2);
  const handOver = header(at(10n, { nextAttestors }));
  assertEquals(codeOf(clients.update(id, handOver, NOW)), "ok");
  assertEquals(stateIn(set).attestors, nextAttestors);
  assertEquals(codeOf(clients.update(id, header(at(11n)), NOW)), "10-attestation/4");
  // Below the latest height the new ones may attest, and that changes no attestors.
  const back = at(8n, { nextAttestors: attestorsOf(FOUR, 3) });
  assertEquals(codeOf(clients.update(id, header(back, [0, 2], young), NOW)), "ok");
  assertEquals(stateIn(set).attestors, nextAttestors);
  assertEquals(
    codeOf(clients.update(id, header(at(12n, { nextAttestors: attestorsOf(FOUR, 3) }), [0, 1], young), NOW)),
    "ok",
  );
  assertEquals(stateIn(set).attestors, attestorsOf(FOUR, 3));
  assertEquals(codeOf(clients.update(id, handOver, NOW)), "ok");
  assertEquals(stateIn(set).attestors, attestorsOf(FOUR, 3));
  const nobody = { keys: [new Uint8Array(32)], threshold: 1 };
  assertEquals(codeOf(clients.update(id, header(at(13n, { nextAttestors: nobody })), NOW)), "10-attestation/2");
});

Deno.test("packets are proven under an attested root", () => {
  const source = new SourceState({ a: "1", b: "2" });
  const { clients, id } = setUp();
  clients.update(id, header(at(5n, { root: source.appHash })), NOW);
  const verify = (height: bigint, key: string, value?: string, delayTime = 0n) => {
    const claim = { height: h(height), proof: source.proof(key), delayTime, delayBlocks: 0n };
    const context = clients.at(NOW);
    return codeOf(
      value === undefined
        ? clients.keeper.verifyNonMembership(context, id, claim, source.path(key))
        : clients.keeper.verifyMembership(context, id, claim, source.path(key), utf8ToBytes(value)),
    );
  };
  assertEquals(verify(5n, "a", "1"), "ok");
  assertEquals(verify(5n, "aa"), "ok");
  assertEquals(verify(5n, "a", "2"), "commitment/2");
  assertEquals(verify(1n, "a", "1"), "commitment/2");
  assertEquals(verify(4n, "a", "1"), "client/7");
  assertEquals(verify(6n, "a", "1"), "ibc/9");
  assertEquals(verify(5n, "a", "1", 1n), "07-tendermint/10");
});

Deno.test("an update forgets the lowest height when it has expired", () => {
  const { clients, id } = setUp();
  clients.update(id, header(at(5n)), NOW);
  const late = T0 + HOUR + 2n * SECOND;
  assertEquals(codeOf(clients.update(id, header(at(9n)), late)), "ok");
  assertEquals([1n, 5n, 9n].map((height) => clients.has(id, h(height))), [false, true, true]);
});

Deno.test("a frozen client takes over the attestors of another client of the same chain", () => {
  const set = setUp();
  const { clients, id } = set;
  const fork = at(5n, { root: new Uint8Array(32).fill(2) });
  clients.update(id, evidence(signed(at(5n)), signed(fork)), NOW);
  const attestors = attestorsOf(keysOf(4, 5, 6), 2);
  const substitute = (change: Partial<AttestationClientState>) => {
    const created = create(clients, { attestors, latestHeight: h(7n), ...change });
    assert(created.ok);
    return created.value;
  };
  assertEquals(
    codeOf(clients.recover(id, substitute({ chainId: "src-2", latestHeight: h(7n, 2n) }), NOW)),
    "client/27",
  );
  assertEquals(codeOf(clients.recover(id, substitute({ proofSpecs: [ICS23_SPECS.jmt] }), NOW)), "client/27");
  assertEquals(codeOf(clients.recover(id, substitute({}), NOW)), "ok");
  assertEquals(clients.status(id, NOW), "Active");
  assertEquals(stateIn(set).attestors, attestors);
  assert(clients.has(id, h(7n)));
});

Deno.test("a client of another type is no substitute, whichever of the two is which", () => {
  const { clients, id } = setUp();
  const other = createTendermint(clients);
  const later = T0 + 2n * HOUR;
  const young = create(clients, { latestHeight: h(9n) }, later - SECOND);
  const light = createTendermint(clients, { latestHeight: h(9n) }, block(9n, { time: later - SECOND }));
  assert(young.ok);
  assertEquals([clients.status(id, later), clients.status(other, later)], ["Expired", "Expired"]);
  assertEquals(codeOf(clients.recover(other, young.value, later)), "client/10");
  assertEquals(codeOf(clients.recover(id, light, later)), "client/10");
  assertEquals(codeOf(clients.recover(id, "09-localhost", later)), "client/10");
  assertEquals(codeOf(clients.recover(other, id, later)), "client/29", "it has expired, too");
});

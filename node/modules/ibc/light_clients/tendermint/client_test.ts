import { assert, assertEquals } from "@std/assert";
import { ConsensusState, Header as HeaderCodec } from "cosmjs-types/ibc/lightclients/tendermint/v1/tendermint";
import {
  anyOf,
  block,
  Clients,
  codeOf,
  consensusOf,
  createTendermint,
  FOUR,
  h,
  headerAny,
  headerOf,
  HOUR,
  SECOND,
  stateOf,
  T0,
} from "../../../../../tests/helpers/ibc_clients.ts";
import { membersOf } from "../../../../../tests/helpers/light_chain.ts";
import { ICS23_SPECS } from "../../../../core/merkle/mod.ts";
import { ClientStateCodec, type TendermintClientState } from "../../../../core/ibc/mod.ts";

const { innerSpec } = ICS23_SPECS.tendermint;
const WIDE = { ...ICS23_SPECS.tendermint, innerSpec: { ...innerSpec!, childOrder: new Array<number>(33).fill(0) } };
const NOW = T0 + 60n * SECOND;
const ID = "07-tendermint-0";

function createCode(change: Partial<TendermintClientState>, consensus: Partial<ConsensusState> = {}): string {
  const clientState = anyOf(ClientStateCodec, stateOf(change));
  const consensusState = anyOf(ConsensusState, { ...consensusOf(block(1n)), ...consensus });
  return codeOf(new Clients().create(clientState, consensusState, NOW));
}

Deno.test("a client is created with its state, its consensus state and their metadata", () => {
  const clients = new Clients();
  assertEquals(createTendermint(clients), ID);
  assertEquals(createTendermint(clients), "07-tendermint-1");
  const bigEndian = "\0\0\0\0\0\0\0\x01".repeat(2);
  assertEquals(clients.keys().filter((key) => key.includes("-0/")), [
    `clients/${ID}/clientState`,
    `clients/${ID}/consensusStates/1-1`,
    `clients/${ID}/consensusStates/1-1/processedHeight`,
    `clients/${ID}/consensusStates/1-1/processedTime`,
    `clients/${ID}/creator`,
    `clients/${ID}/iterateConsensusStates${bigEndian}`,
  ]);
  const attributes = (at: number) => clients.events[at]!.attributes.map(({ key, value }) => `${key}=${value}`);
  assertEquals(clients.events.map(({ type }) => type), ["create_client", "message"]);
  assertEquals(attributes(0), ["client_id=07-tendermint-1", "client_type=07-tendermint", "consensus_height=1-1"]);
  assertEquals(attributes(1), ["module=ibc_client"]);
});

Deno.test("a client with unfit parameters is refused with the code of ibc-go", () => {
  const zero = { seconds: 0n, nanos: 0 };
  const table: [expected: string, change: Partial<TendermintClientState>][] = [
    ["ok", {}],
    ["07-tendermint/2", { chainId: " " }],
    ["07-tendermint/2", { chainId: "x".repeat(51) }],
    ["07-tendermint/15", { trustLevel: { numerator: 1n, denominator: 4n } }],
    ["07-tendermint/15", { trustLevel: { numerator: 4n, denominator: 3n } }],
    ["07-tendermint/15", { trustLevel: { numerator: 0n, denominator: 0n } }],
    ["07-tendermint/3", { trustingPeriod: zero }],
    ["07-tendermint/3", { trustingPeriod: { seconds: -1n, nanos: 0 } }],
    ["07-tendermint/3", { trustingPeriod: { seconds: 1n, nanos: 1_000_000_000 } }],
    ["07-tendermint/3", { trustingPeriod: { seconds: 1n << 62n, nanos: 0 } }],
    ["07-tendermint/3", { trustingPeriod: { seconds: 7_200n, nanos: 0 } }],
    ["07-tendermint/4", { unbondingPeriod: zero }],
    ["07-tendermint/7", { maxClockDrift: zero }],
    ["07-tendermint/5", { latestHeight: h(1n, 2n) }],
    ["07-tendermint/5", { latestHeight: h(0n) }],
    ["07-tendermint/13", { proofSpecs: [] }],
    ["07-tendermint/13", { proofSpecs: Array.from({ length: 9 }, () => ICS23_SPECS.jmt) }],
    ["07-tendermint/13", { proofSpecs: [WIDE, ICS23_SPECS.tendermint] }],
    ["client/3", { upgradePath: ["upgrade", " "] }],
    ["client/29", { frozenHeight: h(1n, 0n) }],
    ["client/29", { trustingPeriod: { seconds: 0n, nanos: 1 } }],
  ];
  for (const [i, [expected, change]] of table.entries()) assertEquals(createCode(change), expected, `case ${i}`);
});

Deno.test("a consensus state that cannot be is refused", () => {
  const table: Partial<ConsensusState>[] = [
    { root: { hash: new Uint8Array() } },
    { nextValidatorsHash: new Uint8Array(31) },
    { timestamp: { seconds: 0n, nanos: 5 } },
    { timestamp: { seconds: 1n << 40n, nanos: 0 } },
    { timestamp: { seconds: 1n, nanos: -1 } },
  ];
  for (const change of table) assertEquals(createCode({}, change), "client/8");
});

Deno.test("the next header and one over skipped heights move the client on", () => {
  const clients = new Clients();
  const id = createTendermint(clients);
  assertEquals(codeOf(clients.update(id, headerAny(block(2n), 1n), NOW)), "ok");
  assertEquals(clients.keeper.latestHeight(clients.at(NOW), id), h(2n));
  assertEquals(clients.events.map(({ type }) => type), ["update_client", "message"]);
  assertEquals(clients.events[0]!.attributes.map(({ key, value }) => `${key}=${value}`), [
    `client_id=${id}`,
    "client_type=07-tendermint",
    "consensus_height=1-2",
    "consensus_heights=1-2",
  ]);
  assertEquals(codeOf(clients.update(id, headerAny(block(40n), 2n), NOW)), "ok");
  assertEquals(clients.keeper.latestHeight(clients.at(NOW), id), h(40n));
  assertEquals(clients.keeper.timestampAt(clients.at(NOW), id, h(40n)), { ok: true, value: T0 + 40n * SECOND });
});

Deno.test("a header of the past fills in, and the latest height stays", () => {
  const clients = new Clients();
  const id = createTendermint(clients);
  assertEquals(codeOf(clients.update(id, headerAny(block(40n), 1n), NOW)), "ok");
  assertEquals(codeOf(clients.update(id, headerAny(block(20n), 1n), NOW)), "ok");
  assertEquals(clients.keeper.latestHeight(clients.at(NOW), id), h(40n));
  assert(clients.has(id, h(20n)));
});

Deno.test("the same header again changes nothing and says which height", () => {
  const clients = new Clients();
  const id = createTendermint(clients);
  clients.update(id, headerAny(block(5n), 1n), NOW);
  const before = clients.journal.changes();
  assertEquals(codeOf(clients.update(id, headerAny(block(5n), 1n), NOW + SECOND, 101n)), "ok");
  assertEquals(clients.journal.changes(), before);
  assertEquals(clients.events[0]!.attributes.at(-1)!.value, "1-5");
});

Deno.test("headers that do not follow are refused with a code and change nothing", () => {
  const others = membersOf([4, 5, 6, 7]);
  const foreign = block(9n, { members: others, next: others });
  const table: [expected: string, what: string, message: ReturnType<typeof headerAny>, now?: bigint][] = [
    ["client/7", "trusted height unknown", headerAny(block(9n), 2n)],
    ["07-tendermint/14", "other trusted validators", headerAny(block(9n), 1n, others)],
    ["07-tendermint/14", "no trusted validators", headerAny(block(9n), 1n, [])],
    ["07-tendermint/6", "signed by strangers", headerAny(foreign, 1n)],
    ["07-tendermint/6", "signed by too few", headerAny(block(9n, { signers: FOUR.slice(0, 2) }), 1n)],
    ["07-tendermint/6", "from the future", headerAny(block(90n, { time: NOW + 10n * SECOND }), 1n)],
    ["ok", "just not from the future", headerAny(block(90n, { time: NOW + 10n * SECOND - 1n }), 1n)],
    ["07-tendermint/6", "not later than the trusted", headerAny(block(9n, { time: T0 + SECOND }), 1n)],
    ["07-tendermint/6", "of another chain of that revision", headerAny(block(9n, { chainId: "crs-1" }), 1n)],
    ["07-tendermint/5", "of another revision", headerAny(block(9n, { chainId: "src-2" }), 1n)],
    ["07-tendermint/5", "not above the trusted height", headerAny(block(1n), 1n)],
    ["07-tendermint/5", "below the trusted height", headerAny(block(1n), 2n)],
    ["client/29", "after the trusting period", headerAny(block(9n), 1n), T0 + SECOND + HOUR],
    ["ok", "just before its end", headerAny(block(9n), 1n), T0 + SECOND + HOUR - 1n],
  ];
  for (const [expected, what, message, now = NOW] of table) {
    const clients = new Clients();
    const id = createTendermint(clients);
    const before = clients.journal.changes();
    assertEquals(codeOf(clients.update(id, message, now)), expected, what);
    if (expected !== "ok") assertEquals(clients.journal.changes(), before, what);
  }
});

Deno.test("a trusted height that has expired is no ground, though the client is active", () => {
  const clients = new Clients();
  const id = createTendermint(clients);
  clients.update(id, headerAny(block(50n), 1n), NOW);
  const late = T0 + 10n * SECOND + HOUR;
  assertEquals(clients.status(id, late), "Active");
  assertEquals(codeOf(clients.update(id, headerAny(block(60n), 1n), late)), "07-tendermint/11");
  assertEquals(codeOf(clients.update(id, headerAny(block(60n), 50n), late)), "ok");
});

Deno.test("the adjacent header must be of the next validators, whoever signed", () => {
  const clients = new Clients();
  const id = createTendermint(clients);
  const five = membersOf([0, 1, 2, 3, 4]);
  assertEquals(codeOf(clients.update(id, headerAny(block(2n, { members: five }), 1n), NOW)), "07-tendermint/6");
  assertEquals(codeOf(clients.update(id, headerAny(block(3n, { members: five }), 1n), NOW)), "ok");
});

Deno.test("parts of a header that are missing or do not fit are refused", () => {
  const header = headerOf(block(9n), 1n);
  const { signedHeader } = header;
  const other = block(9n, { app: "other" });
  const set = (power: bigint) => ({
    ...header.validatorSet!,
    validators: header.validatorSet!.validators.map((validator) => ({ ...validator, votingPower: power })),
  });
  const table: [expected: string, change: object][] = [
    ["client/12", { signedHeader: undefined }],
    ["client/12", { signedHeader: { commit: signedHeader!.commit } }],
    ["client/12", { signedHeader: { header: signedHeader!.header } }],
    ["client/12", { validatorSet: undefined }],
    ["client/12", { signedHeader: { ...signedHeader, header: { ...signedHeader!.header!, height: -1n } } }],
    ["07-tendermint/14", { trustedValidators: undefined }],
    ["07-tendermint/6", { signedHeader: { ...signedHeader, header: other.signedHeader.header } }],
    ["07-tendermint/6", { signedHeader: { ...signedHeader, commit: other.signedHeader.commit } }],
    ["07-tendermint/6", { validatorSet: set(20n) }],
    ["07-tendermint/14", { trustedValidators: set(20n) }],
    ["07-tendermint/6", { validatorSet: { ...header.validatorSet, validators: [] } }],
  ];
  for (const [i, [expected, change]] of table.entries()) {
    const clients = new Clients();
    const id = createTendermint(clients);
    const { value, typeUrl } = headerAny(block(9n), 1n);
    assertEquals(codeOf(clients.update(id, { typeUrl, value }, NOW)), "ok");
    const changed = new Clients();
    createTendermint(changed);
    const message = anyOf(HeaderCodec, { ...header, ...change } as typeof header);
    assertEquals(codeOf(changed.update(id, message, NOW)), expected, `case ${i}`);
  }
});

Deno.test("a message for another type of client, or of no type, is refused", () => {
  const clients = new Clients();
  const id = createTendermint(clients);
  assertEquals(codeOf(clients.update("07-tendermint-7", headerAny(block(2n), 1n), NOW)), "client/29");
  assertEquals(codeOf(clients.update("09-localhost", headerAny(block(2n), 1n), NOW)), "client/10");
  assertEquals(codeOf(clients.update("08-wasm-0", headerAny(block(2n), 1n), NOW)), "client/32");
  assertEquals(codeOf(clients.update("x", headerAny(block(2n), 1n), NOW)), "host/2");
  assertEquals(codeOf(clients.update(id, { typeUrl: "/nothing", value: new Uint8Array() }, NOW)), "ibc/14");
});

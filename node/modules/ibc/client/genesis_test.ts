import { assert, assertEquals } from "@std/assert";
import type { HashOp } from "cosmjs-types/cosmos/ics23/v1/proofs";
import * as solo from "cosmjs-types/ibc/lightclients/solomachine/v3/solomachine";
import {
  anyOf,
  block,
  Clients,
  codeOf,
  createTendermint,
  h,
  headerAny,
  SECOND,
  T0,
} from "../../../../tests/helpers/ibc_clients.ts";
import { testKey } from "../../../../tests/helpers/light_chain.ts";
import {
  AttestationClientStateCodec,
  AttestationConsensusStateCodec,
  clientConnectionsPath,
} from "../../../core/ibc/mod.ts";
import { utf8ToBytes } from "../../../core/bytes.ts";
import { ICS23_SPECS } from "../../../core/merkle/mod.ts";
import { runResident } from "../../../core/work.ts";
import { exportClientGenesis, initClientGenesis } from "./mod.ts";

const NOW = T0 + 60n * SECOND;

/** One client of each type that stores something. */
function setUp(): Clients {
  const clients = new Clients();
  const id = createTendermint(clients, {
    proofSpecs: [ICS23_SPECS.jmt, ICS23_SPECS.tendermint],
    trustingPeriod: { seconds: 3_599n, nanos: 120_000_000 },
  });
  for (const height of [2n, 47n, 300n]) {
    assertEquals(
      codeOf(
        clients.update(id, headerAny(block(height, { time: T0 + height * 2_000_000_001n }), 1n), T0 + 900n * SECOND),
      ),
      "ok",
    );
  }
  const key = { typeUrl: "/cosmos.crypto.ed25519.PubKey", value: Uint8Array.of(10, 32, ...testKey(0).publicKey) };
  const consensusState = { publicKey: key, diversifier: "d", timestamp: 5n };
  assertEquals(
    codeOf(clients.create(
      anyOf(solo.ClientState, { sequence: 3n, isFrozen: false, consensusState }),
      anyOf(solo.ConsensusState, consensusState),
    )),
    "ok",
  );
  assertEquals(
    codeOf(clients.create(
      anyOf(AttestationClientStateCodec, {
        chainId: "far",
        attestors: { keys: [testKey(1).publicKey], threshold: 1 },
        latestHeight: h(8n, 0n),
        proofSpecs: [ICS23_SPECS.iavl, ICS23_SPECS.tendermint],
        trustingPeriod: 0n,
        maxClockDrift: 1n,
      }),
      anyOf(AttestationConsensusStateCodec, { timestamp: T0, root: new Uint8Array(20).fill(1) }),
    )),
    "ok",
  );
  clients.keeper.setParams(clients.journal, { allowedClients: ["07-tendermint", "06-solomachine", "10-attestation"] });
  return clients;
}

// deno-lint-ignore no-explicit-any
type Json = any;

function exported({ keeper, journal }: Clients): Json {
  // deno-lint-ignore require-yield
  const work = exportClientGenesis(keeper, function* (run) {
    return run(journal);
  });
  // As it goes through a file.
  return JSON.parse(JSON.stringify(runResident(work)));
}

Deno.test("an export, read again, is the same state", () => {
  const clients = setUp();
  const again = new Clients(exported(clients));
  assertEquals(again.journal.changes(), clients.journal.changes());
  assertEquals(again.status("07-tendermint-0", NOW), "Active");
});

Deno.test("what strangers can make of their clients can be exported and read again", () => {
  const clients = new Clients();
  // Operations that no table names: a client may have them, though no proof will ever hold.
  const [leaf, inner] = [ICS23_SPECS.jmt.leafSpec!, ICS23_SPECS.jmt.innerSpec!];
  const odd = {
    ...ICS23_SPECS.jmt,
    leafSpec: { ...leaf, hash: 7 as HashOp, prehashKey: 99, prehashValue: -1 as HashOp, length: -7 },
    innerSpec: { ...inner, hash: 0x7fff_ffff, childOrder: [-5, 7], childSize: -1 },
    maxDepth: -3,
  };
  const id = createTendermint(clients, { proofSpecs: [odd, { maxDepth: 0, minDepth: 0 }], upgradePath: ["\u0001'}"] });
  // The first blocks of some chains have no application hash.
  const header = headerAny(block(2n, { appHash: new Uint8Array() }), 1n);
  assertEquals(codeOf(clients.update(id, header, NOW)), "ok");
  const again = new Clients(exported(clients));
  assertEquals(again.journal.changes(), clients.journal.changes());
});

Deno.test("a state stands in the JSON of ibc-go", () => {
  const json = exported(setUp());
  assertEquals(Object.keys(json), [
    "clients",
    "clients_consensus",
    "clients_metadata",
    "params",
    "create_localhost",
    "next_client_sequence",
  ]);
  assertEquals(json.next_client_sequence, "3");
  assertEquals(json.params, { allowed_clients: ["07-tendermint", "06-solomachine", "10-attestation"] });
  const { client_id, client_state } = json.clients.find(({ client_id }: Json) => client_id === "07-tendermint-0");
  assertEquals(client_id, "07-tendermint-0");
  const { proof_specs, ...rest } = client_state;
  assertEquals(rest, {
    "@type": "/ibc.lightclients.tendermint.v1.ClientState",
    chain_id: "src-1",
    trust_level: { numerator: "1", denominator: "3" },
    trusting_period: "3599.120s",
    unbonding_period: "7200s",
    max_clock_drift: "10s",
    frozen_height: { revision_number: "0", revision_height: "0" },
    latest_height: { revision_number: "1", revision_height: "300" },
    upgrade_path: ["upgrade", "upgradedIBCState"],
    allow_update_after_expiry: false,
    allow_update_after_misbehaviour: false,
  });
  assertEquals(proof_specs[1], {
    leaf_spec: { hash: "SHA256", prehash_key: "NO_HASH", prehash_value: "SHA256", length: "VAR_PROTO", prefix: "AA==" },
    inner_spec: {
      child_order: [0, 1],
      child_size: 32,
      min_prefix_length: 1,
      max_prefix_length: 1,
      empty_child: null,
      hash: "SHA256",
    },
    max_depth: 0,
    min_depth: 0,
    prehash_key_before_comparison: false,
  });
  assertEquals(proof_specs[0].prehash_key_before_comparison, true);
  const { consensus_states } = json.clients_consensus.find(({ client_id }: Json) => client_id === "07-tendermint-0");
  assertEquals(consensus_states.map(({ height }: Json) => height.revision_height), ["1", "2", "300", "47"]);
  const { timestamp, root, next_validators_hash } = consensus_states[1].consensus_state;
  assertEquals(timestamp, "2023-11-14T22:13:24.000000002Z");
  assert(/^[0-9A-F]{64}$/.test(next_validators_hash) && /^[A-Za-z0-9+/]{43}=$/.test(root.hash));
  assertEquals(json.clients.map(({ client_id }: Json) => client_id), [
    "06-solomachine-1",
    "07-tendermint-0",
    "10-attestation-2",
  ]);
});

Deno.test("which connections use a client is no part of it", () => {
  const clients = setUp();
  const before = exported(clients);
  for (const id of ["07-tendermint-0", "09-localhost"]) {
    clients.journal.set("ibc", utf8ToBytes(clientConnectionsPath(id)), Uint8Array.of(1));
  }
  assertEquals(exported(clients), before);
});

Deno.test("a chain without the part in its genesis starts without clients", () => {
  const clients = new Clients();
  assertEquals(exported(clients), {
    clients: [],
    clients_consensus: [],
    clients_metadata: [],
    params: { allowed_clients: ["*"] },
    create_localhost: false,
    next_client_sequence: "0",
  });
});

Deno.test("a genesis that does not fit together is refused", () => {
  const good = exported(setUp());
  const cases: [what: string, spoil: (json: Json) => void][] = [
    ["a client twice", (json) => json.clients.push(json.clients[0])],
    ["a sequence that was used", (json) => json.next_client_sequence = "2"],
    ["a type that is not allowed", (json) => json.params.allowed_clients = ["07-tendermint"]],
    ["parameters that are none", (json) => json.params.allowed_clients = ["*", "x"]],
    ["an unknown type", (json) => json.clients[0].client_state["@type"] = "/x"],
    ["an id of another type", (json) => json.clients[0].client_id = "07-tendermint-1"],
    ["an invalid client state", (json) => json.clients[1].client_state.trust_level.numerator = "0"],
    ["an unknown field", (json) => json.clients[1].client_state.extra = 1],
    ["a field missing", (json) => delete json.clients[1].client_state.trust_level],
    ["a duration that is none", (json) => json.clients[1].client_state.trusting_period = "1h"],
    ["an unknown hash", (json) => json.clients[1].client_state.proof_specs[0].leaf_spec.hash = "SHA1"],
    ["an inherited name", (json) => json.clients[1].client_state.proof_specs[0].leaf_spec.hash = "toString"],
    ["a key of no kind", (json) => json.clients[0].client_state.consensus_state.public_key["@type"] = "/x"],
    ["a consensus state of nobody", (json) => json.clients_consensus[0].client_id = "07-tendermint-7"],
    ["a consensus state of another type", (json) => json.clients_consensus[0].client_id = "10-attestation-2"],
    [
      "an invalid consensus state",
      (json) => json.clients_consensus[0].consensus_states[0].consensus_state.next_validators_hash = "00",
    ],
    ["a time that is none", (json) => json.clients_consensus[0].consensus_states[0].consensus_state.timestamp = "now"],
    [
      "a state without a height",
      (json) => json.clients_consensus[0].consensus_states[0].height = { revision_number: "0", revision_height: "0" },
    ],
    ["metadata of nobody", (json) => json.clients_metadata[0].client_id = "07-tendermint-7"],
    ["metadata without a value", (json) => json.clients_metadata[0].client_metadata[0].value = ""],
    ["metadata without a key", (json) => json.clients_metadata[0].client_metadata[0].key = ""],
    ["metadata in place of the state", (json) => json.clients_metadata[0].client_metadata[0].key = btoa("clientState")],
    [
      "metadata in place of a state",
      (json) => json.clients_metadata[0].client_metadata[0].key = btoa("consensusStates/1-9"),
    ],
    ["an index of nothing", (json) => json.clients_consensus[0].consensus_states.pop()],
    [
      "an index that is none",
      (json) => json.clients_metadata[0].client_metadata[0].key = btoa("iterateConsensusStatesX"),
    ],
    ["something else", (json) => json.other = 1],
  ];
  for (const [what, spoil] of cases) {
    const json = structuredClone(good);
    spoil(json);
    const clients = new Clients();
    assertEquals(codeOf(initClientGenesis(clients.keeper, clients.at(T0), json)), "sdk/18", what);
  }
  assertEquals(codeOf(initClientGenesis(new Clients().keeper, new Clients().at(T0), [])), "sdk/18");
});

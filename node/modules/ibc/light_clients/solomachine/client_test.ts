import { assert, assertEquals } from "@std/assert";
import { ed25519 } from "@noble/curves/ed25519.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { SignMode } from "cosmjs-types/cosmos/tx/signing/v1beta1/signing";
import { SignatureDescriptor_Data } from "cosmjs-types/cosmos/tx/signing/v1beta1/signing";
import { Any } from "cosmjs-types/google/protobuf/any";
import {
  ClientState,
  ConsensusState,
  Header,
  HeaderData,
  Misbehaviour,
  type SignatureAndData,
  SignBytes,
  TimestampedSignatureData,
} from "cosmjs-types/ibc/lightclients/solomachine/v3/solomachine";
import { anyOf, Clients, codeOf, h, T0 } from "../../../../../tests/helpers/ibc_clients.ts";
import { utf8ToBytes } from "../../../../core/bytes.ts";
import { encode } from "../../../../core/codec/mod.ts";
import { encodePubKey } from "../../../../core/pub_key.ts";

type Kind = "secp256k1" | "ed25519";
const DIVERSIFIER = "machine";
const PATH = ["ibc", "commitments/ports/transfer/channels/channel-0/sequences/1"].map(utf8ToBytes);
const VALUE = utf8ToBytes("value");

/** A machine's key, made by the reference library. */
function machine(kind: Kind, seed = 1) {
  const secret = new Uint8Array(32).fill(seed);
  const key = kind === "ed25519" ? ed25519.getPublicKey(secret) : secp256k1.getPublicKey(secret, true);
  const sign = (claim: SignBytes): Uint8Array => {
    const message = encode(SignBytes, claim);
    const signature = kind === "ed25519" ? ed25519.sign(message, secret) : secp256k1.sign(message, secret);
    return encode(SignatureDescriptor_Data, { single: { mode: SignMode.SIGN_MODE_UNSPECIFIED, signature } });
  };
  return { publicKey: encodePubKey({ type: kind, key }), sign };
}

/** A client of a machine at sequence 1 and time 10. */
function setUp(kind: Kind = "secp256k1", sequence = 1n) {
  const own = machine(kind);
  const consensusState = { publicKey: own.publicKey, diversifier: DIVERSIFIER, timestamp: 10n };
  const clients = new Clients();
  const created = clients.create(
    anyOf(ClientState, { sequence, isFrozen: false, consensusState }),
    anyOf(ConsensusState, consensusState),
  );
  assert(created.ok);
  const id = created.value;
  const state = () => ClientState.decode(Any.decode(clients.keeper.clientState(clients.journal, id)!).value);
  const proof = (claim: Partial<SignBytes>, by = own) => {
    const whole = { sequence: 1n, timestamp: 11n, diversifier: DIVERSIFIER, path: PATH[1]!, data: VALUE, ...claim };
    return encode(TimestampedSignatureData, { signatureData: by.sign(whole), timestamp: whole.timestamp });
  };
  const claim = (proof: Uint8Array) => ({ height: h(1n, 0n), proof, delayTime: 0n, delayBlocks: 0n });
  const member = (proof: Uint8Array, path = PATH, value = VALUE) =>
    codeOf(clients.keeper.verifyMembership(clients.at(T0), id, claim(proof), path, value));
  const absent = (proof: Uint8Array, path = PATH) =>
    codeOf(clients.keeper.verifyNonMembership(clients.at(T0), id, claim(proof), path));
  return { clients, id, own, state, proof, member, absent };
}

/** A header that gives the machine another key. */
function header(
  { own }: Pick<ReturnType<typeof setUp>, "own">,
  change: Partial<SignBytes & { publicKey: Any; newDiversifier: string }> = {},
): Header {
  const { publicKey = machine("ed25519", 2).publicKey, newDiversifier = "next", ...claim } = change;
  const signed = {
    sequence: 1n,
    timestamp: 12n,
    diversifier: DIVERSIFIER,
    path: utf8ToBytes("solomachine:header"),
    data: encode(HeaderData, { newPubKey: publicKey, newDiversifier }),
    ...claim,
  };
  return { timestamp: signed.timestamp, signature: own.sign(signed), newPublicKey: publicKey, newDiversifier };
}

Deno.test("a signature over the path and value is a proof, once", () => {
  for (const kind of ["secp256k1", "ed25519"] as const) {
    const { member, proof, state, clients, id } = setUp(kind);
    assertEquals(member(proof({})), "ok", kind);
    assertEquals(state().sequence, 2n);
    assertEquals(state().consensusState!.timestamp, 11n);
    assertEquals(member(proof({})), "06-solomachine/5", "the sequence was used");
    assertEquals(member(proof({ sequence: 2n })), "ok");
    assertEquals(clients.keeper.latestHeight(clients.at(T0), id), h(3n, 0n));
    assertEquals(clients.keeper.timestampAt(clients.at(T0), id, h(1n)), { ok: true, value: 11n });
  }
});

Deno.test("a signature over no data shows absence, and is no proof of a value", () => {
  const { member, absent, proof } = setUp();
  const nothing = proof({ data: new Uint8Array() });
  assertEquals(member(nothing, PATH, new Uint8Array()), "06-solomachine/6");
  assertEquals(member(nothing), "06-solomachine/5");
  assertEquals(absent(proof({})), "06-solomachine/5");
  assertEquals(absent(nothing), "ok");
});

Deno.test("a proof that says anything else is refused and uses nothing up", () => {
  const { member, proof, state } = setUp();
  const stranger = machine("secp256k1", 9);
  const good = proof({});
  const mangled = good.slice();
  mangled[20]! ^= 1;
  const table: [expected: string, what: string, code: string][] = [
    ["06-solomachine/6", "nothing", member(new Uint8Array())],
    ["06-solomachine/6", "garbage", member(Uint8Array.of(1, 2, 3))],
    [
      "06-solomachine/6",
      "no signature",
      member(encode(TimestampedSignatureData, { signatureData: new Uint8Array(), timestamp: 11n })),
    ],
    [
      "06-solomachine/5",
      "signature data of no kind",
      member(encode(TimestampedSignatureData, { signatureData: Uint8Array.of(8, 1), timestamp: 11n })),
    ],
    [
      "06-solomachine/5",
      "several signatures",
      member(
        encode(TimestampedSignatureData, {
          signatureData: encode(SignatureDescriptor_Data, { multi: { signatures: [] } }),
          timestamp: 11n,
        }),
      ),
    ],
    ["06-solomachine/6", "older than the last", member(proof({ timestamp: 9n }))],
    ["06-solomachine/5", "another value", member(good, PATH, utf8ToBytes("other"))],
    ["06-solomachine/5", "another path", member(good, [PATH[0]!, utf8ToBytes("other")])],
    ["host/3", "a path of one", member(good, [PATH[1]!])],
    ["06-solomachine/5", "another diversifier", member(proof({ diversifier: "other" }))],
    ["06-solomachine/5", "another sequence", member(proof({ sequence: 2n }))],
    ["06-solomachine/5", "a stranger's", member(proof({}, stranger))],
    ["06-solomachine/5", "mangled", member(mangled)],
  ];
  for (const [expected, what, code] of table) assertEquals(code, expected, what);
  assertEquals(state().sequence, 1n);
  assertEquals(member(good), "ok");
});

Deno.test("a header gives the machine another key and diversifier", () => {
  const set = setUp();
  const { clients, id, state } = set;
  assertEquals(codeOf(clients.update(id, anyOf(Header, header(set)), T0)), "ok");
  assertEquals(clients.events[0]!.attributes.map(({ value }) => value), [id, "06-solomachine", "0-2", "0-2"]);
  const next = machine("ed25519", 2);
  assertEquals(state(), {
    sequence: 2n,
    isFrozen: false,
    consensusState: { publicKey: next.publicKey, diversifier: "next", timestamp: 12n },
  });
  assertEquals(set.member(set.proof({ sequence: 2n, timestamp: 12n, diversifier: "next" }, next)), "ok");
});

Deno.test("a header that is not signed, not valid or too old is refused", () => {
  const set = setUp();
  const good = header(set);
  const multisig = { typeUrl: "/cosmos.crypto.multisig.LegacyAminoPubKey", value: Uint8Array.of(8, 1) };
  const table: [expected: string, what: string, message: Header][] = [
    ["06-solomachine/2", "a stranger's", header({ own: machine("secp256k1", 9) })],
    ["06-solomachine/2", "of another sequence", header(set, { sequence: 2n })],
    ["06-solomachine/2", "over another key", { ...good, newPublicKey: machine("secp256k1", 5).publicKey }],
    ["06-solomachine/2", "over another time", { ...good, timestamp: 13n }],
    ["06-solomachine/2", "over another path", header(set, { path: PATH[1]! })],
    ["client/12", "too old", header(set, { timestamp: 9n })],
    ["client/12", "no time", { ...good, timestamp: 0n }],
    ["client/12", "no signature", { ...good, signature: new Uint8Array() }],
    ["client/12", "a blank diversifier", { ...good, newDiversifier: " " }],
    ["client/12", "a multisignature key", { ...good, newPublicKey: multisig }],
    ["client/12", "no key", { timestamp: 12n, signature: good.signature, newDiversifier: "" }],
  ];
  for (const [expected, what, message] of table) {
    assertEquals(codeOf(set.clients.update(set.id, anyOf(Header, message), T0)), expected, what);
  }
  assertEquals(set.state().sequence, 1n);
});

Deno.test("two different things signed under one sequence freeze the client, whatever was signed and when", () => {
  const set = setUp("ed25519", 7n);
  const { clients, id, own, state } = set;
  const signed = (path: Uint8Array, data: Uint8Array, timestamp: bigint): SignatureAndData => ({
    path,
    data,
    timestamp,
    signature: own.sign({ sequence: 3n, timestamp, diversifier: DIVERSIFIER, path, data }),
  });
  const one = signed(PATH[1]!, VALUE, 1n);
  const two = signed(PATH[1]!, utf8ToBytes("other"), 2n);
  const evidence = { sequence: 3n, signatureOne: one, signatureTwo: two };
  const table: [expected: string, what: string, change: Partial<Misbehaviour>][] = [
    ["client/13", "no sequence", { sequence: 0n }],
    ["06-solomachine/4", "an empty signature", { signatureOne: { ...one, signature: new Uint8Array() } }],
    ["06-solomachine/4", "no data", { signatureTwo: { ...two, data: new Uint8Array() } }],
    ["06-solomachine/4", "no path", { signatureTwo: { ...two, path: new Uint8Array() } }],
    ["06-solomachine/4", "no time", { signatureTwo: { ...two, timestamp: 0n } }],
    ["client/13", "one thing twice", { signatureTwo: one }],
    ["client/13", "one thing at two times", { signatureTwo: signed(PATH[1]!, VALUE, 2n) }],
    ["06-solomachine/5", "another sequence", { sequence: 4n }],
    ["06-solomachine/5", "a wrong signature", { signatureTwo: { ...two, data: utf8ToBytes("third") } }],
  ];
  for (const [expected, what, change] of table) {
    const message = anyOf(Misbehaviour, { ...evidence, ...change });
    assertEquals(codeOf(clients.update(id, message, T0)), expected, what);
  }
  assertEquals(
    codeOf(clients.update(id, anyOf(Misbehaviour, { sequence: 3n, signatureOne: one }), T0)),
    "06-solomachine/4",
  );
  assertEquals(clients.status(id, T0), "Active");
  assertEquals(codeOf(clients.update(id, anyOf(Misbehaviour, evidence), T0)), "ok");
  assert(state().isFrozen);
  assertEquals(clients.status(id, T0), "Frozen");
  assertEquals(set.member(set.proof({ sequence: 7n })), "client/29");
});

Deno.test("a client that cannot be is not created", () => {
  const { publicKey } = machine("secp256k1");
  const good: ConsensusState = { publicKey, diversifier: "", timestamp: 1n };
  const create = (sequence: bigint, inState: ConsensusState | undefined, alone: ConsensusState, isFrozen = false) =>
    codeOf(new Clients().create(
      anyOf(ClientState, { sequence, isFrozen, ...(inState && { consensusState: inState }) }),
      anyOf(ConsensusState, alone),
    ));
  assertEquals(create(1n, good, good), "ok");
  assertEquals(create(0n, good, good), "client/3");
  assertEquals(create(1n, undefined, good), "client/8");
  assertEquals(create(1n, good, { ...good, timestamp: 2n }), "client/8");
  assertEquals(create(1n, good, good, true), "client/29");
  for (
    const bad of [{ timestamp: 0n }, { diversifier: " " }, { publicKey: { typeUrl: "/x", value: publicKey.value } }]
  ) {
    assertEquals(create(1n, { ...good, ...bad }, { ...good, ...bad }), "client/8");
  }
});

Deno.test("a frozen client takes over another one's key and sequence; the same key is no remedy", () => {
  const set = setUp();
  const { clients, id } = set;
  const signed = (data: Uint8Array): SignatureAndData => {
    const claim = { timestamp: 1n, path: PATH[1]!, data };
    return { ...claim, signature: set.own.sign({ sequence: 1n, diversifier: DIVERSIFIER, ...claim }) };
  };
  const evidence = { sequence: 1n, signatureOne: signed(VALUE), signatureTwo: signed(Uint8Array.of(1)) };
  clients.update(id, anyOf(Misbehaviour, evidence), T0);
  const substitute = (seed: number, sequence: bigint) => {
    const consensusState = { publicKey: machine("secp256k1", seed).publicKey, diversifier: "", timestamp: 20n };
    const state = anyOf(ClientState, { sequence, isFrozen: false, consensusState });
    const created = clients.create(state, anyOf(ConsensusState, consensusState));
    assert(created.ok);
    return created.value;
  };
  assertEquals(codeOf(clients.recover(id, substitute(1, 5n), T0)), "client/12");
  assertEquals(codeOf(clients.recover(id, substitute(2, 1n), T0)), "client/26");
  assertEquals(codeOf(clients.recover(id, substitute(2, 5n), T0)), "ok");
  assertEquals(clients.status(id, T0), "Active");
  assertEquals(set.state().sequence, 5n);
  assertEquals(
    codeOf(clients.keeper.upgrade(clients.at(T0), id, {
      clientState: new Uint8Array(),
      consensusState: new Uint8Array(),
      proofClient: new Uint8Array(),
      proofConsensusState: new Uint8Array(),
    })),
    "client/25",
  );
});

Deno.test("the last sequence cannot be used up", () => {
  const { member, proof } = setUp("secp256k1", (1n << 64n) - 1n);
  assertEquals(member(proof({ sequence: (1n << 64n) - 1n })), "06-solomachine/6");
});

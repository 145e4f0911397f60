import { assertEquals } from "@std/assert";
import {
  block,
  Clients,
  codeOf,
  createTendermint,
  h,
  headerAny,
  SECOND,
  SourceState,
  T0,
} from "../../../../../tests/helpers/ibc_clients.ts";
import { utf8ToBytes } from "../../../../core/bytes.ts";
import { encodeMerkleProof, type IbcHeight } from "../../../../core/ibc/mod.ts";
import { ICS23_SPECS } from "../../../../core/merkle/mod.ts";

const NOW = T0 + 60n * SECOND;
const source = new SourceState({ a: "1", b: "2", c: "3" });

function setUp(specs = [ICS23_SPECS.tendermint, ICS23_SPECS.tendermint]) {
  const clients = new Clients();
  const id = createTendermint(clients, { proofSpecs: specs });
  assertEquals(codeOf(clients.update(id, headerAny(block(2n, { appHash: source.appHash }), 1n), NOW)), "ok");
  assertEquals(codeOf(clients.update(id, headerAny(block(3n), 1n), NOW)), "ok");
  const claim = (proof: Uint8Array, height: IbcHeight = h(2n)) => ({ height, proof, delayTime: 0n, delayBlocks: 0n });
  return {
    member: (proof: Uint8Array, path: Uint8Array[], value: string, height?: IbcHeight) =>
      codeOf(clients.keeper.verifyMembership(clients.at(NOW), id, claim(proof, height), path, utf8ToBytes(value))),
    absent: (proof: Uint8Array, path: Uint8Array[], height?: IbcHeight) =>
      codeOf(clients.keeper.verifyNonMembership(clients.at(NOW), id, claim(proof, height), path)),
    clients,
    id,
  };
}

Deno.test("a proof shows its value under its key at its height, and nothing else", () => {
  const { member } = setUp();
  const proof = source.proof("b");
  assertEquals(member(proof, source.path("b"), "2"), "ok");
  const table: [expected: string, what: string, code: string][] = [
    ["commitment/2", "another value", member(proof, source.path("b"), "3")],
    ["commitment/2", "no value", member(proof, source.path("b"), "")],
    ["commitment/2", "another key", member(proof, source.path("c"), "2")],
    ["commitment/2", "another store", member(proof, [utf8ToBytes("acc"), utf8ToBytes("b")], "2")],
    ["commitment/2", "too short a path", member(proof, [utf8ToBytes("b")], "2")],
    ["commitment/2", "another height", member(proof, source.path("b"), "2", h(3n))],
    ["client/7", "an unknown height", member(proof, source.path("b"), "2", h(0n))],
    ["ibc/9", "a height to come", member(proof, source.path("b"), "2", h(4n))],
    ["ibc/9", "a revision to come", member(proof, source.path("b"), "2", h(1n, 2n))],
    ["commitment/2", "garbage", member(Uint8Array.of(1, 2, 3), source.path("b"), "2")],
    ["commitment/4", "nothing", member(new Uint8Array(), source.path("b"), "2")],
    ["commitment/2", "upside down", member(encodeMerkleProof(source.proofs("b").reverse()), source.path("b"), "2")],
    ["commitment/4", "one proof", member(encodeMerkleProof(source.proofs("b").slice(0, 1)), source.path("b"), "2")],
  ];
  for (const [expected, what, code] of table) assertEquals(code, expected, what);
});

Deno.test("a proof shows that a key is not there", () => {
  const { member, absent } = setUp();
  for (const key of ["0", "aa", "d"]) {
    assertEquals(absent(source.proof(key), source.path(key)), "ok", key);
    assertEquals(member(source.proof(key), source.path(key), "1"), "commitment/2", key);
    assertEquals(absent(source.proof(key), source.path(key), h(3n)), "commitment/2", key);
  }
  assertEquals(absent(source.proof("b"), source.path("b")), "commitment/2");
  assertEquals(absent(source.proof("aa"), source.path("b")), "commitment/2");
});

Deno.test("proofs are judged by the client's own specifications", () => {
  const { member, absent } = setUp([ICS23_SPECS.jmt, ICS23_SPECS.tendermint]);
  assertEquals(member(source.proof("b"), source.path("b"), "2"), "commitment/2");
  assertEquals(absent(source.proof("aa"), source.path("aa")), "commitment/2");
});

Deno.test("what proofs are judged by is known for active clients of this type only", () => {
  const { clients, id } = setUp();
  const basis = clients.keeper.proofBasis(clients.at(NOW), id, h(2n));
  assertEquals(basis, {
    ok: true,
    value: {
      root: source.appHash,
      specs: [ICS23_SPECS.tendermint, ICS23_SPECS.tendermint],
      timestamp: T0 + 2n * SECOND,
    },
  });
  assertEquals(codeOf(clients.keeper.proofBasis(clients.at(NOW), id, h(9n))), "client/7");
  assertEquals(codeOf(clients.keeper.proofBasis(clients.at(NOW + 7_200n * SECOND), id, h(2n))), "client/29");
  assertEquals(codeOf(clients.keeper.proofBasis(clients.at(NOW), "09-localhost", h(2n))), "client/10");
});

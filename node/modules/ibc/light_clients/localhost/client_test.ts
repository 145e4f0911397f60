import { assertEquals } from "@std/assert";
import { block, Clients, codeOf, h, headerAny, SECOND, T0 } from "../../../../../tests/helpers/ibc_clients.ts";
import { utf8ToBytes } from "../../../../core/bytes.ts";
import { SENTINEL_PROOF } from "./client.ts";

const ID = "09-localhost";
const PATH = ["ibc", "commitments/x"].map(utf8ToBytes);
const VALUE = utf8ToBytes("value");

function setUp() {
  const clients = new Clients();
  clients.journal.set("ibc", PATH[1]!, VALUE);
  const claim = (proof: Uint8Array) => ({ height: h(1n), proof, delayTime: 9n, delayBlocks: 9n });
  return {
    clients,
    member: (path = PATH, value = VALUE, proof = SENTINEL_PROOF) =>
      codeOf(clients.keeper.verifyMembership(clients.at(T0), ID, claim(proof), path, value)),
    absent: (path = PATH, proof = SENTINEL_PROOF) =>
      codeOf(clients.keeper.verifyNonMembership(clients.at(T0), ID, claim(proof), path)),
  };
}

Deno.test("the store of this chain is the proof, and the proof of the relayer one byte", () => {
  const { member, absent } = setUp();
  const elsewhere = [PATH[0]!, utf8ToBytes("commitments/y")];
  assertEquals(member(), "ok");
  assertEquals(member(PATH, utf8ToBytes("other")), "client/30");
  assertEquals(member(elsewhere), "client/30");
  assertEquals(absent(elsewhere), "ok");
  assertEquals(absent(), "client/31");
  for (const proof of [new Uint8Array(), Uint8Array.of(2), Uint8Array.of(1, 1)]) {
    assertEquals(member(PATH, VALUE, proof), "commitment/2");
    assertEquals(absent(elsewhere, proof), "commitment/2");
  }
  for (
    const path of [[], [PATH[1]!], [...PATH, PATH[1]!], [PATH[0]!, new Uint8Array()], [PATH[0]!, new Uint8Array(999)]]
  ) {
    assertEquals(member(path), "host/3");
    assertEquals(absent(path), "host/3");
  }
});

Deno.test("only the store of IBC is the proof: nothing is said of another one, neither what it has nor what it lacks", () => {
  const { member, absent } = setUp();
  for (const store of ["bank", "ibc2", ""].map(utf8ToBytes)) {
    assertEquals(member([store, PATH[1]!]), "host/3");
    assertEquals(absent([store, utf8ToBytes("commitments/y")]), "host/3");
  }
});

Deno.test("it is always active, at this chain's own height and time, and cannot be made or changed", () => {
  const { clients } = setUp();
  const context = clients.at(T0 + SECOND, 42n);
  assertEquals(clients.keeper.status(context, ID), "Active");
  assertEquals(clients.keeper.latestHeight(context, ID), { revisionNumber: 3n, revisionHeight: 42n });
  assertEquals(clients.keeper.timestampAt(context, ID, h(7n)), { ok: true, value: T0 + SECOND });
  const nothing = { typeUrl: "", value: new Uint8Array() };
  assertEquals(codeOf(clients.create(nothing, nothing)), "ibc/14");
  assertEquals(codeOf(clients.update(ID, headerAny(block(2n), 1n), T0)), "client/10");
  assertEquals(codeOf(clients.recover(ID, "07-tendermint-0", T0)), "client/24");
});

Deno.test("it can be switched off by the parameters", () => {
  const { clients, member } = setUp();
  clients.keeper.setParams(clients.journal, { allowedClients: ["07-tendermint"] });
  assertEquals(member(), "client/10");
  assertEquals(clients.status(ID, T0), "Unauthorized");
});

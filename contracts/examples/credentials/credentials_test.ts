import { assertEquals, assertThrows } from "@std/assert";
import { ed25519 } from "@noble/curves/ed25519.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { attribute, ContractError, MockChain } from "../../sdk/mod.ts";
// The SDK's buildContract, remembered from one run of the tests to the next.
import { buildContract } from "../../../tests/helpers/built_contract.ts";

const wasm = await buildContract(new URL(".", import.meta.url));
const claim = "ab".repeat(32);
const secret = new Uint8Array(32).fill(7);
const utf8 = (text: string) => new TextEncoder().encode(text);

async function sha256(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(text)));
}

/** The university signs with ed25519, the bank with secp256k1. */
function start() {
  const chain = new MockChain();
  const [admin, university, bank] = [chain.account("admin"), chain.account("university"), chain.account("bank")];
  const holder = chain.account("holder");
  const registry = chain.instantiate(admin, chain.store(wasm), {});
  const issuer = (address: string, key_type: string, key: Uint8Array, active = true) =>
    registry.execute(admin, { set_issuer: { address, name: "Issuer", key_type, key, active } });
  issuer(university, "ed25519", ed25519.getPublicKey(secret));
  issuer(bank, "secp256k1", secp256k1.getPublicKey(secret, true));
  const issue = (more: object = {}) =>
    Number(attribute(registry.execute(university, { issue: { holder, kind: "degree", claim, ...more } }), "id"));
  const valid = (id: number) => registry.query<{ valid: boolean }>({ credential: { id } }).valid;
  return { chain, registry, admin, university, bank, holder, issuer, issue, valid };
}

Deno.test("a credential holds until it is over, revoked, or its issuer is stopped", () => {
  const { chain, registry, university, bank, holder, issuer, issue, valid } = start();
  const [forever, short, revoked] = [issue(), issue({ expires: Number(chain.time) + 100 }), issue()];
  assertEquals([forever, short, revoked].map(valid), [true, true, true]);
  assertThrows(() => registry.execute(bank, { revoke: { id: revoked } }), ContractError, "Only its issuer");
  registry.execute(university, { revoke: { id: revoked } });
  chain.advance({ seconds: 100n });
  assertEquals([forever, short, revoked].map(valid), [true, false, false]);
  const has = (more: object = {}) => registry.query<boolean>({ has_credential: { holder, kind: "degree", ...more } });
  assertEquals([has(), has({ issuer: university }), has({ issuer: bank })], [true, true, false]);
  issuer(university, "ed25519", ed25519.getPublicKey(secret), false);
  assertEquals([valid(forever), has()], [false, false]);
});

Deno.test("only issuers issue, and only the administrator says who they are", () => {
  const { chain, registry, admin, holder, university } = start();
  const issue = { issue: { holder, kind: "degree", claim } };
  assertThrows(() => registry.execute(holder, issue), ContractError, "Only issuers");
  const set = { address: holder, name: "Me", key_type: "ed25519", key: new Uint8Array(32) };
  assertThrows(() => registry.execute(holder, { set_issuer: set }), ContractError, "Only the administrator");
  const wrong = { ...set, key: new Uint8Array(33) };
  assertThrows(() => registry.execute(admin, { set_issuer: wrong }), ContractError, "A key is");
  registry.execute(admin, { set_admin: { admin: university } });
  assertThrows(() => registry.execute(admin, { set_issuer: set }), ContractError, "Only the administrator");
  registry.execute(university, { set_issuer: set });
  registry.execute(chain.account("holder"), issue);
});

Deno.test("a holder finds what is said about him, and may have it forgotten", () => {
  const { registry, holder, issue, valid } = start();
  const ids = [issue(), issue(), issue()];
  const list = (more: object = {}) =>
    registry.query<{ credentials: { credential: { id: number } }[] }>({ credentials: { holder, ...more } })
      .credentials.map(({ credential }) => credential.id);
  assertEquals([list(), list({ start_after: 1, limit: 1 })], [ids, [2]]);
  registry.execute(holder, { revoke: { id: 2 } });
  assertEquals(valid(2), false);
});

Deno.test("a statement that was signed outside is verified by its signature alone", async () => {
  const { chain, registry, university, bank, holder, issuer } = start();
  const expires = Number(chain.time) + 100;
  const statement = JSON.stringify({ contract: registry.address, holder, kind: "degree", claim, expires });
  const hash = await sha256(statement);
  const signature = ed25519.sign(utf8(statement), secret);
  const verify = (change: object = {}) => {
    const message = { issuer: university, statement, signature, ...change };
    return registry.query<{ reason: string | null; holder: string }>({ verify: message });
  };
  assertEquals(verify(), { valid: true, reason: null, holder, kind: "degree", claim } as never);
  assertEquals(verify({ statement: statement.replace("degree", "DEGREE") }).reason, "wrong signature");
  assertEquals(verify({ signature: signature.slice(1) }).reason, "wrong signature");
  assertEquals(verify({ issuer: holder }).reason, "unknown issuer");
  assertEquals(verify({ issuer: bank }).reason, "wrong signature");
  const compact = secp256k1.sign(hash, secret, { prehash: false });
  assertEquals(verify({ issuer: bank, signature: compact }).reason, null);

  const elsewhere = statement.replace(registry.address, holder);
  const there = ed25519.sign(utf8(elsewhere), secret);
  assertEquals(verify({ statement: elsewhere, signature: there }).reason, "made for another contract");

  registry.execute(university, { revoke_statement: { hash: hash.toHex() } });
  assertEquals(verify().reason, "revoked");
  assertEquals(verify({ issuer: bank, signature: compact }).reason, null);
  chain.advance({ seconds: 100n });
  assertEquals(verify({ issuer: bank, signature: compact }).reason, "expired");
  issuer(bank, "secp256k1", secp256k1.getPublicKey(secret, true), false);
  assertEquals(verify({ issuer: bank, signature: compact }).reason, "unknown issuer");
});

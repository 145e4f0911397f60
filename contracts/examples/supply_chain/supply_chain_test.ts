import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ContractError, MockChain } from "../../sdk/mod.ts";
// The SDK's buildContract, remembered from one run of the tests to the next.
import { buildContract } from "../../../tests/helpers/built_contract.ts";

const wasm = await buildContract(new URL(".", import.meta.url));
const document = "ab".repeat(32);

interface Product {
  readonly product: { readonly custodian: string; readonly recalled: string | null; readonly entries: number };
  readonly unsafe: boolean;
  readonly certificates: readonly { readonly revoked: boolean }[];
}

function start() {
  const chain = new MockChain();
  const [operator, maker, shop, lab] = ["operator", "maker", "shop", "lab"].map((name) => chain.account(name)) as [
    string,
    string,
    string,
    string,
  ];
  const goods = chain.instantiate(operator, chain.store(wasm), {});
  const company = (address: string, name: string, roles: object) =>
    goods.execute(operator, { set_company: { address, name, maker: false, certifier: false, ...roles } });
  company(maker, "Maker", { maker: true });
  company(shop, "Shop", {});
  company(lab, "Laboratory", { certifier: true });
  const make = (id: string, ...parts: string[]) =>
    goods.execute(maker, { make: { id, description: "a thing", parts } });
  const look = (id: string) => goods.query<Product>({ product: { id } });
  const actions = (id: string) =>
    goods.query<{ entries: { action: string }[] }>({ history: { id } }).entries.map(({ action }) => action);
  return { chain, goods, operator, maker, shop, lab, make, look, actions };
}

Deno.test("a product goes to another company when both agree", () => {
  const { goods, maker, shop, lab, make, look, actions } = start();
  make("cup-1");
  assertThrows(() => goods.execute(shop, { accept: { id: "cup-1" } }), ContractError, "was not offered");
  goods.execute(maker, { offer: { id: "cup-1", to: shop } });
  assertThrows(() => goods.execute(lab, { accept: { id: "cup-1" } }), ContractError, "was not offered");
  goods.execute(shop, { accept: { id: "cup-1", note: "undamaged" } });
  assertEquals(look("cup-1").product.custodian, shop);
  assertThrows(() => goods.execute(maker, { offer: { id: "cup-1", to: lab } }), ContractError, "Only who has cup-1");
  assertEquals(actions("cup-1"), ["make", "offer", "accept"]);
});

Deno.test("an offer can be taken back", () => {
  const { goods, maker, shop, make } = start();
  make("cup-1");
  goods.execute(maker, { offer: { id: "cup-1", to: shop } });
  goods.execute(maker, { offer: { id: "cup-1", to: null } });
  assertThrows(() => goods.execute(shop, { accept: { id: "cup-1" } }), ContractError, "was not offered");
});

Deno.test("who takes part says the operator", () => {
  const { chain, goods, maker, shop, make } = start();
  const stranger = chain.account("stranger");
  make("cup-1");
  assertThrows(() => goods.execute(maker, { offer: { id: "cup-1", to: stranger } }), ContractError, "not known");
  assertThrows(() => goods.execute(shop, { make: { id: "x", description: "" } }), ContractError, "Only makers");
  const company = { address: stranger, name: "Stranger", maker: true, certifier: true };
  assertThrows(() => goods.execute(stranger, { set_company: company }), ContractError, "Only the operator");
  assertThrows(() => make("cup-1"), ContractError, "there already");
});

Deno.test("a recall reaches everything the part was built into", () => {
  const { goods, maker, shop, make, look } = start();
  make("screw-1");
  make("lock-1", "screw-1");
  make("door-1", "lock-1");
  assertThrows(() => make("door-2", "lock-1"), ContractError, "does not have lock-1");
  assertThrows(() => goods.execute(shop, { recall: { id: "screw-1", reason: "no" } }), ContractError, "Only its maker");
  goods.execute(maker, { recall: { id: "screw-1", reason: "breaks" } });
  assertEquals(["screw-1", "lock-1", "door-1"].map((id) => look(id).unsafe), [true, true, true]);
  make("screw-2");
  goods.execute(maker, { recall: { id: "screw-2", reason: "breaks" } });
  assertThrows(() => make("lock-2", "screw-2"), ContractError, "is recalled");
});

Deno.test("a certificate holds until it is over or revoked", () => {
  const { chain, goods, maker, lab, make, look } = start();
  make("cup-1");
  const certify = { id: "cup-1", standard: "ISO 1", document, valid_until: Number(chain.time) + 1000 };
  const certified = () => goods.query<boolean>({ certified: { id: "cup-1", standard: "ISO 1" } });
  assertThrows(() => goods.execute(maker, { certify }), ContractError, "Only certifiers");
  goods.execute(lab, { certify });
  assertEquals(certified(), true);
  chain.advance({ seconds: 1000n });
  assertEquals(certified(), false);
  const other = { ...certify, document: "cd".repeat(32), valid_until: Number(chain.time) + 1000 };
  goods.execute(lab, { certify: other });
  assertEquals(certified(), true);
  const revoke = { revoke: { id: "cup-1", document: other.document, note: "mistake" } };
  assertThrows(() => goods.execute(maker, revoke), ContractError, "Only its certifier");
  goods.execute(lab, revoke);
  assertEquals(certified(), false);
  assertEquals(look("cup-1").certificates.map(({ revoked }) => revoked).sort(), [false, true]);
});

Deno.test("whatever happens, somebody who takes part has the product, and its history has no gaps", () => {
  const step = fc.record({ by: fc.constantFrom("maker", "shop", "lab"), to: fc.constantFrom("maker", "shop", null) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 15 }), (steps) => {
      const { chain, goods, maker, shop, lab, make, look, actions } = start();
      make("cup-1");
      for (const { by, to } of steps) {
        const message = to === null ? { accept: { id: "cup-1" } } : { offer: { id: "cup-1", to: chain.account(to) } };
        try {
          goods.execute(chain.account(by), message);
        } catch (error) {
          if (!(error instanceof ContractError)) throw error;
        }
      }
      const { product } = look("cup-1");
      assertEquals([maker, shop, lab].includes(product.custodian), true);
      assertEquals(actions("cup-1").length, product.entries);
    }),
    { numRuns: 20 },
  );
});

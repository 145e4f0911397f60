import { assertEquals, assertThrows } from "@std/assert";
import { type Coin, ContractError, MockChain } from "../../sdk/mod.ts";
// The SDK's buildContract, remembered from one run of the tests to the next.
import { buildContract } from "../../../tests/helpers/built_contract.ts";

const wasm = await buildContract(new URL(".", import.meta.url));
const YEAR = 365n * 24n * 3600n;
const DAY = 24n * 3600n;
const coins = (amount: number, denom = "euro"): Coin => ({ denom, amount: String(amount) });

function start() {
  const chain = new MockChain();
  const [alice, bob] = [chain.account("alice", coins(1000), coins(50, "shell")), chain.account("bob", coins(1000))];
  const owner = chain.account("owner");
  const names = chain.instantiate(owner, chain.store(wasm), { price: coins(5) });
  const address = (name: string) => names.query<{ address: string | null }>({ resolve: { name } }).address;
  return { chain, names, alice, bob, owner, address };
}

Deno.test("a name is registered for its price and resolves", () => {
  const { chain, names, alice, bob, address } = start();
  assertEquals(address("example"), null);
  names.execute(alice, { register: { name: "example", years: 2 } }, coins(10));
  assertEquals(address("example"), alice);
  names.execute(alice, { point: { name: "example", address: bob } });
  assertEquals(address("example"), bob);
  assertEquals(chain.balance(names.address, "euro"), 10n);
  assertThrows(() => names.execute(bob, { register: { name: "example" } }, coins(5)), ContractError, "is taken");
});

Deno.test("only the price buys a name: no other amount, no other coin", () => {
  const { names, alice } = start();
  const register = (...funds: Coin[]) => names.execute(alice, { register: { name: "example" } }, ...funds);
  assertThrows(() => register(), ContractError, "No funds sent");
  assertThrows(() => register(coins(4)), ContractError, "This costs 5euro, not 4");
  assertThrows(() => register(coins(6)), ContractError, "This costs 5euro, not 6");
  assertThrows(() => register(coins(5, "shell")), ContractError, "Must send");
  assertThrows(() => register(coins(5), coins(5, "shell")), ContractError, "more than one denomination");
  assertEquals(names.query({ price: { name: "four", years: 3 } }), coins(150));
  assertEquals(names.query({ price: { name: "five5", years: 3 } }), coins(15));
});

Deno.test("names that are hard to read or to tell apart are refused", () => {
  const { names, alice } = start();
  for (const name of ["ab", "x".repeat(33), "Example", "a b c", "-abc", "abc-", "exämple", "a.b"]) {
    assertThrows(() => names.execute(alice, { register: { name } }, coins(5)), ContractError, "A name has 3 to 32");
  }
});

Deno.test("a name that ran out is its owner's for the grace period, and then anybody's", () => {
  const { chain, names, alice, bob, address } = start();
  names.execute(alice, { register: { name: "example" } }, coins(5));
  chain.advance({ seconds: YEAR });
  assertEquals(address("example"), null);
  assertThrows(() => names.execute(alice, { point: { name: "example", address: bob } }), ContractError, "has expired");
  assertThrows(() => names.execute(bob, { register: { name: "example" } }, coins(5)), ContractError, "is taken");
  names.execute(bob, { renew: { name: "example" } }, coins(5));
  assertEquals(address("example"), alice);
  chain.advance({ seconds: YEAR + 30n * DAY });
  assertThrows(() => names.execute(alice, { renew: { name: "example" } }, coins(5)), ContractError, "is free");
  names.execute(bob, { register: { name: "example" } }, coins(5));
  assertEquals(address("example"), bob);
});

Deno.test("only the owner gives a name away, and then has no say any more", () => {
  const { names, alice, bob, address } = start();
  names.execute(alice, { register: { name: "example" } }, coins(5));
  const transfer = { transfer: { name: "example", recipient: bob } };
  assertThrows(() => names.execute(bob, transfer), ContractError, "Only the owner");
  names.execute(alice, transfer);
  assertEquals(address("example"), bob);
  assertThrows(() => names.execute(alice, transfer), ContractError, "Only the owner");
});

Deno.test("nobody holds a name for more than ten years", () => {
  const { names, alice } = start();
  assertThrows(
    () => names.execute(alice, { register: { name: "example", years: 11 } }, coins(55)),
    ContractError,
    "10",
  );
  names.execute(alice, { register: { name: "example", years: 10 } }, coins(50));
  assertThrows(
    () => names.execute(alice, { renew: { name: "example" } }, coins(5)),
    ContractError,
    "10 years from now",
  );
});

Deno.test("what was paid is the service's", () => {
  const { chain, names, alice, owner } = start();
  names.execute(alice, { register: { name: "example" } }, coins(5));
  assertThrows(() => names.execute(alice, { withdraw: { amount: coins(5) } }), ContractError, "Only the owner");
  names.execute(owner, { withdraw: { amount: coins(5) } });
  assertEquals(chain.balance(owner, "euro"), 5n);
  names.execute(owner, { set_price: { price: coins(7), short_factor: 2 } });
  assertEquals(names.query({ price: { name: "four" } }), coins(14));
});

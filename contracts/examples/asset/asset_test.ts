import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { attribute, type Coin, ContractError, MockChain } from "../../sdk/mod.ts";
// The SDK's buildContract, remembered from one run of the tests to the next.
import { buildContract } from "../../../tests/helpers/built_contract.ts";

const wasm = await buildContract(new URL(".", import.meta.url));
const euros = (amount: bigint): Coin => ({ denom: "euro", amount: String(amount) });
const NAMES = ["anna", "ben", "cleo"];

interface Holder {
  readonly shares: string;
  readonly owed: string;
}

/** Anna, Ben and Cleo may hold up to 600 shares, for at least 1000 seconds; Anna has 500. */
function start() {
  const chain = new MockChain();
  const [issuer, court] = [chain.account("issuer", euros(1_000_000n)), chain.account("court")];
  const [anna, ben, cleo] = NAMES.map((name) => chain.account(name)) as [string, string, string];
  const asset = chain.instantiate(issuer, chain.store(wasm), {
    name: "House at the lake",
    document: "https://example.com/house.pdf",
    document_hash: "ab".repeat(32),
    court,
    holder_max: "600",
    holding_period: 1000,
    payout_denom: "euro",
  });
  const until = Number(chain.time) + 1_000_000;
  for (const address of [anna, ben, cleo]) asset.execute(issuer, { allow: { address, until } });
  asset.execute(issuer, { issue: { recipient: anna, amount: "500" } });
  const holder = (address: string) => asset.query<Holder>({ holder: { address } });
  const shares = (...addresses: string[]) => addresses.map((address) => BigInt(holder(address).shares));
  const send = (from: string, recipient: string, amount: number) =>
    asset.execute(from, { transfer: { recipient, amount: String(amount) } });
  return { chain, asset, issuer, court, anna, ben, cleo, holder, shares, send };
}

Deno.test("shares go to those on the list, after the holding period, up to the limit", () => {
  const { chain, asset, issuer, anna, ben, shares, send } = start();
  assertThrows(() => send(anna, ben, 100), ContractError, "The holding period is not over");
  chain.advance({ seconds: 1000n });
  send(anna, ben, 100);
  assertEquals(shares(anna, ben), [400n, 100n]);
  assertThrows(() => send(ben, anna, 50), ContractError, "The holding period is not over");
  assertThrows(() => send(anna, chain.account("dora"), 1), ContractError, "not on the list");
  assertThrows(() => send(anna, ben, 401), ContractError, "has 400 shares, not 401");
  const issue = { issue: { recipient: ben, amount: "501" } };
  assertThrows(() => asset.execute(issuer, issue), ContractError, "would hold more than 600");
  assertThrows(() => asset.execute(anna, issue), ContractError, "Only the issuer");
});

Deno.test("who is taken off the list, or whose time there is over, can only give", () => {
  const { chain, asset, issuer, anna, ben, cleo, shares, send } = start();
  chain.advance({ seconds: 1000n });
  asset.execute(issuer, { allow: { address: ben, until: 0 } });
  assertThrows(() => send(anna, ben, 1), ContractError, "not on the list");
  asset.execute(issuer, { allow: { address: anna, until: 0 } });
  send(anna, cleo, 500);
  assertEquals(shares(anna, cleo), [0n, 500n]);
  chain.advance({ seconds: 1_000_000n });
  assertThrows(
    () => asset.execute(issuer, { issue: { recipient: cleo, amount: "1" } }),
    ContractError,
    "not on the list",
  );
});

Deno.test("the court moves shares whatever their holder says, and says why", () => {
  const { asset, issuer, court, anna, ben, shares } = start();
  asset.execute(issuer, { pause: { paused: true } });
  const order = { force_transfer: { from: anna, recipient: ben, amount: "200", reason: "judgment 12/34" } };
  assertThrows(() => asset.execute(issuer, order), ContractError, "Only the court");
  const outcome = asset.execute(court, order);
  assertEquals([shares(anna, ben), attribute(outcome, "reason")], [[300n, 200n], "judgment 12/34"]);
});

Deno.test("the issuer stops transfers and lets them go on", () => {
  const { chain, asset, issuer, anna, ben, send } = start();
  chain.advance({ seconds: 1000n });
  asset.execute(issuer, { pause: { paused: true } });
  assertThrows(() => send(anna, ben, 1), ContractError, "Transfers are stopped");
  asset.execute(issuer, { pause: { paused: false } });
  send(anna, ben, 1);
});

Deno.test("earnings go to those who held shares when they came in", () => {
  const { chain, asset, issuer, anna, ben, holder, send } = start();
  asset.execute(issuer, { pay_in: {} }, euros(1000n));
  chain.advance({ seconds: 1000n });
  send(anna, ben, 250);
  asset.execute(issuer, { pay_in: {} }, euros(500n));
  assertEquals([holder(anna).owed, holder(ben).owed], ["1250", "250"]);
  asset.execute(ben, { take_out: {} });
  assertThrows(() => asset.execute(ben, { take_out: {} }), ContractError, "Nothing to take out");
  asset.execute(anna, { redeem: { amount: "250" } });
  asset.execute(anna, { take_out: {} });
  assertEquals([chain.balance(anna, "euro"), chain.balance(ben, "euro")], [1250n, 250n]);
  assertEquals(chain.balance(asset.address, "euro"), 0n);
});

const step = fc.record({
  what: fc.constantFrom("transfer", "issue", "redeem", "force_transfer", "pay_in", "take_out"),
  by: fc.constantFrom(...NAMES),
  to: fc.constantFrom(...NAMES),
  amount: fc.integer({ min: 1, max: 300 }),
});

Deno.test("whatever happens, shares add up, no limit is passed, and every debt is covered", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const { chain, asset, issuer, court, holder, shares } = start();
      for (const { what, by, to, amount: number } of steps) {
        const [from, recipient, amount] = [chain.account(by), chain.account(to), String(number)];
        const senders: Record<string, string> = { issue: issuer, pay_in: issuer, force_transfer: court };
        const bodies: Record<string, object> = {
          transfer: { recipient, amount },
          issue: { recipient, amount },
          redeem: { amount },
          force_transfer: { from, recipient, amount, reason: "x" },
        };
        const [sender, body] = [senders[what] ?? from, bodies[what] ?? {}];
        try {
          asset.execute(sender, { [what]: body }, ...(what === "pay_in" ? [euros(BigInt(number))] : []));
        } catch (error) {
          if (!(error instanceof ContractError)) throw error;
        }
        chain.advance({ seconds: 400n });
      }
      const all = NAMES.map((name) => chain.account(name));
      const { supply } = asset.query<{ supply: string }>({ asset: {} });
      assertEquals(shares(...all).reduce((sum, one) => sum + one), BigInt(supply));
      assertEquals(shares(...all).every((one) => one <= 600n), true);
      const owed = all.reduce((sum, address) => sum + BigInt(holder(address).owed), 0n);
      assertEquals(owed <= chain.balance(asset.address, "euro"), true);
    }),
    { numRuns: 30 },
  );
});

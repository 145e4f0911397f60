import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { attribute, type Coin, ContractError, MockChain } from "../../sdk/mod.ts";
// The SDK's buildContract, remembered from one run of the tests to the next.
import { buildContract } from "../../../tests/helpers/built_contract.ts";

const wasm = await buildContract(new URL(".", import.meta.url));
const tokenWasm = await buildContract(new URL("../token/", import.meta.url));
const euros = (amount: number): Coin => ({ denom: "euro", amount: String(amount) });

function start() {
  const chain = new MockChain();
  const [seller, arbiter, stranger] = [chain.account("seller"), chain.account("arbiter"), chain.account("stranger")];
  const buyer = chain.account("buyer", euros(1000));
  const escrow = chain.instantiate(stranger, chain.store(wasm), {});
  const deadline = { at_height: Number(chain.height) + 10 };
  const open = (...funds: Coin[]) => {
    const outcome = escrow.execute(buyer, { open_deal: { seller, arbiter, deadline, note: "a bicycle" } }, ...funds);
    return Number(attribute(outcome, "id"));
  };
  return { chain, escrow, buyer, seller, arbiter, stranger, deadline, open };
}

Deno.test("the arbiter releases the money to the seller, once", () => {
  const { chain, escrow, seller, arbiter, open } = start();
  const id = open(euros(300));
  assertEquals(chain.balance(escrow.address, "euro"), 300n);
  escrow.execute(arbiter, { release: { id } });
  assertEquals([chain.balance(escrow.address, "euro"), chain.balance(seller, "euro")], [0n, 300n]);
  assertThrows(() => escrow.execute(arbiter, { release: { id } }), ContractError, "deals not found");
});

Deno.test("nobody else releases it, the buyer least of all takes it back", () => {
  const { escrow, buyer, seller, stranger, open } = start();
  const id = open(euros(300));
  for (const one of [buyer, seller, stranger]) {
    assertThrows(() => escrow.execute(one, { release: { id } }), ContractError, "Only the arbiter can release");
  }
  for (const one of [buyer, stranger]) {
    assertThrows(() => escrow.execute(one, { refund: { id } }), ContractError, "before the deadline");
  }
});

Deno.test("after the deadline the money goes back, whoever asks for it", () => {
  const { chain, escrow, buyer, arbiter, stranger, open } = start();
  const id = open(euros(300));
  chain.advance({ blocks: 10n });
  assertThrows(() => escrow.execute(arbiter, { release: { id } }), ContractError, "the money goes back");
  escrow.execute(stranger, { refund: { id } });
  assertEquals(chain.balance(buyer, "euro"), 1000n);
});

Deno.test("a deal without money, deadline or independent arbiter is refused", () => {
  const { escrow, buyer, seller, arbiter, deadline, open } = start();
  assertThrows(() => open(), ContractError, "No funds sent");
  const refused = (change: object, why: string) => {
    const message = { open_deal: { seller, arbiter, deadline, ...change } };
    assertThrows(() => escrow.execute(buyer, message, euros(1)), ContractError, why);
  };
  refused({ deadline: { never: {} } }, "wants a deadline");
  refused({ deadline: { at_height: 1 } }, "over already");
  refused({ arbiter: buyer }, "cannot be the arbiter");
  refused({ arbiter: seller }, "cannot be the arbiter");
  refused({ note: "x".repeat(257) }, "too long");
});

Deno.test("tokens wait as coins do", () => {
  const { chain, escrow, buyer, seller, arbiter, deadline } = start();
  const initial = [{ address: buyer, amount: "50" }];
  const setup = { name: "Example", symbol: "EXA", decimals: 0, initial_balances: initial };
  const token = chain.instantiate(buyer, chain.store(tokenWasm), setup);
  const msg = new TextEncoder().encode(JSON.stringify({ seller, arbiter, deadline }));
  token.execute(buyer, { send: { contract: escrow.address, amount: "20", msg } });
  const balance = (address: string) => token.query<{ balance: string }>({ balance: { address } }).balance;
  assertEquals([balance(buyer), balance(escrow.address)], ["30", "20"]);
  escrow.execute(arbiter, { release: { id: 1 } });
  assertEquals([balance(escrow.address), balance(seller)], ["0", "20"]);
});

Deno.test("whatever happens, the escrow holds exactly what its open deals say", () => {
  const step = fc.record({
    who: fc.constantFrom("buyer", "seller", "arbiter", "stranger"),
    what: fc.constantFrom("open", "release", "refund"),
    id: fc.integer({ min: 1, max: 4 }),
    amount: fc.integer({ min: 1, max: 400 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const { chain, escrow, open } = start();
      for (const { who, what, id, amount } of steps) {
        try {
          if (what === "open") open(euros(amount));
          else escrow.execute(chain.account(who), { [what]: { id } });
        } catch (error) {
          if (!(error instanceof ContractError)) throw error;
        }
        chain.advance();
      }
      const { deals } = escrow.query<{ deals: { deal: { coins: Coin[] } }[] }>({ deals: { limit: 30 } });
      const sum = deals.flatMap(({ deal }) => deal.coins).reduce((total, { amount }) => total + BigInt(amount), 0n);
      assertEquals(chain.balance(escrow.address, "euro"), sum);
    }),
    { numRuns: 30 },
  );
});

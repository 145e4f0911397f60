import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { attribute, ContractError, MockChain, type MockInstance } from "../../sdk/mod.ts";
// The SDK's buildContract, remembered from one run of the tests to the next.
import { buildContract } from "../../../tests/helpers/built_contract.ts";

const wasm = await buildContract(new URL(".", import.meta.url));
/** cw20-base of the CosmWasm project, to compare with; see tests/vectors/cosmwasm. */
const original = await Deno.readFile(new URL("../../../tests/vectors/cosmwasm/cw20_base.wasm", import.meta.url));

/** A token on a chain of its own; alice has 1000 and may make more. */
function start(code = wasm) {
  const chain = new MockChain();
  const [alice, bob, carol] = [chain.account("alice"), chain.account("bob"), chain.account("carol")];
  const token = chain.instantiate(alice, chain.store(code), {
    name: "Example",
    symbol: "EXA",
    decimals: 6,
    initial_balances: [{ address: alice, amount: "1000" }],
    mint: { minter: alice, cap: "1500" },
  });
  const balance = (address: string) => BigInt(token.query<{ balance: string }>({ balance: { address } }).balance);
  return { chain, token, alice, bob, carol, balance };
}

Deno.test("a transfer moves tokens and tells about it", () => {
  const { token, alice, bob, balance } = start();
  const outcome = token.execute(alice, { transfer: { recipient: bob, amount: "400" } });
  assertEquals([balance(alice), balance(bob)], [600n, 400n]);
  assertEquals(["action", "from", "to", "amount"].map((key) => attribute(outcome, key)), [
    "transfer",
    alice,
    bob,
    "400",
  ]);
});

Deno.test("nobody can spend more than there is", () => {
  const { token, alice, bob, balance } = start();
  const transfer = { transfer: { recipient: bob, amount: "1001" } };
  assertThrows(() => token.execute(alice, transfer), ContractError, "Overflow: Cannot Sub with 1000 and 1001");
  assertEquals([balance(alice), balance(bob)], [1000n, 0n]);
});

Deno.test("messages that are not cw20's are refused", () => {
  const { token, alice, bob } = start();
  const refused = (message: unknown, why: string) =>
    assertThrows(() => token.execute(alice, message), ContractError, why);
  refused({ transfer: { recipient: bob } }, "missing field `amount`");
  refused({ transfer: { recipient: bob, amount: 5 } }, "Uint128");
  refused({ transfer: { recipient: bob, amount: "-5" } }, "Uint128");
  refused({ transfer: { recipient: bob, amount: "1", memo: "" } }, "unknown or repeated field");
  refused({ transfer: { recipient: "bob", amount: "1" } }, "addr_validate");
  refused({ steal: {} }, "unknown variant `steal`");
  refused({}, "one member");
});

Deno.test("the minter makes tokens up to the cap, and can hand over or give up", () => {
  const { token, alice, bob } = start();
  const mint = (amount: string) => ({ mint: { recipient: bob, amount } });
  assertThrows(() => token.execute(bob, mint("1")), ContractError, "Unauthorized");
  token.execute(alice, mint("500"));
  assertThrows(() => token.execute(alice, mint("1")), ContractError, "Minting cannot exceed the cap");
  token.execute(alice, { update_minter: { new_minter: bob } });
  assertEquals(token.query({ minter: {} }), { minter: bob, cap: "1500" });
  token.execute(bob, { update_minter: { new_minter: null } });
  assertEquals(token.query({ minter: {} }), null);
  assertThrows(() => token.execute(bob, mint("1")), ContractError, "Unauthorized");
});

Deno.test("an allowance can be spent until it is used up or over", () => {
  const { chain, token, alice, bob, carol, balance } = start();
  const spend = (amount: string) => token.execute(bob, { transfer_from: { owner: alice, recipient: carol, amount } });
  assertThrows(() => spend("1"), ContractError, "No allowance for this account");
  const expires = { at_height: Number(chain.height) + 5 };
  token.execute(alice, { increase_allowance: { spender: bob, amount: "100", expires } });
  assertEquals(token.query({ allowance: { owner: alice, spender: bob } }), { allowance: "100", expires });
  spend("60");
  assertThrows(() => spend("60"), ContractError, "Cannot Sub with 40 and 60");
  chain.advance({ blocks: 5n });
  assertThrows(() => spend("40"), ContractError, "Allowance is expired");
  assertEquals(balance(carol), 60n);
});

Deno.test("marketing data is for its manager to change", () => {
  const chain = new MockChain();
  const alice = chain.account("alice");
  const marketing = { project: "site", marketing: alice, logo: { url: "https://example.com/logo.svg" } };
  const code = { name: "Example", symbol: "EXA", decimals: 0, initial_balances: [], marketing };
  const token = chain.instantiate(alice, chain.store(wasm), code);
  token.execute(alice, { update_marketing: { description: "a token", project: "" } });
  assertEquals(token.query({ marketing_info: {} }), { ...marketing, project: null, description: "a token" });
  assertThrows(() => token.execute(chain.account("bob"), { upload_logo: { url: "x" } }), ContractError, "Unauthorized");
});

const ACCOUNTS = ["alice", "bob", "carol"];
const account = fc.constantFrom(...ACCOUNTS);
// The original is too old to take zero, as newer ones do.
const amount = fc.integer({ min: 1, max: 1200 }).map(String);
const expires = fc.constantFrom(undefined, { never: {} }, { at_height: "+1" }, { at_height: "+9" });

/** A message whose accounts are still names, and whose heights count from now: the original is too old to refuse past ones. */
const message = fc.oneof(
  fc.record({ transfer: fc.record({ recipient: account, amount }) }),
  fc.record({ burn: fc.record({ amount }) }),
  fc.record({ mint: fc.record({ recipient: account, amount }) }),
  fc.record({ increase_allowance: fc.record({ spender: account, amount, expires }) }),
  fc.record({ decrease_allowance: fc.record({ spender: account, amount, expires }) }),
  fc.record({ transfer_from: fc.record({ owner: account, recipient: account, amount }) }),
  fc.record({ burn_from: fc.record({ owner: account, amount }) }),
);

/** The message with addresses and heights. */
function filledIn(message: unknown, chain: MockChain): unknown {
  const text = JSON.stringify(message)
    .replaceAll(/"(alice|bob|carol)"/g, (_, name) => JSON.stringify(chain.account(name)))
    .replaceAll(/"\+(\d)"/g, (_, ahead) => String(chain.height + BigInt(ahead)));
  return JSON.parse(text);
}

function attempt(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    if (error instanceof ContractError) return error.message;
    throw error;
  }
}

function everything(chain: MockChain, token: MockInstance) {
  const names = ACCOUNTS.map((name) => chain.account(name));
  return [
    token.query({ token_info: {} }),
    token.query({ minter: {} }),
    token.query({ all_accounts: {} }),
    token.query({ all_accounts: { start_after: names[0], limit: 1 } }),
    ...names.map((address) => token.query({ balance: { address } })),
    ...names.map((owner) => token.query({ all_allowances: { owner } })),
    ...names.map((spender) => token.query({ allowance: { owner: names[0], spender } })),
  ];
}

const sequences = fc.array(fc.tuple(account, message), { maxLength: 25 });

Deno.test("answers, events and refusals are cw20-base's", () => {
  fc.assert(
    fc.property(sequences, (sequence) => {
      const [ours, theirs] = [start(), start(original)];
      for (const [sender, named] of sequence) {
        const run = ({ chain, token }: ReturnType<typeof start>) =>
          attempt(() => token.execute(chain.account(sender), filledIn(named, chain)).events);
        const [a, b] = [run(ours), run(theirs)];
        // The original names a Rust type here.
        if (!String(b).endsWith("AllowanceResponse not found")) assertEquals(a, b);
        else assertEquals(a, "No allowance for this account");
        for (const { chain } of [ours, theirs]) chain.advance({ blocks: 1n, seconds: 100n });
      }
      assertEquals(everything(ours.chain, ours.token), everything(theirs.chain, theirs.token));
    }),
    { numRuns: 30 },
  );
});

Deno.test("whatever is sent, balances add up to the supply", () => {
  fc.assert(
    fc.property(sequences, (sequence) => {
      const { chain, token, balance } = start();
      for (const [sender, named] of sequence) {
        attempt(() => token.execute(chain.account(sender), filledIn(named, chain)));
      }
      const total = ACCOUNTS.reduce((sum, name) => sum + balance(chain.account(name)), 0n);
      assertEquals(BigInt(token.query<{ total_supply: string }>({ token_info: {} }).total_supply), total);
    }),
    { numRuns: 30 },
  );
});

import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { attribute, ContractError, MockChain } from "../../sdk/mod.ts";
// The SDK's buildContract, remembered from one run of the tests to the next.
import { buildContract } from "../../../tests/helpers/built_contract.ts";

const wasm = await buildContract(new URL(".", import.meta.url));
const WEEK = 7n * 24n * 3600n;

/** Anna has 5 of 10 votes, Ben 3, Cleo 2; more than half of at least 40 % decides. */
function start() {
  const chain = new MockChain();
  const [anna, ben, cleo] = [chain.account("anna"), chain.account("ben"), chain.account("cleo")];
  const members = [{ address: anna, weight: 5 }, { address: ben, weight: 3 }, { address: cleo, weight: 2 }];
  const rules = { threshold: 501, quorum: 400, voting_period: Number(WEEK) };
  const dao = chain.instantiate(anna, chain.store(wasm), { members, ...rules });
  chain.mint(dao.address, "euro", 100n);
  const propose = (messages: unknown[]) => {
    const outcome = dao.execute(cleo, { propose: { title: "A thing", description: "and why", messages } });
    return Number(attribute(outcome, "id"));
  };
  const vote = (who: string, id: number, vote: string) => dao.execute(who, { vote: { id, vote } });
  const status = (id: number) => dao.query<{ status: string }>({ proposal: { id } }).status;
  const pay = (to: string, amount: number) => ({
    bank: { send: { to_address: to, amount: [{ denom: "euro", amount: String(amount) }] } },
  });
  const call = (message: unknown) => ({
    wasm: { execute: { contract_addr: dao.address, msg: btoa(JSON.stringify(message)), funds: [] } },
  });
  return { chain, dao, anna, ben, cleo, propose, vote, status, pay, call };
}

Deno.test("a proposal that most voted for is carried out, once", () => {
  const { chain, dao, anna, ben, cleo, propose, vote, status, pay } = start();
  const id = propose([pay(ben, 30)]);
  vote(anna, id, "yes");
  assertEquals(status(id), "open");
  assertThrows(() => dao.execute(ben, { execute: { id } }), ContractError, "not passed: open");
  vote(cleo, id, "yes");
  assertEquals(status(id), "passed");
  dao.execute(ben, { execute: { id } });
  assertEquals([chain.balance(ben, "euro"), status(id)], [30n, "executed"]);
  assertThrows(() => dao.execute(ben, { execute: { id } }), ContractError, "not passed: executed");
});

Deno.test("votes are for members, one each, in time", () => {
  const { chain, anna, ben, propose, vote } = start();
  const id = propose([]);
  assertThrows(() => vote(chain.account("stranger"), id, "yes"), ContractError, "Only those who were members");
  assertThrows(() => vote(anna, id, "perhaps"), ContractError, "A vote is yes, no or abstain");
  vote(anna, id, "no");
  assertThrows(() => vote(anna, id, "yes"), ContractError, "Already voted");
  chain.advance({ seconds: WEEK });
  assertThrows(() => vote(ben, id, "yes"), ContractError, "Voting is over");
});

Deno.test("when time is over, those who voted decide, if they are enough", () => {
  const { chain, anna, ben, cleo, propose, vote, status } = start();
  const [few, enough, against] = [propose([]), propose([]), propose([])];
  vote(ben, few, "yes");
  vote(ben, enough, "yes");
  vote(cleo, enough, "abstain");
  vote(ben, against, "yes");
  vote(anna, against, "no");
  chain.advance({ seconds: WEEK });
  assertEquals([few, enough, against].map(status), ["rejected", "passed", "rejected"]);
});

Deno.test("a message that fails leaves the proposal as it was", () => {
  const { chain, dao, anna, ben, cleo, propose, vote, status, pay } = start();
  const id = propose([pay(ben, 60), pay(cleo, 60)]);
  vote(anna, id, "yes");
  vote(ben, id, "yes");
  assertThrows(() => dao.execute(ben, { execute: { id } }), ContractError, "insufficient funds");
  assertEquals([chain.balance(ben, "euro"), status(id)], [0n, "passed"]);
  chain.mint(dao.address, "euro", 20n);
  dao.execute(ben, { execute: { id } });
  assertEquals([chain.balance(ben, "euro"), chain.balance(cleo, "euro")], [60n, 60n]);
});

Deno.test("only the group changes itself; who votes is who was in it when something was proposed", () => {
  const { chain, dao, anna, ben, cleo, propose, vote, call } = start();
  const dora = chain.account("dora");
  const change = { update_members: { members: [{ address: dora, weight: 1 }] } };
  assertThrows(() => dao.execute(anna, change), ContractError, "Only the group itself");
  const [id, older] = [propose([call(change)]), propose([])];
  vote(anna, id, "yes");
  vote(ben, id, "yes");
  dao.execute(cleo, { execute: { id } });
  assertEquals(dao.query({ members: {} }), { members: [{ address: dora, weight: 1 }], total_weight: 1 });
  assertThrows(() => propose([]), ContractError, "Only members can propose");
  assertThrows(() => vote(dora, older, "yes"), ContractError, "Only those who were members");
  vote(anna, older, "yes");
});

Deno.test("lists have the newest proposals first, and the votes of each", () => {
  const { dao, anna, ben, propose, vote } = start();
  const ids = [propose([]), propose([]), propose([])];
  const list = (query: object) =>
    dao.query<{ proposals: { proposal: { id: number } }[] }>({ proposals: query }).proposals.map((row) =>
      row.proposal.id
    );
  assertEquals([list({}), list({ start_before: 3, limit: 1 })], [ids.toReversed(), [2]]);
  vote(anna, 1, "yes");
  vote(ben, 1, "abstain");
  const votes = [{ voter: anna, vote: "yes" }, { voter: ben, vote: "abstain" }];
  assertEquals(dao.query({ votes: { id: 1 } }), { votes: votes.sort((a, b) => a.voter < b.voter ? -1 : 1) });
});

Deno.test("what has passed stays passed, however the rest votes", () => {
  const choice = fc.constantFrom("yes", "no", "abstain");
  fc.assert(
    fc.property(
      fc.tuple(choice, choice, choice),
      fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
      (choices, order) => {
        const { chain, anna, ben, cleo, propose, vote, status } = start();
        const id = propose([]);
        let passed = false;
        for (const at of order) {
          vote([anna, ben, cleo][at]!, id, choices[at]!);
          if (passed) assertEquals(status(id), "passed");
          passed = status(id) === "passed";
        }
        chain.advance({ seconds: WEEK });
        assertEquals(status(id), passed ? "passed" : "rejected");
      },
    ),
    { numRuns: 30 },
  );
});

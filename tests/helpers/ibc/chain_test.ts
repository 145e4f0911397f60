import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { MerkleProof } from "cosmjs-types/ibc/core/commitment/v1/commitment";
import { Header } from "cosmjs-types/ibc/lightclients/tendermint/v1/tendermint";
import { utf8ToBytes } from "../../../node/core/bytes.ts";
import { IoError } from "../../../node/core/errors.ts";
import { checkLightBlock } from "../../../node/core/light/mod.ts";
import { ICS23_SPECS, verifyMembership, verifyNonMembership } from "../../../node/core/merkle/mod.ts";
import { DENOM, sendMessage } from "../../bad_input/harness.ts";
import { asEndpoint, SECOND, TestChain, TestClock } from "./mod.ts";

const options = (now: bigint) => ({
  trustLevel: { numerator: 1, denominator: 3 },
  trustingPeriodMs: 3_600_000,
  clockDriftMs: 1_000,
  now,
});

const pay = (chain: TestChain, from: number, to: number, amount: string) =>
  sendMessage(chain.accounts[from]!.address, chain.accounts[to]!.address, amount + DENOM);

Deno.test("a test chain's blocks follow each other for the light client, also over a change of validators", () => {
  const chain = new TestChain();
  chain.changeValidators({ 4: 30n, 5: 30n, 0: 0n, 1: 0n, 2: 0n });
  for (let i = 0; i < 4; i++) chain.nextBlock();
  for (let height = 2n; height <= chain.height; height++) {
    const trusted = chain.blocks.light(height - 1n);
    const verdict = checkLightBlock(trusted, chain.blocks.light(height), options(chain.time));
    assert(verdict.ok, verdict.ok ? "" : verdict.error.message);
  }
  assertEquals(chain.blocks.at(chain.height).validators.validators.length, 3);
  const skipped = checkLightBlock(chain.blocks.light(1n), chain.blocks.light(chain.height), options(chain.time));
  assert(!skipped.ok);
});

Deno.test("a block's time is the clock's when it is made, and the first header of a height stays valid", () => {
  const clock = new TestClock();
  const chain = new TestChain({ clock });
  const early = chain.blocks.light(chain.height);
  clock.advance(100n * SECOND);
  chain.nextBlock();
  assertEquals(chain.time, clock.now);
  const verdict = checkLightBlock(early, chain.blocks.light(chain.height), options(clock.now));
  assert(verdict.ok);
});

Deno.test("proofs of a test chain lead to the header of the next block", () => {
  const chain = new TestChain();
  const { code } = chain.deliver([pay(chain, 0, 1, "5")]);
  assertEquals(code, 0);
  assertEquals(chain.balance(1), 1_000_000_005n);
  const { bytes } = chain.accounts[1]!.address;
  const keyOf = (denom: string) => Uint8Array.from([2, bytes.length, ...bytes, ...utf8ToBytes(denom)]);
  const there = chain.prove("bank", keyOf(DENOM));
  const absent = chain.prove("bank", keyOf("other"));
  chain.nextBlock();
  const { appHash } = chain.blocks.light(there.height.revisionHeight).signedHeader.header;
  const [inner, outer] = MerkleProof.decode(there.proof).proofs;
  const root = outer!.exist!.value;
  assert(verifyMembership(ICS23_SPECS.tendermint, appHash, outer!, utf8ToBytes("bank"), root));
  assert(verifyMembership(ICS23_SPECS.jmt, root, inner!, keyOf(DENOM), there.value!));
  assertEquals(absent.value, undefined);
  assert(verifyNonMembership(ICS23_SPECS.jmt, root, MerkleProof.decode(absent.proof).proofs[0]!, keyOf("other")));
});

Deno.test("headers for clients carry the validators after the trusted height", () => {
  const chain = new TestChain();
  chain.changeValidators({ 4: 30n });
  for (let i = 0; i < 3; i++) chain.nextBlock();
  const header = chain.blocks.header(chain.height, 3n);
  assertEquals(header.trustedValidators!.validators.length, 5);
  assertEquals(chain.blocks.header(chain.height, 2n).trustedValidators!.validators.length, 4);
  assertEquals(header.validatorSet!.totalVotingPower, 70n);
  assertEquals(Header.decode(Header.encode(header).finish()).trustedHeight, chain.ibcHeight(3n));
});

Deno.test("an endpoint over a test chain queues transactions until a block is made", async () => {
  const chain = new TestChain();
  const endpoint = asEndpoint(chain);
  let woken = 0;
  const end = endpoint.onBlock(() => woken++);
  const tx = chain.sign([pay(chain, 0, 1, "5")]);
  const simulated = await endpoint.simulate(tx);
  assert("gasUsed" in simulated && simulated.gasUsed > 0n);
  assertEquals((await endpoint.broadcast(tx)).code, 0);
  assertEquals((await endpoint.broadcast(tx)).code, 19);
  const again = chain.sign([pay(chain, 0, 1, "6")], { after: 1n });
  assertEquals((await endpoint.broadcast(again)).code, 0);
  assertEquals(await endpoint.transaction("00"), undefined);
  const [first] = chain.nextBlock();
  assertEquals(woken, 1);
  end();
  assertEquals(await endpoint.transaction(first!.hash), {
    hash: first!.hash,
    height: chain.height,
    code: 0,
    codespace: "",
    log: first!.log,
    gasUsed: first!.gasUsed,
    events: first!.events,
  });
  const { txs } = await endpoint.blockEvents(chain.height);
  assertEquals(txs.map(({ hash }) => hash)[0], first!.hash);
  assertEquals(txs.length, 2);
  const query = `transfer.recipient='${chain.accounts[1]!.address.text}' AND tx.height=${chain.height}`;
  assertEquals((await endpoint.searchTransactions(query, 1)).map(({ hash }) => hash), [first!.hash]);
  assertEquals((await endpoint.searchTransactions(query, 9)).length, 2);
  await assertRejects(() => endpoint.prove("bank", Uint8Array.of(1), chain.height), IoError, "for block");
  await assertRejects(() => endpoint.query("/none", new Uint8Array()), IoError, "unknown");
  assertEquals((await endpoint.latest()).height, chain.height);
});

Deno.test("an endpoint can make blocks by itself, and fail when it is told to", async () => {
  const chain = new TestChain();
  const endpoint = asEndpoint(chain, {
    blocks: "automatic",
    intercept(method) {
      if (method === "query") throw new IoError("chain_unreachable", "cut off");
    },
  });
  const { height } = await endpoint.latest();
  await endpoint.broadcast(chain.sign([pay(chain, 0, 1, "5")]));
  assertEquals((await endpoint.latest()).height, height + 2n);
  const proven = await endpoint.prove("bank", Uint8Array.of(1), height + 1n);
  assertEquals(proven.height.revisionHeight, height + 2n);
  await assertRejects(() => endpoint.query("/x", new Uint8Array()), IoError, "cut off");
});

Deno.test("a test chain refuses what is not there", () => {
  const chain = new TestChain();
  assertThrows(() => chain.blocks.light(9n), Error, "no block 9");
  assertThrows(() => chain.query("/none", new Uint8Array()), Error, "unknown query path");
});

Deno.test("a fork has the past of its chain and a future of its own", () => {
  const chain = new TestChain();
  chain.deliverOk([pay(chain, 0, 1, "5")]);
  const fork = chain.fork();
  assertEquals([fork.height, fork.time, fork.balance(1)], [chain.height, chain.time, chain.balance(1)]);
  assertEquals(fork.roots(), chain.roots());
  fork.deliverOk([pay(fork, 0, 1, "5")]);
  chain.deliverOk([pay(chain, 0, 1, "5")]);
  assertEquals(fork.blocks.light(fork.height), chain.blocks.light(chain.height));
  fork.deliverOk([pay(fork, 0, 1, "5")]);
  assertEquals([fork.balance(1), chain.balance(1)], [1_000_000_015n, 1_000_000_010n]);
  assertEquals(fork.balance(1), 1_000_000_015n);
});

import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Evidence } from "cosmjs-types/tendermint/types/evidence";
import { SignedMsgType } from "cosmjs-types/tendermint/types/types";
import { Block } from "cosmjs-types/tendermint/types/block";
import { CounterApp, counterTx } from "../../tests/helpers/counter_app.ts";
import { type Death, dying, Killed } from "../../tests/helpers/dying_store.ts";
import { genesisOf, seal, signVote } from "../../tests/helpers/mini_chain.ts";
import type { Decision } from "../consensus/mod.ts";
import { sha256 } from "../core/crypto/mod.ts";
import { attackEvidence, type ConflictingBlock } from "../core/light/mod.ts";
import { nanosToTimestamp, timestampToNanos } from "../core/time.ts";
import { blockIdKey, hashHeader } from "../core/types/mod.ts";
import { MemoryStore, type Store } from "../storage/mod.ts";
import { type Chain, openChain } from "./mod.ts";

const POWERS = [10n, 20n, 30n];
const GENESIS = genesisOf(POWERS);

function open(store: Store): Promise<Chain> {
  return openChain({
    store,
    genesis: GENESIS,
    createApplication: (head) => new CounterApp(head),
    proposerAddress: GENESIS.validators[0]!.address,
    onFailure: (error) => {
      throw error;
    },
  });
}

/** Builds, judges and seals the next block: what consensus does. */
async function decide({ executor, genesis }: Chain): Promise<Decision> {
  const { height, lastCommit, validators } = executor.context();
  const block = await executor.build({ height, round: 0, lastCommit });
  const judged = await executor.validate({ height, round: 0, blockId: block.blockId, bytes: block.bytes });
  assert(judged.valid);
  return { height, round: 0, block, commit: seal(genesis.chainId, validators, height, block.blockId, block.time) };
}

async function grow(chain: Chain, heights = 1): Promise<void> {
  for (let i = 0; i < heights; i++) await chain.executor.commit(await decide(chain));
}

/** Validator `index` signed twice in `round` of `height`; of a decided height also powers and time are right. */
async function conflict({ store, executor }: Chain, height: bigint, index = 1, round = 0): Promise<Evidence> {
  const { validators, chainId } = executor.state;
  const { address, votingPower } = validators.validators[index]!;
  const [voteA, voteB] = ["one", "two"].map((name) => {
    const hash = sha256(new TextEncoder().encode(name));
    return signVote(chainId, {
      type: SignedMsgType.SIGNED_MSG_TYPE_PREVOTE,
      height,
      round,
      blockId: { hash, partSetHeader: { total: 1, hash } },
      timestamp: nanosToTimestamp(0n),
      validatorAddress: address,
      validatorIndex: index,
      signature: new Uint8Array(),
      extension: new Uint8Array(),
      extensionSignature: new Uint8Array(),
    });
  }).sort((a, b) => blockIdKey(a.blockId) < blockIdKey(b.blockId) ? -1 : 1) as [never, never];
  const meta = await store.blocks.loadBlockMeta(height);
  const timestamp = meta?.header.time ?? nanosToTimestamp(0n);
  return {
    duplicateVoteEvidence: { voteA, voteB, totalVotingPower: 60n, validatorPower: votingPower, timestamp },
  };
}

/** The validators sealed another block at `height` with a false application. */
async function lunatic({ store }: Chain, height: bigint, commonHeight: bigint): Promise<Evidence> {
  const at = async (h: bigint): Promise<ConflictingBlock> => {
    const { header } = (await store.blocks.loadBlockMeta(h))!;
    const { validators } = (await store.loadValidators(h))!;
    return { header, commit: (await store.blocks.loadCommit(h))!, validators };
  };
  const trusted = await at(height);
  const set = (await store.loadValidators(height))!;
  const header = { ...trusted.header, appHash: sha256(new Uint8Array([6, 6, 6])) };
  const hash = hashHeader(header);
  const blockId = { hash, partSetHeader: { total: 1, hash } };
  const commit = seal(header.chainId, set, height, blockId, timestampToNanos(header.time));
  const { evidence } = attackEvidence({ ...trusted, header, commit }, trusted, await at(commonHeight));
  return { lightClientAttackEvidence: evidence };
}

const carried = async (chain: Chain, height: bigint) =>
  (await chain.store.blocks.loadBlock(height))!.block.evidence.evidence;
const verdict = async (chain: Chain, evidence: Evidence) => (await chain.evidence.submit(evidence)).verdict;

Deno.test("evidence of both kinds that is submitted is told, put into the next block, and taken once", async () => {
  const chain = await open(new MemoryStore());
  await grow(chain, 6);
  const told: Evidence[] = [];
  const end = chain.evidence.onNew((evidence) => told.push(evidence));
  const pieces = [await conflict(chain, 2n), await lunatic(chain, 5n, 3n)];
  for (const piece of pieces) {
    assertEquals(await chain.evidence.submit(piece), { verdict: "accept", known: false, reason: "" });
  }
  assertEquals([told, chain.evidence.pending()], [pieces, pieces]);
  assertEquals((await chain.evidence.submit(pieces[0]!)).known, true);
  await grow(chain);
  assertEquals((await carried(chain, 7n)).length, 2);
  assertEquals(chain.evidence.pending(), []);
  const again = await chain.evidence.submit(pieces[1]!);
  assertEquals([again.verdict, again.known], ["ignore", true]);
  end();
  await chain.evidence.submit(await conflict(chain, 3n));
  assertEquals(told.length, 2);
});

Deno.test("what is false is rejected, what cannot be judged yet is ignored", async () => {
  const chain = await open(new MemoryStore());
  await grow(chain, 6);
  const piece = await conflict(chain, 2n);
  const false_ = { duplicateVoteEvidence: { ...piece.duplicateVoteEvidence!, validatorPower: 1n } };
  assertEquals(await verdict(chain, false_), "reject");
  assertEquals(await verdict(chain, {}), "reject");
  assertEquals(await verdict(chain, await conflict(chain, 9n)), "ignore");
  assertEquals(await verdict(chain, await lunatic(chain, 5n, 3n).then(withoutSignature)), "reject");
  assertEquals(chain.evidence.pending(), []);
});

function withoutSignature(evidence: Evidence): Evidence {
  const copy = structuredClone(evidence);
  copy.lightClientAttackEvidence!.conflictingBlock!.signedHeader!.commit!.signatures[2]!.signature[0]! ^= 1;
  return copy;
}

Deno.test("what comes many times at once is judged once, and too much at once is not judged at all", async () => {
  const chain = await open(new MemoryStore());
  await grow(chain, 3);
  const piece = await conflict(chain, 2n);
  const answers = await Promise.all(Array.from({ length: 400 }, () => chain.evidence.submit(piece)));
  const count = (reason: string) => answers.filter((each) => each.reason.includes(reason)).length;
  assertEquals([answers.filter(({ verdict }) => verdict === "accept").length, count("is known")], [1, 255]);
  assertEquals(count("too much waits"), 400 - 256);
  assertEquals(await verdict(chain, await conflict(chain, 1n)), "accept", "later there is room again");
});

Deno.test("pending evidence, conflicts of the running height and what is punished survive a restart", async () => {
  const store = new MemoryStore();
  const first = await open(store);
  await grow(first, 4);
  const punished = await conflict(first, 1n);
  await first.evidence.submit(punished);
  await grow(first);
  const pending = await conflict(first, 2n, 2);
  await first.evidence.submit(pending);
  first.evidence.report(await conflict(first, 6n, 0));
  await first.executor.commit(await decide(first)).catch(() => {}); // waits for what was reported
  const second = await open(store);
  // The block that was committed carried what was pending; the conflict of its height became evidence.
  assertEquals((await second.evidence.submit(punished)).known, true);
  assertEquals((await second.evidence.submit(pending)).known, true);
  assertEquals(second.evidence.pending().map(({ duplicateVoteEvidence: votes }) => votes!.voteA!.height), [6n]);
  await grow(second);
  assertEquals((await carried(second, 7n)).length, 1);
  assertEquals((await open(store)).evidence.pending(), []);
});

Deno.test("a conflict of the running height that was reported before a restart becomes evidence after it", async () => {
  const store = new MemoryStore();
  const first = await open(store);
  await grow(first, 2);
  const piece = await conflict(first, 3n);
  first.evidence.report(piece);
  first.evidence.report(piece);
  // Reading is behind the write.
  await first.store.loadEvidence(2n);
  const second = await open(store);
  assertEquals(second.evidence.pending().length, 0);
  await grow(second, 2);
  const [found, ...more] = await carried(second, 4n);
  assertEquals([found!.duplicateVoteEvidence!.voteA!.height, more.length], [3n, 0]);
  const { header } = (await second.store.blocks.loadBlockMeta(3n))!;
  assertEquals(found!.duplicateVoteEvidence!.timestamp, header.time);
  assertEquals((await second.store.loadEvidence(4n)).reported, []);
});

Deno.test("a conflict that is reported late is judged at once", async () => {
  const chain = await open(new MemoryStore());
  await grow(chain, 4);
  const found = Promise.withResolvers<Evidence>();
  chain.evidence.onNew(found.resolve);
  for (const height of [2n, 4n]) {
    chain.evidence.report(await conflict(chain, height));
    await found.promise;
  }
  await grow(chain, 2);
  const all = [...await carried(chain, 5n), ...await carried(chain, 6n)];
  assertEquals(all.map(({ duplicateVoteEvidence: votes }) => votes!.voteA!.height).sort(), [2n, 4n]);
});

Deno.test("evidence of a proposal that is not decided is kept for a later one", async () => {
  const [chain, other] = [await open(new MemoryStore()), await open(new MemoryStore())];
  for (let i = 0; i < 3; i++) {
    const decision = await decide(chain);
    for (const each of [chain, other]) await each.executor.commit(decision);
  }
  await other.evidence.submit(await conflict(other, 2n));
  const { height, lastCommit } = other.executor.context();
  const { blockId, bytes } = await other.executor.build({ height, round: 0, lastCommit });
  assert((await chain.executor.validate({ height, round: 0, blockId, bytes })).valid);
  assertEquals(chain.evidence.pending().length, 1);
  await grow(chain);
  assertEquals((await carried(chain, 4n)).length, 1);
});

Deno.test("an attack whose culprits show only later is not proposed once others would find it false", async () => {
  const [ahead, chain] = [await open(new MemoryStore()), await open(new MemoryStore())];
  const decisions: Decision[] = [];
  for (let i = 0; i < 6; i++) {
    await ahead.mempool.admit(counterTx("alice", i));
    decisions.push(await decide(ahead));
    await ahead.executor.commit(decisions[i]!);
  }
  for (const decision of decisions.slice(0, 3)) await chain.executor.commit(decision);
  // Sealed before its time with the state of block 5: lunatic while block 3 is the last, an amnesia when block 5 is there.
  const header = async (of: Chain, height: bigint) => (await of.store.blocks.loadBlockMeta(height))!.header;
  const last = await header(chain, 3n);
  const { validators } = chain.executor.state;
  const conflicting = { ...await header(ahead, 5n), dataHash: last.dataHash, time: last.time };
  const hash = hashHeader(conflicting);
  const blockId = { hash, partSetHeader: { total: 1, hash } };
  const time = timestampToNanos(last.time);
  const commit = seal(GENESIS.chainId, validators, 5n, blockId, time, { round: 2 });
  const of = (header: typeof last): ConflictingBlock => ({ header, commit, validators: validators.validators });
  const { kind, evidence } = attackEvidence(of(conflicting), of(last), of(await header(chain, 2n)));
  assertEquals([kind, await verdict(chain, { lightClientAttackEvidence: evidence })], ["lunatic", "accept"]);
  for (const decision of decisions.slice(3)) await chain.executor.commit(decision);
  assertEquals(chain.evidence.pending().length, 1);
  const { height, lastCommit } = chain.executor.context();
  const proposed = await chain.executor.build({ height, round: 0, lastCommit });
  assertEquals(Block.decode(proposed.bytes).evidence.evidence, []);
  assert((await ahead.executor.validate({ height, round: 0, ...proposed })).valid);
  assertEquals(chain.evidence.pending(), []);
});

Deno.test("a node without the history takes evidence of a decided block, and proposes or accepts none itself", async () => {
  const chain = await open(new MemoryStore());
  const young = await open(new MemoryStore());
  for (let i = 0; i < 4; i++) {
    const decision = await decide(chain);
    for (const each of [chain, young]) await each.executor.commit(decision);
  }
  const piece = await conflict(chain, 2n);
  // As after a start from a snapshot.
  young.store.loadEvidenceHeights = () => Promise.resolve(() => undefined);
  assertEquals(await verdict(young, piece), "ignore");
  assertEquals(await verdict(chain, piece), "accept");
  const decision = await decide(chain);
  const { height, block: { blockId, bytes } } = decision;
  assertEquals((await young.executor.validate({ height, round: 0, blockId, bytes })).valid, false);
  await young.executor.commit(decision);
  assertEquals((await carried(young, 5n)).length, 1);
  assertEquals((await young.evidence.submit(piece)).known, true);
});

Deno.test("a node that began above a height takes no evidence of it: a block it never saw may carry it", async () => {
  const chain = await open(new MemoryStore());
  await grow(chain, 4);
  chain.store.blocks.blockBase = () => Promise.resolve(3n);
  assertEquals(await verdict(chain, await conflict(chain, 2n)), "ignore");
  await chain.evidence.adopt([await conflict(chain, 2n)]);
  assertEquals(chain.evidence.pending(), []);
  assertEquals(await verdict(chain, await conflict(chain, 3n)), "accept");
});

Deno.test("dying at any write of a block with evidence leaves a chain that goes on", async () => {
  const make = async (store: Store) => {
    const chain = await open(store);
    while (chain.executor.state.lastHeight < 6n) {
      const { lastHeight } = chain.executor.state;
      if (lastHeight === 2n) chain.evidence.report(await conflict(chain, 3n));
      if (lastHeight === 4n) await chain.evidence.submit(await conflict(chain, 2n));
      await grow(chain);
    }
    return chain;
  };
  let deaths = 0;
  for (const death of ["before", "half", "after"] as Death[]) {
    for (let writes = 0;; writes++) {
      const disk = new MemoryStore();
      const died = await make(dying(disk, writes, death)).then(() => false, (error) => {
        if (!(error instanceof Killed)) throw error;
        return true;
      });
      const chain = await make(disk);
      const found: bigint[] = [];
      for (let height = 1n; height <= 6n; height++) {
        for (const { duplicateVoteEvidence: votes } of await carried(chain, height)) found.push(votes!.voteA!.height);
      }
      assertEquals(new Set(found).size, found.length, `nothing twice: ${writes} ${death}`);
      assert(found.includes(2n), `${writes} ${death}: ${found}`);
      if (!died) break;
      deaths++;
    }
  }
  assert(deaths > 60, `${deaths}`);
});

Deno.test("a store that cannot write evidence ends the chain at the next block", async () => {
  const store = new MemoryStore();
  const chain = await open(store);
  await grow(chain, 2);
  const failure = new Error("disk full");
  chain.store.saveEvidence = () => Promise.reject(failure);
  await assertRejects(async () => await chain.evidence.submit(await conflict(chain, 1n)), Error, "disk full");
  await assertRejects(() => grow(chain), Error, "disk full");
});

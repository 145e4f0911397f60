import { assert, assertEquals } from "@std/assert";
import type { Evidence } from "cosmjs-types/tendermint/types/evidence";
import { SignedMsgType, type Vote } from "cosmjs-types/tendermint/types/types";
import { encoded, genesisOf, MiniChain, signVote, valueOf } from "../../tests/helpers/mini_chain.ts";
import { sha256 } from "../core/crypto/mod.ts";
import { nanosToTimestamp, timestampToNanos } from "../core/time.ts";
import { blockIdKey } from "../core/types/mod.ts";
import { runResident } from "../core/work.ts";
import {
  type CommittedEvidence,
  type EvidenceHistory,
  EvidencePool,
  misbehaviorOf,
  validateBlock,
  validateEvidence,
} from "./mod.ts";

const POWERS = [10n, 20n, 30n];

function blockIdNamed(name: string) {
  const hash = sha256(new TextEncoder().encode(name));
  return { hash, partSetHeader: { total: 1, hash } };
}

/** Two signed precommits of a validator for different blocks, in the order evidence has them. */
function conflict(chain: MiniChain, height: bigint, index: number): [Vote, Vote] {
  const validator = chain.state.validators.validators[index]!;
  const votes = ["one", "two"].map((name) =>
    signVote(chain.state.chainId, {
      type: SignedMsgType.SIGNED_MSG_TYPE_PRECOMMIT,
      height,
      round: 0,
      blockId: blockIdNamed(name),
      timestamp: nanosToTimestamp(chain.state.lastBlockTime),
      validatorAddress: validator.address,
      validatorIndex: index,
      signature: new Uint8Array(),
      extension: new Uint8Array(),
      extensionSignature: new Uint8Array(),
    })
  );
  votes.sort((a, b) => blockIdKey(a.blockId) < blockIdKey(b.blockId) ? -1 : 1);
  return votes as [Vote, Vote];
}

/** Three blocks; validator 1 signed twice at height 2. */
function setup() {
  const chain = new MiniChain(genesisOf(POWERS));
  for (let i = 0; i < 3; i++) chain.take(chain.make());
  const [voteA, voteB] = conflict(chain, 2n, 1);
  const power = chain.state.validators.validators[1]!.votingPower;
  const time = chain.blocks[1]!.block.header.time;
  const evidence: Evidence = {
    duplicateVoteEvidence: { voteA, voteB, totalVotingPower: 60n, validatorPower: power, timestamp: time },
  };
  const history: EvidenceHistory = {
    at: (height) => {
      const block = chain.blocks[Number(height) - 1]?.block;
      return block && { time: timestampToNanos(block.header.time), validators: chain.state.validators };
    },
    committed: () => false,
  };
  return { chain, evidence, history };
}

const update = (
  pool: EvidencePool,
  { state }: MiniChain,
  carried: readonly Evidence[] = [],
  at: EvidenceHistory["at"] = () => undefined,
) => runResident(pool.updateWork(state, carried, at));

Deno.test("validateEvidence() takes two signed votes for different blocks", () => {
  const { chain, evidence, history } = setup();
  valueOf(validateEvidence(chain.state, evidence, history));
});

Deno.test("validateEvidence() refuses each thing that does not fit", () => {
  const { chain, evidence, history } = setup();
  const votes = evidence.duplicateVoteEvidence!;
  const judge = (change: Partial<typeof votes>, past = history, state = chain.state) =>
    validateEvidence(state, { duplicateVoteEvidence: { ...votes, ...change } }, past).ok;
  const [a, b] = [votes.voteA!, votes.voteB!];
  assertEquals(judge({}), true);
  assertEquals(judge({ validatorPower: 1n }), false);
  assertEquals(judge({ totalVotingPower: 61n }), false);
  assertEquals(judge({ timestamp: nanosToTimestamp(5n) }), false);
  assertEquals(judge({ voteB: a }), false, "the same vote twice");
  assertEquals(judge({ voteB: { ...b, round: 1 } }), false, "another round");
  assertEquals(judge({ voteB: { ...b, type: SignedMsgType.SIGNED_MSG_TYPE_PREVOTE } }), false, "another step");
  assertEquals(judge({ voteB: { ...b, signature: a.signature } }), false, "a wrong signature");
  assertEquals(judge({ voteA: { ...a, validatorAddress: new Uint8Array(20) } }), false, "a stranger");
  assertEquals(judge({}, { ...history, at: () => undefined }), false, "an unknown height");
  assertEquals(judge({}, { ...history, committed: () => true }), false, "punished already");
  assertEquals(validateEvidence(chain.state, {}, history).ok, false, "no kind at all");
});

Deno.test("what is stored above the last block does not count yet", () => {
  const { chain, evidence, history } = setup();
  assert(validateEvidence({ ...chain.state, lastHeight: 2n }, evidence, history).ok);
  assert(!validateEvidence({ ...chain.state, lastHeight: 1n }, evidence, history).ok);
});

Deno.test("evidence expires by blocks and time together", () => {
  const { chain, evidence, history } = setup();
  const limits = (maxAgeNumBlocks: bigint, seconds: bigint) => {
    const { consensusParams } = chain.state;
    const maxAgeDuration = { seconds, nanos: 0 };
    const params = { ...consensusParams.evidence, maxAgeNumBlocks, maxAgeDuration };
    return { ...chain.state, consensusParams: { ...consensusParams, evidence: params } };
  };
  const old = { ...chain.state, lastHeight: 100n, lastBlockTime: chain.state.lastBlockTime + 10n ** 12n };
  const judge = (blocks: bigint, seconds: bigint) => {
    const state = { ...old, consensusParams: limits(blocks, seconds).consensusParams };
    return validateEvidence(state, evidence, history).ok;
  };
  assertEquals([judge(10n, 10n), judge(10n, 10_000n), judge(1_000n, 10n)], [false, true, true]);
});

Deno.test("a block carries valid evidence once, and the pool lets go of it", () => {
  const { chain, evidence, history } = setup();
  const pool = new EvidencePool();
  valueOf(validateEvidence(chain.state, evidence, history));
  assertEquals([pool.insert(chain.state, evidence).added, pool.insert(chain.state, evidence).added], [true, false]);
  assertEquals([pool.pendingCount, pool.pending(10).evidence.length], [1, 0], "too large for ten bytes");
  const chosen = pool.pending(1_000_000).evidence;
  const made = chain.make({ evidence: chosen });
  valueOf(validateBlock(chain.state, made.block, made.blockId, history));
  const twice = chain.make({ evidence: [...chosen, ...chosen] });
  assertEquals(validateBlock(chain.state, twice.block, twice.blockId, history).ok, false);
  assertEquals(misbehaviorOf(chosen).map(({ height, totalVotingPower }) => [height, totalVotingPower]), [[2n, 60n]]);
  chain.take(made);
  const { changes } = update(pool, chain, chosen, history.at);
  const [[key, mark]] = changes.committed as [[string, CommittedEvidence]];
  assertEquals([pool.pendingCount, pool.isCommitted(key), mark.carriedAt], [0, true, 4n]);
  assertEquals(changes.pending, [[key, undefined]]);
  assert(new EvidencePool({ committed: [mark] }).isCommitted(key), "also after a restart");
  assertEquals(new EvidencePool({ committed: [mark], pending: [evidence] }).pendingCount, 0, "and not pending again");
  const past = { ...history, committed: (key: string) => pool.isCommitted(key) };
  const again = chain.make({ evidence: chosen });
  assertEquals(validateBlock(chain.state, again.block, again.blockId, past).ok, false);
});

Deno.test("validateBlock() refuses evidence above the size limit", () => {
  const { chain, evidence, history } = setup();
  const { consensusParams } = chain.state;
  const params = { ...consensusParams, evidence: { ...consensusParams.evidence, maxBytes: 100n } };
  const { block } = chain.make({ evidence: [evidence] });
  const made = encoded(block);
  assertEquals(validateBlock({ ...chain.state, consensusParams: params }, block, made.blockId, history).ok, false);
});

Deno.test("reported conflicts become evidence once their height is decided", () => {
  const chain = new MiniChain(genesisOf(POWERS));
  chain.take(chain.make());
  const pool = new EvidencePool();
  // Of the height being decided: the time of its block is not known yet.
  const [first, second] = conflict(chain, 2n, 2);
  const report = {
    voteA: second,
    voteB: first,
    totalVotingPower: 0n,
    validatorPower: 0n,
    timestamp: nanosToTimestamp(0n),
  };
  pool.report({ duplicateVoteEvidence: report });
  update(pool, chain);
  assertEquals(pool.pendingCount, 0);
  chain.take(chain.make());
  update(pool, chain);
  const [found] = pool.pending(1_000_000).evidence;
  assertEquals(found?.duplicateVoteEvidence?.timestamp, chain.blocks[1]!.block.header.time);
  assertEquals(found?.duplicateVoteEvidence?.voteA?.blockId, first.blockId, "in order");
});

Deno.test("late conflicts of an earlier height are judged by what was true then", () => {
  const { chain, evidence, history } = setup();
  const pool = new EvidencePool();
  pool.report(evidence);
  assertEquals(pool.heightsWanted(chain.state), [2n]);
  update(pool, chain, [], history.at);
  assertEquals([pool.pendingCount, pool.heightsWanted(chain.state)], [1, []]);
});

Deno.test("what the pool is told to remember makes the same pool after a restart", () => {
  const { chain, evidence } = setup();
  const pool = new EvidencePool();
  const inserted = pool.insert(chain.state, evidence);
  assert(inserted.added);
  const [voteA, voteB] = conflict(chain, 4n, 0);
  const reported = pool.report({ duplicateVoteEvidence: { ...evidence.duplicateVoteEvidence!, voteA, voteB } });
  const values = <T>(kept: readonly (readonly [string, T | undefined])[]) => kept.map(([, value]) => value!);
  const again = new EvidencePool({
    pending: values(inserted.changes.pending),
    reported: values(reported.reported),
  });
  assertEquals(again.list(), pool.list());
  chain.take(chain.make());
  const { fresh, changes } = update(again, chain);
  assertEquals(fresh.map(({ duplicateVoteEvidence: votes }) => votes!.voteA!.height), [4n]);
  assertEquals([again.pendingCount, changes.reported.map(([, value]) => value)], [2, [undefined]]);
});

Deno.test("the pool is bounded: per culprit, in number, and by what a block can carry", () => {
  const { chain, evidence } = setup();
  const pool = new EvidencePool();
  const votes = evidence.duplicateVoteEvidence!;
  // Only insert() is asked, which judges no signatures.
  const piece = (round: number, culprit: number): Evidence => {
    const validatorAddress = new Uint8Array(20).fill(culprit).fill(culprit >> 8, 10);
    const of = (vote: Vote) => ({ ...vote, round, validatorAddress });
    return { duplicateVoteEvidence: { ...votes, voteA: of(votes.voteA!), voteB: of(votes.voteB!) } };
  };
  const taken = (pieces: readonly Evidence[]) => pieces.filter((each) => pool.insert(chain.state, each).added).length;
  assertEquals(taken(Array.from({ length: 40 }, (_, round) => piece(round, 1))), 16);
  assertEquals(taken(Array.from({ length: 1_200 }, (_, i) => piece(0, i + 2))), 1_000 - 16);
  const { consensusParams } = chain.state;
  const small = { ...consensusParams, evidence: { ...consensusParams.evidence, maxBytes: 100n } };
  assertEquals(new EvidencePool().insert({ ...chain.state, consensusParams: small }, evidence).added, false);
});

Deno.test("evidence that expires while it waits is forgotten, and so are marks of what was committed", () => {
  const { chain, evidence } = setup();
  const { state } = chain;
  const [pool, other] = [new EvidencePool(), new EvidencePool()];
  pool.insert(state, evidence);
  update(other, chain, [evidence]);
  const { consensusParams } = state;
  const limits = { ...consensusParams.evidence, maxAgeNumBlocks: 1n, maxAgeDuration: { seconds: 1n, nanos: 0 } };
  const later = {
    ...state,
    lastHeight: 9n,
    lastBlockTime: state.lastBlockTime + 10n ** 10n,
    consensusParams: { ...consensusParams, evidence: limits },
  };
  const { changes } = runResident(pool.updateWork(later, [], () => undefined));
  assertEquals([pool.pendingCount, changes.pending.map(([, value]) => value)], [0, [undefined]]);
  assertEquals(pool.insert(later, evidence).added, false);
  const forgotten = runResident(other.updateWork(later, [], () => undefined)).changes.committed;
  assertEquals([other.knows(evidence), forgotten.map(([, value]) => value)], [false, [undefined]]);
});

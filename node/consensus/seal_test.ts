import { assert, assertEquals } from "@std/assert";
import type { Commit } from "cosmjs-types/tendermint/types/types";
import { BlockIDFlag } from "cosmjs-types/tendermint/types/validator";
import { ZERO_TIME } from "../core/types/mod.ts";
import { indexValidators } from "./proposer.ts";
import { sealFromVotes, sealLacks, sealWithLateVote, verifySeal, voteFromSeal } from "./seal.ts";
import { block, CHAIN, contextOf, validatorSet, vote } from "./tendermint/_testing.ts";

const POWERS = [10, 10, 10, 10];
const { verify } = contextOf(0);
const { blockId } = block("a");
const flags = (commit: Commit) => commit.signatures.map((sig) => sig.blockIdFlag);
const isProof = (commit: Commit, chain = CHAIN) =>
  verifySeal(chain, indexValidators(validatorSet(POWERS)), commit, verify);

const three = [0, 1, 3].map((i) => vote(i, "precommit", 2, "a"));

Deno.test("sealFromVotes() puts votes in validator order: for the block, for nil, absent", () => {
  const other = vote(3, "precommit", 2, "b");
  const seal = sealFromVotes(4, 1n, 2, blockId, [other, vote(2, "precommit", 2), vote(0, "precommit", 2, "a")]);
  const { BLOCK_ID_FLAG_ABSENT: absent, BLOCK_ID_FLAG_COMMIT: commit, BLOCK_ID_FLAG_NIL: nil } = BlockIDFlag;
  assertEquals(flags(seal), [commit, absent, nil, absent]);
  const empty = new Uint8Array(0);
  const nothing = { blockIdFlag: absent, validatorAddress: empty, timestamp: ZERO_TIME, signature: empty };
  assertEquals(seal.signatures[1], nothing);
  assertEquals([seal.height, seal.round], [1n, 2]);
});

Deno.test("sealFromVotes() takes an equivocator's vote for the block", () => {
  const votes = [vote(0, "precommit", 2), vote(0, "precommit", 2, "a"), vote(0, "precommit", 2)];
  assertEquals(flags(sealFromVotes(1, 1n, 2, blockId, votes)), [BlockIDFlag.BLOCK_ID_FLAG_COMMIT]);
});

Deno.test("verifySeal() accepts more than two thirds and nothing forged", () => {
  const seal = sealFromVotes(4, 1n, 2, blockId, three);
  assert(isProof(seal));
  assert(isProof(sealWithLateVote(seal, vote(2, "precommit", 2))));
  assert(!isProof(seal, "other-chain"));
  assert(!isProof({ ...seal, round: 1 }));
  assert(!isProof({ ...seal, height: 2n }));
  assert(!isProof({ ...seal, blockId: block("b").blockId }));
  assert(!isProof({ ...seal, signatures: [...seal.signatures, seal.signatures[0]!] }));
  assert(!isProof(sealFromVotes(4, 1n, 2, blockId, three.slice(1))));
  assert(!isProof(sealFromVotes(4, 1n, 2, blockId, [...three.slice(1), vote(2, "precommit", 2)])));
  const [first, second, ...rest] = seal.signatures;
  assert(!isProof({ ...seal, signatures: [second!, first!, ...rest] }));
  assert(!isProof({ ...seal, signatures: [{ ...first!, signature: second!.signature }, second!, ...rest] }));
  assert(
    !isProof({
      ...seal,
      signatures: seal.signatures.with(2, { ...seal.signatures[2]!, timestamp: { seconds: 0n, nanos: 0 } }),
    }),
  );
});

Deno.test("sealWithLateVote() fills an empty place only, with a vote of its height and round", () => {
  const seal = sealFromVotes(4, 1n, 2, blockId, three);
  assert(sealLacks(seal, 2) && !sealLacks(seal, 1) && !sealLacks(seal, 9));
  const full = sealWithLateVote(seal, vote(2, "precommit", 2, "a"));
  assertEquals(voteFromSeal(full, 2), vote(2, "precommit", 2, "a"));
  assertEquals(voteFromSeal(seal, 2), undefined);
  for (const late of [vote(2, "precommit", 1, "a"), vote(2, "precommit", 2, "a", 2n), vote(2, "precommit", 2, "b")]) {
    assertEquals(sealWithLateVote(seal, late), seal);
  }
  assertEquals(sealWithLateVote(full, vote(2, "precommit", 2)), full);
});

import { assert, assertEquals } from "@std/assert";
import type { Block } from "cosmjs-types/tendermint/types/block";
import type { Commit, Proposal, Vote } from "cosmjs-types/tendermint/types/types";
import { decodeBlock, decodeVote, EMPTY_BLOCK_ID, hashCommit, hashData, hashEvidence, ZERO_TIME } from "./mod.ts";
import { validateBlock, validateCommit, validateEvidence, validateProposal, validateVote } from "./mod.ts";
import { Block as BlockCodec } from "cosmjs-types/tendermint/types/block";
import { Vote as VoteCodec } from "cosmjs-types/tendermint/types/types";

const hash = new Uint8Array(32).fill(1);
const address = new Uint8Array(20).fill(2);
const signature = new Uint8Array(64).fill(3);
const blockId = { hash, partSetHeader: { total: 1, hash } };
const timestamp = { seconds: 1_700_000_000n, nanos: 5 };
const none = new Uint8Array();

const vote: Vote = {
  type: 2,
  height: 5n,
  round: 0,
  blockId,
  timestamp,
  validatorAddress: address,
  validatorIndex: 0,
  signature,
  extension: none,
  extensionSignature: none,
};
const present = { blockIdFlag: 2, validatorAddress: address, timestamp, signature };
const absent = { blockIdFlag: 1, validatorAddress: none, timestamp: ZERO_TIME, signature: none };
const commit: Commit = { height: 4n, round: 0, blockId, signatures: [present, absent, { ...present, blockIdFlag: 3 }] };
const proposal: Proposal = { type: 32, height: 5n, round: 2, polRound: -1, blockId, timestamp, signature };
const txs = [Uint8Array.of(1), none];
const block: Block = {
  header: {
    version: { block: 11n, app: 0n },
    chainId: "chain",
    height: 5n,
    time: timestamp,
    lastBlockId: blockId,
    lastCommitHash: hashCommit(commit),
    dataHash: hashData(txs),
    validatorsHash: hash,
    nextValidatorsHash: hash,
    consensusHash: hash,
    appHash: Uint8Array.of(1, 2, 3),
    lastResultsHash: hash,
    evidenceHash: hashEvidence([]),
    proposerAddress: address,
  },
  data: { txs },
  evidence: { evidence: [] },
  lastCommit: commit,
};

Deno.test("well-formed votes, commits, proposals and blocks are valid", () => {
  for (const result of [validateVote(vote), validateCommit(commit), validateProposal(proposal), validateBlock(block)]) {
    assertEquals(result, { ok: true, value: undefined });
  }
  assert(validateVote({ ...vote, type: 1, blockId: EMPTY_BLOCK_ID }).ok);
  assert(validateCommit({ height: 0n, round: 0, blockId: EMPTY_BLOCK_ID, signatures: [] }).ok);
  assert(validateProposal({ ...proposal, polRound: 1 }).ok);
});

Deno.test("validateVote() refuses each malformed field", () => {
  const bad: Partial<Vote>[] = [
    { type: 0 },
    { type: 32 },
    { height: 0n },
    { height: -1n },
    { round: -1 },
    { validatorIndex: -1 },
    { blockId: { hash, partSetHeader: { total: 0, hash } } },
    { blockId: { hash: none, partSetHeader: { total: 1, hash } } },
    { validatorAddress: none },
    { signature: none },
    { signature: new Uint8Array(65) },
    { type: 1, extension: Uint8Array.of(1) },
    { extension: Uint8Array.of(1) },
    { extensionSignature: new Uint8Array(65) },
    { timestamp: { seconds: 1n, nanos: 1_000_000_000 } },
    { timestamp: { seconds: 1n << 40n, nanos: 0 } },
  ];
  for (const part of bad) assert(!validateVote({ ...vote, ...part }).ok, Object.keys(part).join());
});

Deno.test("validateCommit() refuses commits for nil, without signatures, and malformed signatures", () => {
  const bad: Partial<Commit>[] = [
    { height: -1n },
    { round: -1 },
    { blockId: EMPTY_BLOCK_ID },
    { signatures: [] },
    { signatures: [{ ...present, blockIdFlag: 0 }] },
    { signatures: [{ ...present, blockIdFlag: 4 }] },
    { signatures: [{ ...absent, signature }] },
    { signatures: [{ ...absent, validatorAddress: address }] },
    { signatures: [{ ...absent, timestamp: { seconds: 0n, nanos: 0 } }] },
    { signatures: [{ ...present, validatorAddress: none }] },
    { signatures: [{ ...present, signature: none }] },
    { signatures: Array(10_001).fill(absent) },
  ];
  for (const part of bad) assert(!validateCommit({ ...commit, ...part }).ok, Object.keys(part).join());
});

Deno.test("validateProposal() refuses a lock that is not earlier, and an incomplete block id", () => {
  const bad: Partial<Proposal>[] = [
    { type: 1 },
    { polRound: -2 },
    { polRound: 2 },
    { round: -1 },
    { height: 0n },
    { blockId: EMPTY_BLOCK_ID },
    { signature: none },
  ];
  for (const part of bad) assert(!validateProposal({ ...proposal, ...part }).ok, Object.keys(part).join());
});

Deno.test("validateBlock() refuses a header that is not the block's", () => {
  const bad: Partial<Block>[] = [
    { data: { txs: [] } },
    { lastCommit: { ...commit, signatures: [present] } },
    { header: { ...block.header, version: { block: 10n, app: 0n } } },
    { header: { ...block.header, chainId: "c".repeat(51) } },
    { header: { ...block.header, height: 0n } },
    { header: { ...block.header, validatorsHash: new Uint8Array(31) } },
    { header: { ...block.header, proposerAddress: none } },
    { header: { ...block.header, evidenceHash: none } },
    { evidence: { evidence: [{}] } },
  ];
  for (const part of bad) assert(!validateBlock({ ...block, ...part }).ok, Object.keys(part).join());
  const { lastCommit: _, ...withoutCommit } = block;
  assert(!validateBlock(withoutCommit).ok);
});

Deno.test("validateEvidence() wants two votes in the order of their block ids", () => {
  const nil = { ...vote, blockId: EMPTY_BLOCK_ID };
  const evidence = (voteA: Vote, voteB: Vote) => ({
    duplicateVoteEvidence: { voteA, voteB, totalVotingPower: 10n, validatorPower: 1n, timestamp },
  });
  assert(validateEvidence(evidence(nil, vote)).ok);
  assert(!validateEvidence(evidence(vote, nil)).ok);
  assert(!validateEvidence(evidence(vote, vote)).ok);
  assert(!validateEvidence({}).ok);
});

Deno.test("decodeBlock() and decodeVote() take back what was encoded, and refuse what is cut, long or padded", () => {
  const bytes = BlockCodec.encode(block).finish();
  assertEquals(decodeBlock(bytes, bytes.length), { ok: true, value: BlockCodec.decode(bytes) });
  assert(!decodeBlock(bytes, bytes.length - 1).ok);
  for (const cut of [1, 7, 60]) assert(!decodeBlock(bytes.subarray(0, bytes.length - cut), 10_000).ok);
  const encoded = VoteCodec.encode(vote).finish();
  assert(decodeVote(encoded).ok);
  assert(!decodeVote(Uint8Array.of(...encoded, 0x98, 0x06, 0x01)).ok, "an unknown field");
  assert(!decodeVote(Uint8Array.of(0x08, 0x02, ...encoded)).ok, "a field twice");
});

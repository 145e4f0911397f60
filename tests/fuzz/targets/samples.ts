/** Valid things that several targets are made from. The same on every machine and at any time. @module */
import type { Evidence } from "cosmjs-types/tendermint/types/evidence";
import { type Commit, LightBlock, Proposal, SignedMsgType, type Vote } from "cosmjs-types/tendermint/types/types";
import { nanosToTimestamp } from "../../../node/core/time.ts";
import { utf8ToBytes } from "../../../node/core/bytes.ts";
import { decodeEvidence } from "../../../node/core/types/mod.ts";
import { GENESIS_TIME, genesisOf, type Made, MiniChain, signVote, valueOf } from "../../helpers/mini_chain.ts";
import { makeLightBlock, membersOf } from "../../helpers/light_chain.ts";
import { loadEvidenceVectors } from "../../helpers/evidence_vectors.ts";

/** Two pieces of evidence that CometBFT's code made: votes and a light client attack. */
export const EVIDENCE: readonly Evidence[] = loadEvidenceVectors().cases
  .filter(({ name }) => name === "duplicate prevotes" || name === "equivocation")
  .map(({ bytes }) => valueOf(decodeEvidence(Uint8Array.fromHex(bytes), 1 << 20)));

/** A chain of three blocks and four validators. */
function chain(): { readonly made: readonly Made[]; readonly commits: readonly Commit[]; readonly mini: MiniChain } {
  const mini = new MiniChain(genesisOf([10n, 10n, 10n, 10n], { chainId: "fuzz-1" }));
  const commits: Commit[] = [];
  for (const txs of [[], [utf8ToBytes("a transaction"), new Uint8Array(70).fill(3)], []]) {
    mini.take(mini.make({ txs }), [], commits.length === 1 ? { absent: [0], round: 2 } : {});
    commits.push(mini.lastCommit!);
  }
  return { made: mini.blocks, commits, mini };
}

export const { made: BLOCKS, commits: COMMITS, mini: CHAIN } = chain();

export const VALIDATORS = CHAIN.state.validators;

function voteOf(index: number, type: SignedMsgType, isNil: boolean, height: bigint, round: number): Vote {
  return signVote("fuzz-1", {
    type,
    height,
    round,
    blockId: isNil
      ? { hash: new Uint8Array(), partSetHeader: { total: 0, hash: new Uint8Array() } }
      : BLOCKS[1]!.blockId,
    timestamp: nanosToTimestamp(GENESIS_TIME + 5n),
    validatorAddress: VALIDATORS.validators[index]!.address,
    validatorIndex: index,
    signature: new Uint8Array(),
    extension: new Uint8Array(),
    extensionSignature: new Uint8Array(),
  });
}

export const VOTES: readonly Vote[] = [
  voteOf(0, SignedMsgType.SIGNED_MSG_TYPE_PREVOTE, false, 5n, 0),
  voteOf(3, SignedMsgType.SIGNED_MSG_TYPE_PRECOMMIT, true, 5n, 7),
  voteOf(1, SignedMsgType.SIGNED_MSG_TYPE_PRECOMMIT, false, 6n, 1),
];

export const PROPOSAL: Proposal = Proposal.fromPartial({
  type: SignedMsgType.SIGNED_MSG_TYPE_PROPOSAL,
  height: 5n,
  round: 2,
  polRound: -1,
  blockId: BLOCKS[1]!.blockId,
  timestamp: nanosToTimestamp(GENESIS_TIME),
  signature: new Uint8Array(64).fill(8),
});

const { signedHeader, validatorSet } = makeLightBlock({
  chainId: "fuzz-1",
  height: 7n,
  time: GENESIS_TIME,
  members: membersOf([0, 1, 2]),
  next: membersOf([1, 2, 3]),
});
export const LIGHT_BLOCK: LightBlock = LightBlock.fromPartial({ signedHeader, validatorSet });

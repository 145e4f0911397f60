/**
 * What validators sign: the canonical forms of CometBFT v0.38 (`CanonicalVote`, `CanonicalProposal`), length-delimited.
 * Heights and rounds have fixed width there, and a block id of nil is left out.
 * @module
 */
import { BinaryWriter } from "cosmjs-types/binary";
import { Timestamp } from "cosmjs-types/google/protobuf/timestamp";
import {
  type BlockID,
  type Commit,
  type Proposal,
  SignedMsgType,
  type Vote,
} from "cosmjs-types/tendermint/types/types";
import { BlockIDFlag } from "cosmjs-types/tendermint/types/validator";
import { EMPTY_BLOCK_ID, isNilBlockId } from "./block_id.ts";
import { ZERO_TIME } from "./zero_time.ts";

/** What a canonical vote is made of. */
export type SignedVote = Pick<Vote, "type" | "height" | "round"> & {
  readonly blockId?: BlockID | undefined;
  readonly timestamp?: Timestamp | undefined;
};

/** What a canonical proposal is made of. */
export type SignedProposal = Pick<Proposal, "height" | "round" | "polRound"> & {
  readonly blockId?: BlockID | undefined;
  readonly timestamp?: Timestamp | undefined;
};

const LENGTH_DELIMITED = 2;
const FIXED64 = 1;
const VARINT = 0;
const tag = (field: number, wireType: number) => (field << 3) | wireType;

function writeHeightAndRound(writer: BinaryWriter, height: bigint, round: number): void {
  if (height !== 0n) writer.uint32(tag(2, FIXED64)).sfixed64(height);
  if (round !== 0) writer.uint32(tag(3, FIXED64)).sfixed64(BigInt(round));
}

function writeBlockId(writer: BinaryWriter, field: number, id: BlockID | undefined): void {
  if (id === undefined || isNilBlockId(id)) return;
  writer.uint32(tag(field, LENGTH_DELIMITED)).fork();
  if (id.hash.length > 0) writer.uint32(tag(1, LENGTH_DELIMITED)).bytes(id.hash);
  writer.uint32(tag(2, LENGTH_DELIMITED)).fork();
  if (id.partSetHeader.total !== 0) writer.uint32(tag(1, VARINT)).uint32(id.partSetHeader.total);
  if (id.partSetHeader.hash.length > 0) writer.uint32(tag(2, LENGTH_DELIMITED)).bytes(id.partSetHeader.hash);
  writer.ldelim().ldelim();
}

/** The time is always there, also when it is Go's zero. */
function writeTimestamp(writer: BinaryWriter, field: number, time: Timestamp | undefined): void {
  Timestamp.encode(time ?? ZERO_TIME, writer.uint32(tag(field, LENGTH_DELIMITED)).fork()).ldelim();
}

function writeChainId(writer: BinaryWriter, field: number, chainId: string): void {
  if (chainId !== "") writer.uint32(tag(field, LENGTH_DELIMITED)).string(chainId);
}

/** The bytes a validator signs for `vote`. Address, index, extension and signature are not in them. */
export function voteSignBytes(chainId: string, vote: SignedVote): Uint8Array {
  const writer = BinaryWriter.create().fork();
  if (vote.type !== 0) writer.uint32(tag(1, VARINT)).int32(vote.type);
  writeHeightAndRound(writer, vote.height, vote.round);
  writeBlockId(writer, 4, vote.blockId);
  writeTimestamp(writer, 5, vote.timestamp);
  writeChainId(writer, 6, chainId);
  return writer.ldelim().finish();
}

/** The bytes a proposer signs. */
export function proposalSignBytes(chainId: string, proposal: SignedProposal): Uint8Array {
  const writer = BinaryWriter.create().fork();
  writer.uint32(tag(1, VARINT)).int32(SignedMsgType.SIGNED_MSG_TYPE_PROPOSAL);
  writeHeightAndRound(writer, proposal.height, proposal.round);
  if (proposal.polRound !== 0) writer.uint32(tag(4, VARINT)).int64(BigInt(proposal.polRound));
  writeBlockId(writer, 5, proposal.blockId);
  writeTimestamp(writer, 6, proposal.timestamp);
  writeChainId(writer, 7, chainId);
  return writer.ldelim().finish();
}

/** The bytes that signature `index` of `commit` is over: a precommit for the commit's block, or for nil. */
export function commitVoteSignBytes(chainId: string, commit: Commit, index: number): Uint8Array {
  const signature = commit.signatures[index];
  if (signature === undefined) throw new RangeError(`sign bytes of a commit: no signature ${index}`);
  const isForBlock = signature.blockIdFlag === BlockIDFlag.BLOCK_ID_FLAG_COMMIT;
  return voteSignBytes(chainId, {
    type: SignedMsgType.SIGNED_MSG_TYPE_PRECOMMIT,
    height: commit.height,
    round: commit.round,
    blockId: isForBlock ? commit.blockId : EMPTY_BLOCK_ID,
    timestamp: signature.timestamp,
  });
}

/** Tendermint messages and log records as bytes: a version, a tag, then frames around CometBFT's protobuf types. @module */
import { BlockID, Commit, Proposal, Vote } from "cosmjs-types/tendermint/types/types";
import { decodeStrict, encode } from "../../core/codec/mod.ts";
import type { CodedError } from "../../core/errors.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { decodeCommit, decodeProposal, decodeVote } from "../../core/types/mod.ts";
import type { EngineCodec } from "../engine.ts";
import type { Signable } from "../input.ts";
import { blockOf, factsOf, withBlock } from "./facts.ts";
import { type FrameReader, FrameWriter, malformed, readFrame } from "./_frames.ts";
import type { RoundSnapshot, TendermintMessage, TendermintRecord } from "./messages.ts";

const VERSION = 1;
/** CometBFT's default `block.max_bytes` (21 MiB) and room for the seal of 10 000 validators. */
const MESSAGE_BYTES_MAX = 22_020_096 + 2_097_152;
const BLOCK_ID_BYTES_MAX = 128;

const MESSAGE_TAG = { proposal: 1, vote: 2, decided: 3, status: 4 } as const;
const RECORD_TAG = { round_entered: 1, block_kept: 2, valid_value: 3, intent: 4 } as const;
const SIGNABLE_TAG = { proposal: 1, vote: 2 } as const;

const encodeVote = (vote: Vote) => encode(Vote, vote);
const encodeBlockId = (id: BlockID) => encode(BlockID, id);
const decodeBlockId = (bytes: Uint8Array) => decodeStrict(BlockID, bytes, "block id", BLOCK_ID_BYTES_MAX);

function encodeMessage(message: TendermintMessage): Uint8Array {
  const writer = new FrameWriter().u8(VERSION).u8(MESSAGE_TAG[message.type]);
  switch (message.type) {
    case "proposal":
      return writer.chunk(encode(Proposal, message.proposal)).bytes(message.block).finish();
    case "vote":
      return writer.bytes(encodeVote(message.vote)).finish();
    case "decided":
      return writer.chunk(encode(Commit, message.commit)).bytes(message.block).finish();
    case "status":
      return writer.i64(message.height).i32(message.round).finish();
  }
}

function decodeMessage(bytes: Uint8Array): Result<TendermintMessage, CodedError> {
  if (bytes.length > MESSAGE_BYTES_MAX) return err(malformed(`decode message: ${bytes.length} bytes`));
  return readFrame(bytes, "message", readMessage);
}

function readMessage(reader: FrameReader): TendermintMessage {
  const tag = readTag(reader);
  switch (tag) {
    case MESSAGE_TAG.proposal:
      return { type: "proposal", proposal: reader.value(decodeProposal), block: reader.rest() };
    case MESSAGE_TAG.vote:
      return { type: "vote", vote: reader.value(decodeVote, reader.rest()) };
    case MESSAGE_TAG.decided:
      return { type: "decided", commit: reader.value(decodeCommit), block: reader.rest() };
    case MESSAGE_TAG.status:
      return { type: "status", height: reader.i64(), round: reader.i32() };
    default:
      return reader.refuse(`unknown tag ${tag}`);
  }
}

function readTag(reader: FrameReader): number {
  const version = reader.u8();
  if (version !== VERSION) reader.refuse(`version ${version}`);
  return reader.u8();
}

function encodeRecord(record: TendermintRecord): Uint8Array {
  const writer = new FrameWriter().u8(VERSION).u8(RECORD_TAG[record.type]);
  switch (record.type) {
    case "round_entered":
      return writer.i32(record.round).list(record.votes, encodeVote).finish();
    case "block_kept": {
      const { blockId, time, bytes } = record.block;
      return writer.chunk(encodeBlockId(blockId)).i64(time).bytes(bytes).finish();
    }
    case "valid_value":
      return writer.i32(record.round).chunk(encodeBlockId(record.blockId)).list(record.prevotes, encodeVote).finish();
    case "intent":
      writeSnapshot(writer, record.snapshot);
      return writer.chunk(encodeSignable(record.message)).list(record.signed, encodeSignable).finish();
  }
}

const decodeRecord = (bytes: Uint8Array): Result<TendermintRecord, CodedError> =>
  readFrame(bytes, "record", readRecord);

function readRecord(reader: FrameReader): TendermintRecord {
  const tag = readTag(reader);
  switch (tag) {
    case RECORD_TAG.round_entered:
      return { type: "round_entered", round: reader.i32(), votes: reader.list(decodeVote) };
    case RECORD_TAG.block_kept: {
      const blockId = reader.value(decodeBlockId);
      const time = reader.i64();
      return { type: "block_kept", block: { blockId, time, bytes: reader.rest() } };
    }
    case RECORD_TAG.valid_value: {
      const round = reader.i32();
      return { type: "valid_value", round, blockId: reader.value(decodeBlockId), prevotes: reader.list(decodeVote) };
    }
    case RECORD_TAG.intent: {
      const snapshot = readSnapshot(reader);
      return { type: "intent", snapshot, message: reader.value(decodeSignable), signed: reader.list(decodeSignable) };
    }
    default:
      return reader.refuse(`unknown tag ${tag}`);
  }
}

function writeSnapshot(writer: FrameWriter, snapshot: RoundSnapshot): void {
  const id = (blockId: BlockID | undefined) => blockId === undefined ? new Uint8Array(0) : encodeBlockId(blockId);
  writer.i32(snapshot.round).i32(snapshot.lockedRound).i32(snapshot.validRound);
  writer.chunk(id(snapshot.lockedBlockId)).chunk(id(snapshot.validBlockId));
}

function readSnapshot(reader: FrameReader): RoundSnapshot {
  const [round, lockedRound, validRound] = [reader.i32(), reader.i32(), reader.i32()];
  const id = () => reader.value((bytes) => bytes.length === 0 ? ok(undefined) : decodeBlockId(bytes));
  return { round, lockedRound, validRound, lockedBlockId: id(), validBlockId: id() };
}

function encodeSignable(message: Signable): Uint8Array {
  const writer = new FrameWriter().u8(SIGNABLE_TAG[message.type]);
  const inner = message.type === "vote" ? encodeVote(message.vote) : encode(Proposal, message.proposal);
  return writer.bytes(inner).finish();
}

const decodeSignable = (bytes: Uint8Array): Result<Signable, CodedError> =>
  readFrame(bytes, "signable", (reader): Signable => {
    const tag = reader.u8();
    if (tag === SIGNABLE_TAG.vote) return { type: "vote", vote: reader.value(decodeVote, reader.rest()) };
    if (tag !== SIGNABLE_TAG.proposal) reader.refuse(`unknown tag ${tag}`);
    return { type: "proposal", proposal: reader.value(decodeProposal, reader.rest()) };
  });

/** Encodes and decodes; decoders are bounded and never throw. */
export const tendermintCodec: EngineCodec<TendermintMessage, TendermintRecord> = {
  encodeMessage,
  decodeMessage,
  encodeRecord,
  decodeRecord,
  facts: factsOf,
  blockOf,
  withBlock,
};

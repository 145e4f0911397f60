/**
 * What nodes say to each other about snapshots: the messages of CometBFT v0.38 (`proto/tendermint/statesync/types.proto`) without
 * the envelope, which the protocol stands for. Questions: `SnapshotsRequest` (empty), `ChunkRequest`; answers: a frame
 * `SnapshotsResponse` for each snapshot, one frame `ChunkResponse`. The version is the field `format`.
 * @module
 */
import { decodeStrict, encode, fields, messageCodec } from "../core/codec/mod.ts";
import type { CodedError } from "../core/errors.ts";
import { err, ok, type Result } from "../core/result.ts";
import type { SnapshotOffer } from "./state_ports.ts";

/** CometBFT's `snapshotMsgSize`: metadata of any snapshot fit many times. */
export const SNAPSHOT_FRAME_BYTES_MAX = 4_000_000;
/** The longest chunk of any format, with what frames it. */
export const CHUNK_FRAME_BYTES_MAX = 22 * 1024 * 1024;
const QUESTION_BYTES_MAX = 64;
const HASH_BYTES_MAX = 64;
const INT64_MAX = (1n << 63n) - 1n;

const refuse = (message: string): Result<never, CodedError> => err({ codespace: "sync", code: 1, message });

const snapshotsResponse = messageCodec("/tendermint.statesync.SnapshotsResponse", {
  height: fields.uint64(1),
  format: fields.uint32(2),
  chunks: fields.uint32(3),
  hash: fields.bytes(4),
  metadata: fields.bytes(5),
});
const chunkRequest = messageCodec("/tendermint.statesync.ChunkRequest", {
  height: fields.uint64(1),
  format: fields.uint32(2),
  index: fields.uint32(3),
});
const chunkResponse = messageCodec("/tendermint.statesync.ChunkResponse", {
  height: fields.uint64(1),
  format: fields.uint32(2),
  index: fields.uint32(3),
  chunk: fields.bytes(4),
  missing: fields.bool(5),
});

/** Names a chunk. */
export interface ChunkQuestion {
  readonly height: bigint;
  readonly format: number;
  readonly index: number;
}

/** `SnapshotsRequest` has no fields. */
export const SNAPSHOTS_QUESTION: Uint8Array = new Uint8Array();

/** Whether a question for snapshots is one. */
export const isSnapshotsQuestion = (bytes: Uint8Array): boolean => bytes.length === 0;

export const encodeSnapshotOffer = (offer: SnapshotOffer): Uint8Array => encode(snapshotsResponse, offer);

/** CometBFT `validateMsg`: a height, a hash, at least one chunk unless the state is empty. */
export function decodeSnapshotOffer(bytes: Uint8Array): Result<SnapshotOffer> {
  const decoded = decodeStrict(snapshotsResponse, bytes, "snapshot offer", SNAPSHOT_FRAME_BYTES_MAX);
  if (!decoded.ok) return decoded;
  const { height, hash } = decoded.value;
  if (height === 0n || height > INT64_MAX) return refuse(`decode snapshot offer: height ${height}`);
  if (hash.length === 0 || hash.length > HASH_BYTES_MAX) {
    return refuse(`decode snapshot offer: ${hash.length} bytes of hash`);
  }
  return decoded;
}

export const encodeChunkQuestion = (question: ChunkQuestion): Uint8Array => encode(chunkRequest, question);

export function decodeChunkQuestion(bytes: Uint8Array): Result<ChunkQuestion> {
  const decoded = decodeStrict(chunkRequest, bytes, "question for a chunk", QUESTION_BYTES_MAX);
  if (!decoded.ok) return decoded;
  const { height } = decoded.value;
  return height === 0n || height > INT64_MAX ? refuse(`decode question for a chunk: height ${height}`) : decoded;
}

/** The answer to a question; undefined: there is no such chunk here. */
export const encodeChunk = (question: ChunkQuestion, chunk: Uint8Array | undefined): Uint8Array =>
  encode(chunkResponse, { ...question, chunk: chunk ?? new Uint8Array(), missing: chunk === undefined });

/** The chunk in an answer to `question`; undefined: the peer has not got it. */
export function decodeChunk(bytes: Uint8Array, question: ChunkQuestion): Result<Uint8Array | undefined> {
  const decoded = decodeStrict(chunkResponse, bytes, "chunk", CHUNK_FRAME_BYTES_MAX);
  if (!decoded.ok) return decoded;
  const { height, format, index, chunk, missing } = decoded.value;
  if (height !== question.height || format !== question.format || index !== question.index) {
    return refuse(`decode chunk: it is ${index} of ${height}, not ${question.index} of ${question.height}`);
  }
  if (missing !== (chunk.length === 0)) return refuse("decode chunk: it is missing and there, or neither");
  return ok(missing ? undefined : chunk);
}

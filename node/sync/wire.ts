/**
 * What nodes say to each other about blocks (`ports.ts` has the overview). Field 1 of our own messages is the version; what
 * comes in another one is no lie, it is only of no use here. Everything is bounded before anything is made of it.
 * @module
 */
import { BinaryWriter } from "cosmjs-types/binary";
import { LightBlock } from "cosmjs-types/tendermint/types/types";
import { decodeStrict, encode, fields, type MessageCodec, messageCodec } from "../core/codec/mod.ts";
import { concatBytes } from "../core/bytes.ts";
import type { CodedError } from "../core/errors.ts";
import { err, ok, type Result } from "../core/result.ts";
import { decodeCommit } from "../core/types/mod.ts";
import type { OfferedBlock } from "./ports.ts";

export const SYNC_WIRE_VERSION = 1;
/** Tags of the fields of a block's frame. */
const VERSION_TAG = 0x08;
const BLOCK_TAG = 0x12;
const COMMIT_TAG = 0x1a;
/** Longest question, in bytes. */
const QUESTION_BYTES_MAX = 64;
/** 10 000 validators and signatures, and a header. */
export const LIGHT_BLOCK_BYTES_MAX = 2_700_000;
/** What a block's frame has besides the block: a commit of 10 000 signatures. */
export const COMMIT_FRAME_BYTES_MAX = 1_400_000;

/** Codes of the codespace `sync`. Append-only; 2 was in use. */
export const SYNC_CODE = { malformed: 1 } as const;

const refuse = (code: keyof typeof SYNC_CODE, message: string): Result<never, CodedError> =>
  err({ codespace: "sync", code: SYNC_CODE[code], message });

/** A question for blocks. */
export interface BlocksQuestion {
  readonly from: bigint;
  readonly count: number;
}

const blocksQuestion = messageCodec("/catenary.sync.v1.BlocksRequest", {
  version: fields.uint32(1),
  from: fields.uint64(2),
  count: fields.uint32(3),
});

const lightBlockQuestion = messageCodec("/catenary.sync.v1.LightBlockRequest", {
  version: fields.uint32(1),
  height: fields.uint64(2),
});

export const encodeBlocksQuestion = ({ from, count }: BlocksQuestion): Uint8Array =>
  encode(blocksQuestion, { version: SYNC_WIRE_VERSION, from, count });

/** Undefined: a question of another version. */
export const decodeBlocksQuestion = (bytes: Uint8Array): Result<BlocksQuestion | undefined> =>
  decodeVersioned(blocksQuestion, bytes, "question for blocks");

/** Height 0: the latest. */
export const encodeLightBlockQuestion = (height: bigint): Uint8Array =>
  encode(lightBlockQuestion, { version: SYNC_WIRE_VERSION, height });

/** Undefined: a question of another version. */
export const decodeLightBlockQuestion = (bytes: Uint8Array): Result<{ readonly height: bigint } | undefined> =>
  decodeVersioned(lightBlockQuestion, bytes, "question for a light block");

/**
 * `BlockFrame { uint32 version = 1; bytes block = 2; bytes commit = 3; }`: a `tendermint.types.Block` and a `…Commit`, kept as bytes
 * until it is known what they are. Written and read by hand: a codec takes 50 ms for the longest, a copy 4.
 */
export function encodeBlockFrame(block: Uint8Array, commit: Uint8Array): Uint8Array {
  const head = BinaryWriter.create().uint32(VERSION_TAG).uint32(SYNC_WIRE_VERSION).uint32(BLOCK_TAG).uint32(
    block.length,
  );
  const middle = BinaryWriter.create().uint32(COMMIT_TAG).uint32(commit.length);
  return concatBytes(head.finish(), block, middle.finish(), commit);
}

/** The block itself is not decoded: that is for who has seen that its commit is signed. Undefined: of another version. */
export function decodeBlockFrame(bytes: Uint8Array, bytesMax: number): Result<OfferedBlock | undefined> {
  const what = "frame of a block";
  if (bytes.length > bytesMax) return refuse("malformed", `decode ${what}: ${bytes.length} bytes, limit ${bytesMax}`);
  const version = versionFault(bytes, what);
  if (version !== undefined) return version;
  const block = delimited(bytes, 2, BLOCK_TAG);
  const encoded = block && delimited(bytes, block.byteOffset - bytes.byteOffset + block.length, COMMIT_TAG);
  if (encoded === undefined || encoded.byteOffset + encoded.length !== bytes.byteOffset + bytes.length) {
    return refuse("malformed", `decode ${what}: it is not a block and a commit`);
  }
  const commit = decodeCommit(encoded);
  if (!commit.ok) return commit;
  return ok({ height: commit.value.height, bytes: block!, commit: commit.value });
}

/** The contents of the field that begins at `from`, which must not be empty; undefined: there is no such field. */
function delimited(bytes: Uint8Array, from: number, tag: number): Uint8Array | undefined {
  if (bytes[from] !== tag) return undefined;
  let length = 0;
  for (let i = 0; i < 4; i++) {
    const byte = bytes[from + 1 + i];
    if (byte === undefined) return undefined;
    length |= (byte & 0x7f) << (7 * i);
    if (byte >= 0x80) continue;
    const start = from + 2 + i;
    // A last byte of zero: there is a shorter way to write that length.
    if (byte === 0 || start + length > bytes.length) return undefined;
    return bytes.subarray(start, start + length);
  }
  return undefined;
}

export const encodeLightBlock = (block: LightBlock): Uint8Array => LightBlock.encode(block).finish();

/** Form only: nothing of it is verified. */
export function decodeLightBlock(bytes: Uint8Array): Result<LightBlock> {
  return decodeStrict(LightBlock, bytes, "light block", LIGHT_BLOCK_BYTES_MAX);
}

/** The version is read first: the rest of a message of another version may be anything. Undefined: it is ours. */
function versionFault(bytes: Uint8Array, what: string): Result<undefined> | undefined {
  if (bytes[0] !== VERSION_TAG) return refuse("malformed", `decode ${what}: it does not begin with a version`);
  if (bytes[1] === SYNC_WIRE_VERSION) return undefined;
  return bytes[1] === undefined ? refuse("malformed", `decode ${what}: it ends in its version`) : ok(undefined);
}

function decodeVersioned<T>(codec: MessageCodec<T>, bytes: Uint8Array, what: string): Result<T | undefined> {
  return versionFault(bytes, what) ?? decodeStrict(codec, bytes, what, QUESTION_BYTES_MAX);
}

/** Messages of consensus gossip as bytes; see `ports.ts`. @module */
import { Part } from "cosmjs-types/tendermint/types/types";
import { bytesToHex, hexToBytes } from "../core/bytes.ts";
import { encode, fields, messageCodec, type MessageOf } from "../core/codec/mod.ts";
import { sha256Transient } from "../core/crypto/mod.ts";
import type { CodedError } from "../core/errors.ts";
import type { Result } from "../core/result.ts";
import { decodeVersioned, WIRE_VERSION } from "./_versioned.ts";

/** Longest frame: that of the network's topic and channel `consensus`. */
export const FRAME_BYTES_MAX = 256 * 1024;
/** Longest head: leaves room for a part. A decision's head holds a signature of each of some 1 100 validators. */
export const HEAD_BYTES_MAX = 128 * 1024;
/**
 * Bytes of the name of a head or block. To find a second head of the same name takes 2^63 signatures of a validator, and all it
 * gains is that its own word gets lost.
 */
export const ID_BYTES = 8;

/** Blocks in a `have`: far more than anybody keeps of one height. */
const HAVE_BLOCKS_MAX = 64;

const carryCodec = messageCodec("/catenary.gossip.v1.Carry", {
  head: fields.bytes(1),
  part: fields.message(2, Part),
});
const statusCodec = messageCodec("/catenary.gossip.v1.Status", {
  height: fields.uint64(1),
  round: fields.uint32(2),
  base: fields.uint64(3),
});
const blockHaveCodec = messageCodec("/catenary.gossip.v1.BlockHave", {
  id: fields.bytes(1),
  /** Bit i of byte i / 8, lowest first: part i is there. */
  parts: fields.bytes(2),
});
const haveCodec = messageCodec("/catenary.gossip.v1.Have", {
  height: fields.uint64(1),
  /** Names, one after the other. */
  heads: fields.bytes(2),
  blocks: fields.messages(3, blockHaveCodec, HAVE_BLOCKS_MAX),
});
const frameCodec = messageCodec("/catenary.gossip.v1.Frame", {
  version: fields.uint32(1),
  carry: fields.message(2, carryCodec),
  status: fields.message(3, statusCodec),
  have: fields.message(4, haveCodec),
});

export type Carry = MessageOf<typeof carryCodec>;
export type Status = MessageOf<typeof statusCodec>;
export type BlockHave = MessageOf<typeof blockHaveCodec>;
export type Have = MessageOf<typeof haveCodec>;
export type Frame = MessageOf<typeof frameCodec>;

const NONE = { carry: undefined, status: undefined, have: undefined };

export const encodeCarry = (head: Uint8Array, part?: Part): Uint8Array =>
  encode(frameCodec, { version: WIRE_VERSION, ...NONE, carry: { head, part } });

export const encodeStatus = (status: Status): Uint8Array =>
  encode(frameCodec, { version: WIRE_VERSION, ...NONE, status });

export const encodeHave = (have: Have): Uint8Array => encode(frameCodec, { version: WIRE_VERSION, ...NONE, have });

/** Bounded and strict. Fails as `isOtherVersion` for another version. */
export const decodeFrame = (bytes: Uint8Array): Result<Frame, CodedError> =>
  decodeVersioned(frameCodec, bytes, "gossip", FRAME_BYTES_MAX);

/** Tag of the field `have`, which comes right after the version in the one form of a frame. */
const TAG_HAVE = 0x22;

/** Whether a frame is a `have`, or nothing at all: told without reading it. */
export const isHave = (bytes: Uint8Array): boolean => bytes[2] === TAG_HAVE;

/** The name of a head or of a block id, in hexadecimal. */
export const nameOf = (bytes: Uint8Array): string => bytesToHex(sha256Transient(bytes).subarray(0, ID_BYTES));

/** Names that are read of a `have`: as many as are said (`haveHeadsMax`). */
const NAMES_MAX = 2_000;

/** Names of a `have`; what is too much and bytes that make no whole name are left out. */
export function splitNames(names: Uint8Array): Set<string> {
  const hex = bytesToHex(names.subarray(0, NAMES_MAX * ID_BYTES));
  const found = new Set<string>();
  for (let at = 0; at + 2 * ID_BYTES <= hex.length; at += 2 * ID_BYTES) found.add(hex.slice(at, at + 2 * ID_BYTES));
  return found;
}

export const joinNames = (names: readonly string[]): Uint8Array => hexToBytes(names.join(""));

/**
 * The hash steps of ICS-23 ("Proof operations"): what each computes. Whether a tree allows it is in `ics23_check.ts`.
 * @module
 */
import { HashOp, type InnerOp, type LeafOp, LengthOp } from "cosmjs-types/cosmos/ics23/v1/proofs";
import { blake2b, blake2s } from "@noble/hashes/blake2.js";
import { sha512, sha512_256 } from "@noble/hashes/sha2.js";
import { concatBytes } from "../bytes.ts";
import { hash160, ripemd160, sha256 } from "../crypto/mod.ts";
import { encodeVarint } from "./_varint.ts";

/** In the published enum, not yet in the codec's. */
const BLAKE2B_512 = 7;
const BLAKE2S_256 = 8;

/** One hash; undefined when the operation is none or unknown. Like the reference, refuses KECCAK and BLAKE3. */
export function applyHash(op: HashOp, bytes: Uint8Array): Uint8Array | undefined {
  switch (op as number) {
    case HashOp.SHA256:
      return sha256(bytes);
    case HashOp.SHA512:
      return sha512(bytes);
    case HashOp.RIPEMD160:
      return ripemd160(bytes);
    case HashOp.BITCOIN:
      return hash160(bytes);
    case HashOp.SHA512_256:
      return sha512_256(bytes);
    case BLAKE2B_512:
      return blake2b(bytes);
    case BLAKE2S_256:
      return blake2s(bytes);
    default:
      return undefined;
  }
}

const applyHashOrNone = (op: HashOp, bytes: Uint8Array) => op === HashOp.NO_HASH ? bytes : applyHash(op, bytes);

function fixedLength(length: number, width: 4 | 8, littleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(width);
  const view = new DataView(bytes.buffer);
  if (width === 4) view.setUint32(0, length, littleEndian);
  else view.setBigUint64(0, BigInt(length), littleEndian);
  return bytes;
}

function applyLength(op: LengthOp, bytes: Uint8Array): Uint8Array | undefined {
  switch (op) {
    case LengthOp.NO_PREFIX:
      return bytes;
    case LengthOp.VAR_PROTO:
      return concatBytes(encodeVarint(bytes.length), bytes);
    case LengthOp.REQUIRE_32_BYTES:
      return bytes.length === 32 ? bytes : undefined;
    case LengthOp.REQUIRE_64_BYTES:
      return bytes.length === 64 ? bytes : undefined;
    case LengthOp.FIXED32_BIG:
      return concatBytes(fixedLength(bytes.length, 4, false), bytes);
    case LengthOp.FIXED32_LITTLE:
      return concatBytes(fixedLength(bytes.length, 4, true), bytes);
    case LengthOp.FIXED64_BIG:
      return concatBytes(fixedLength(bytes.length, 8, false), bytes);
    case LengthOp.FIXED64_LITTLE:
      return concatBytes(fixedLength(bytes.length, 8, true), bytes);
    default:
      return undefined;
  }
}

function leafPart(hash: HashOp, length: LengthOp, bytes: Uint8Array): Uint8Array | undefined {
  const hashed = applyHashOrNone(hash, bytes);
  return hashed === undefined ? undefined : applyLength(length, hashed);
}

/** The hash of a leaf; undefined when key or value is empty (ICS-23 proves neither) or an operation is unknown. */
export function applyLeaf(op: LeafOp, key: Uint8Array, value: Uint8Array): Uint8Array | undefined {
  if (key.length === 0 || value.length === 0) return undefined;
  const keyPart = leafPart(op.prehashKey, op.length, key);
  const valuePart = leafPart(op.prehashValue, op.length, value);
  if (keyPart === undefined || valuePart === undefined) return undefined;
  return applyHash(op.hash, concatBytes(op.prefix, keyPart, valuePart));
}

/** The hash of an inner node around `child`; undefined when there is no child or the operation is unknown. */
export function applyInner(op: InnerOp, child: Uint8Array): Uint8Array | undefined {
  if (child.length === 0) return undefined;
  return applyHash(op.hash, concatBytes(op.prefix, child, op.suffix));
}

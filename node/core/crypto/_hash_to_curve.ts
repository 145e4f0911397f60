import { bls12_381 } from "@noble/curves/bls12-381.js";
import { bytesToHex, concatBytes, utf8ToBytes } from "../bytes.ts";
import { sha256 } from "./hash.ts";

/** Bytes of the random string for one field element: L of RFC 9380, section 5.2. */
const FIELD_ELEMENT_BYTES = 64;
/** Block of SHA-256: the length of Z_pad. */
const HASH_BLOCK_BYTES = 64;
/** Longer tags are hashed first (section 5.3.3). */
const TAG_BYTES_MAX = 255;

/** What the library's types say of `mapToCurve` is what its inner function takes; this is what it does. */
interface Mapper<T> {
  mapToCurve(scalars: T): { add(other: unknown): { toBytes(compressed: boolean): Uint8Array } };
}

/** `hash_to_field` with `expand_message_xmd` over SHA-256 (RFC 9380, 5.2 and 5.3.1). */
function hashToField(message: Uint8Array, tag: Uint8Array, count: number): bigint[] {
  const length = count * FIELD_ELEMENT_BYTES;
  const short = tag.length <= TAG_BYTES_MAX ? tag : sha256(concatBytes(utf8ToBytes("H2C-OVERSIZE-DST-"), tag));
  const tail = concatBytes(short, Uint8Array.of(short.length));
  const head = Uint8Array.of(length >> 8, length, 0);
  const first = sha256(concatBytes(new Uint8Array(HASH_BLOCK_BYTES), message, head, tail));
  const blocks = [sha256(concatBytes(first, Uint8Array.of(1), tail))];
  while (blocks.length * first.length < length) {
    const last = blocks.at(-1)!;
    blocks.push(sha256(concatBytes(first.map((byte, i) => byte ^ last[i]!), Uint8Array.of(blocks.length + 1), tail)));
  }
  const bytes = concatBytes(...blocks);
  return Array.from({ length: count }, (_, i) => {
    const chunk = bytes.subarray(i * FIELD_ELEMENT_BYTES, (i + 1) * FIELD_ELEMENT_BYTES);
    return BigInt("0x" + bytesToHex(chunk)) % bls12_381.fields.Fp.ORDER;
  });
}

/**
 * Hashing to G1 that takes the empty tag too: the RFC forbids it and the library refuses it, but contracts elsewhere get a
 * point for it. Clearing the cofactor is linear, so the sum of two mapped points is the mapped sum.
 */
export function hashToG1AnyTag(message: Uint8Array, tag: Uint8Array): Uint8Array {
  const [a, b] = hashToField(message, tag, 2);
  const mapper = bls12_381.G1 as unknown as Mapper<bigint>;
  return mapper.mapToCurve(a!).add(mapper.mapToCurve(b!)).toBytes(true);
}

/** As {@linkcode hashToG1AnyTag}, for G2. */
export function hashToG2AnyTag(message: Uint8Array, tag: Uint8Array): Uint8Array {
  const [a, b, c, d] = hashToField(message, tag, 4);
  const mapper = bls12_381.G2 as unknown as Mapper<readonly bigint[]>;
  return mapper.mapToCurve([a!, b!]).add(mapper.mapToCurve([c!, d!])).toBytes(true);
}

/**
 * Host functions that verify signatures: `secp256k1_* secp256r1_* ed25519_*`. They answer 0 for valid, 1 for invalid, and above
 * that why the question makes no sense.
 * @module
 */
import {
  ECDSA_HASH_BYTES,
  ECDSA_SIGNATURE_BYTES,
  ECDSA_UNCOMPRESSED_KEY_BYTES,
  type EcdsaCurve,
  ED25519_PUBLIC_KEY_BYTES,
  ED25519_SIGNATURE_BYTES,
  isEcdsaKeyShape,
  recoverEcdsa,
  verifyEcdsa,
  verifyEd25519,
  verifyEd25519Batch,
} from "../../node/core/crypto/mod.ts";
import { CRYPTO_CODE } from "./_crypto_codes.ts";
import { decodeSections } from "./_sections.ts";
import { HOST_COSTS, linearCost } from "./gas.ts";
import type { ContractInstance } from "./instance.ts";

/** Longest message under a signature of ed25519 (`MAX_LENGTH_ED25519_MESSAGE`). */
export const ED25519_MESSAGE_BYTES_MAX = 128 * 1024;
/** Signatures in a batch (`MAX_COUNT_ED25519_BATCH`), as far as the lengths of its three regions say so. */
export const ED25519_BATCH_MAX = 256;

/** Bytes of a section's length. */
const SECTION_BYTES = 4;
const BATCH_SIGNATURES_BYTES_MAX = (ED25519_SIGNATURE_BYTES + SECTION_BYTES) * ED25519_BATCH_MAX;

/** No list of signatures that fits has more sections than this, so longer lists of messages and keys match none. */
const BATCH_SECTIONS_MAX = BATCH_SIGNATURES_BYTES_MAX / SECTION_BYTES;

const RECOVERY_MAX = { secp256k1: 1, secp256r1: 3 } as const;

/** The `u8` that a recovery parameter must be. */
const U8_MAX = 255;

const COSTS = {
  secp256k1: { verify: HOST_COSTS.secp256k1Verify, recover: HOST_COSTS.secp256k1Recover },
  secp256r1: { verify: HOST_COSTS.secp256r1Verify, recover: HOST_COSTS.secp256r1Recover },
} as const;

/** `secp256k1_verify(hash, signature, key)` and `secp256r1_verify`. High S is taken. */
export function ecdsaVerify(
  instance: ContractInstance,
  curve: EcdsaCurve,
  hashPointer: number,
  signaturePointer: number,
  keyPointer: number,
): number {
  instance.charge(HOST_COSTS.call);
  const hash = instance.readRegion(hashPointer, ECDSA_HASH_BYTES);
  const signature = instance.readRegion(signaturePointer, ECDSA_SIGNATURE_BYTES);
  const key = instance.readRegion(keyPointer, ECDSA_UNCOMPRESSED_KEY_BYTES);
  instance.charge(COSTS[curve].verify);
  if (hash.length !== ECDSA_HASH_BYTES) return CRYPTO_CODE.hashFormat;
  if (signature.length !== ECDSA_SIGNATURE_BYTES) return CRYPTO_CODE.signatureFormat;
  if (!isEcdsaKeyShape(key)) return CRYPTO_CODE.keyFormat;
  const valid = verifyEcdsa(curve, hash, signature, key);
  if (valid === undefined) return CRYPTO_CODE.generic;
  return valid ? CRYPTO_CODE.valid : CRYPTO_CODE.invalid;
}

/** `secp256k1_recover_pubkey(hash, signature, parameter) -> key` and `secp256r1_…`: a pointer, or a code in the upper half. */
export function ecdsaRecover(
  instance: ContractInstance,
  curve: EcdsaCurve,
  hashPointer: number,
  signaturePointer: number,
  parameter: number,
): bigint {
  instance.charge(HOST_COSTS.call);
  const hash = instance.readRegion(hashPointer, ECDSA_HASH_BYTES);
  const signature = instance.readRegion(signaturePointer, ECDSA_SIGNATURE_BYTES);
  const recovery = parameter >>> 0;
  if (recovery > U8_MAX) return upperHalf(CRYPTO_CODE.recoveryParameter);
  instance.charge(COSTS[curve].recover);
  if (hash.length !== ECDSA_HASH_BYTES) return upperHalf(CRYPTO_CODE.hashFormat);
  if (signature.length !== ECDSA_SIGNATURE_BYTES) return upperHalf(CRYPTO_CODE.signatureFormat);
  if (recovery > RECOVERY_MAX[curve]) return upperHalf(CRYPTO_CODE.recoveryParameter);
  const key = recoverEcdsa(curve, hash, signature, recovery);
  return key === undefined ? upperHalf(CRYPTO_CODE.generic) : BigInt(instance.give(key));
}

const upperHalf = (code: number) => BigInt(code) << 32n;

/** `ed25519_verify(message, signature, key)`, by ZIP-215. */
export function ed25519Verify(
  instance: ContractInstance,
  messagePointer: number,
  signaturePointer: number,
  keyPointer: number,
): number {
  instance.charge(HOST_COSTS.call);
  const message = instance.readRegion(messagePointer, ED25519_MESSAGE_BYTES_MAX);
  const signature = instance.readRegion(signaturePointer, ED25519_SIGNATURE_BYTES);
  const key = instance.readRegion(keyPointer, ED25519_PUBLIC_KEY_BYTES);
  instance.charge(linearCost(HOST_COSTS.ed25519Verify, message.length));
  if (signature.length !== ED25519_SIGNATURE_BYTES) return CRYPTO_CODE.signatureFormat;
  if (key.length !== ED25519_PUBLIC_KEY_BYTES) return CRYPTO_CODE.keyFormat;
  return verifyEd25519(key, message, signature) ? CRYPTO_CODE.valid : CRYPTO_CODE.invalid;
}

/** `ed25519_batch_verify(messages, signatures, keys)`: as many of each, or one message, or one key for all. */
export function ed25519BatchVerify(
  instance: ContractInstance,
  messagesPointer: number,
  signaturesPointer: number,
  keysPointer: number,
): number {
  instance.charge(HOST_COSTS.call);
  const messagesRegion = instance.readRegion(
    messagesPointer,
    (ED25519_MESSAGE_BYTES_MAX + SECTION_BYTES) * ED25519_BATCH_MAX,
  );
  const signaturesRegion = instance.readRegion(signaturesPointer, BATCH_SIGNATURES_BYTES_MAX);
  const keysRegion = instance.readRegion(keysPointer, (ED25519_PUBLIC_KEY_BYTES + SECTION_BYTES) * ED25519_BATCH_MAX);
  const messages = decodeSections(messagesRegion, BATCH_SECTIONS_MAX);
  const signatures = decodeSections(signaturesRegion, BATCH_SECTIONS_MAX);
  const keys = decodeSections(keysRegion, BATCH_SECTIONS_MAX);
  if (messages === undefined || signatures === undefined || keys === undefined) return CRYPTO_CODE.batch;
  const count = signatures.length;
  const bytes = messages.length === 1 ? messages[0]!.length * count : messagesRegion.length;
  instance.charge(HOST_COSTS.ed25519Verify.base * count + HOST_COSTS.ed25519Verify.perItem * bytes);
  const messageOf = repeated(messages, count, keys.length);
  const keyOf = repeated(keys, count, messages.length);
  if (messageOf === undefined || keyOf === undefined) return CRYPTO_CODE.batch;
  for (let i = 0; i < count; i++) {
    if (signatures[i]!.length !== ED25519_SIGNATURE_BYTES) return CRYPTO_CODE.signatureFormat;
    if (keyOf[i]!.length !== ED25519_PUBLIC_KEY_BYTES) return CRYPTO_CODE.keyFormat;
  }
  return verifyEd25519Batch(keyOf, messageOf, signatures) ? CRYPTO_CODE.valid : CRYPTO_CODE.invalid;
}

/** `items` as a list of `count`: as it is, or its only one for each when the other list has `count`. */
function repeated(items: Uint8Array[], count: number, others: number): Uint8Array[] | undefined {
  if (items.length === count) return items;
  return items.length === 1 && others === count ? new Array<Uint8Array>(count).fill(items[0]!) : undefined;
}

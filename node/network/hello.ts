/**
 * The first message on a peer's stream: who it is, of which chain, and with proof which validator. The node key is not in
 * it: the connection itself proves the peer id, which is the key.
 * @module
 */
import { BinaryReader } from "cosmjs-types/binary";
import { utf8ToBytes } from "../core/bytes.ts";
import { decodeStrict, encode, fields, messageCodec, type MessageOf } from "../core/codec/mod.ts";
import {
  ED25519_PUBLIC_KEY_BYTES,
  ED25519_SIGNATURE_BYTES,
  ed25519Address,
  type Ed25519Key,
  signEd25519,
  verifyEd25519,
} from "../core/crypto/mod.ts";
import type { CodedError } from "../core/errors.ts";
import type { PeerId } from "../core/peer.ts";
import { err, ok, type Result } from "../core/result.ts";
import { networkRefusal } from "./errors.ts";

/** Version of the hello and of what is said after it. */
export const HELLO_VERSION = 1;
export const HELLO_BYTES_MAX = 1024;
/** Longest name and version taken from a peer, in characters; what is longer is cut. */
const NAME_CHARACTERS_MAX = 70;

const proofCodec = messageCodec("/catenary.network.v1.ValidatorProof", {
  publicKey: fields.bytes(1),
  signature: fields.bytes(2),
});

const helloCodec = messageCodec("/catenary.network.v1.Hello", {
  version: fields.uint32(1),
  chainId: fields.string(2),
  moniker: fields.string(3),
  software: fields.string(4),
  /** An encoded ValidatorProof; empty: none. */
  validatorProof: fields.bytes(5),
});

export type Hello = MessageOf<typeof helloCodec>;

export const encodeHello = (hello: Omit<Hello, "version">): Uint8Array =>
  encode(helloCodec, { version: HELLO_VERSION, ...hello });

/** The `version` field, which stands first in every version; undefined when there is none. */
function versionOf(bytes: Uint8Array): number | undefined {
  try {
    const reader = new BinaryReader(bytes);
    return reader.uint32() === 8 ? reader.uint32() : undefined;
  } catch {
    return undefined;
  }
}

/** Reads the hello of a peer of `chainId`. `otherVersion` and `otherChain` are no misdeeds; what else is refused is one. */
export function decodeHello(bytes: Uint8Array, chainId: string): Result<Hello, CodedError> {
  const refuse = (code: "badHello" | "otherVersion" | "otherChain", state: string) =>
    err(networkRefusal(code, `read hello: ${state}`));
  const version = versionOf(bytes);
  if (version === undefined || version === 0) return refuse("badHello", "no version");
  if (version !== HELLO_VERSION) return refuse("otherVersion", `version ${version}, ours is ${HELLO_VERSION}`);
  const hello = decodeStrict(helloCodec, bytes, "hello", HELLO_BYTES_MAX);
  if (!hello.ok) return refuse("badHello", hello.error.message);
  if (hello.value.chainId !== chainId) return refuse("otherChain", `chain ${hello.value.chainId}`);
  return ok({ ...hello.value, moniker: printable(hello.value.moniker), software: printable(hello.value.software) });
}

/** Without control characters, which could play tricks on whoever prints it. */
const printable = (text: string): string => text.replaceAll(/\p{C}/gu, "").slice(0, NAME_CHARACTERS_MAX);

/**
 * What a validator signs to show that it runs the node `peer`. The prefix is no beginning of anything else that validators
 * sign (canonical votes and proposals begin with their length and 0x08); chain and peer keep others from using it.
 */
export function validatorProofSignBytes(chainId: string, peer: PeerId): Uint8Array {
  return utf8ToBytes(JSON.stringify(["catenary/validator-proof/v1", chainId, peer]));
}

/** The proof that the validator with this key runs the node `peer`. */
export function makeValidatorProof(key: Ed25519Key, chainId: string, peer: PeerId): Uint8Array {
  const signature = signEd25519(key, validatorProofSignBytes(chainId, peer));
  return encode(proofCodec, { publicKey: key.publicKey, signature });
}

/** The address (20 bytes) of the validator that `proof` shows to run the node `peer`. */
export function verifyValidatorProof(proof: Uint8Array, chainId: string, peer: PeerId): Result<Uint8Array, CodedError> {
  const refuse = (state: string) => err(networkRefusal("badProof", `verify validator proof: ${state}`));
  const decoded = decodeStrict(proofCodec, proof, "validator proof", HELLO_BYTES_MAX);
  if (!decoded.ok) return refuse(decoded.error.message);
  const { publicKey, signature } = decoded.value;
  if (publicKey.length !== ED25519_PUBLIC_KEY_BYTES || signature.length !== ED25519_SIGNATURE_BYTES) {
    return refuse(`a key of ${publicKey.length} and a signature of ${signature.length} bytes`);
  }
  if (!verifyEd25519(publicKey, validatorProofSignBytes(chainId, peer), signature)) return refuse("invalid signature");
  return ok(ed25519Address(publicKey));
}

/** A proof made elsewhere, as by a remote signer, in the form that is sent. */
export const encodeValidatorProof = (publicKey: Uint8Array, signature: Uint8Array): Uint8Array =>
  encode(proofCodec, { publicKey, signature });

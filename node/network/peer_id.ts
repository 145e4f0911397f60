/** Peer ids of libp2p for ed25519 node keys, without libp2p: commands and tests make them from keys. @module */
import { base58 } from "@scure/base";
import type { CodedError } from "../core/errors.ts";
import { concatBytes, hexToBytes } from "../core/bytes.ts";
import { ED25519_PUBLIC_KEY_BYTES, ed25519KeyFromSeed } from "../core/crypto/mod.ts";
import { invariant } from "../core/invariant.ts";
import type { PeerId } from "../core/peer.ts";
import { err, ok, type Result } from "../core/result.ts";
import { networkRefusal } from "./errors.ts";

/**
 * What stands before the key (libp2p specs, peer-ids): multihash `identity` of 36 bytes, which are a protobuf PublicKey with
 * Type = Ed25519 (08 01) and Data of 32 bytes (12 20).
 */
const HEADER = hexToBytes("002408011220");
/** 38 bytes in base58. */
const PEER_ID_CHARACTERS = 52;

/** The peer id of a node key given by its public key (32 bytes). */
export function peerIdOf(publicKey: Uint8Array): PeerId {
  invariant(publicKey.length === ED25519_PUBLIC_KEY_BYTES, `make a peer id: a key of ${publicKey.length} bytes`);
  return base58.encode(concatBytes(HEADER, publicKey));
}

/** The peer id of a node key given by its seed (32 bytes), as `priv_key` of node_key.json begins. */
export function peerIdOfSeed(seed: Uint8Array): PeerId {
  return peerIdOf(ed25519KeyFromSeed(seed).publicKey);
}

/** The ed25519 key (32 bytes) that a peer id stands for. Ids of other kinds of keys are refused: nodes have none. */
export function nodeKeyOf(peer: string): Result<Uint8Array, CodedError> {
  const refuse = (state: string) => networkRefusal("badPeerId", `read peer id ${peer.slice(0, 80)}: ${state}`);
  if (peer.length !== PEER_ID_CHARACTERS) {
    return err(refuse(`${peer.length} characters, those of ed25519 have ${PEER_ID_CHARACTERS}`));
  }
  let bytes: Uint8Array;
  try {
    bytes = base58.decode(peer);
  } catch {
    return err(refuse("not base58"));
  }
  const fits = bytes.length === HEADER.length + ED25519_PUBLIC_KEY_BYTES &&
    HEADER.every((byte, i) => bytes[i] === byte);
  return fits ? ok(bytes.slice(HEADER.length)) : err(refuse("not the id of an ed25519 key"));
}

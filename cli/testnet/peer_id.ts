/** The name of a node in libp2p, from its key. @module */
import { base58 } from "@scure/base";
import { concatBytes } from "../../node/core/bytes.ts";

/**
 * Multihash `identity` (0x00) of 36 bytes: a libp2p `PublicKey` message, type (field 1) 1: Ed25519, data (field 2) of 32 bytes
 * (libp2p specification "Peer Ids and Keys").
 */
const HEAD = Uint8Array.fromHex("002408011220");

/** The peer id of an ed25519 public key, `12D3Koo…`. */
export const peerIdOf = (publicKey: Uint8Array): string => base58.encode(concatBytes(HEAD, publicKey));

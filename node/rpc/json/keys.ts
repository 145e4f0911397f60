import type { PublicKey } from "cosmjs-types/tendermint/crypto/keys";
import { base64 } from "./scalars.ts";

/** A public key under its amino name; null for a key of no known type. */
export function pubKeyJson({ ed25519, secp256k1 }: PublicKey) {
  if (ed25519 !== undefined) return { type: "tendermint/PubKeyEd25519", value: base64(ed25519) };
  if (secp256k1 !== undefined) return { type: "tendermint/PubKeySecp256k1", value: base64(secp256k1) };
  return null;
}

/** A public key of a validator update: the protobuf oneof through CometBFT's `libs/json`. */
export function protoPubKeyJson({ ed25519, secp256k1 }: PublicKey) {
  if (ed25519 !== undefined) {
    return { Sum: { type: "tendermint.crypto.PublicKey_Ed25519", value: { ed25519: base64(ed25519) } } };
  }
  if (secp256k1 !== undefined) {
    return { Sum: { type: "tendermint.crypto.PublicKey_Secp256K1", value: { secp256k1: base64(secp256k1) } } };
  }
  return { Sum: null };
}

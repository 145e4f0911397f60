/**
 * Public keys of accounts as they travel: a `google.protobuf.Any` of `cosmos.crypto.{secp256k1,ed25519}.PubKey`.
 * @module
 */
import type { Any } from "cosmjs-types/google/protobuf/any";
import { equalBytes } from "./bytes.ts";
import { ed25519Address, secp256k1Address } from "./crypto/mod.ts";

/** An account's public key. */
export interface PubKey {
  readonly type: "secp256k1" | "ed25519";
  /** 33 bytes compressed, or 32. */
  readonly key: Uint8Array;
}

/** Type URLs of the keys that can sign transactions. */
export const PUB_KEY_TYPE_URL = {
  secp256k1: "/cosmos.crypto.secp256k1.PubKey",
  ed25519: "/cosmos.crypto.ed25519.PubKey",
} as const;

const KEY_BYTES = { secp256k1: 33, ed25519: 32 } as const;
/** Tag of field 1, length-delimited. */
const TAG_KEY = 0x0a;

/** Undefined for other kinds of keys and for anything but one key of the right length. */
export function decodePubKey(any: Any): PubKey | undefined {
  const type = any.typeUrl === PUB_KEY_TYPE_URL.secp256k1
    ? "secp256k1"
    : any.typeUrl === PUB_KEY_TYPE_URL.ed25519
    ? "ed25519"
    : undefined;
  if (type === undefined) return undefined;
  const { value } = any;
  const length = KEY_BYTES[type];
  if (value.length !== length + 2 || value[0] !== TAG_KEY || value[1] !== length) return undefined;
  return { type, key: value.slice(2) };
}

/** The inverse of {@linkcode decodePubKey}. */
export function encodePubKey(pubKey: PubKey): Any {
  const value = new Uint8Array(pubKey.key.length + 2);
  value[0] = TAG_KEY;
  value[1] = pubKey.key.length;
  value.set(pubKey.key, 2);
  return { typeUrl: PUB_KEY_TYPE_URL[pubKey.type], value };
}

/** The 20 address bytes of a key. */
export const pubKeyAddress = (pubKey: PubKey): Uint8Array =>
  pubKey.type === "secp256k1" ? secp256k1Address(pubKey.key) : ed25519Address(pubKey.key);

/** Whether both are the same key of the same kind. */
export const equalPubKeys = (a: PubKey, b: PubKey): boolean => a.type === b.type && equalBytes(a.key, b.key);

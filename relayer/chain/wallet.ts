/** Accounts that sign: secp256k1 keys from a mnemonic, from hexadecimal or from a file. @module */
import { base64urlnopad, bech32 } from "@scure/base";
import { HDKey } from "@scure/bip32";
import { mnemonicToSeed, validateMnemonic } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import type { Any } from "cosmjs-types/google/protobuf/any";
import { createPrivateKey, sign } from "node:crypto";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { secp256k1Address } from "../../node/core/crypto/mod.ts";
import { IoError } from "../../node/core/errors.ts";
import { encodePubKey } from "../../node/core/pub_key.ts";

/** An account of one chain that can sign. Keeps its key to itself. */
export interface Wallet {
  /** Bech32 with the prefix of the chain. */
  readonly address: string;
  readonly publicKey: Any;
  /** The signature over SHA-256 of `message`: r‖s, 64 bytes, low S. */
  sign(message: Uint8Array): Uint8Array;
}

/** Where a key comes from. */
export type KeySource =
  | {
    readonly mnemonic: string;
    /** `m/44'/<coinType>'/0'/0/<index>` when missing. */
    readonly hdPath?: string;
    /** 118 when missing. */
    readonly coinType?: number;
    readonly index?: number;
  }
  /** 32 bytes in hexadecimal. */
  | { readonly privateKey: string }
  /** Holds a private key in hexadecimal, a mnemonic, or JSON with one of them as `privateKey` or `mnemonic`. */
  | { readonly file: string; readonly hdPath?: string; readonly coinType?: number; readonly index?: number };

const COIN_TYPE_COSMOS = 118;
const ORDER = secp256k1.Point.Fn.ORDER;

/** Says nothing of what the key is. */
const invalid = (state: string) => new IoError("wallet_invalid", `open wallet: ${state}`);

/** BIP-44 as the wallets of Cosmos chains use it. */
export function hdPathOf({ hdPath, coinType = COIN_TYPE_COSMOS, index = 0 }: {
  readonly hdPath?: string;
  readonly coinType?: number;
  readonly index?: number;
}): string {
  return hdPath ?? `m/44'/${coinType}'/0'/0/${index}`;
}

/** The wallet of a private key of 32 bytes. Throws `wallet_invalid`. */
export function walletOfKey(privateKey: Uint8Array, addressPrefix: string): Wallet {
  if (!secp256k1.utils.isValidSecretKey(privateKey)) throw invalid("it is no secp256k1 private key");
  const key = secp256k1.getPublicKey(privateKey, true);
  const point = secp256k1.getPublicKey(privateKey, false);
  const native = createPrivateKey({
    format: "jwk",
    key: {
      kty: "EC",
      crv: "secp256k1",
      d: base64urlnopad.encode(privateKey),
      x: base64urlnopad.encode(point.subarray(1, 33)),
      y: base64urlnopad.encode(point.subarray(33)),
    },
  });
  return {
    address: bech32.encode(addressPrefix, bech32.toWords(secp256k1Address(key)), false),
    publicKey: encodePubKey({ type: "secp256k1", key }),
    // Eight times as fast as noble. Its nonce is random, so two signatures of one message differ; both are good.
    sign: (message) => lowS(new Uint8Array(sign("sha256", message, { key: native, dsaEncoding: "ieee-p1363" }))),
  };
}

/** S and the order minus S sign the same; chains take the lower one only. */
function lowS(signature: Uint8Array): Uint8Array {
  const s = BigInt(`0x${signature.subarray(32).toHex()}`);
  if (s <= ORDER / 2n) return signature;
  signature.set(Uint8Array.fromHex((ORDER - s).toString(16).padStart(64, "0")), 32);
  return signature;
}

async function walletOfMnemonic(text: string, hdPath: string, addressPrefix: string): Promise<Wallet> {
  const mnemonic = text.trim().toLowerCase().split(/\s+/).join(" ");
  if (!validateMnemonic(mnemonic, wordlist)) throw invalid("it is no mnemonic: a word or the checksum is wrong");
  const root = HDKey.fromMasterSeed(await mnemonicToSeed(mnemonic));
  try {
    return walletOfKey(root.derive(hdPath).privateKey!, addressPrefix);
  } catch (error) {
    throw error instanceof IoError ? error : invalid(`${hdPath} is no derivation path`);
  }
}

function keyOfHex(text: string): Uint8Array {
  const digits = text.trim().replace(/^0x/, "");
  if (!/^[0-9a-fA-F]{64}$/.test(digits)) throw invalid("a private key has 64 hexadecimal digits");
  return Uint8Array.fromHex(digits);
}

async function sourceOfFile(file: string): Promise<KeySource> {
  let text: string;
  try {
    text = (await Deno.readTextFile(file)).trim();
  } catch (error) {
    throw new IoError("wallet_unreadable", `read wallet ${file}: ${(error as Error).message}`, { cause: error });
  }
  if (!text.startsWith("{")) return text.includes(" ") ? { mnemonic: text } : { privateKey: text };
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(text);
  } catch {
    throw invalid(`${file} is not JSON`);
  }
  const { mnemonic, privateKey } = fields;
  if (typeof mnemonic === "string") return { mnemonic };
  if (typeof privateKey === "string") return { privateKey };
  throw invalid(`${file} has neither a mnemonic nor a privateKey`);
}

/** Opens a wallet. Throws `wallet_invalid` or `wallet_unreadable`, and never shows what was read. */
export async function openWallet(source: KeySource, addressPrefix: string): Promise<Wallet> {
  if ("privateKey" in source) return walletOfKey(keyOfHex(source.privateKey), addressPrefix);
  if ("mnemonic" in source) return await walletOfMnemonic(source.mnemonic, hdPathOf(source), addressPrefix);
  const { file, ...path } = source;
  const read = await sourceOfFile(file);
  return await openWallet("mnemonic" in read ? { ...read, ...path } : read, addressPrefix);
}

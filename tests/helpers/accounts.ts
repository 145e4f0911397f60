/** Accounts for tests and benchmarks that sign transfers as fast as the machine allows. @module */
import { createPrivateKey, type KeyObject, sign as nodeSign } from "node:crypto";
import { Buffer } from "node:buffer";
import { bech32 } from "@scure/base";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { MsgSend } from "cosmjs-types/cosmos/bank/v1beta1/tx";
import { PubKey } from "cosmjs-types/cosmos/crypto/ed25519/keys";
import { SignMode } from "cosmjs-types/cosmos/tx/signing/v1beta1/signing";
import { AuthInfo, SignDoc, TxBody, TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { ed25519Address, ed25519KeyFromSeed, secp256k1Address, sha256 } from "../../node/core/crypto/mod.ts";
import { concatBytes, utf8ToBytes } from "../../node/core/bytes.ts";

export type KeyKind = "ed25519" | "secp256k1";

export interface Account {
  readonly kind: KeyKind;
  readonly address: string;
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

const PKCS8_ED25519 = Uint8Array.fromHex("302e020100300506032b657004220420");
const HALF_ORDER = secp256k1.Point.Fn.ORDER / 2n;

/** The account of number `index`: always the same one. */
export function makeAccount(kind: KeyKind, index: number, prefix = "cat"): Account {
  const seed = sha256(utf8ToBytes(`catenary test account ${kind} ${index}`));
  return kind === "ed25519" ? ed25519Account(seed, prefix) : secp256k1AccountOf(seed, prefix);
}

const encodeAddress = (prefix: string, bytes: Uint8Array) => bech32.encode(prefix, bech32.toWords(bytes));

function ed25519Account(seed: Uint8Array, prefix: string): Account {
  const { publicKey } = ed25519KeyFromSeed(seed);
  const der = Buffer.from(concatBytes(PKCS8_ED25519, seed));
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  return {
    kind: "ed25519",
    address: encodeAddress(prefix, ed25519Address(publicKey)),
    publicKey,
    sign: (message) => new Uint8Array(nodeSign(null, message, key)),
  };
}

/** The account of a secp256k1 private key of 32 bytes. */
export function secp256k1AccountOf(seed: Uint8Array, prefix = "cat"): Account {
  const publicKey = secp256k1.getPublicKey(seed, true);
  const point = secp256k1.getPublicKey(seed, false);
  const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64url");
  const key: KeyObject = createPrivateKey({
    format: "jwk",
    key: {
      kty: "EC",
      crv: "secp256k1",
      d: base64url(seed),
      x: base64url(point.subarray(1, 33)),
      y: base64url(point.subarray(33)),
    },
  });
  return {
    kind: "secp256k1",
    address: encodeAddress(prefix, secp256k1Address(publicKey)),
    publicKey,
    sign: (message) => lowS(new Uint8Array(nodeSign("sha256", message, { key, dsaEncoding: "ieee-p1363" }))),
  };
}

function lowS(signature: Uint8Array): Uint8Array {
  const s = BigInt("0x" + signature.subarray(32).toHex());
  if (s <= HALF_ORDER) return signature;
  const low = (secp256k1.Point.Fn.ORDER - s).toString(16).padStart(64, "0");
  signature.set(Uint8Array.fromHex(low), 32);
  return signature;
}

export interface TransferOptions {
  readonly chainId: string;
  readonly accountNumber: bigint;
  readonly sequence: bigint;
  readonly to: string;
  readonly amount: string;
  readonly denom?: string;
  readonly fee?: string;
  readonly gas?: bigint;
  readonly memo?: string;
}

/** A signed transfer as `TxRaw` bytes. */
export function signTransfer(from: Account, options: TransferOptions): Uint8Array {
  const denom = options.denom ?? "ucat";
  const send = MsgSend.encode({
    fromAddress: from.address,
    toAddress: options.to,
    amount: [{ denom, amount: options.amount }],
  }).finish();
  return signMessages(from, [{ typeUrl: "/cosmos.bank.v1beta1.MsgSend", value: send }], options);
}

/** Any messages, signed by one account. */
export function signMessages(
  from: Account,
  messages: { typeUrl: string; value: Uint8Array }[],
  options: Omit<TransferOptions, "to" | "amount">,
): Uint8Array {
  const denom = options.denom ?? "ucat";
  const bodyBytes = TxBody.encode(TxBody.fromPartial({ messages, memo: options.memo ?? "" })).finish();
  const authInfoBytes = AuthInfo.encode(AuthInfo.fromPartial({
    signerInfos: [{
      publicKey: {
        typeUrl: from.kind === "ed25519" ? "/cosmos.crypto.ed25519.PubKey" : "/cosmos.crypto.secp256k1.PubKey",
        value: PubKey.encode({ key: from.publicKey }).finish(),
      },
      modeInfo: { single: { mode: SignMode.SIGN_MODE_DIRECT } },
      sequence: options.sequence,
    }],
    fee: {
      amount: options.fee === undefined ? [] : [{ denom, amount: options.fee }],
      gasLimit: options.gas ?? 200_000n,
    },
  })).finish();
  const signDoc = SignDoc.encode({
    bodyBytes,
    authInfoBytes,
    chainId: options.chainId,
    accountNumber: options.accountNumber,
  }).finish();
  return TxRaw.encode({ bodyBytes, authInfoBytes, signatures: [from.sign(signDoc)] }).finish();
}

/** Transactions of one signer in `SIGN_MODE_DIRECT`. @module */
import { SignMode } from "cosmjs-types/cosmos/tx/signing/v1beta1/signing";
import { AuthInfo, SignDoc, TxBody, TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { encode } from "../../node/core/codec/mod.ts";
import { sha256 } from "../../node/core/crypto/mod.ts";
import type { Message } from "./ports.ts";
import type { Wallet } from "./wallet.ts";

/** An encoded `TxBody`. */
export function encodeBody(messages: readonly Message[], memo: string): Uint8Array {
  return encode(TxBody, TxBody.fromPartial({ messages: [...messages], memo }));
}

/** Who signs, as the chain knows the account. */
export interface Signing {
  readonly chainId: string;
  readonly wallet: Wallet;
  readonly accountNumber: bigint;
  readonly sequence: bigint;
}

export interface Fee {
  readonly gasLimit: bigint;
  readonly amount: bigint;
  readonly denom: string;
}

function encodeAuth(wallet: Wallet, sequence: bigint, fee: Fee | undefined): Uint8Array {
  const amount = fee === undefined || fee.amount === 0n ? [] : [{ denom: fee.denom, amount: fee.amount.toString() }];
  return encode(
    AuthInfo,
    AuthInfo.fromPartial({
      signerInfos: [{
        publicKey: wallet.publicKey,
        modeInfo: { single: { mode: SignMode.SIGN_MODE_DIRECT } },
        sequence,
      }],
      fee: { amount, gasLimit: fee?.gasLimit ?? 0n },
    }),
  );
}

/** Encoded `TxRaw`, signed. */
export function signTx(
  bodyBytes: Uint8Array,
  { chainId, wallet, accountNumber, sequence }: Signing,
  fee: Fee,
): Uint8Array {
  const authInfoBytes = encodeAuth(wallet, sequence, fee);
  const signDoc = encode(SignDoc, { bodyBytes, authInfoBytes, chainId, accountNumber });
  return encode(TxRaw, { bodyBytes, authInfoBytes, signatures: [wallet.sign(signDoc)] });
}

/** The same without a fee and with an empty signature, which is all that simulation needs. */
export function unsignedTx(bodyBytes: Uint8Array, wallet: Wallet, sequence: bigint): Uint8Array {
  const authInfoBytes = encodeAuth(wallet, sequence, undefined);
  return encode(TxRaw, { bodyBytes, authInfoBytes, signatures: [new Uint8Array()] });
}

/** What a transaction is known by: SHA-256 in upper-case hexadecimal. */
export const txHash = (tx: Uint8Array): string => sha256(tx).toHex().toUpperCase();

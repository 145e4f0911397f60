/**
 * Who signed. A signature that was found good is not verified again for the same key and account number: body, auth info,
 * sequence and signature are all covered by the hash under which the decoded transaction is kept, and the chain id is fixed.
 * @module
 */
import { SignDoc } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { equalBytes } from "../core/bytes.ts";
import { verifyEd25519, verifySecp256k1 } from "../core/crypto/mod.ts";
import { sdkRefusal } from "../core/errors.ts";
import { equalPubKeys, type PubKey, pubKeyAddress } from "../core/pub_key.ts";
import { err, ok, type Result } from "../core/result.ts";
import type { DecodedSigner, DecodedTx } from "./decode.ts";
import type { Account } from "./module.ts";

/** The key that must have signed: the account's, or the one that comes with its first transaction. */
export function keyOfSigner(account: Account, signer: DecodedSigner, index: number): Result<PubKey> {
  const { pubKey } = signer;
  if (account.pubKey !== undefined && (pubKey === undefined || equalPubKeys(account.pubKey, pubKey))) {
    return ok(account.pubKey);
  }
  if (pubKey === undefined) return err(sdkRefusal("invalidPubKey", "pubkey on account is not set"));
  if (!equalBytes(pubKeyAddress(pubKey), signer.address.bytes)) {
    const detail = `pubKey does not match signer address ${signer.address.text} with signer index: ${index}`;
    return err(sdkRefusal("invalidPubKey", detail));
  }
  return ok(account.pubKey ?? pubKey);
}

/** Refuses a signature that is not `pubKey`'s over this transaction, chain and account number. */
export function checkSignature(
  tx: DecodedTx,
  signer: DecodedSigner,
  pubKey: PubKey,
  account: Account,
  chainId: string,
): Result<undefined> {
  const { accountNumber } = account;
  const { verified } = signer;
  if (verified?.accountNumber === accountNumber && equalPubKeys(verified.pubKey, pubKey)) return ok(undefined);
  const { bodyBytes, authInfoBytes } = tx;
  const message = SignDoc.encode({ bodyBytes, authInfoBytes, chainId, accountNumber }).finish();
  const good = pubKey.type === "secp256k1"
    ? verifySecp256k1(pubKey.key, message, signer.signature)
    : verifyEd25519(pubKey.key, message, signer.signature);
  if (!good) {
    const detail = "signature verification failed; please verify account number " +
      `(${accountNumber}), sequence (${signer.sequence}) and chain-id (${chainId})`;
    return err(sdkRefusal("unauthorized", detail));
  }
  signer.verified = { pubKey, accountNumber };
  return ok(undefined);
}

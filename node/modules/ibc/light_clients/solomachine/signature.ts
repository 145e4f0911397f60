/**
 * What a solo machine signs, and whether it did (ibc-go v10 `06-solomachine/proof.go`). Every signature is over one
 * `SignBytes`: the sequence makes each of them good for one use.
 * @module
 */
import { SignatureDescriptor_Data } from "cosmjs-types/cosmos/tx/signing/v1beta1/signing";
import { type Header, HeaderData, SignBytes } from "cosmjs-types/ibc/lightclients/solomachine/v3/solomachine";
import type { Context } from "../../../../app/ports.ts";
import { utf8ToBytes } from "../../../../core/bytes.ts";
import { decodeStrict, encode } from "../../../../core/codec/mod.ts";
import { verifyEd25519, verifySecp256k1 } from "../../../../core/crypto/mod.ts";
import { refuse } from "../../../../core/ibc/mod.ts";
import type { PubKey } from "../../../../core/pub_key.ts";
import { ok, type Result } from "../../../../core/result.ts";
import { chargeMessage } from "../../client/gas.ts";

/** Stands for the path in what is signed for a header. */
const HEADER_PATH = utf8ToBytes("solomachine:header");
const SIGNATURE_DATA_BYTES_MAX = 1_024;

/** The path and data that a header's signature is over. */
export const headerClaim = ({ newPublicKey, newDiversifier }: Header): { path: Uint8Array; data: Uint8Array } => ({
  path: HEADER_PATH,
  data: encode(HeaderData, { ...(newPublicKey && { newPubKey: newPublicKey }), newDiversifier }),
});

/** Refused unless `signatureData` (an encoded `SignatureDescriptor.Data`) holds the key's one signature over `claim`. */
export function verifySignature(
  context: Context,
  key: PubKey,
  claim: SignBytes,
  signatureData: Uint8Array,
): Result<undefined> {
  const decoded = decodeStrict(SignatureDescriptor_Data, signatureData, "signature data", SIGNATURE_DATA_BYTES_MAX);
  if (!decoded.ok) return refuse("solomachineSignature", decoded.error.message);
  const { single } = decoded.value;
  if (single === undefined) return refuse("solomachineSignature", "invalid signature data type, expected single");
  chargeMessage(context, 1, 0);
  const message = encode(SignBytes, claim);
  const verify = key.type === "secp256k1" ? verifySecp256k1 : verifyEd25519;
  return verify(key.key, message, single.signature)
    ? ok(undefined)
    : refuse("solomachineSignature", "verify solo machine signature: it is not the key's");
}

import { assert, assertEquals } from "@std/assert";
import { bech32 } from "@scure/base";
import { HDKey } from "@scure/bip32";
import { mnemonicToSeedSync } from "@scure/bip39";
import { AuthInfo, SignDoc, TxBody, TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { hexToBytes } from "../../node/core/bytes.ts";
import { decodeStrict, encode } from "../../node/core/codec/mod.ts";
import { secp256k1Address, signSecp256k1, verifySecp256k1 } from "../../node/core/crypto/mod.ts";

const file = JSON.parse(Deno.readTextFileSync(new URL("cosmos-tx/direct_sign.json", import.meta.url)));
const account = HDKey.fromMasterSeed(mnemonicToSeedSync(file.mnemonic)).derive(file.hd_path);
const publicKey = account.publicKey!;

Deno.test("the key and the address of the direct-sign vectors come from their mnemonic", () => {
  assertEquals(publicKey.toBase64(), file.pubkey_base64);
  assertEquals(bech32.encode("cosmos", bech32.toWords(secp256k1Address(publicKey))), file.address);
});

Deno.test("SIGN_MODE_DIRECT: sign bytes, signatures and signed transactions are the published ones", () => {
  assertEquals(file.vectors.length, 3);
  for (const vector of file.vectors) {
    const bodyBytes = hexToBytes(vector.body_bytes);
    const authInfoBytes = hexToBytes(vector.auth_info_bytes);
    const accountNumber = BigInt(vector.account_number);
    const signBytes = encode(SignDoc, { bodyBytes, authInfoBytes, chainId: file.chain_id, accountNumber });
    assertEquals(signBytes.toHex(), vector.sign_bytes);

    const signature = signSecp256k1(account.privateKey!, signBytes);
    assertEquals(signature.toHex(), vector.signature);
    assert(verifySecp256k1(publicKey, signBytes, signature));

    const raw = { bodyBytes, authInfoBytes, signatures: [signature] };
    assertEquals(encode(TxRaw, raw).toHex(), vector.signed_tx_bytes);
    const decoded = decodeStrict(TxRaw, hexToBytes(vector.signed_tx_bytes), "transaction", 10_000);
    assert(decoded.ok);
    assert(decodeStrict(TxBody, decoded.value.bodyBytes, "body", 10_000).ok);
    const authInfo = decodeStrict(AuthInfo, decoded.value.authInfoBytes, "auth info", 10_000);
    assert(authInfo.ok);
    assertEquals(authInfo.value.signerInfos[0]!.sequence, BigInt(vector.sequence));
  }
});

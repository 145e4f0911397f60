import { assertEquals } from "@std/assert";
import { DirectSecp256k1Wallet, encodePubkey, makeAuthInfoBytes, makeSignDoc, Registry } from "@cosmjs/proto-signing";
import { encodeSecp256k1Pubkey } from "@cosmjs/amino";
import { MsgSend } from "cosmjs-types/cosmos/bank/v1beta1/tx";
import { TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { sha256 } from "../core/crypto/mod.ts";
import { CHAIN_ID, codec, sendMessage, signerOf, TestChain } from "../../tests/bad_input/harness.ts";

Deno.test("a transaction signed by an unmodified CosmJS wallet is accepted, and its address is the same", async () => {
  const alice = signerOf("alice");
  const bob = signerOf("bob");
  const wallet = await DirectSecp256k1Wallet.fromKey(sha256(new TextEncoder().encode("alice")), "cat");
  const [account] = await wallet.getAccounts();
  assertEquals(account!.address, alice.address.text);
  const { typeUrl, value } = sendMessage(alice.address, bob.address, "5ucat");
  const registry = new Registry([[typeUrl, MsgSend]]);
  const bodyBytes = registry.encodeTxBody({ messages: [{ typeUrl, value: MsgSend.decode(value) }], memo: "hi" });
  const authInfoBytes = makeAuthInfoBytes(
    [{ pubkey: encodePubkey(encodeSecp256k1Pubkey(account!.pubkey)), sequence: 0 }],
    [{ denom: "ucat", amount: "10" }],
    200_000,
    undefined,
    undefined,
  );
  const { signed, signature } = await wallet.signDirect(
    account!.address,
    makeSignDoc(bodyBytes, authInfoBytes, CHAIN_ID, 0),
  );
  const tx = TxRaw.encode({
    bodyBytes: signed.bodyBytes,
    authInfoBytes: signed.authInfoBytes,
    signatures: [Uint8Array.fromBase64(signature.signature)],
  }).finish();
  const chain = new TestChain({ accounts: [alice] });
  assertEquals(chain.check(tx).code, 0);
  assertEquals(chain.block(tx).txResults[0]!.code, 0);
  assertEquals(chain.balance(codec.parse(bob.address.text)!), 5n);
});

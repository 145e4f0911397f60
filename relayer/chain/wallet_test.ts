import { assert, assertEquals, assertRejects } from "@std/assert";
import { decodePubKey } from "../../node/core/pub_key.ts";
import { deriveAccounts, DEVELOPMENT_MNEMONIC } from "../../node/development.ts";
import { secp256k1PublicKey, verifySecp256k1 } from "../../node/core/crypto/mod.ts";
import { IoError } from "../../node/core/errors.ts";
import { type KeySource, openWallet, walletOfKey } from "./wallet.ts";

/** CosmJS (`packages/amino/src/secp256k1hdwallet.spec.ts`): a mnemonic and its first address. */
const MNEMONIC = "special sign fit simple patrol salute grocery chicken wheat radar tonight ceiling";
const ADDRESS = "cosmos1jhg0e7s6gn44tfc5k37kr04sznyhedtc9rzys5";

async function inFile<T>(text: string, use: (file: string) => Promise<T>): Promise<T> {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, text);
    return await use(file);
  } finally {
    await Deno.remove(file);
  }
}

Deno.test("a mnemonic opens the wallet that other tools open", async () => {
  assertEquals((await openWallet({ mnemonic: MNEMONIC }, "cosmos")).address, ADDRESS);
  assertEquals((await openWallet({ mnemonic: `  ${MNEMONIC.toUpperCase()}\n` }, "cosmos")).address, ADDRESS);
  const [, second] = deriveAccounts(DEVELOPMENT_MNEMONIC, 2);
  const sources: KeySource[] = [
    { mnemonic: DEVELOPMENT_MNEMONIC, index: 1 },
    { mnemonic: DEVELOPMENT_MNEMONIC, hdPath: "m/44'/118'/0'/0/1" },
    { privateKey: second!.privateKey.toHex() },
    { privateKey: `0x${second!.privateKey.toHex().toUpperCase()}` },
  ];
  for (const source of sources) assertEquals((await openWallet(source, "cat")).address, second!.address);
  const other = await openWallet({ mnemonic: DEVELOPMENT_MNEMONIC, coinType: 60, index: 1 }, "cat");
  assert(other.address !== second!.address);
});

Deno.test("a file holds a key in any of its forms", async () => {
  const [account] = deriveAccounts(DEVELOPMENT_MNEMONIC, 1);
  const hex = account!.privateKey.toHex();
  for (
    const text of [
      hex,
      `${hex}\n`,
      DEVELOPMENT_MNEMONIC,
      JSON.stringify({ name: "x", mnemonic: DEVELOPMENT_MNEMONIC }),
      JSON.stringify({ privateKey: hex }),
    ]
  ) {
    await inFile(text, async (file) => assertEquals((await openWallet({ file }, "cat")).address, account!.address));
  }
});

Deno.test("what is no key is refused without showing it", async () => {
  const secret = "ab".repeat(31);
  const refuse = async (source: KeySource) => {
    const error = await assertRejects(() => openWallet(source, "cat"), IoError);
    assertEquals(error.code, "wallet_invalid");
    assert(!error.message.includes("abab") && !error.message.includes("zebra"), error.message);
  };
  await refuse({ privateKey: secret });
  await refuse({ privateKey: "00".repeat(32) });
  await refuse({ privateKey: "ff".repeat(32) });
  await refuse({ mnemonic: "zebra ".repeat(12) });
  await refuse({ mnemonic: MNEMONIC, hdPath: "nowhere" });
  for (const text of [secret, "{", "{}", '{"sealed":"abababab"}', ""]) await inFile(text, (file) => refuse({ file }));
  const error = await assertRejects(() => openWallet({ file: "/no/such/file" }, "cat"), IoError);
  assertEquals(error.code, "wallet_unreadable");
});

Deno.test("signatures are of the low half and those of the key", () => {
  const [account] = deriveAccounts(DEVELOPMENT_MNEMONIC, 1);
  const wallet = walletOfKey(account!.privateKey, "cat");
  const key = secp256k1PublicKey(account!.privateKey);
  assertEquals(decodePubKey(wallet.publicKey), { type: "secp256k1", key });
  for (let i = 0; i < 40; i++) {
    const message = Uint8Array.of(i);
    const signature = wallet.sign(message);
    assert(verifySecp256k1(key, message, signature), "verified, so low S too");
  }
});

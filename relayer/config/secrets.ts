/** Reading secrets from where the configuration says they are. Their text is in no error and no log. @module */
import { IoError } from "../../node/core/errors.ts";
import type { ChainConfig, TokenConfig, WalletConfig } from "./types.ts";

/** The mnemonic of development tools everywhere; the accounts of development chains. */
export const DEVELOPMENT_MNEMONIC = "test test test test test test test test test test test junk";

/** What a signer is made from. */
export type WalletSecret =
  | { readonly tag: "mnemonic"; readonly mnemonic: string; readonly hdPath: string }
  /** 32 bytes. */
  | { readonly tag: "key"; readonly privateKey: Uint8Array };

const SECRET_BYTES_MAX = 4096;

/**
 * The secret of one wallet of `chain`. Throws an IoError `secret_unreadable` or `secret_invalid` that names the place,
 * and `secret_public` for the development mnemonic on a chain that is not one for development.
 */
export async function readWallet(wallet: WalletConfig, chain: ChainConfig): Promise<WalletSecret> {
  const what = `open a wallet of ${chain.name}`;
  switch (wallet.tag) {
    case "development":
      return { tag: "mnemonic", mnemonic: DEVELOPMENT_MNEMONIC, hdPath: `m/44'/118'/0'/0/${wallet.index}` };
    case "mnemonic_file":
      return mnemonicOf(await readSecretFile(what, wallet.file), wallet.hdPath, `${what}: ${wallet.file}`, chain);
    case "key_file":
      return keyOf(await readSecretFile(what, wallet.file), `${what}: ${wallet.file}`);
    case "environment": {
      const text = readVariable(what, wallet.variable);
      const where = `${what}: the variable ${wallet.variable}`;
      return isKey(text) ? keyOf(text, where) : mnemonicOf(text, wallet.hdPath, where, chain);
    }
  }
}

/** The bearer token of the API; undefined when none is configured. Throws as {@linkcode readWallet} does. */
export async function readToken(token: TokenConfig | undefined): Promise<string | undefined> {
  if (token === undefined) return undefined;
  const what = "read the token of the API";
  if (token.tag === "value") return token.token;
  const text = token.tag === "file" ? await readSecretFile(what, token.file) : readVariable(what, token.variable);
  if (text.length < 16 || text.length > 1024 || !/^[\x21-\x7e]+$/.test(text)) {
    const where = token.tag === "file" ? token.file : `the variable ${token.variable}`;
    throw new IoError("secret_invalid", `${what}: ${where} must hold 16 to 1024 visible characters without spaces`);
  }
  return text;
}

async function readSecretFile(what: string, file: string): Promise<string> {
  try {
    if ((await Deno.stat(file)).size > SECRET_BYTES_MAX) {
      throw new IoError("secret_invalid", `${what}: ${file} is longer than ${SECRET_BYTES_MAX} bytes`);
    }
    return (await Deno.readTextFile(file)).trim();
  } catch (cause) {
    if (cause instanceof IoError) throw cause;
    throw new IoError("secret_unreadable", `${what}: ${(cause as Error).message}`, { cause });
  }
}

function readVariable(what: string, name: string): string {
  const text = Deno.env.get(name)?.trim();
  if (text === undefined || text === "") {
    throw new IoError("secret_unreadable", `${what}: the environment variable ${name} is not set`);
  }
  return text;
}

const isKey = (text: string) => /^(0x)?[0-9a-fA-F]{64}$/.test(text);

function keyOf(text: string, where: string): WalletSecret {
  if (!isKey(text)) {
    throw new IoError("secret_invalid", `${where} does not hold a private key of 64 hexadecimal digits`);
  }
  return { tag: "key", privateKey: Uint8Array.fromHex(text.replace(/^0x/, "")) };
}

function mnemonicOf(text: string, hdPath: string, where: string, chain: ChainConfig): WalletSecret {
  const mnemonic = text.split(/\s+/).join(" ");
  const words = mnemonic.split(" ").length;
  if (words < 12 || words > 24 || words % 3 !== 0) {
    throw new IoError("secret_invalid", `${where} does not hold a mnemonic of 12 to 24 words`);
  }
  if (mnemonic === DEVELOPMENT_MNEMONIC && !chain.development) {
    throw new IoError(
      "secret_public",
      `${where} holds the mnemonic of development tools, which everybody knows; make a key of your own ` +
        "(catenary keys gen), or say development = true if this chain is one on this machine",
    );
  }
  return { tag: "mnemonic", mnemonic, hdPath };
}

/**
 * Account keys in `<home>/keyring/<name>.json`: a mnemonic, sealed with a passphrase in CosmJS's own wallet format, or in
 * plain text readable by the owner only when no passphrase is given. `dev0` … `dev9` are built in: the accounts of the
 * development chain.
 * @module
 */
import { join } from "node:path";
import { DirectSecp256k1HdWallet, makeCosmoshubPath } from "@cosmjs/proto-signing";
import { homePaths, writeSecret } from "../node/config/mod.ts";
import { BECH32_PREFIX, DEVELOPMENT_ACCOUNTS, DEVELOPMENT_MNEMONIC } from "../node/development.ts";
import { CommandError } from "./output.ts";

/** Where a passphrase comes from when a key is sealed: never an argument, which others could read. */
export const PASSPHRASE_VARIABLE = "CATENARY_KEYRING_PASSPHRASE";

interface KeyFile {
  readonly name: string;
  readonly address: string;
  readonly mnemonic?: string;
  /** CosmJS `serialize` output. */
  readonly sealed?: string;
}

const NAME = /^[A-Za-z0-9_-]{1,64}$/;

function keyPath(home: string, name: string): string {
  if (!NAME.test(name)) throw new CommandError(`use key ${JSON.stringify(name)}: names are 1 to 64 of A-Z a-z 0-9 _ -`);
  return join(homePaths(home).keyring, `${name}.json`);
}

const developmentIndex = (name: string): number | undefined => {
  const match = /^dev(\d+)$/.exec(name);
  return match && Number(match[1]) < DEVELOPMENT_ACCOUNTS ? Number(match[1]) : undefined;
};

/** Makes a key of 24 words (or from `mnemonic`) and stores it. The mnemonic is returned once, to be written down. */
export async function generateKey(
  home: string,
  name: string,
  mnemonic?: string,
): Promise<{ address: string; mnemonic: string; sealed: boolean }> {
  const path = keyPath(home, name);
  if (developmentIndex(name) !== undefined) {
    throw new CommandError(`make key ${name}: the name belongs to the development chain`);
  }
  const options = { prefix: BECH32_PREFIX };
  const wallet = mnemonic === undefined
    ? await DirectSecp256k1HdWallet.generate(24, options)
    : await fromMnemonic(mnemonic, options);
  const [account] = await wallet.getAccounts();
  const passphrase = Deno.env.get(PASSPHRASE_VARIABLE);
  const file: KeyFile = {
    name,
    address: account!.address,
    ...(passphrase ? { sealed: await wallet.serialize(passphrase) } : { mnemonic: wallet.mnemonic }),
  };
  await Deno.mkdir(homePaths(home).keyring, { recursive: true, mode: 0o700 });
  if (await exists(path)) throw new CommandError(`make key ${name}: ${path} exists already; choose another name`);
  await writeSecret(path, file);
  return { address: file.address, mnemonic: wallet.mnemonic, sealed: passphrase !== undefined && passphrase !== "" };
}

async function fromMnemonic(mnemonic: string, options: { prefix: string }): Promise<DirectSecp256k1HdWallet> {
  try {
    return await DirectSecp256k1HdWallet.fromMnemonic(mnemonic, options);
  } catch (error) {
    throw new CommandError(`read the mnemonic: ${(error as Error).message}`);
  }
}

/** The wallet of `name`, ready to sign. */
export async function openKey(home: string, name: string): Promise<DirectSecp256k1HdWallet> {
  const index = developmentIndex(name);
  if (index !== undefined) {
    return DirectSecp256k1HdWallet.fromMnemonic(DEVELOPMENT_MNEMONIC, {
      prefix: BECH32_PREFIX,
      hdPaths: [makeCosmoshubPath(index)],
    });
  }
  const file = await readKeyFile(home, name);
  if (file.sealed === undefined) return fromMnemonic(file.mnemonic ?? "", { prefix: BECH32_PREFIX });
  const passphrase = Deno.env.get(PASSPHRASE_VARIABLE);
  if (!passphrase) throw new CommandError(`open key ${name}: it is sealed; set ${PASSPHRASE_VARIABLE}`);
  try {
    return await DirectSecp256k1HdWallet.deserialize(file.sealed, passphrase);
  } catch {
    throw new CommandError(`open key ${name}: the passphrase in ${PASSPHRASE_VARIABLE} does not fit`);
  }
}

/** The address of `name`, without opening it. */
export async function showKey(home: string, name: string): Promise<{ name: string; address: string }> {
  if (developmentIndex(name) !== undefined) {
    const [account] = await (await openKey(home, name)).getAccounts();
    return { name, address: account!.address };
  }
  const { address } = await readKeyFile(home, name);
  return { name, address };
}

async function readKeyFile(home: string, name: string): Promise<KeyFile> {
  const path = keyPath(home, name);
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new CommandError(`open key ${name}: no file ${path}; make one with: catenary keys gen ${name}`);
  }
  try {
    return JSON.parse(text) as KeyFile;
  } catch {
    throw new CommandError(`open key ${name}: ${path} is not JSON`);
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

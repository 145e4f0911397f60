/**
 * The files of a signer, in the places and forms of CometBFT's: `config/priv_validator_key.json`,
 * `data/priv_validator_state.json`, and `config/connection_key.json` for secret connections (the form of `node_key.json`).
 * @module
 */
import { dirname, join } from "node:path";
import {
  generateKeyPair,
  homePaths,
  homeState,
  type KeyPair,
  privateKeyJson,
  readKeyFile,
  validatorKeyJson,
  writeSecret,
} from "../node/config/mod.ts";
import { equalBytes } from "../node/core/bytes.ts";
import { FIRST_STATE, SignerStateFile } from "../node/signer/mod.ts";
import { type HomeLock, lockFile, lockHome, openStore, PrivvalStore } from "../node/storage/mod.ts";
import { CommandError } from "./output.ts";

export interface SignerFiles {
  readonly key: string;
  readonly state: string;
  readonly connectionKey: string;
}

/** Held by the one process that works on a state, however it was named. */
const lockOf = ({ state }: SignerFiles) => lockFile(`${state}.lock`, dirname(state));

/** The files of a home. */
export function filesOfHome(home: string): SignerFiles {
  return {
    key: join(home, "config", "priv_validator_key.json"),
    state: join(home, "data", "priv_validator_state.json"),
    connectionKey: join(home, "config", "connection_key.json"),
  };
}

/** The files beside a key: its state as named, else `priv_validator_state.json` in the same folder. */
export function filesOfKey(key: string, state = join(dirname(key), "priv_validator_state.json")): SignerFiles {
  return { key, state, connectionKey: join(dirname(key), "connection_key.json") };
}

/** What a signer begins with. */
export interface SignerStart {
  readonly key: KeyPair;
  /** The content of `priv_validator_state.json`. */
  readonly state: Uint8Array;
}

/** A key that nobody has. */
export const freshStart = (): SignerStart => ({ key: generateKeyPair(), state: FIRST_STATE });

/** A key of elsewhere. What it signed there must come with it: a key without its memory can sign twice. */
export async function importedStart(
  keyFile: string,
  stateFile: string | undefined,
  neverSigned: boolean,
): Promise<SignerStart> {
  const key = await readKeyFile(keyFile);
  if (stateFile !== undefined) return { key, state: await checkedState(await Deno.readFile(stateFile)) };
  if (neverSigned) return { key, state: FIRST_STATE };
  throw new CommandError(
    `import ${keyFile}: what this key signed is unknown; name its priv_validator_state.json with --state, take both from ` +
      "the home of its node with --from-home, or say --never-signed",
    "signer_state_missing",
  );
}

/** Key and memory of the home of a stopped node: one of Catenary, or of CometBFT. The home is left as it is. */
export async function startOfHome(home: string, neverSigned: boolean): Promise<SignerStart> {
  const { key, state } = filesOfHome(home);
  if (await exists(state)) return importedStart(key, state, false);
  if (await homeState(home) !== "ready") return importedStart(key, undefined, neverSigned);
  const lock = await lockHome(home);
  try {
    const store = await openStore({ path: homePaths(home).data });
    try {
      const saved = await new PrivvalStore(store).load();
      if (saved === undefined) return await importedStart(key, undefined, neverSigned);
      return { key: await readKeyFile(key), state: await checkedState(saved) };
    } finally {
      await store.close();
    }
  } finally {
    lock.release();
  }
}

/** Nothing may begin with a state that the guard will not understand. */
async function checkedState(state: Uint8Array): Promise<Uint8Array> {
  const { readLastSigned } = await import("../node/consensus/mod.ts");
  readLastSigned(state);
  return state;
}

/** Writes the files of a signer, the key last: without it nothing can be signed. Never writes over what is there. */
export async function writeSigner(files: SignerFiles, start: SignerStart): Promise<KeyPair> {
  if (await exists(files.key)) {
    throw new CommandError(
      `make a signer: ${files.key} is there already; see it with: catenary signer show`,
      "signer_exists",
    );
  }
  for (const file of Object.values(files)) await Deno.mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const lock = await lockOf(files);
  try {
    if (await exists(files.state) && !equalBytes(await Deno.readFile(files.state), FIRST_STATE)) {
      throw new CommandError(
        `make a signer: ${files.state} is what some key signed, but ${files.key} is not there; move the file away if it is ` +
          "of no use any more",
        "signer_exists",
      );
    }
    const connection = await connectionKey(files);
    await new SignerStateFile(files.state).save(start.state);
    const draft = `${files.key}.draft`;
    await writeSecret(draft, validatorKeyJson(start.key));
    await Deno.rename(draft, files.key);
    return connection;
  } finally {
    lock.release();
  }
}

/** The key for secret connections, made if need be. */
export async function connectionKey({ connectionKey: file }: SignerFiles): Promise<KeyPair> {
  if (await exists(file)) return await readKeyFile(file);
  const key = generateKeyPair();
  const draft = `${file}.draft`;
  await writeSecret(draft, { priv_key: privateKeyJson(key) });
  await Deno.rename(draft, file);
  return key;
}

/** A signer's files, read. */
export interface OpenSigner {
  readonly key: KeyPair;
  readonly connection: KeyPair;
  readonly state: SignerStateFile;
  readonly lock: HomeLock;
}

/** Takes the lock and reads everything. Throws an IoError that names the file and the fault. */
export async function openSigner(files: SignerFiles): Promise<OpenSigner> {
  if (!await exists(files.key)) {
    throw new CommandError(
      `open the signer: there is no ${files.key}; make one with: catenary signer init`,
      "signer_missing",
    );
  }
  const lock = await lockOf(files);
  try {
    const state = new SignerStateFile(files.state);
    await checkedState(await state.load());
    return { key: await readKeyFile(files.key), connection: await connectionKey(files), state, lock };
  } catch (error) {
    lock.release();
    throw error;
  }
}

export const exists = (file: string): Promise<boolean> => Deno.stat(file).then(() => true, () => false);

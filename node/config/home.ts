/**
 * The home of a node on disk, laid out as CometBFT's: `config/{node.toml,genesis.json,priv_validator_key.json,
 * node_key.json}`, `data/`, and `keyring/` for accounts.
 * @module
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { base64 } from "@scure/base";
import { ed25519Address, ed25519KeyFromSeed, sha256 } from "../core/crypto/mod.ts";
import { bytesToHex, concatBytes, equalBytes } from "../core/bytes.ts";
import { IoError } from "../core/errors.ts";
import type { NodeConfig } from "./schema.ts";
import { defaultNodeToml, parseNodeToml } from "./toml.ts";

/** Where everything of a home is. */
export interface HomePaths {
  readonly root: string;
  readonly config: string;
  readonly genesis: string;
  readonly validatorKey: string;
  readonly nodeKey: string;
  readonly data: string;
  readonly keyring: string;
}

/** Paths of the home at `root`; nothing is touched. */
export function homePaths(root: string): HomePaths {
  return {
    root,
    config: join(root, "config", "node.toml"),
    genesis: join(root, "config", "genesis.json"),
    validatorKey: join(root, "config", "priv_validator_key.json"),
    nodeKey: join(root, "config", "node_key.json"),
    data: join(root, "data"),
    keyring: join(root, "keyring"),
  };
}

/** A key pair of ed25519: 32-byte seed, 32-byte public key, 20-byte address. */
export interface KeyPair {
  readonly seed: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly address: Uint8Array;
}

/** What a node starts from. */
export interface Home {
  readonly paths: HomePaths;
  readonly config: NodeConfig;
  /** The parsed JSON of `genesis.json`, not yet judged. */
  readonly genesis: unknown;
  /** Absent for a full node. */
  readonly validatorKey: KeyPair | undefined;
  readonly nodeKey: KeyPair;
}

/** The pair of a 32-byte seed. */
export function keyPairFromSeed(seed: Uint8Array): KeyPair {
  const { publicKey } = ed25519KeyFromSeed(seed);
  return { seed, publicKey, address: ed25519Address(publicKey) };
}

/** A fresh pair from the system's randomness. */
export const generateKeyPair = (): KeyPair => keyPairFromSeed(new Uint8Array(randomBytes(32)));

/** CometBFT's node id: the address of the node key, in lower-case hex. */
export const nodeIdOf = (nodeKey: KeyPair): string => bytesToHex(sha256(nodeKey.publicKey).subarray(0, 20));

/** What a home itself consists of; anything else in the folder belongs to somebody else. */
const HOME_ENTRIES = new Set(["config", "data", "keyring", "LOCK"]);

/**
 * `none`: nothing there; `unfinished`: an initialisation was interrupted, or only account keys are there; `foreign`: the
 * folder holds something else and must not be written to; `ready`: can be started.
 */
export async function homeState(root: string): Promise<"none" | "unfinished" | "foreign" | "ready"> {
  if (await exists(homePaths(root).genesis)) return "ready";
  let state: "none" | "unfinished" = "none";
  try {
    for await (const entry of Deno.readDir(root)) {
      if (!HOME_ENTRIES.has(entry.name)) return "foreign";
      state = "unfinished";
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      throw new IoError("home_unreadable", `read home ${root}: ${(error as Error).message}`, { cause: error });
    }
  }
  return state;
}

/** What `writeHome` writes beside the keys. */
export interface HomeContent {
  /** false: a full node, no validator key. */
  readonly validator: boolean;
  /** The key to use where the home has none yet; absent: a fresh one. */
  readonly validatorKey?: KeyPair | undefined;
  /** The same for the node key. */
  readonly nodeKey?: KeyPair | undefined;
  /** Makes the genesis document once the keys are known. */
  readonly genesis: (keys: { validator: KeyPair | undefined; node: KeyPair }) => unknown;
  readonly toml?: string;
}

/**
 * Writes a home. Keys that an interrupted attempt left are kept; the genesis comes last: it is what makes a home one that
 * can be started.
 */
export async function writeHome(root: string, content: HomeContent): Promise<HomePaths> {
  const paths = homePaths(root);
  for (const folder of [join(root, "config"), paths.data]) await makeFolder(folder);
  await Deno.writeTextFile(paths.config, content.toml ?? defaultNodeToml());
  const validator = content.validator
    ? await ensureKey(paths.validatorKey, validatorKeyJson, content.validatorKey)
    : undefined;
  const node = await ensureKey(paths.nodeKey, (key) => ({ priv_key: privateKeyJson(key) }), content.nodeKey);
  const genesis = JSON.stringify(content.genesis({ validator, node }), null, 2) + "\n";
  const draft = `${paths.genesis}.draft`;
  await Deno.writeTextFile(draft, genesis);
  await Deno.rename(draft, paths.genesis);
  return paths;
}

async function makeFolder(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true });
  } catch (cause) {
    throw new IoError("home_unwritable", `make folder ${path}: ${(cause as Error).message}`, { cause });
  }
}

/** Reads a file like `priv_validator_key.json`. Throws an IoError that names the file and the fault. */
export const readKeyFile = async (path: string): Promise<KeyPair> => readKey(path, await readJson(path));

/** The key at `path`, written there first if need be: `given`, or a fresh one. */
async function ensureKey(path: string, toJson: (key: KeyPair) => unknown, given?: KeyPair): Promise<KeyPair> {
  if (await exists(path)) return readKeyFile(path);
  const key = given ?? generateKeyPair();
  const draft = `${path}.draft`;
  await writeSecret(draft, toJson(key));
  await Deno.rename(draft, path);
  return key;
}

/** Reads a home that is `ready`. Throws an IoError that names the file and the fault. */
export async function readHome(root: string): Promise<Home> {
  const paths = homePaths(root);
  const toml = (await exists(paths.config)) ? await Deno.readTextFile(paths.config) : "";
  const config = parseNodeToml(toml, paths.config);
  if (!config.ok) throw new IoError("config_invalid", config.error.message);
  return {
    paths,
    config: config.value,
    genesis: await readJson(paths.genesis),
    validatorKey: (await exists(paths.validatorKey)) ? await readKeyFile(paths.validatorKey) : undefined,
    nodeKey: await readKeyFile(paths.nodeKey),
  };
}

/** A key as `priv_key` of `node_key.json`. */
export function privateKeyJson(key: KeyPair): { type: string; value: string } {
  return { type: "tendermint/PrivKeyEd25519", value: base64.encode(concatBytes(key.seed, key.publicKey)) };
}

/** A key as `priv_validator_key.json`. */
export function validatorKeyJson(key: KeyPair): unknown {
  return {
    address: bytesToHex(key.address).toUpperCase(),
    pub_key: { type: "tendermint/PubKeyEd25519", value: base64.encode(key.publicKey) },
    priv_key: privateKeyJson(key),
  };
}

function readKey(path: string, json: unknown): KeyPair {
  const refuse = (state: string) => new IoError("key_invalid", `read key ${path}: ${state}`);
  const field = (json as { priv_key?: { type?: unknown; value?: unknown } } | null)?.priv_key;
  if (field?.type !== "tendermint/PrivKeyEd25519") throw refuse("priv_key.type is not tendermint/PrivKeyEd25519");
  let bytes: Uint8Array;
  try {
    bytes = base64.decode(String(field.value));
  } catch {
    throw refuse("priv_key.value is not base64");
  }
  if (bytes.length !== 64) throw refuse(`priv_key.value has ${bytes.length} bytes, not 64`);
  const pair = keyPairFromSeed(bytes.slice(0, 32));
  if (!equalBytes(pair.publicKey, bytes.subarray(32))) throw refuse("its public half does not belong to its seed");
  return pair;
}

async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    throw new IoError("file_missing", `read ${path}: ${(error as Error).message}`, { cause: error });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new IoError("file_invalid", `read ${path}: not JSON: ${(error as Error).message}`, { cause: error });
  }
}

/** For secrets: a new file, readable by the owner only from the first byte on. */
export async function writeSecret(path: string, json: unknown): Promise<void> {
  await Deno.remove(path).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  await Deno.writeTextFile(path, JSON.stringify(json, null, 2) + "\n", { mode: 0o600, createNew: true });
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw new IoError("home_unreadable", `read ${path}: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * What is done to a home as a whole, by a process that holds its lock: make one, export its state, print its log.
 * @module
 */
import { type GenesisDoc, parseGenesis } from "./chain/mod.ts";
import {
  defaultNodeToml,
  generateKeyPair,
  type Home,
  type HomePaths,
  homePaths,
  homeState,
  type KeyPair,
  type NodeConfigInput,
  readHome,
  readKeyFile,
  writeHome,
} from "./config/mod.ts";
import { equalBytes } from "./core/bytes.ts";
import { IoError } from "./core/errors.ts";
import { type DevelopmentAllocation, developmentGenesis } from "./development.ts";
import { type HomeLock, lockHome, openStore, StoreWal } from "./storage/mod.ts";
import { tendermintEngine } from "./consensus/tendermint/mod.ts";
import { openParts } from "./parts.ts";

export interface InitOptions {
  readonly chainId?: string;
  readonly extraAccounts?: readonly DevelopmentAllocation[];
}

/**
 * Makes `root` a development chain with one validator, if it is no chain yet. Throws an IoError: `home_foreign` where
 * something else lives, `genesis_invalid` when the options make no valid genesis; then nothing was written.
 */
export async function initDevelopmentHome(root: string, options: InitOptions = {}): Promise<HomePaths> {
  const state = await refuseForeignHome(root);
  if (state === "ready") return homePaths(root);
  const genesisOf = (validator: KeyPair) =>
    developmentGenesis({ ...options, validator, genesisTimeNanos: BigInt(Date.now()) * 1_000_000n });
  checkGenesis(genesisOf(generateKeyPair()));
  return await writeHome(root, { validator: true, genesis: ({ validator }) => genesisOf(validator!) });
}

/** What a home is begun from when it joins a chain, or goes on where another one was exported. */
export interface GivenGenesis {
  /** Parsed JSON. */
  readonly genesis: unknown;
  /** The file of a validator key to use; absent: a new key. */
  readonly validatorKeyFile?: string | undefined;
  /** A full node: without a validator key. */
  readonly full?: boolean;
  /** What the `node.toml` of the home says beside the defaults. */
  readonly config?: NodeConfigInput;
}

/**
 * Makes `root` a home of the chain of a genesis. Throws an IoError as {@linkcode initDevelopmentHome} does, or
 * `key_invalid`. Answers whether this home's key is one of the genesis' validators: alone without one, no block is made.
 */
export async function initHomeWithGenesis(
  root: string,
  given: GivenGenesis,
): Promise<{ readonly paths: HomePaths; readonly chainId: string; readonly validates: boolean }> {
  await refuseForeignHome(root);
  const { chainId, validators } = checkGenesis(given.genesis);
  const key = given.validatorKeyFile === undefined ? undefined : await readKeyFile(given.validatorKeyFile);
  let validates = false;
  const paths = await writeHome(root, {
    validator: given.full !== true,
    validatorKey: key,
    ...(given.config !== undefined && { toml: defaultNodeToml(given.config) }),
    genesis: ({ validator }) => {
      validates = validators.some(({ address }) => validator !== undefined && equalBytes(address, validator.address));
      return given.genesis;
    },
  });
  return { paths, chainId, validates };
}

function checkGenesis(json: unknown): GenesisDoc {
  const genesis = parseGenesis(json);
  if (!genesis.ok) throw new IoError("genesis_invalid", genesis.error.message);
  return genesis.value;
}

/** Takes the lock on the folder of a home, made if need be. Leaves nothing in a folder that is somebody else's. */
export async function lockHomeFolder(root: string): Promise<HomeLock> {
  if (await refuseForeignHome(root) === "none") {
    try {
      await Deno.mkdir(root, { recursive: true });
    } catch (cause) {
      throw new IoError("home_unwritable", `make home ${root}: ${(cause as Error).message}`, { cause });
    }
  }
  return await lockHome(root);
}

/** What is at `root`. Throws an IoError `home_foreign` when it is somebody else's folder. Writes nothing. */
async function refuseForeignHome(root: string): Promise<"none" | "unfinished" | "ready"> {
  const state = await homeState(root);
  if (state !== "foreign") return state;
  throw new IoError(
    "home_foreign",
    `make a chain in ${root}: the folder holds other things; choose an empty or new folder with --home`,
  );
}

/**
 * Reads the home at `root`, after making it a development chain when there is none yet. The caller holds the lock. Throws
 * an IoError `home_of_other_chain` where a chain of another id lives.
 */
export async function openHome(root: string, options: InitOptions = {}): Promise<Home> {
  await initDevelopmentHome(root, options);
  const home = await readHome(root);
  const { chain_id: found } = home.genesis as { chain_id?: unknown };
  if (options.chainId !== undefined && found !== options.chainId) {
    const state = `the chain there is ${String(found)}`;
    throw new IoError("home_of_other_chain", `open home ${root} for the chain ${options.chainId}: ${state}`);
  }
  return home;
}

/** Runs `use` with the home's lock held: no node can run meanwhile, and none may be running. */
async function withLockedHome<T>(root: string, use: (home: Home) => Promise<T>): Promise<T> {
  if (await homeState(root) !== "ready") {
    throw new IoError("home_missing", `open home ${root}: no chain there; make one with: catenary init --home ${root}`);
  }
  const lock = await lockHome(root);
  try {
    return await use(await readHome(root));
  } finally {
    lock.release();
  }
}

/** The state after the last block as a genesis document that starts a new chain where this one stands. */
export function exportGenesis(root: string): Promise<Record<string, unknown>> {
  return withLockedHome(root, async (home) => {
    const parts = await openParts({ store: await openStore({ path: home.paths.data }), ...home });
    try {
      return await parts.exportGenesis();
    } finally {
      await parts.close();
    }
  });
}

/** A record of the write-ahead log, described. */
export interface DumpedRecord {
  readonly height: bigint;
  readonly index: number;
  /** The record as the engine understands it; undefined when it does not. */
  readonly record: unknown;
  readonly text: string;
}

/** The records of the log of a stopped node, oldest first. */
export async function* dumpWal(root: string, height?: bigint): AsyncGenerator<DumpedRecord> {
  if (await homeState(root) !== "ready") {
    throw new IoError("home_missing", `open home ${root}: no chain there; make one with: catenary init --home ${root}`);
  }
  const lock = await lockHome(root);
  try {
    const store = await openStore({ path: homePaths(root).data });
    try {
      for await (const { height: at, index, bytes } of new StoreWal(store).dump(height)) {
        const decoded = tendermintEngine.codec.decodeRecord(bytes);
        yield {
          height: at,
          index,
          record: decoded.ok ? decoded.value : undefined,
          text: decoded.ok ? describe(decoded.value) : `undecodable (${bytes.length} bytes): ${decoded.error.message}`,
        };
      }
    } finally {
      await store.close();
    }
  } finally {
    lock.release();
  }
}

/** One line of a record: bytes in hex, long ones by their length. */
function describe(record: unknown): string {
  return JSON.stringify(record, (_key, value) => {
    if (typeof value === "bigint") return value.toString();
    if (value instanceof Uint8Array) return value.length <= 64 ? value.toHex() : `${value.length} bytes`;
    return value;
  });
}

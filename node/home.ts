/**
 * What is done to a home as a whole, by a process that holds its lock: make one, export its state, print its log.
 * @module
 */
import { type Home, type HomePaths, homePaths, homeState, readHome, writeHome } from "./config/mod.ts";
import { IoError } from "./core/errors.ts";
import { type DevelopmentAllocation, developmentGenesis } from "./development.ts";
import { lockHome, openStore, StoreWal } from "./storage/mod.ts";
import { tendermintEngine } from "./consensus/tendermint/mod.ts";
import { openParts } from "./parts.ts";

export interface InitOptions {
  readonly chainId?: string;
  readonly extraAccounts?: readonly DevelopmentAllocation[];
}

/** Makes `root` a development chain with one validator. Throws an IoError `home_foreign` where something else lives. */
export async function initDevelopmentHome(root: string, options: InitOptions = {}): Promise<HomePaths> {
  const state = await homeState(root);
  if (state === "ready") return homePaths(root);
  if (state === "foreign") {
    throw new IoError(
      "home_foreign",
      `make a chain in ${root}: the folder holds other things; choose an empty or new folder with --home`,
    );
  }
  return await writeHome(root, {
    validator: true,
    genesis: ({ validator }) =>
      developmentGenesis({
        ...options,
        validator: validator!,
        genesisTimeNanos: BigInt(Date.now()) * 1_000_000n,
      }),
  });
}

/** Reads the home at `root`, after making it a development chain when there is none yet. The caller holds the lock. */
export async function openHome(root: string): Promise<Home> {
  await initDevelopmentHome(root);
  return await readHome(root);
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

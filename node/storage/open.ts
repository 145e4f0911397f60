import { IoError } from "../core/errors.ts";
import { DenoKvStore } from "./kv.ts";
import { lockFile } from "./lock.ts";
import { MemoryStore } from "./memory.ts";
import type { Store } from "./store.ts";

/** The name of the file in a folder given as path. */
const FILE_NAME = "catenary.kv";
/** A path that ends so is a file; any other is a folder, unless a file is there. */
const FILE_ENDING = /\.(kv|db|sqlite)$/;

/** Where a store is. */
export interface OpenStoreOptions {
  /** A folder (gets a file `catenary.kv`) or a file ending in .kv, .db or .sqlite. Absent: a store in memory. */
  readonly path?: string | undefined;
}

/**
 * Opens a store (a string is its path) and makes it and its folders where they are missing. Throws an IoError: `home_locked` when another
 * process has it open, `store_open` when the path cannot be used, `store_format` or `store_damaged` when the file is not
 * a store that this version can read.
 */
export async function openStore(options: OpenStoreOptions | string = {}): Promise<Store> {
  const path = typeof options === "string" ? options : options.path;
  if (path === undefined) return new MemoryStore();
  const file = await prepareFile(path);
  const lock = await lockFile(`${file}.lock`, file);
  try {
    const store = await DenoKvStore.open(file);
    return releasing(store, () => lock.release());
  } catch (error) {
    lock.release();
    throw error instanceof IoError ? error : openFailed(file, error);
  }
}

/** The file for `path`, with its folder made. */
async function prepareFile(path: string): Promise<string> {
  if (path === "") throw new IoError("store_open", "open the store: the path is empty");
  try {
    const found = await Deno.stat(path).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    });
    const isFile = found ? found.isFile : FILE_ENDING.test(path);
    const file = isFile ? path : `${path.replace(/\/+$/, "")}/${FILE_NAME}`;
    await Deno.mkdir(file.slice(0, file.lastIndexOf("/") + 1) || ".", { recursive: true });
    return file;
  } catch (error) {
    throw openFailed(path, error);
  }
}

/** `store`, calling `release` once after its first close. */
function releasing(store: Store, release: () => void): Store {
  const close = store.close.bind(store);
  store.close = async () => {
    try {
      await close();
    } finally {
      release();
    }
  };
  return store;
}

const openFailed = (path: string, cause: unknown) =>
  new IoError("store_open", `open the store at ${path}: ${cause instanceof Error ? cause.message : cause}`, { cause });

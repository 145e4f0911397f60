/**
 * Who has a store in a local file open. Everybody holds a shared lock on a file beside it for as long as the process lives,
 * and the system takes it away from the dead; so whoever gets the lock for itself alone knows that the holder of the lease
 * is gone. Between that and the shared lock there is a gap; what was learnt there is a version of the lease, which only one
 * can replace. A lock that cannot be had, or that the file system does not know, says nothing.
 * @module
 */
import { LEASE_KEY } from "./_keys.ts";
import type { RelayerStore } from "./ports.ts";

/** Where the lock of a store is; undefined: it is not in a file of this machine. */
export function lockPathOf(path: string | undefined): string | undefined {
  return path === undefined || path === "" || path.startsWith(":") || /^https?:/.test(path)
    ? undefined
    : `${path}.lock`;
}

/** `store` with what is known of others; its end lets go of the lock. */
export async function withPresence(store: RelayerStore, lockPath: string): Promise<RelayerStore> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(lockPath, { read: true, write: true, create: true });
  } catch {
    return store;
  }
  try {
    const isShared = !await file.tryLock(true);
    const abandonedLease = isShared ? undefined : (await store.get(LEASE_KEY))?.version;
    // A lock is not changed into another one everywhere.
    if (!isShared) await file.unlock();
    // Another one may be at this very place, which takes a moment.
    await file.lock(false);
    return {
      ...store,
      opening: { isShared, abandonedLease },
      close() {
        store.close();
        file.close();
      },
    };
  } catch {
    file.close();
    return store;
  }
}

import { IoError } from "../core/errors.ts";

/** A held lock. */
export interface HomeLock {
  /** Gives the lock back; a second call does nothing. */
  release(): void;
}

/**
 * Takes the exclusive lock on the file `LOCK` in `dir`, which must exist: one process at a time works on a home. The
 * operating system gives the lock back when the process ends, however it ends. Throws an IoError `home_locked` when
 * another process (or this one) holds it.
 */
export function lockHome(dir: string): Promise<HomeLock> {
  return lockFile(`${dir}/LOCK`, dir);
}

/** Takes the exclusive lock on the file at `path`, which guards `what`; see {@linkcode lockHome}. */
export async function lockFile(path: string, what: string): Promise<HomeLock> {
  const file = await openLockFile(path);
  let locked = false;
  try {
    locked = await file.tryLock(true);
    if (!locked) throw new IoError("home_locked", await heldMessage(file, what, path));
    await file.truncate(0);
    await file.write(new TextEncoder().encode(`${Deno.pid}\n`));
  } catch (error) {
    file.close();
    if (error instanceof IoError) throw error;
    throw new IoError("lock_failed", `lock ${path}: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
  let released = false;
  return {
    release() {
      if (released) return;
      released = true;
      // Closing gives the lock back. The file stays: deleting it would let two processes lock two different files.
      file.close();
    },
  };
}

async function openLockFile(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { create: true, read: true, write: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new IoError("lock_failed", `lock ${path}: ${reason}`, { cause });
  }
}

async function heldMessage(file: Deno.FsFile, what: string, path: string): Promise<string> {
  const buffer = new Uint8Array(32);
  const read = await file.read(buffer).catch(() => 0);
  const pid = new TextDecoder().decode(buffer.subarray(0, read ?? 0)).trim();
  const holder = /^\d+$/.test(pid) ? `process ${pid}` : "another process";
  return `lock ${what}: ${holder} uses it (lock file ${path}); stop that process or choose another home`;
}

/**
 * What a key signed last, as CometBFT's `priv_validator_state.json`: one small file that is only ever replaced as a whole.
 * The new content is written beside it and synced, takes the name in one step, and the folder is synced: only then a
 * signature may leave. A process or a machine that dies in between leaves the old file or the new one, and the signature of
 * the new one was seen by nobody.
 * @module
 */
import { IoError } from "../core/errors.ts";
import type { SignerStorage } from "../consensus/mod.ts";

/** The file system as far as this needs it. Everything rejects with what the system says. */
export interface StateFiles {
  /** Undefined when there is no such file. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Makes or overwrites a file, for its owner only, and resolves when its content is durable. */
  writeSynced(path: string, bytes: Uint8Array): Promise<void>;
  /** Gives a file the name of another, which is gone. In one step, but not yet durable. */
  rename(from: string, to: string): Promise<void>;
  /** Makes the names in the folder of `path` durable. */
  syncFolder(path: string): Promise<void>;
}

/** CometBFT's first state: nothing was signed yet. */
export const FIRST_STATE: Uint8Array = new TextEncoder().encode(`{\n  "height": "0",\n  "round": 0,\n  "step": 0\n}\n`);

/** The state file at `path`. One process at a time works on it: the caller holds a lock. */
export class SignerStateFile implements SignerStorage {
  readonly #path: string;
  readonly #files: StateFiles;

  constructor(path: string, files: StateFiles = SYSTEM_FILES) {
    this.#path = path;
    this.#files = files;
  }

  /**
   * The state. A missing file is no fresh start but an IoError `signer_state_missing`: a key without its memory could sign
   * twice, so a person decides.
   */
  async load(): Promise<Uint8Array> {
    const bytes = await this.#try("load", () => this.#files.read(this.#path));
    if (bytes !== undefined) return bytes;
    throw new IoError(
      "signer_state_missing",
      `load what was signed last: there is no ${this.#path}; bring it back, or make one with: catenary signer init`,
    );
  }

  async save(bytes: Uint8Array): Promise<void> {
    const draft = `${this.#path}.draft`;
    await this.#try("save", async () => {
      await this.#files.writeSynced(draft, bytes);
      await this.#files.rename(draft, this.#path);
      await this.#files.syncFolder(this.#path);
    });
  }

  async #try<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new IoError("signer_state_io", `${what} what was signed last in ${this.#path}: ${reason}`, { cause });
    }
  }
}

/** The machine's own. */
export const SYSTEM_FILES: StateFiles = {
  async read(path) {
    try {
      return await Deno.readFile(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  },
  async writeSynced(path, bytes) {
    const file = await Deno.open(path, { write: true, create: true, truncate: true, mode: 0o600 });
    try {
      for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
      await file.sync();
    } finally {
      file.close();
    }
  },
  rename: (from, to) => Deno.rename(from, to),
  async syncFolder(path) {
    // Windows has no such thing, and renames are in the journal of its file system.
    if (Deno.build.os === "windows") return;
    const folder = await Deno.open(path.replace(/\/[^/]*$/, "") || (path.startsWith("/") ? "/" : "."));
    try {
      await folder.sync();
    } finally {
      folder.close();
    }
  },
};

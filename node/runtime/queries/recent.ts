/** What the last blocks changed, for threads that were busy or idle meanwhile. @module */
import type { StagedCommit } from "../../state/commit.ts";

/** Bytes of changes that are kept, about: a thread that is further behind begins with nothing. */
export const RECENT_BYTES_MAX = 8 * 1024 * 1024;
/** What a write takes beside its bytes. */
const WRITE_BYTES = 200;

type Change = Pick<StagedCommit, "version" | "flat">;

export class RecentChanges {
  readonly #changes: { readonly change: Change; readonly bytes: number }[] = [];
  #bytes = 0;

  add(change: Change): void {
    const bytes = change.flat.reduce((sum, [key, value]) => sum + key.length + (value?.length ?? 0) + WRITE_BYTES, 0);
    this.#changes.push({ change, bytes });
    this.#bytes += bytes;
    while (this.#bytes > RECENT_BYTES_MAX) this.#bytes -= this.#changes.shift()!.bytes;
  }

  /** What leads from one version to another, in order; undefined: not all of it is here. */
  between(from: bigint, to: bigint): readonly Change[] | undefined {
    const found = this.#changes.map(({ change }) => change).filter(({ version }) => version > from && version <= to);
    return BigInt(found.length) === to - from ? found : undefined;
  }
}

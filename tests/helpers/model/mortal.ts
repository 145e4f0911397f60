/** A store that can be taken away from who holds it, as by the end of its process. @module */
import { IoError } from "../../../node/core/errors.ts";
import type { RelayerStore } from "../../../relayer/store/mod.ts";

export interface MortalStore {
  readonly store: RelayerStore;
  /** Nothing is read or written any more. */
  kill(): void;
  /** The same after so many commits. */
  killAfterCommits(count: number): void;
}

export function mortal(store: RelayerStore): MortalStore {
  let left = Infinity;
  const guarded = async <T>(run: () => Promise<T>): Promise<T> => {
    await Promise.resolve();
    if (left <= 0) throw new IoError("store_failed", "the process is dead");
    return await run();
  };
  return {
    kill: () => left = 0,
    killAfterCommits: (count) => left = count,
    store: {
      limits: store.limits,
      get: (key) => guarded(() => store.get(key)),
      getMany: (keys) => guarded(() => store.getMany(keys)),
      list: (prefix, options) => guarded(() => store.list(prefix, options)),
      commit: (checks, writes) =>
        guarded(() => {
          left--;
          return store.commit(checks, writes);
        }),
      close() {},
    },
  };
}

/** A store that dies while it writes. @module */
import type { Store, StorePart, Write } from "../../node/storage/mod.ts";

/** What of the last write is on disk. */
export type Death = "before" | "half" | "after";

/** Thrown by whatever is asked of a dead store. */
export class Killed extends Error {}

/** A store whose process dies at the k-th write; `half` leaves a prefix of a bulk. Nothing works after that. */
export function dying(inner: Store, writesLeft: number, death: Death): Store {
  let left = writesLeft;
  const write = async (apply: () => Promise<void>, half?: () => Promise<void>) => {
    if (left < 0) throw new Killed();
    if (left-- > 0) return await apply();
    left = -1;
    if (death === "after") await apply();
    if (death === "half") await half?.();
    throw new Killed();
  };
  const part = (of: StorePart): StorePart => ({
    get: (key) => of.get(key),
    getMany: (keys) => of.getMany(keys),
    iterate: (range, options) => of.iterate(range, options),
    batch: (writes) => write(() => of.batch(writes)),
    bulk: (writes) => write(() => of.bulk(writes), () => of.bulk(writes.slice(0, writes.length >> 1))),
  });
  const versioned = inner.versioned;
  return {
    ...part(inner),
    sub: (prefix) => part(inner.sub(prefix)),
    close: () => inner.close(),
    versioned: {
      head: () => versioned.head(),
      snapshot: (version) => versioned.snapshot(version),
      stage: (version, writes: readonly Write[]) =>
        write(
          () => versioned.stage(version, writes),
          () => versioned.stage(version, writes.slice(0, writes.length >> 1)),
        ),
      extend: (version, writes) => write(() => versioned.extend(version, writes)),
      publish: (version, meta, alongside) => write(() => versioned.publish(version, meta, alongside)),
    },
  };
}

/**
 * Paths as the store has them. Anybody may change one at any time, an operator through the API of another instance as well
 * as the worker in the middle of a handshake: each change is made from what is there and written only if it is still there.
 * @module
 */
import type { ChannelOrder, Path, PathChannel, PathEnd, PathFilter } from "../path/mod.ts";
import { listFilter } from "../path/mod.ts";
import type { RelayerStore } from "../store/mod.ts";
import { pathKey, PATHS } from "./_keys.ts";
import { fromJson, toJson } from "./_records.ts";
import { listAll } from "./state.ts";

/** A channel that a path should have. */
export interface WantedChannel {
  readonly portA: string;
  readonly portB: string;
  readonly order: ChannelOrder;
  /** Empty: the default of the applications. */
  readonly version: string;
}

/** `opening`: clients, connection or channels are being made; `failed`: that was given up. */
export type PathState = "opening" | "open" | "failed";

/** A path with everything that lasts. */
export interface PathRecord {
  readonly id: string;
  readonly a: PathRecordEnd;
  readonly b: PathRecordEnd;
  readonly state: PathState;
  /** Why it failed, or why its packets wait. */
  readonly fault: string | null;
  readonly paused: boolean;
  readonly filter: { readonly policy: "allow" | "deny"; readonly channels: readonly string[] };
  /** Open channels that are known. */
  readonly channels: readonly PathChannel[];
  /** Channels that are still to be opened. */
  readonly wanted: readonly WantedChannel[];
  /** Settings of the configuration that made it, so that a changed configuration is noticed; null: made at run time. */
  readonly origin: string | null;
}

export interface PathRecordEnd {
  readonly chain: string;
  readonly clientId: string | null;
  readonly connectionId: string | null;
}

const isWhole = (end: PathRecordEnd) => end.clientId !== null && end.connectionId !== null;

/** The path as planning takes it; undefined until both ends have a client and a connection. */
export function pathOf(record: PathRecord): Path | undefined {
  const { a, b } = record;
  if (!isWhole(a) || !isWhole(b)) return undefined;
  const filter: PathFilter = listFilter(record.filter.policy, record.filter.channels);
  return { id: record.id, a: a as PathEnd, b: b as PathEnd, channels: record.channels, filter, paused: record.paused };
}

/** How the fault of a path begins whose chain is another one than before. */
export const renewedWords = (chain: string): string => `chain ${chain} is another chain than before`;

/** The path failed because one of its chains is another one than before: nothing in it is to be believed. */
export const isRenewed = ({ a, b, state, fault }: PathRecord): boolean =>
  state === "failed" && fault !== null && [a, b].some(({ chain }) => fault.startsWith(renewedWords(chain)));

/** Tries of one change before it is given up: somebody else changes the path all the time. */
const TRIES_MAX = 20;

/** All paths of a store, read again when somebody asks. */
export class PathBook {
  #records = new Map<string, PathRecord>();
  #paths: readonly Path[] = [];

  constructor(readonly store: RelayerStore) {}

  /** Reads all paths. Answers whether any is another than before. */
  async refresh(): Promise<boolean> {
    const entries = await listAll(this.store, PATHS);
    const records = new Map(entries.map(({ value }) => {
      const record = fromJson("a path", value, (record: PathRecord) => record);
      return [record.id, record] as const;
    }));
    const before = JSON.stringify([...this.#records]);
    this.#keep(records);
    return JSON.stringify([...records]) !== before;
  }

  #keep(records: Map<string, PathRecord>): void {
    this.#records = records;
    this.#paths = [...records.values()].map(pathOf).filter((path) => path !== undefined);
  }

  get records(): readonly PathRecord[] {
    return [...this.#records.values()];
  }

  /** Those that have clients and a connection. */
  get paths(): readonly Path[] {
    return this.#paths;
  }

  get(id: string): PathRecord | undefined {
    return this.#records.get(id);
  }

  /** Adds a path; false when there is one of that id. */
  async add(record: PathRecord): Promise<boolean> {
    const version = await this.store.commit([[pathKey(record.id), undefined]], [[pathKey(record.id), toJson(record)]]);
    if (version !== undefined) this.#keep(new Map(this.#records).set(record.id, record));
    return version !== undefined;
  }

  /** Changes a path, from what is in the store now; undefined when there is none. `change` may be called again. */
  async update(id: string, change: (record: PathRecord) => PathRecord): Promise<PathRecord | undefined> {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const entry = await this.store.get(pathKey(id));
      if (entry === undefined) return undefined;
      const record = fromJson("a path", entry.value, (record: PathRecord) => record);
      const changed = change(record);
      if (JSON.stringify(changed) !== JSON.stringify(record)) {
        const done = await this.store.commit([[pathKey(id), entry.version]], [[pathKey(id), toJson(changed)]]);
        if (done === undefined) continue;
      }
      this.#keep(new Map(this.#records).set(id, changed));
      return changed;
    }
    throw new Error(`change path ${id}: somebody else changes it all the time`);
  }
}

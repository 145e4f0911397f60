/**
 * The worker's memory and its image in the store. Everything that happens changes the memory at once; what has changed is
 * written now and then in one commit, cursors last, fenced by the lease. A crash takes the worker back to the last commit,
 * where the cursors say which blocks to read again, and reading twice does no harm.
 * @module
 */
import { IoError } from "../../node/core/errors.ts";
import { type Cursor, isSettled, type Lane, type LaneEnd, laneIdOf, type PacketRecord } from "../packet/mod.ts";
import {
  type Lease,
  type RelayerStore,
  splitWrites,
  type StoreEntry,
  type StoreKey,
  type StoreWrite,
} from "../store/mod.ts";
import {
  bodyKey,
  cursorKey,
  CURSORS,
  doneKey,
  laneKey,
  LANES,
  markKey,
  MARKS,
  packetKey,
  PACKETS,
  readKey,
  READS,
  requestKey,
  SEARCHES,
  searchKey,
  TOTALS,
  totalsKey,
} from "./_keys.ts";
import {
  bodyBytesOf,
  decodeCursor,
  decodeLane,
  decodePacket,
  decodeRead,
  encodeCursor,
  encodeLane,
  encodePacket,
  encodeRead,
  fromJson,
  toJson,
} from "./_records.ts";
import type { ReadJob } from "../calls/mod.ts";
import { LaneState, type LaneTotals } from "./lanes.ts";

/** Somebody else has the lease: what is in memory is worth nothing any more. */
export class LeaseLost extends IoError {
  constructor() {
    super("lease_lost", "write to the relayer's store: another relayer has taken the lease");
  }
}

/** A search through a channel for packets nobody saw: where it is. */
export interface Search {
  /** Of the chain's listing; empty: at the start. Base64. */
  readonly pageKey: string;
  readonly notBeforeMs: number;
  readonly attempts: number;
}

/** Bytes of a piece of a body, under the limit of a value. */
const PIECE_BYTES = 60_000;
const LIST_MAX = 1_000;
/** Data of settled packets that are kept, in bytes. */
const KEPT_DATA_BYTES = 4_096;

const endId = ({ chain, portId, channelId }: LaneEnd) => `${chain}/${portId}/${channelId}`;

export class WorkerState {
  readonly lanes = new Map<string, LaneState>();
  readonly cursors = new Map<string, Cursor>();
  readonly searches = new Map<string, Search>();
  /** Reads that wait for their answer, by chain and id. */
  readonly reads = new Map<string, { readonly chain: string; readonly job: ReadJob }>();
  /** Short notes to the worker itself: what was done last, and for what. */
  readonly marks = new Map<string, string>();
  /** Packets that are not settled. */
  pending = 0;
  readonly #byDestination = new Map<string, LaneState>();
  readonly #dirtyPackets = new Map<LaneState, Set<bigint>>();
  readonly #settled: { readonly state: LaneState; readonly record: PacketRecord }[] = [];
  /** Everything else that is to be written, by its key. */
  readonly #dirty = new Map<string, StoreWrite>();
  readonly #dirtyCursors = new Set<string>();

  constructor(readonly store: RelayerStore, readonly historyMax: number) {}

  // Memory.

  laneFrom(source: LaneEnd): LaneState | undefined {
    return this.lanes.get(laneIdOf(source));
  }

  laneTo(destination: LaneEnd): LaneState | undefined {
    return this.#byDestination.get(endId(destination));
  }

  setLane(lane: Lane): LaneState {
    let state = this.lanes.get(lane.id);
    if (state === undefined) this.#keep(state = new LaneState(lane));
    state.lane = lane;
    this.#write(laneKey(lane.id), encodeLane(lane));
    return state;
  }

  #keep(state: LaneState): void {
    this.lanes.set(state.lane.id, state);
    this.#byDestination.set(endId(state.lane.destination), state);
  }

  /** A packet's new record; a settled one leaves the memory. */
  setPacket(state: LaneState, record: PacketRecord): void {
    const { sequence } = record;
    if (isSettled(record)) {
      if (state.packets.delete(sequence)) this.pending--;
      this.#dirtyPackets.get(state)?.delete(sequence);
      state.remember(sequence);
      this.#settled.push({ state, record });
      return;
    }
    if (!state.packets.has(sequence)) this.pending++;
    state.packets.set(sequence, record);
    const dirty = this.#dirtyPackets.get(state);
    if (dirty === undefined) this.#dirtyPackets.set(state, new Set([sequence]));
    else dirty.add(sequence);
  }

  setCursor(chain: string, cursor: Cursor): void {
    this.cursors.set(chain, cursor);
    this.#dirtyCursors.add(chain);
  }

  setSearch(laneId: string, search: Search | undefined): void {
    if (search === undefined) this.searches.delete(laneId);
    else this.searches.set(laneId, search);
    this.#write(searchKey(laneId), search && toJson(search));
  }

  setRead(chain: string, id: bigint, job: ReadJob | undefined): void {
    const name = `${chain}/${id}`;
    if (job === undefined) {
      if (!this.reads.delete(name)) return;
    } else this.reads.set(name, { chain, job });
    this.#write(readKey(chain, id), job && encodeRead(job));
  }

  setMark(what: string, mark: string): void {
    if (this.marks.get(what) === mark) return;
    this.marks.set(what, mark);
    this.#write(markKey(what), toJson(mark));
  }

  /** Deletes what somebody asked for, because it is being done. */
  takeRequest(id: string): void {
    this.#write(requestKey(id), undefined);
  }

  #write(key: StoreKey, value: Uint8Array | undefined): void {
    this.#dirty.set(key.join("\n"), [key, value]);
  }

  get isDirty(): boolean {
    return this.#settled.length > 0 || this.#dirty.size > 0 || this.#dirtyCursors.size > 0 ||
      this.#dirtyPackets.values().some((set) => set.size > 0);
  }

  // Store.

  static async load(store: RelayerStore, historyMax: number): Promise<WorkerState> {
    const state = new WorkerState(store, historyMax);
    const [lanes, totals, cursors, searches, marks, reads] = await Promise.all(
      [LANES, TOTALS, CURSORS, SEARCHES, MARKS, READS].map((prefix) => listAll(store, prefix)),
    );
    for (const { value } of lanes!) state.#keep(new LaneState(decodeLane(value)));
    for (const { key, value } of totals!) {
      const lane = state.lanes.get(String(key[1]));
      if (lane !== undefined) lane.totals = fromJson("totals", value, (totals: LaneTotals) => totals);
    }
    for (const { key, value } of cursors!) state.cursors.set(String(key[1]), decodeCursor(value));
    for (const { key, value } of searches!) {
      state.searches.set(String(key[1]), fromJson("a search", value, (search: Search) => search));
    }
    for (const { key, value } of marks!) state.marks.set(String(key[1]), fromJson("a mark", value, String));
    for (const { key, value } of reads!) {
      const chain = String(key[1]);
      const job = decodeRead(value);
      state.reads.set(`${chain}/${job.id}`, { chain, job });
    }
    await state.#loadPackets();
    return state;
  }

  async #loadPackets(): Promise<void> {
    for (const { key, value } of await listAll(this.store, PACKETS)) {
      const lane = this.lanes.get(String(key[1]));
      if (lane === undefined) continue;
      const record = await readPacket(this.store, lane.lane.id, value);
      lane.packets.set(record.sequence, record);
      this.pending++;
    }
  }

  /**
   * Writes what has changed. Answers how many writes that were. Throws {@linkcode LeaseLost}, or the store's fault, after
   * which everything is to be loaded again.
   */
  async flush(lease: Lease, nowMs: () => number): Promise<number> {
    const commits = await this.#takeCommits();
    let count = 0;
    for (const writes of commits) {
      const now = nowMs();
      const prolongation = lease.prolongation(now);
      const all = prolongation === undefined ? writes : [prolongation, ...writes];
      const version = await this.store.commit([lease.fence()], all);
      if (version === undefined) {
        lease.lose();
        throw new LeaseLost();
      }
      if (prolongation !== undefined) lease.prolonged(now, version);
      count += writes.length;
    }
    return count;
  }

  /** Takes all changes; each commit is whole by itself, and cursors are in the last. */
  async #takeCommits(): Promise<StoreWrite[][]> {
    const packets = this.#takePackets();
    const settled = this.#settled.splice(0);
    const rest = [...this.#dirty.values()];
    this.#dirty.clear();
    const cursors = [...this.#dirtyCursors].map((chain): StoreWrite => [
      cursorKey(chain),
      encodeCursor(this.cursors.get(chain)!),
    ]);
    this.#dirtyCursors.clear();
    const known = await this.#alreadyDone(settled.map(({ state, record }) => ({ laneId: state.lane.id, record })));
    const ended = settled.filter((_, i) => !known[i]);
    // A packet's end is counted in the commit that says so.
    const endings = ended.flatMap(({ state, record }) => this.#endOf(state, record));
    const totals = [...new Set(ended.map(({ state }) => state))].map((state): StoreWrite => [
      totalsKey(state.lane.id),
      toJson(state.totals),
    ]);
    const again = settled.filter((_, i) => known[i]).map(({ state, record }): StoreWrite => [
      packetKey(state.lane.id, record.sequence),
      undefined,
    ]);
    const first = splitWrites([...packets, ...again], this.store.limits);
    const last = splitWrites([...endings, ...totals, ...rest, ...cursors], this.store.limits);
    const joined = splitWrites([...first.at(-1) ?? [], ...last[0] ?? []], this.store.limits);
    return joined.length === 1 && last.length === 1 ? [...first.slice(0, -1), ...joined] : [...first, ...last];
  }

  #takePackets(): StoreWrite[] {
    const writes: StoreWrite[] = [];
    for (const [state, sequences] of this.#dirtyPackets) {
      for (const sequence of sequences) {
        const record = state.packets.get(sequence)!;
        const { head, body } = encodePacket(record);
        for (let at = 0, piece = 0; body !== undefined && at < body.length; at += PIECE_BYTES, piece++) {
          writes.push([bodyKey(state.lane.id, sequence, piece), body.subarray(at, at + PIECE_BYTES)]);
        }
        writes.push([packetKey(state.lane.id, sequence), head]);
      }
    }
    this.#dirtyPackets.clear();
    return writes;
  }

  /** Which of the packets that vanished are known to have ended before. */
  async #alreadyDone(settled: readonly { laneId: string; record: PacketRecord }[]): Promise<boolean[]> {
    const gone = settled.filter(({ record }) => record.stage === "gone");
    if (gone.length === 0) return settled.map(() => false);
    const found = await this.store.getMany(gone.map(({ laneId, record }) => doneKey(laneId, record.sequence)));
    const known = new Set(gone.filter((_, i) => found[i] !== undefined));
    return settled.map((one) => known.has(one));
  }

  #endOf(state: LaneState, record: PacketRecord): StoreWrite[] {
    const { sequence, stage } = record;
    const laneId = state.lane.id;
    const kept = record.data.length <= KEPT_DATA_BYTES ? record : { ...record, data: new Uint8Array() };
    const small = (kept.acknowledgement?.length ?? 0) <= KEPT_DATA_BYTES
      ? kept
      : { ...kept, acknowledgement: undefined };
    if (stage in state.totals) {
      const name = stage as keyof LaneTotals;
      state.totals = { ...state.totals, [name]: state.totals[name] + 1 };
    }
    const writes: StoreWrite[] = [
      [doneKey(laneId, sequence), encodePacket(small).head],
      [packetKey(laneId, sequence), undefined],
    ];
    const { body } = encodePacket(record);
    for (let piece = 0; body !== undefined && piece * PIECE_BYTES < body.length; piece++) {
      writes.push([bodyKey(laneId, sequence, piece), undefined]);
    }
    const oldest = sequence - BigInt(this.historyMax);
    if (oldest > 0n) writes.push([doneKey(laneId, oldest), undefined]);
    return writes;
  }
}

/** A packet of a listing, whole. */
export async function readPacket(store: RelayerStore, laneId: string, head: Uint8Array): Promise<PacketRecord> {
  const bytes = bodyBytesOf(head);
  if (bytes === 0) return decodePacket(head, undefined);
  const sequence = fromJson("a packet", head, ({ q }: { q: string }) => BigInt(q));
  const pieces = Array.from({ length: Math.ceil(bytes / PIECE_BYTES) }, (_, i) => bodyKey(laneId, sequence, i));
  const body = new Uint8Array(bytes);
  (await store.getMany(pieces)).forEach((entry, i) => entry && body.set(entry.value, i * PIECE_BYTES));
  return decodePacket(head, body);
}

/** All entries under `prefix`. */
export async function listAll(store: RelayerStore, prefix: StoreKey): Promise<StoreEntry[]> {
  const all: StoreEntry[] = [];
  let page: readonly StoreEntry[];
  do {
    page = await store.list(prefix, { after: all.at(-1)?.key, limit: LIST_MAX });
    all.push(...page);
  } while (page.length === LIST_MAX);
  return all;
}

/** Packets as the store has them, page by page, the newest first. @module */
import type { PacketKey, PacketPage, PacketQuery, PacketView } from "./api/ports.ts";
import { type Lane, laneIdOf, type PacketRecord } from "./packet/mod.ts";
import type { RelayerStore, StoreKey } from "./store/mod.ts";
import { decodeLane, doneKey, doneOf, LANES, listAll, packetKey, packetsOf, readPacket } from "./worker/mod.ts";
import { packetStateOf, packetView } from "./_views.ts";

/** Records looked through for one page: filters must not make a request endless. */
const LOOKED_MAX = 5_000;
/** Entries asked for at once. */
const CHUNK = 100;

/** All lanes, in a steady order. */
export async function allLanes(store: RelayerStore): Promise<Lane[]> {
  return (await listAll(store, LANES)).map(({ value }) => decodeLane(value));
}

/** Records of one lane by falling sequence, pending and settled ones as one row. */
class LaneRow {
  #records: PacketRecord[] = [];
  #done = false;
  readonly #ends: [pending: bigint | undefined, settled: bigint | undefined];

  /** `below`: only smaller sequences. */
  constructor(readonly store: RelayerStore, readonly lane: Lane, below: bigint | undefined) {
    this.#ends = [below, below];
  }

  /** The next record, which stays the next until it is taken. */
  async peek(): Promise<PacketRecord | undefined> {
    if (this.#records.length === 0 && !this.#done) await this.#fill();
    return this.#records[0];
  }

  take(): void {
    this.#records.shift();
  }

  async #fill(): Promise<void> {
    const { id } = this.lane;
    const keys: [StoreKey, (sequence: bigint) => StoreKey][] = [
      [packetsOf(id), (sequence) => packetKey(id, sequence)],
      [doneOf(id), (sequence) => doneKey(id, sequence)],
    ];
    const parts = await Promise.all(keys.map(async ([prefix, key], i) => {
      const end = this.#ends[i];
      const after = end === undefined ? undefined : key(end);
      const entries = await this.store.list(prefix, { after, limit: CHUNK, reverse: true });
      return await Promise.all(entries.map(({ value }) => readPacket(this.store, id, value)));
    }));
    // What is below the lower end of a full part may be in its next one.
    const floors = parts.map((part) => part.length === CHUNK ? part.at(-1)!.sequence : 0n);
    const floor = floors[0]! > floors[1]! ? floors[0]! : floors[1]!;
    const merged = parts.flat().filter(({ sequence }) => sequence >= floor);
    merged.sort((a, b) => a.sequence > b.sequence ? -1 : a.sequence < b.sequence ? 1 : 0);
    // A packet that was settled between the two listings is in both; the settled one counts, and comes last.
    const unique = new Map(merged.map((record) => [record.sequence, record]));
    this.#records = [...unique.values()];
    this.#done = floor === 0n;
    this.#ends[0] = this.#ends[1] = floor;
  }
}

type Position = Readonly<Record<string, string>>;

function readPosition(after: string | undefined): Position | undefined {
  if (after === undefined) return {};
  try {
    const position = JSON.parse(new TextDecoder().decode(Uint8Array.fromBase64(after, { alphabet: "base64url" })));
    const entries = Object.entries(position as Record<string, unknown>);
    return entries.every(([, value]) => typeof value === "string" && /^\d{1,20}$/.test(value))
      ? position as Position
      : undefined;
  } catch {
    return undefined;
  }
}

const writePosition = (position: Position) =>
  new TextEncoder().encode(JSON.stringify(position)).toBase64({ alphabet: "base64url", omitPadding: true });

const fits = (lane: Lane, { path, chain, portId, channelId }: PacketQuery) =>
  (path === undefined || lane.pathIds.includes(path)) && (chain === undefined || lane.source.chain === chain) &&
  (portId === undefined || lane.source.portId === portId) &&
  (channelId === undefined || lane.source.channelId === channelId);

/** One page; undefined when `after` is none of ours. */
export async function packetPage(store: RelayerStore, query: PacketQuery): Promise<PacketPage | undefined> {
  const position = readPosition(query.after);
  if (position === undefined) return undefined;
  const lanes = (await allLanes(store)).filter((lane) => fits(lane, query));
  const rows = lanes.map((lane) => {
    const below = position[lane.id];
    return new LaneRow(store, lane, below === undefined ? undefined : BigInt(below));
  });
  const next: Record<string, string> = { ...position };
  const packets: PacketView[] = [];
  const wanted = query.states === undefined ? undefined : new Set(query.states);
  for (let looked = 0; looked < LOOKED_MAX && packets.length < query.limit; looked++) {
    const heads = await Promise.all(rows.map(async (row) => ({ row, record: await row.peek() })));
    const newest = heads.reduce<{ row: LaneRow; record: PacketRecord } | undefined>(
      (best, { row, record }) =>
        record !== undefined && (best === undefined || record.seenMs > best.record.seenMs) ? { row, record } : best,
      undefined,
    );
    if (newest === undefined) return { packets, next: undefined };
    newest.row.take();
    next[newest.row.lane.id] = `${newest.record.sequence}`;
    if (wanted === undefined || wanted.has(packetStateOf(newest.record))) {
      packets.push(packetView(newest.row.lane, newest.record));
    }
  }
  const more = (await Promise.all(rows.map((row) => row.peek()))).some((record) => record !== undefined);
  return { packets, next: more ? writePosition(next) : undefined };
}

/** One packet; undefined when nothing is known of it. */
export async function onePacket(store: RelayerStore, key: PacketKey): Promise<PacketView | undefined> {
  const id = laneIdOf(key);
  const lane = (await allLanes(store)).find((lane) => lane.id === id);
  if (lane === undefined) return undefined;
  const [pending, done] = await store.getMany([packetKey(id, key.sequence), doneKey(id, key.sequence)]);
  const found = pending ?? done;
  return found && packetView(lane, await readPacket(store, id, found.value));
}

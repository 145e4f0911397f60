/**
 * Moves recent changes from memory into the flat records and the history, many versions at once: a key that changes in
 * every block is written once, and in the order of keys neighbours share pages of the engine's tree. (Measured over 10^6
 * keys: 1 000 random keys written block by block cost 38 ms, in an order of 30 000 at once 19 ms.)
 *
 * The mark says up to which version everything has been moved; what is later is in the log, and read from there by the
 * next open. Moving again what a crash interrupted changes nothing: records and history entries are the same.
 * @module
 */
import { commitUnits } from "./_commits.ts";
import { historyEntries } from "./_history.ts";
import { encodeRecord, flatKey, metaKey, storeDamaged } from "./_kv_layout.ts";
import type { KvPort, Mutation } from "./_kv_port.ts";
import { type RecentChange, RecentChanges } from "./_recent.ts";
import { stringToKey } from "./_sorted_map.ts";
import type { LogEntry } from "./_version_log.ts";
import { bytesToU64, u64ToBytes } from "../core/bytes.ts";

const FLUSHED = metaKey("flushed");
/** Keys moved at a time: about one commit. */
const SLICE_KEYS = 400;

/** Changes on their way into the records. */
interface Moving {
  readonly changes: RecentChanges;
  /** All versions up to this one are moved when these are; undefined: not even the first is whole. */
  readonly upTo: bigint | undefined;
  /** The first key that is not moved yet; undefined when all are. */
  next: string | undefined;
}

export class Flusher {
  readonly #port: KvPort;
  readonly #bytesMax: number;
  #active = new RecentChanges();
  #moving: Moving | undefined;
  #whole: bigint | undefined;
  /** The first version of the store: the log itself is the history of its keys. */
  base: bigint | undefined;

  constructor(port: KvPort, bytesMax: number) {
    this.#port = port;
    this.#bytesMax = bytesMax;
  }

  /** The version up to which records hold everything; undefined when none does. */
  async open(): Promise<bigint | undefined> {
    const [saved] = await this.#port.getMany([FLUSHED]);
    if (saved === undefined) return undefined;
    if (!(saved instanceof Uint8Array) || saved.length !== 8) throw storeDamaged("the flush mark is malformed");
    this.#whole = bytesToU64(saved);
    return this.#whole;
  }

  /** The last change of a key (as text) up to `version`, if it is recent. */
  at(text: string, version: bigint): RecentChange | undefined {
    return this.#active.at(text, version) ?? this.#moving?.changes.at(text, version);
  }

  /** Up to `limit` recently changed keys in [start, end), in order, once each. */
  keys(start: string | undefined, end: string | undefined, reverse: boolean, limit: number): string[] {
    const active = this.#active.keys(start, end, reverse, limit);
    const moving = this.#moving?.changes.keys(start, end, reverse, limit) ?? [];
    if (moving.length === 0) return active;
    const both = [...new Set([...active, ...moving])].sort();
    return (reverse ? both.reverse() : both).slice(0, limit);
  }

  /** Takes changes of `version`, which is later than all before. Finishes what is moving when there is too much. */
  async add(version: bigint, entries: readonly LogEntry[]): Promise<void> {
    this.#active.add(version, entries);
    if (!this.isFull || this.#moving === undefined) return;
    while (await this.slice());
  }

  /** Every change of `version` was added. */
  completed(version: bigint): void {
    this.#whole = version;
  }

  get isFull(): boolean {
    return this.#active.bytes > this.#bytesMax;
  }

  /** What is not moving, about, in bytes. */
  get waitingBytes(): number {
    return this.#active.bytes;
  }

  /** Begins to move what is there. Nothing may be moving. */
  begin(): void {
    const [next] = this.#active.keys(undefined, undefined, false, 1);
    this.#moving = { changes: this.#active, upTo: this.#whole, next };
    this.#active = new RecentChanges();
  }

  get isMoving(): boolean {
    return this.#moving !== undefined;
  }

  /** Moves some keys; whether more are left. */
  async slice(): Promise<boolean> {
    const moving = this.#moving;
    if (moving === undefined) return false;
    const keys = moving.changes.keys(moving.next, undefined, false, SLICE_KEYS + 1);
    const units = keys.slice(0, SLICE_KEYS).map((text) => this.#unit(moving.changes, text));
    moving.next = keys[SLICE_KEYS];
    await commitUnits(this.#port, units);
    if (moving.next !== undefined) return true;
    if (moving.upTo !== undefined) await commitUnits(this.#port, [[[FLUSHED, u64ToBytes(moving.upTo)]]]);
    // Only now: until here readers need them in memory.
    this.#moving = undefined;
    return false;
  }

  #unit(changes: RecentChanges, text: string): Mutation[] {
    const { versions, value } = changes.get(text);
    const key = stringToKey(text);
    const later = versions[0] === this.base ? versions.slice(1) : versions;
    const record = encodeRecord(versions.at(-1)!, value);
    return [...historyEntries(key, later, this.#port.limits), [flatKey(key), record]];
  }
}

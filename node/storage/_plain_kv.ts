import { checkWrites } from "./_checks.ts";
import type { ChunkSpace } from "./_chunks.ts";
import { commitUnits, fitsOneCommit, singly } from "./_commits.ts";
import type { Journal } from "./_journal.ts";
import { decodePointer, encodePointer, garbageKey, plainKey, type Pointer, storeDamaged } from "./_kv_layout.ts";
import type { KvPort, KvValue, Mutation } from "./_kv_port.ts";
import type { LargeKeys } from "./_large_keys.ts";
import { listPages, userKey } from "./_pages.ts";
import type { ReadGate } from "./_read_gate.ts";
import { keyToString } from "./_sorted_map.ts";
import type { Entry, IterateOptions, KeyRange, StoreReader, Write } from "./store.ts";

/** How often a reader follows a large value that is being replaced under it. */
const POINTER_READS_MAX = 8;

export interface PlainParts {
  readonly port: KvPort;
  readonly gate: ReadGate;
  readonly chunks: ChunkSpace;
  readonly large: LargeKeys;
  readonly journal: Journal;
}

/** The unversioned keys. Writes must come one at a time. */
export class PlainSpace implements StoreReader {
  readonly #parts: PlainParts;

  constructor(parts: PlainParts) {
    this.#parts = parts;
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    return (await this.getMany([key]))[0];
  }

  /** More than ten keys are not read at one instant, except that no part of a journalled batch is ever seen. */
  getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    return this.#parts.gate.read(async () => {
      const values = await this.#parts.port.getMany(keys.map(plainKey));
      for (let i = 0; i < values.length; i++) {
        if (typeof values[i] === "string") values[i] = await this.#resolve(keys[i]!, values[i]);
      }
      return values as (Uint8Array | undefined)[];
    });
  }

  async *iterate(range: KeyRange, options: IterateOptions = {}): AsyncGenerator<Entry> {
    const { gate, port } = this.#parts;
    let left = options.limit ?? Infinity;
    for await (const page of listPages(port, gate, "plain", range, options.reverse ?? false, left)) {
      for (const entry of page) {
        const key = userKey(entry);
        const stored = entry[1];
        const value = typeof stored === "string" ? await gate.read(() => this.#resolve(key, stored)) : stored;
        if (value === undefined) continue;
        yield [key, value];
        if (--left <= 0) return;
      }
    }
  }

  /** All of `writes` and `extra`, or none. */
  async writeAtomic(writes: readonly Write[], extra: readonly Mutation[] = []): Promise<void> {
    checkWrites(writes);
    const { port, chunks, large, journal } = this.#parts;
    const latest = [...new Map(writes.map((write) => [keyToString(write[0]), write])).values()];
    const replaced = [...(await this.#pointersOf(latest)).values()];
    const final: Mutation[] = [...extra];
    const planned = [];
    for (const [key, value] of latest) {
      if (value === undefined || value.length <= chunks.inlineBytesMax) {
        final.push([plainKey(key), value]);
        continue;
      }
      const plan = chunks.plan(value);
      planned.push(plan);
      final.push([plainKey(key), encodePointer(plan.pointer)], ...large.add(key));
    }
    const whole = [
      ...planned.flatMap((plan) => plan.chunks),
      ...final,
      ...replaced.flatMap((pointer) => chunks.deletes(pointer)),
    ];
    if (fitsOneCommit(whole, port.limits)) return await commitUnits(port, [whole]);
    await commitUnits(port, singly([...planned.map((plan) => plan.mark), ...planned.flatMap((plan) => plan.chunks)]));
    final.push(...planned.map((plan) => plan.unmark));
    final.push(...replaced.map((pointer): Mutation => [garbageKey(pointer.id), new Uint8Array()]));
    if (fitsOneCommit(final, port.limits)) await commitUnits(port, [final]);
    else await journal.apply(final);
    await chunks.sweep(replaced.map((pointer) => pointer.id));
  }

  /** All of `writes` in order, without atomicity between them. */
  async writeOrdered(writes: readonly Write[]): Promise<void> {
    checkWrites(writes);
    const pointers = await this.#pointersOf(writes);
    const freed: number[] = [];
    await commitUnits(this.#parts.port, this.#orderedUnits(writes, pointers, freed));
    await this.#parts.chunks.sweep(freed);
  }

  /** `pointers` holds the large values of the keys as of each write; ids of replaced ones go to `freed`. */
  *#orderedUnits(writes: readonly Write[], pointers: Map<string, Pointer>, freed: number[]): Generator<Mutation[]> {
    const { chunks, large } = this.#parts;
    for (const [key, value] of writes) {
      const unit: Mutation[] = [];
      const isLarge = value !== undefined && value.length > chunks.inlineBytesMax;
      if (isLarge || pointers.size > 0) {
        const name = keyToString(key);
        const old = pointers.get(name);
        if (old) {
          unit.push([garbageKey(old.id), new Uint8Array()]);
          freed.push(old.id);
          pointers.delete(name);
        }
        if (isLarge) {
          const plan = chunks.plan(value);
          pointers.set(name, plan.pointer);
          if (plan.small) unit.push(...plan.chunks);
          else {
            yield [plan.mark];
            yield* singly(plan.chunks) as Generator<Mutation[]>;
            unit.push(plan.unmark);
          }
          unit.push([plainKey(key), encodePointer(plan.pointer)], ...large.add(key));
        }
      }
      if (!isLarge) unit.push([plainKey(key), value]);
      yield unit;
    }
  }

  /** The pointers that `writes` would replace. */
  async #pointersOf(writes: readonly Write[]): Promise<Map<string, Pointer>> {
    const keys = writes.map(([key]) => key).filter((key) => this.#parts.large.mayBeLarge(key));
    const values = await this.#parts.port.getMany(keys.map(plainKey));
    const pointers = new Map<string, Pointer>();
    values.forEach((value, i) => {
      if (typeof value === "string") pointers.set(keyToString(keys[i]!), decodePointer(value));
    });
    return pointers;
  }

  /** The value behind what the engine holds, also while it is being replaced. */
  async #resolve(key: Uint8Array, stored: KvValue | undefined): Promise<Uint8Array | undefined> {
    for (let reads = 0; reads < POINTER_READS_MAX; reads++) {
      if (typeof stored !== "string") return stored;
      const value = await this.#parts.chunks.read(decodePointer(stored));
      if (value) return value;
      const [again] = await this.#parts.port.getMany([plainKey(key)]);
      if (again === stored) throw storeDamaged(`pieces of the value ${stored} are missing`);
      stored = again;
    }
    throw storeDamaged("a large value changed at every read");
  }
}

/**
 * The side of whoever runs the block: what another thread ran is held against the block's journal as it is now, and taken or not.
 * See `speculation_log.ts`. @module
 */
import type { Event, EventAttribute } from "cosmjs-types/tendermint/abci/types";
import { equalBytes } from "../core/bytes.ts";
import type { CodedError } from "../core/errors.ts";
import { invariant } from "../core/invariant.ts";
import type { Entries } from "../core/work.ts";
import { WordReader } from "../core/words.ts";
import type { Journal, PageRequest, Place } from "../state/mod.ts";
import type { Outcome } from "./execute.ts";
import type { DecodedTx } from "./decode.ts";
import type { StoreKey } from "./prefetch.ts";
import * as log from "./speculation_log.ts";

const NO_FEE: Outcome["fee"] = [];

/** A key that has a number. */
interface KnownKey extends StoreKey {
  place: Place | undefined;
  /** A value of the journal, and a place in the buffer where the same value is. */
  value: Uint8Array | undefined;
  at: number;
}

export class SpeculationReader {
  readonly #from: WordReader;
  readonly #keys: KnownKey[] = [];
  readonly #texts: string[] = [];
  /** By place in the block: where the body is. */
  readonly #bodies = new Map<number, number>();
  #parsed = log.RECORDS_AT;
  #data: { readonly at: number; readonly bytes: Uint8Array } = { at: 0, bytes: new Uint8Array() };

  /** Empties the buffer, in which nobody writes at this moment. */
  constructor(buffer: ArrayBufferLike) {
    this.#from = new WordReader(buffer);
    Atomics.store(this.#from.words, log.PUBLISHED_AT, log.RECORDS_AT);
    Atomics.store(this.#from.words, log.FROM_AT, 0);
  }

  /** Whether the transaction at a place has been run. */
  has(index: number): boolean {
    return this.#bodies.has(index) || this.#readOn().has(index);
  }

  /** Tells the writer that transactions before this place are needed no more; infinite: none is. */
  skipTo(index: number): void {
    Atomics.store(this.#from.words, log.FROM_AT, Math.min(index, log.NOTHING));
  }

  /** The keys that have been read or written so far. */
  get keys(): readonly StoreKey[] {
    return this.#keys;
  }

  /**
   * Whether a transaction that runs over `journal` now would read what it read; then it is done. The journal is the same each
   * time. May miss, and has then changed nothing.
   */
  take(index: number, tx: DecodedTx, journal: Journal): Outcome | undefined {
    const from = this.#from;
    const body = this.#bodies.get(index);
    invariant(body !== undefined, `take transaction ${index}: nobody has run it`);
    from.at = body;
    for (let left = from.word(); left > 0; left--) {
      const key = this.#keys[from.word()]!;
      if (!this.#isNow(key, from.word(), journal)) return undefined;
    }
    const changesAt = from.at;
    from.at += 1 + 2 * from.words[changesAt]!;
    for (let left = from.word(); left > 0; left--) if (!this.#pageIsNow(journal)) return undefined;
    const outcome = this.#outcome(tx);
    from.at = changesAt;
    this.#change(journal);
    return outcome;
  }

  #readOn(): ReadonlyMap<number, number> {
    const from = this.#from;
    const end = Atomics.load(from.words, log.PUBLISHED_AT);
    while (this.#parsed < end) {
      from.at = this.#parsed;
      const [words, index, body, tables] = [from.word(), from.word(), from.word(), from.word()];
      from.at = tables;
      if (from.word() > 0) { for (const text of JSON.parse(from.text())) this.#texts.push(text); }
      for (let left = from.word(); left > 0; left--) {
        const store = this.#texts[from.word()]!;
        this.#keys.push({ store, key: from.bytes(), place: undefined, value: undefined, at: 0 });
      }
      this.#bodies.set(index, body);
      this.#parsed += words;
    }
    return this.#bodies;
  }

  #isNow(key: KnownKey, at: number, journal: Journal): boolean {
    const now = this.#placeOf(key, journal).get();
    if (key.at === at && key.value === now) return true;
    if (now === undefined ? at !== 0 : at === 0 || !this.#from.isAt(at, now)) return false;
    key.at = at;
    key.value = now;
    return true;
  }

  #placeOf(key: KnownKey, journal: Journal): Place {
    return key.place ??= journal.place(key.store, key.key);
  }

  #pageIsNow(journal: Journal): boolean {
    const from = this.#from;
    const store = this.#texts[from.word()]!;
    const bits = from.word();
    const page: PageRequest = {
      start: (bits & log.HAS_START) === 0 ? undefined : from.bytes(),
      end: (bits & log.HAS_END) === 0 ? undefined : from.bytes(),
      reverse: (bits & log.REVERSE) !== 0,
      limit: from.word(),
    };
    const entries: Entries = Array.from({ length: from.word() }, () => [from.bytes(), from.bytes()] as const);
    const now = journal.page(store, page);
    return now.length === entries.length &&
      now.every(([key, value], i) => equalBytes(key, entries[i]![0]) && equalBytes(value, entries[i]![1]));
  }

  #change(journal: Journal): void {
    const from = this.#from;
    for (let left = from.word(); left > 0; left--) {
      const key = this.#keys[from.word()]!;
      const at = from.word();
      const value = at === 0 ? undefined : from.bytesAt(at);
      this.#placeOf(key, journal).set(value);
      key.at = at;
      key.value = value;
    }
  }

  #outcome(tx: DecodedTx): Outcome {
    const from = this.#from;
    const data = this.#dataAt(from.word());
    const bits = from.word();
    const [gasWanted, gasUsed, gasComputed] = [from.big(), from.big(), from.big()];
    const error = (bits & log.REFUSED) === 0 ? undefined : this.#error();
    const events: Event[] = [];
    for (let left = from.word(); left > 0; left--) events.push(this.#event());
    const fee = (bits & log.FEE_PAID) === 0 ? NO_FEE : tx.fee;
    return { error, data, gasWanted, gasUsed, gasComputed, events, fee };
  }

  #dataAt(at: number): Uint8Array {
    if (this.#data.at !== at) this.#data = { at, bytes: this.#from.bytesAt(at) };
    return this.#data.bytes;
  }

  #error(): CodedError {
    const from = this.#from;
    const codespace = this.#texts[from.word()]!;
    const code = from.word();
    return { codespace, code, message: this.#texts[from.word()]! };
  }

  #event(): Event {
    const from = this.#from;
    const type = this.#texts[from.word()]!;
    const attributes: EventAttribute[] = [];
    for (let left = from.word(); left > 0; left--) {
      const [key, value] = [this.#texts[from.word()]!, this.#texts[from.word()]!];
      attributes.push({ key, value, index: from.word() === 1 });
    }
    return { type, attributes };
  }
}

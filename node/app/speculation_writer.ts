/** The side of the thread that runs transactions ahead of their turn. See `speculation_log.ts`. @module */
import type { Event } from "cosmjs-types/tendermint/abci/types";
import { WordWriter } from "../core/words.ts";
import { type PageRead, textOf } from "../state/mod.ts";
import type { Outcome } from "./execute.ts";
import type { Speculation } from "./speculation.ts";
import * as log from "./speculation_log.ts";

type Entry = Speculation["changes"][number];

/** A key that has a number, and the value that was written down last. */
interface KnownKey {
  readonly number: number;
  value: Uint8Array | undefined;
  /** Where that is; 0: absent. Undefined: none was written down. */
  at: number | undefined;
}

export class SpeculationWriter {
  readonly #to: WordWriter;
  readonly #keys = new Map<string, Map<string, KnownKey>>();
  readonly #texts = new Map<string, number>();
  #keyCount = 0;
  /** What the record that is being written brings. */
  #newKeys: Entry[] = [];
  #newTexts: string[] = [];
  #data: { readonly bytes: Uint8Array; readonly at: number } | undefined;

  /** Begins anew in a buffer that the other side has begun to read. */
  constructor(buffer: ArrayBufferLike) {
    this.#to = new WordWriter(buffer, log.RECORDS_AT);
  }

  /** Transactions before this place are needed no more. */
  get from(): number {
    return Atomics.load(this.#to.words, log.FROM_AT);
  }

  /** False: there is no room, for this one and whatever comes after. */
  write({ index, outcome, reads, changes }: Speculation): boolean {
    const to = this.#to;
    const start = to.at;
    to.at += log.RECORD_HEAD;
    const dataAt = this.#dataAt(outcome.data);
    const read = this.#placed(reads.keys);
    const changed = this.#placed(changes);
    const bodyAt = to.at;
    for (const list of [read, changed]) {
      to.word(list.length / 2);
      for (const word of list) to.word(word);
    }
    to.word(reads.pages.length);
    for (const page of reads.pages) this.#page(page);
    to.word(dataAt);
    this.#outcome(outcome);
    const tablesAt = to.at;
    this.#tables();
    if (to.full) return false;
    to.words.set([to.at - start, index, bodyAt, tablesAt], start);
    Atomics.store(to.words, log.PUBLISHED_AT, to.at);
    return true;
  }

  /** Numbers of keys and places of values, by turns. Values that are new are written down. */
  #placed(entries: readonly Entry[]): number[] {
    const list: number[] = [];
    for (const entry of entries) {
      const key = this.#key(entry);
      const { value } = entry;
      if (key.at === undefined || key.value !== value) {
        key.at = value === undefined ? 0 : this.#to.bytes(value);
        key.value = value;
      }
      list.push(key.number, key.at);
    }
    return list;
  }

  #key(entry: Entry): KnownKey {
    let keys = this.#keys.get(entry.store);
    if (keys === undefined) this.#keys.set(entry.store, keys = new Map());
    const text = textOf(entry.key);
    let known = keys.get(text);
    if (known === undefined) {
      keys.set(text, known = { number: this.#keyCount++, value: undefined, at: undefined });
      this.#newKeys.push(entry);
    }
    return known;
  }

  #text(text: string): number {
    let number = this.#texts.get(text);
    if (number === undefined) {
      this.#texts.set(text, number = this.#texts.size);
      this.#newTexts.push(text);
    }
    return number;
  }

  /** Most transactions have the same data, in the same array. */
  #dataAt(bytes: Uint8Array): number {
    if (this.#data?.bytes !== bytes) this.#data = { bytes, at: this.#to.bytes(bytes) };
    return this.#data.at;
  }

  #page({ store, page, entries }: PageRead): void {
    const to = this.#to;
    const { start, end } = page;
    to.word(this.#text(store));
    const reverse = page.reverse === true ? log.REVERSE : 0;
    to.word(reverse | (start === undefined ? 0 : log.HAS_START) | (end === undefined ? 0 : log.HAS_END));
    if (start !== undefined) to.bytes(start);
    if (end !== undefined) to.bytes(end);
    to.word(page.limit);
    to.word(entries.length);
    for (const [key, value] of entries) {
      to.bytes(key);
      to.bytes(value);
    }
  }

  #outcome({ error, gasWanted, gasUsed, gasComputed, events, fee }: Outcome): void {
    const to = this.#to;
    to.word((fee.length > 0 ? log.FEE_PAID : 0) | (error === undefined ? 0 : log.REFUSED));
    to.big(gasWanted);
    to.big(gasUsed);
    to.big(gasComputed);
    if (error !== undefined) {
      to.word(this.#text(error.codespace));
      to.word(error.code);
      to.word(this.#text(error.message));
    }
    to.word(events.length);
    for (const event of events) this.#event(event);
  }

  #event({ type, attributes }: Event): void {
    const to = this.#to;
    to.word(this.#text(type));
    to.word(attributes.length);
    for (const { key, value, index } of attributes) {
      to.word(this.#text(key));
      to.word(this.#text(value));
      to.word(index ? 1 : 0);
    }
  }

  /** JSON, because texts need not be well-formed. */
  #tables(): void {
    const to = this.#to;
    const keys = this.#newKeys.map(({ store, key }) => [this.#text(store), key] as const);
    to.word(this.#newTexts.length);
    if (this.#newTexts.length > 0) to.text(JSON.stringify(this.#newTexts));
    to.word(keys.length);
    for (const [store, key] of keys) {
      to.word(store);
      to.bytes(key);
    }
    this.#newKeys = [];
    this.#newTexts = [];
  }
}

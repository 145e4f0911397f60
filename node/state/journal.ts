/**
 * Writes over a state that is not touched: nested checkpoints, net changes at the end, and on request what was read.
 * @module
 */
import { invariant } from "../core/invariant.ts";
import type { Entries } from "../core/work.ts";
import { STATE_KEY_BYTES_MAX, textOf } from "./keys.ts";
import { Overlay, type Undo, type Written } from "./_overlay.ts";
import type { PageRequest, StateChange, StateReader, StateView } from "./view.ts";

/** A point to go back to. Closed in reverse order of opening, each once. */
export interface Checkpoint {
  readonly depth: number;
  readonly mark: number;
}

/** A key that was read from below, and what it was. */
export interface KeyRead {
  readonly store: string;
  readonly key: Uint8Array;
  /** undefined: absent. */
  readonly value: Uint8Array | undefined;
}

/** A page that was read from below, and what was in it. */
export interface PageRead {
  readonly store: string;
  readonly page: PageRequest;
  readonly entries: Entries;
}

/** What a journal read from below itself: the read set of conflict detection and of witnesses. Each key once. */
export interface Reads {
  readonly keys: readonly KeyRead[];
  readonly pages: readonly PageRead[];
}

/** A key of a journal. Its text is made once, and what lies below is read once: that does not change under a journal. */
export interface Place {
  readonly key: Uint8Array;
  /** As {@linkcode Journal.get}. */
  get(): Uint8Array | undefined;
  /** As {@linkcode Journal.set}; undefined: as {@linkcode Journal.delete}. */
  set(value: Uint8Array | undefined): void;
}

/**
 * A view whose writes stay in memory. Keys are 1..{@linkcode STATE_KEY_BYTES_MAX} bytes: who takes keys from outside
 * checks them first. Keys and values belong to the journal from here on: nobody changes their bytes.
 */
export class Journal implements StateView {
  readonly #base: StateReader;
  readonly #stores = new Map<string, Overlay>();
  readonly #undo: Undo[] = [];
  readonly #readKeys: Map<string, Map<string, KeyRead>> | undefined;
  readonly #readPages: PageRead[] = [];
  #depth = 0;

  constructor(base: StateReader, options: { readonly trackReads?: boolean } = {}) {
    this.#base = base;
    this.#readKeys = options.trackReads === true ? new Map() : undefined;
  }

  get(store: string, key: Uint8Array): Uint8Array | undefined {
    const overlay = this.#stores.get(store);
    if (overlay !== undefined) {
      const entry = overlay.get(textOf(key));
      if (entry !== undefined) return entry.value;
    }
    const value = this.#base.get(store, key);
    if (this.#readKeys !== undefined) this.#noteKey(this.#readKeys, { store, key, value });
    return value;
  }

  page(store: string, page: PageRequest): Entries {
    const overlay = this.#stores.get(store);
    return overlay === undefined ? this.#below(store, page) : overlay.page(page, (part) => this.#below(store, part));
  }

  #below(store: string, page: PageRequest): Entries {
    const entries = this.#base.page(store, page);
    if (this.#readKeys !== undefined) this.#readPages.push({ store, page, entries });
    return entries;
  }

  set(store: string, key: Uint8Array, value: Uint8Array): void {
    this.#write(store, textOf(key), { key, value });
  }

  delete(store: string, key: Uint8Array): void {
    this.#write(store, textOf(key), { key, value: undefined });
  }

  #write(store: string, text: string, written: Written): void {
    const { key } = written;
    invariant(key.length > 0 && key.length <= STATE_KEY_BYTES_MAX, `write to ${store}: a key of ${key.length} bytes`);
    let overlay = this.#stores.get(store);
    if (overlay === undefined) this.#stores.set(store, overlay = new Overlay());
    const undo = overlay.write(text, written);
    if (this.#depth > 0) this.#undo.push(undo);
  }

  checkpoint(): Checkpoint {
    this.#depth++;
    return { depth: this.#depth, mark: this.#undo.length };
  }

  /** Keeps what was written since the checkpoint; an outer one can still revert it. */
  commit(checkpoint: Checkpoint): void {
    this.#close(checkpoint);
    if (this.#depth === 0) this.#undo.length = 0;
  }

  /** Forgets what was written since the checkpoint. Reads stay noted: they happened. */
  revert(checkpoint: Checkpoint): void {
    this.#close(checkpoint);
    while (this.#undo.length > checkpoint.mark) {
      const { overlay, text, previous } = this.#undo.pop()!;
      overlay.restore(text, previous);
    }
  }

  #close(checkpoint: Checkpoint): void {
    invariant(checkpoint.depth === this.#depth, `close checkpoint ${checkpoint.depth}: ${this.#depth} are open`);
    this.#depth--;
  }

  /** The stores that were written to. */
  get written(): string[] {
    return [...this.#stores.keys()];
  }

  /** The writes of this journal, as they go on, over another state. */
  over(base: StateReader): StateReader {
    const stores = this.#stores;
    return {
      get(store, key) {
        const entry = stores.get(store)?.get(textOf(key));
        return entry === undefined ? base.get(store, key) : entry.value;
      },
      page(store, page) {
        const overlay = stores.get(store);
        return overlay === undefined ? base.page(store, page) : overlay.page(page, (part) => base.page(store, part));
      },
    };
  }

  /** Net changes, by store name, then key. Checkpoints still open count as committed. */
  changes(): StateChange[] {
    const changes: StateChange[] = [];
    for (const store of [...this.#stores.keys()].sort()) {
      for (const { key, value } of this.#stores.get(store)!.sortedEntries()) changes.push({ store, key, value });
    }
    return changes;
  }

  /** What was read from below. Only in a journal made with `trackReads`. */
  reads(): Reads {
    invariant(this.#readKeys !== undefined, "read the read set: this journal does not track reads");
    const keys = [...this.#readKeys.values()].flatMap((read) => [...read.values()]);
    return { keys, pages: [...this.#readPages] };
  }

  /** A key, for whoever comes back to it. Not in a journal that tracks reads. */
  place(store: string, key: Uint8Array): Place {
    invariant(this.#readKeys === undefined, "come back to a key: this journal tracks reads");
    const text = textOf(key);
    let below: { readonly value: Uint8Array | undefined } | undefined;
    return {
      key,
      get: () => {
        const entry = this.#stores.get(store)?.get(text);
        return entry !== undefined ? entry.value : (below ??= { value: this.#base.get(store, key) }).value;
      },
      set: (value) => this.#write(store, text, { key, value }),
    };
  }

  #noteKey(stores: Map<string, Map<string, KeyRead>>, note: KeyRead): void {
    let read = stores.get(note.store);
    if (read === undefined) stores.set(note.store, read = new Map());
    const text = textOf(note.key);
    if (!read.has(text)) read.set(text, note);
  }
}

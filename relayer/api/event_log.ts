/** The latest events, numbered, and who listens. @module */
import type { RelayerEvent } from "./ports.ts";
import { toWire } from "./wire.ts";

/** An event as it goes over the wire. */
export interface LoggedEvent {
  /** Counts from 1 in each life of the log. */
  readonly number: number;
  readonly type: RelayerEvent["type"];
  /** JSON on one line. */
  readonly data: string;
}

/** A bounded memory of events. */
export class EventLog {
  /** Names this life of the log: numbers of another one mean nothing here. */
  readonly life: string;
  readonly #kept: number;
  readonly #events: LoggedEvent[] = [];
  readonly #listeners = new Set<(event: LoggedEvent) => void>();
  #last = 0;

  /** `kept`: how many events a client can catch up on. */
  constructor(kept: number, life: string) {
    this.#kept = kept;
    this.life = life;
  }

  push(event: RelayerEvent): void {
    const logged = { number: ++this.#last, type: event.type, data: JSON.stringify(toWire(event)) };
    this.#events.push(logged);
    // Cut in steps: shifting each time would move the whole array.
    if (this.#events.length > this.#kept * 2 + 16) this.#events.splice(0, this.#events.length - this.#kept);
    for (const listener of [...this.#listeners]) listener(logged);
  }

  /** `<life>-<number>`. */
  idOf(event: LoggedEvent): string {
    return `${this.life}-${event.number}`;
  }

  /** Events after the one with id `lastId`, and whether some between are gone. */
  since(lastId: string): { readonly events: readonly LoggedEvent[]; readonly gap: boolean } {
    const kept = this.#kept === 0 ? [] : this.#events.slice(-this.#kept);
    const number = lastId.startsWith(`${this.life}-`) ? Number(lastId.slice(this.life.length + 1)) : Number.NaN;
    if (!Number.isSafeInteger(number) || number > this.#last) return { events: kept, gap: true };
    const oldest = kept[0]?.number ?? this.#last + 1;
    return { events: kept.filter((event) => event.number > number), gap: number < oldest - 1 };
  }

  /** Calls `listener` for each event from now on; answers how to end it. */
  listen(listener: (event: LoggedEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** What a simulated node keeps through a crash. @module */
import { concatBytes } from "../../node/core/bytes.ts";
import type { Prng } from "../../node/core/prng.ts";
import type { Decision, SignerStorage, WalPort } from "../../node/consensus/mod.ts";
import type { Scheduler } from "./scheduler.ts";

interface Pending {
  readonly cancel: () => void;
  /** What is there when power fails during the write. */
  readonly tear: () => void;
}

/**
 * Writes take time. One in progress when the node crashes is there wholly, in part, or not at all: the log may end in a
 * torn record; a guard's state and a block are there or are not.
 */
export class Disk {
  readonly #scheduler: Scheduler;
  readonly #prng: Prng;
  readonly #meanMs: number;
  readonly #whenAwake: (run: () => void) => void;
  readonly #pending = new Set<Pending>();
  /** The log by height: framed records, as bytes. */
  readonly #log = new Map<bigint, Uint8Array>();
  #guard: Uint8Array | undefined;
  /** Committed blocks in order of height. */
  readonly decisions: Decision[] = [];

  /** `whenAwake` runs what is told to the process, now or when it goes on. */
  constructor(
    scheduler: Scheduler,
    prng: Prng,
    meanMs: number,
    whenAwake: (run: () => void) => void = (run) => run(),
  ) {
    this.#scheduler = scheduler;
    this.#whenAwake = whenAwake;
    this.#prng = prng;
    this.#meanMs = meanMs;
  }

  /** Power fails. Promises of writes in progress never settle: who waits for them is gone. */
  crash(): void {
    for (const { cancel, tear } of this.#pending) {
      cancel();
      tear();
    }
    this.#pending.clear();
  }

  /** All data is lost. Only while no process runs. */
  wipe(): void {
    this.#log.clear();
    this.#guard = undefined;
    this.decisions.length = 0;
  }

  readonly wal: WalPort = {
    append: (height, records) => {
      const framed = concatBytes(...records.map(frame));
      return this.#write((whole) => {
        const bytes = whole ? framed : framed.subarray(0, this.#prng.below(framed.length + 1));
        const log = this.#log.get(height);
        this.#log.set(height, log === undefined ? bytes : concatBytes(log, bytes));
      });
    },
    load: (height) => this.#read(() => this.#loadLog(height)),
    truncate: (height) =>
      this.#write((whole) => {
        if (whole) { for (const at of this.#log.keys()) if (at < height) this.#log.delete(at); }
      }),
  };

  readonly guard: SignerStorage = {
    load: () => this.#read(() => this.#guard),
    save: (bytes) => this.#write((whole) => void (whole || this.#prng.chance(0.5) ? this.#guard = bytes : undefined)),
  };

  saveDecision(decision: Decision, extraMs: number): Promise<void> {
    return this.#write((whole) => void (whole || this.#prng.chance(0.5) ? this.decisions.push(decision) : 0), extraMs);
  }

  #loadLog(height: bigint): Uint8Array[] {
    const log = this.#log.get(height);
    if (log === undefined) return [];
    const records: Uint8Array[] = [];
    const view = new DataView(log.buffer, log.byteOffset, log.length);
    let at = 0;
    while (at + 4 <= log.length) {
      const length = view.getUint32(at);
      if (at + 4 + length > log.length) break;
      records.push(log.slice(at + 4, at + 4 + length));
      at += 4 + length;
    }
    // The torn record is cut off, so that what is appended next can be read.
    this.#log.set(height, log.subarray(0, at));
    return records;
  }

  #read<T>(read: () => T): Promise<T> {
    return new Promise((resolve) => {
      const pending: Pending = {
        cancel: this.#scheduler.after(0, () => {
          this.#pending.delete(pending);
          const value = read();
          this.#whenAwake(() => resolve(value));
        }),
        tear: () => {},
      };
      this.#pending.add(pending);
    });
  }

  #write(apply: (whole: boolean) => void, extraMs = 0): Promise<void> {
    const ms = (this.#meanMs + extraMs) * 2 * this.#prng.float();
    return new Promise((resolve) => {
      const pending: Pending = {
        cancel: this.#scheduler.after(ms * 1000, () => {
          this.#pending.delete(pending);
          apply(true);
          this.#whenAwake(resolve);
        }),
        tear: () => apply(false),
      };
      this.#pending.add(pending);
    });
  }
}

function frame(record: Uint8Array): Uint8Array {
  const framed = new Uint8Array(4 + record.length);
  new DataView(framed.buffer).setUint32(0, record.length);
  framed.set(record, 4);
  return framed;
}

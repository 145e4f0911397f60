/**
 * Who may work on a store: one relayer at a time, for a limited time. Clocks of different machines may disagree: the lease
 * only keeps two from doing the same work; that they do no harm is the duty of {@linkcode Lease.fence}, which every write
 * of a holder carries: it fails as soon as somebody else has taken the lease.
 * @module
 */
import { utf8ToBytes } from "../../node/core/bytes.ts";
import { LEASE_KEY } from "./_keys.ts";
import type { RelayerStore, StoreCheck, StoreWrite } from "./ports.ts";

interface Holding {
  /** Names a holder, differently at every start. */
  readonly holder: string;
  /** Counts the takings. */
  readonly token: number;
  /** Milliseconds since the Unix epoch; 0: given back. */
  readonly expiresMs: number;
}

const decoder = new TextDecoder();

function readHolding(value: Uint8Array): Holding | undefined {
  try {
    const { holder, token, expiresMs } = JSON.parse(decoder.decode(value));
    return typeof holder === "string" && typeof token === "number" && typeof expiresMs === "number"
      ? { holder, token, expiresMs }
      : undefined;
  } catch {
    return undefined;
  }
}

export class Lease {
  readonly #store: RelayerStore;
  readonly #holder: string;
  readonly #durationMs: number;
  #holding: Holding | undefined;
  #version: string | undefined;

  /** `holder` must differ between any two that might share the store, also between two starts of the same program. */
  constructor(store: RelayerStore, holder: string, durationMs: number) {
    this.#store = store;
    this.#holder = holder;
    this.#durationMs = durationMs;
  }

  /** Counts the takings of the lease by anybody; undefined while we do not hold it. */
  get token(): number | undefined {
    return this.#holding?.token;
  }

  /**
   * Takes the lease, or makes sure that it is ours. `kept`: we held it all the time, so what we remember of the store is
   * what is there. `busy`: somebody else has it. The lease of a holder that is known to be dead is over before its time.
   */
  async take(nowMs: number): Promise<{ readonly tag: "taken" | "kept" } | { readonly tag: "busy"; untilMs: number }> {
    if (this.#holding !== undefined && nowMs < this.#holding.expiresMs - this.#durationMs / 2) return { tag: "kept" };
    for (let tries = 0;; tries++) {
      const entry = await this.#store.get(LEASE_KEY);
      const found = entry === undefined ? undefined : readHolding(entry.value);
      const kept = this.#holding !== undefined && entry?.version === this.#version;
      if (!kept) this.lose();
      const isOver = found === undefined || nowMs >= found.expiresMs || found.holder === this.#holder ||
        entry?.version === this.#store.opening?.abandonedLease;
      if (!kept && !isOver) {
        return { tag: "busy", untilMs: found.expiresMs };
      }
      const token = kept ? found!.token : (found?.token ?? 0) + 1;
      const next = { holder: this.#holder, token, expiresMs: nowMs + this.#durationMs };
      const version = await this.#store.commit([[LEASE_KEY, entry?.version]], [[LEASE_KEY, encode(next)]]);
      if (version !== undefined) {
        this.#holding = next;
        this.#version = version;
        return { tag: kept ? "kept" : "taken" };
      }
      // Somebody was quicker; a busy answer is the likely end of the second look.
      if (tries > 3) return { tag: "busy", untilMs: nowMs + this.#durationMs };
    }
  }

  /** The check that a write of the holder carries. We must hold the lease. */
  fence(): StoreCheck {
    return [LEASE_KEY, this.#version ?? "none"];
  }

  /**
   * A write that prolongs the lease together with other writes, or undefined while there is no need. Call
   * {@linkcode prolonged} with the version of the commit it was part of.
   */
  prolongation(nowMs: number): StoreWrite | undefined {
    if (this.#holding === undefined || nowMs < this.#holding.expiresMs - this.#durationMs * 2 / 3) return undefined;
    return [LEASE_KEY, encode({ ...this.#holding, expiresMs: nowMs + this.#durationMs })];
  }

  prolonged(nowMs: number, version: string): void {
    if (this.#holding === undefined) return;
    this.#holding = { ...this.#holding, expiresMs: nowMs + this.#durationMs };
    this.#version = version;
  }

  /** To be called when a fenced write failed: the lease is somebody else's. */
  lose(): void {
    this.#holding = undefined;
    this.#version = undefined;
  }

  /** Gives the lease back, so that others need not wait for its end. */
  async release(): Promise<void> {
    const holding = this.#holding;
    if (holding === undefined) return;
    const fence = this.fence();
    this.lose();
    await this.#store.commit([fence], [[LEASE_KEY, encode({ ...holding, expiresMs: 0 })]]);
  }
}

const encode = (holding: Holding) => utf8ToBytes(JSON.stringify(holding));

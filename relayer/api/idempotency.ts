/**
 * Requests that must not happen twice: a client that got no answer sends the same request with the same
 * `Idempotency-Key` again, and gets the first one's answer.
 * @module
 */
import { createHash } from "node:crypto";
import { err, ok, type Result } from "../../node/core/result.ts";
import type { Call } from "./endpoint.ts";
import type { Fault, FaultCode } from "./fault.ts";
import { toWire, type Wire } from "./wire.ts";

/** What is remembered of a key. `begun` and nothing more: a crash came between, nobody knows how it ended. */
export type Remembered =
  | { readonly tag: "begun"; readonly fingerprint: string }
  | { readonly tag: "done"; readonly fingerprint: string; readonly answer: Wire };

/** Where keys are kept. Durable, if they shall hold over restarts. */
export interface IdempotencyStore {
  load(key: string): Promise<Remembered | undefined>;
  /** Answers false when the key is there already; then nothing was written. */
  begin(key: string, fingerprint: string): Promise<boolean>;
  finish(key: string, fingerprint: string, answer: Wire): Promise<void>;
  forget(key: string): Promise<void>;
}

const KEYS_MAX = 10_000;

/** Keeps the newest keys as long as the process. */
export class MemoryIdempotencyStore implements IdempotencyStore {
  readonly #entries = new Map<string, Remembered>();

  load(key: string): Promise<Remembered | undefined> {
    return Promise.resolve(this.#entries.get(key));
  }
  begin(key: string, fingerprint: string): Promise<boolean> {
    if (this.#entries.has(key)) return Promise.resolve(false);
    if (this.#entries.size >= KEYS_MAX) this.#entries.delete(this.#entries.keys().next().value!);
    this.#entries.set(key, { tag: "begun", fingerprint });
    return Promise.resolve(true);
  }
  finish(key: string, fingerprint: string, answer: Wire): Promise<void> {
    this.#entries.set(key, { tag: "done", fingerprint, answer });
    return Promise.resolve();
  }
  forget(key: string): Promise<void> {
    this.#entries.delete(key);
    return Promise.resolve();
  }
}

/** Refusals that leave it open whether the thing happened: their keys must not be free again. */
const MAY_HAVE_HAPPENED: ReadonlySet<FaultCode> = new Set(["transaction_lost", "chain_unreachable", "internal"]);

/** Runs requests with a key at most once. */
export class IdempotentRunner {
  readonly #store: IdempotencyStore;
  /** Keys of requests that run in this process. */
  readonly #running = new Set<string>();

  constructor(store: IdempotencyStore) {
    this.#store = store;
  }

  /** `act` is not called when the key of `call` was used before. */
  async run<T>(call: Call, act: () => Promise<Result<T, Fault>>): Promise<Result<unknown, Fault>> {
    const key = call.headers.get("idempotency-key");
    if (key === null) return await act();
    if (!/^[\x21-\x7e]{1,128}$/.test(key)) {
      return refuse("invalid_request", "read the header Idempotency-Key: must be 1 to 128 visible characters");
    }
    const fingerprint = createHash("sha256").update(call.bodyText).digest("hex");
    if (this.#running.has(key)) return refuse("idempotency_running", `use key ${key}: its request is still running`);
    this.#running.add(key);
    try {
      if (!await this.#store.begin(key, fingerprint)) return await this.#again(key, fingerprint);
      return await this.#first(key, fingerprint, act);
    } finally {
      this.#running.delete(key);
    }
  }

  async #again(key: string, fingerprint: string): Promise<Result<unknown, Fault>> {
    const before = await this.#store.load(key);
    if (before !== undefined && before.fingerprint !== fingerprint) {
      return refuse("idempotency_conflict", `use key ${key}: it was used for another request`);
    }
    if (before?.tag === "done") return ok(before.answer);
    return refuse(
      "idempotency_unknown",
      `use key ${key}: its request was begun and its end is not known; look at /packets before you use another key`,
    );
  }

  async #first<T>(
    key: string,
    fingerprint: string,
    act: () => Promise<Result<T, Fault>>,
  ): Promise<Result<unknown, Fault>> {
    // What is thrown leaves the key begun: the transaction may be under way.
    const result = await act();
    if (result.ok) await this.#store.finish(key, fingerprint, toWire(result.value));
    else if (!MAY_HAVE_HAPPENED.has(result.error.code)) await this.#store.forget(key);
    return result;
  }
}

const refuse = (code: FaultCode, message: string): Result<never, Fault> => err({ code, message });

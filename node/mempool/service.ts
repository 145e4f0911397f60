/**
 * The mempool as the node uses it: checks what clients and peers submit, keeps it in the {@linkcode Pool}, and checks it
 * again after each block. Checks run in slices, one after another, never while a block is executed or committed.
 * @module
 */
import type { Application, CheckKind, CheckTxResult } from "../app/ports.ts";
import { InvariantError } from "../core/invariant.ts";
import type { PeerId } from "../core/peer.ts";
import { hashTx } from "../core/types/mod.ts";
import type { Work } from "../core/work.ts";
import type { AdmitResult } from "../rpc/ports.ts";
import { type EarlyTx, EarlyTxs } from "./_early.ts";
import { Pool } from "./pool.ts";
import { type MempoolObserver, POOL_LIMITS_DEFAULT, type PoolLimits } from "./types.ts";

/** Who runs checks: the runtime. */
export interface CheckRunner {
  /** Runs `slice` while no other slice runs and no block is executed or committed. */
  lane<T>(slice: () => T | Promise<T>): Promise<T>;
  /** Runs work against the committed state; answers at once when everything was resident. */
  run<T>(work: Work<T>): T | Promise<T>;
  /** Lets the event loop turn once. */
  breathe(): Promise<void>;
}

export interface MempoolOptions {
  readonly app: Pick<Application, "checkTx">;
  readonly runner: CheckRunner;
  readonly limits?: PoolLimits | undefined;
  /** How long a slice of checks may run before others get the event loop. */
  readonly sliceMs?: number | undefined;
  /** Told of a failure that no submitter can be told of: a broken invariant, or IO while rechecking. */
  readonly onFailure: (error: unknown) => void;
  readonly observer?: MempoolObserver | undefined;
}

/** Submissions that wait for their check; more are refused as `full`. */
const QUEUE_COUNT_MAX = 20_000;
const SLICE_MS = 4;
/** Senders whose first early transaction is tried after a block: each costs a check without a signature. */
const EARLY_TRIED_MAX = 64;

interface Submission {
  readonly key: string;
  readonly hash: Uint8Array;
  readonly tx: Uint8Array;
  /** The peer that sent it, and when, in milliseconds; undefined: a client did, who is told and sends it again. */
  readonly from: PeerId | undefined;
  readonly since: number;
  readonly resolve: (result: AdmitResult) => void;
  readonly reject: (error: unknown) => void;
}

/** What a committed block means to the mempool. */
export interface CommittedTx {
  readonly hash: Uint8Array;
  readonly succeeded: boolean;
}

export class Mempool {
  readonly #pool: Pool;
  readonly #limits: PoolLimits;
  readonly #app: Pick<Application, "checkTx">;
  readonly #runner: CheckRunner;
  readonly #sliceMs: number;
  readonly #onFailure: (error: unknown) => void;
  readonly #observer: MempoolObserver | undefined;
  readonly #listeners = new Set<() => void>();
  readonly #admittedListeners = new Set<(tx: Uint8Array) => void>();
  readonly #lateListeners = new Set<(from: PeerId, result: AdmitResult) => void>();
  readonly #early = new EarlyTxs();
  #submissions: Submission[] = [];
  #submissionsDone = 0;
  /** What has to be checked again, and how far that got. */
  #recheck: readonly { readonly key: string; readonly tx: Uint8Array }[] = [];
  #rechecksDone = 0;
  #draining: Promise<void> | undefined;
  #announced = false;
  #stopped = false;

  constructor(options: MempoolOptions) {
    this.#limits = options.limits ?? POOL_LIMITS_DEFAULT;
    this.#pool = new Pool(this.#limits);
    this.#app = options.app;
    this.#runner = options.runner;
    this.#sliceMs = options.sliceMs ?? SLICE_MS;
    this.#onFailure = options.onFailure;
    this.#observer = options.observer;
  }

  /** Pending transactions. */
  get count(): number {
    return this.#pool.count;
  }

  /** Bytes of the pending transactions. */
  get bytes(): number {
    return this.#pool.bytes;
  }

  /** Submissions and rechecks that wait for their turn. */
  get backlog(): number {
    return this.#submissions.length - this.#submissionsDone + this.#recheck.length - this.#rechecksDone;
  }

  /**
   * Checks a transaction and takes it in. Rejects only for a failing world (IoError); everything a submitter did wrong
   * is in the result. What a peer sent (`from`) before what it follows is refused like anything else, but waits for a while and
   * enters when its sequence is reached.
   */
  admit(tx: Uint8Array, from?: PeerId): Promise<AdmitResult> {
    const hash = hashTx(tx);
    const refuse = (reason: "seen" | "full" | "too_large", log: string): Promise<AdmitResult> => {
      this.#observer?.submitted(tx.length, reason);
      return Promise.resolve({ admitted: false, hash, check: undefined, reason, log });
    };
    if (tx.length > this.#limits.txBytesMax) {
      return refuse("too_large", `tx too large: max size is ${this.#limits.txBytesMax}, but got ${tx.length}`);
    }
    const key = hash.toHex();
    if (this.#pool.seen(key)) return refuse("seen", "tx already exists in cache");
    if (this.#stopped) return refuse("full", "mempool is full: the node is stopping");
    if (this.#pool.congested || this.#submissions.length - this.#submissionsDone >= QUEUE_COUNT_MAX) {
      return refuse("full", "mempool is full: too many transactions wait for their check");
    }
    this.#pool.remember(key);
    return new Promise((resolve, reject) => {
      this.#submissions.push({ key, hash, tx, from, since: performance.now(), resolve, reject });
      this.#drain();
    });
  }

  /** Candidates for a block, best first: at most `bytesMax` bytes of Data and `gasMax` gas (-1: no bound). */
  reap(bytesMax: number, gasMax: bigint): Uint8Array[] {
    return this.#pool.reap(bytesMax, gasMax);
  }

  /** For `unconfirmed_txs`: the first `limit` in block order. */
  unconfirmed(limit: number): { count: number; bytes: number; txs: Uint8Array[] } {
    return { count: this.count, bytes: this.bytes, txs: this.#pool.peek(limit) };
  }

  /**
   * A block was committed and the check state started over. To be called before any further slice may run; the rechecks
   * themselves follow in slices, before new submissions.
   */
  afterCommit(committed: readonly CommittedTx[]): void {
    const keyed = committed.map(({ hash, succeeded }) => ({ key: hash.toHex(), succeeded }));
    this.#pool.update(keyed);
    for (const { key } of keyed) this.#early.remove(key);
    this.#tryEarly(this.#early.takeFirsts(EARLY_TRIED_MAX));
    this.#recheck = this.#pool.pending();
    this.#rechecksDone = 0;
    this.#announced = false;
    if (this.backlog > 0) this.#drain();
  }

  /** Calls back once per height, as soon as there is something to put into a block, until the returned function is called. */
  onTransactionsAvailable(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Calls back for each transaction that entered, with the bytes that {@linkcode admit} was given and before it answers, until
   * the returned function is called.
   */
  onAdmitted(listener: (tx: Uint8Array) => void): () => void {
    this.#admittedListeners.add(listener);
    return () => this.#admittedListeners.delete(listener);
  }

  /** Calls back for what a peer sent too early when its time came and it was refused, until the returned function is called. */
  onRefusedLate(listener: (from: PeerId, result: AdmitResult) => void): () => void {
    this.#lateListeners.add(listener);
    return () => this.#lateListeners.delete(listener);
  }

  /** As {@linkcode Pool.arrivals}. */
  get arrivals(): number {
    return this.#pool.arrivals;
  }

  /** As {@linkcode Pool.pendingFrom}: for peers that may lack some. */
  pendingFrom(place: number, bytesMax: number, end?: number): ReturnType<Pool["pendingFrom"]> {
    return this.#pool.pendingFrom(place, bytesMax, end);
  }

  /** Refuses what still waits for its check and ends after the slice that runs. Idempotent. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#draining;
  }

  #drain(): void {
    this.#draining ??= this.#drainAll().catch(this.#onFailure).finally(() => {
      this.#draining = undefined;
      // What came in while the last slice ended.
      if (this.backlog > 0 && !this.#stopped) this.#drain();
    });
  }

  async #drainAll(): Promise<void> {
    while (this.backlog > 0 && !this.#stopped) {
      await this.#runner.lane(() => this.#slice());
      await this.#runner.breathe();
    }
    if (this.#stopped) this.#refuseAll();
  }

  async #slice(): Promise<void> {
    const begun = performance.now();
    const checks = await this.#checkUntil(begun + this.#sliceMs);
    if (checks > 0) this.#observer?.sliced(checks, performance.now() - begun);
  }

  /** How many were checked. */
  async #checkUntil(end: number): Promise<number> {
    let checks = 0;
    do {
      const again = this.#recheck[this.#rechecksDone];
      if (again !== undefined) {
        this.#rechecksDone++;
        checks++;
        const waits = this.#recheckOne(again.key, again.tx);
        if (waits !== undefined) await waits;
        if (this.#rechecksDone === this.#recheck.length) this.#endRecheck();
        continue;
      }
      const submission = this.#nextSubmission();
      if (submission === undefined) return checks;
      checks++;
      const waits = this.#checkOne(submission);
      if (waits !== undefined) await waits;
    } while (performance.now() < end && !this.#stopped);
    return checks;
  }

  #nextSubmission(): Submission | undefined {
    const next = this.#submissions[this.#submissionsDone];
    if (next === undefined) return undefined;
    if (++this.#submissionsDone === this.#submissions.length) {
      this.#submissions = [];
      this.#submissionsDone = 0;
    } else if (this.#submissionsDone >= 1024) {
      this.#submissions = this.#submissions.slice(this.#submissionsDone);
      this.#submissionsDone = 0;
    }
    return next;
  }

  #check(tx: Uint8Array, kind: CheckKind): CheckTxResult | Promise<CheckTxResult> {
    return this.#runner.run(this.#app.checkTx(tx, kind));
  }

  /** Returns a promise only when the check had to wait for data. */
  #checkOne(submission: Submission): Promise<void> | undefined {
    try {
      const check = this.#check(submission.tx, "new");
      if (!(check instanceof Promise)) {
        this.#settle(submission, check);
        return undefined;
      }
      return check.then((result) => this.#settle(submission, result), (error) => this.#fail(submission, error));
    } catch (error) {
      this.#fail(submission, error);
      return undefined;
    }
  }

  #fail(submission: Submission, error: unknown): void {
    this.#pool.forget(submission.key);
    submission.reject(error);
    if (error instanceof InvariantError) this.#onFailure(error);
  }

  #settle(submission: Submission, check: CheckTxResult): void {
    const { key, hash, tx, resolve } = submission;
    if (check.code !== 0) {
      this.#pool.forget(key);
      this.#keepEarly(submission, check);
      this.#observer?.submitted(tx.length, "checked");
      resolve({ admitted: false, hash, check, reason: "checked", log: check.log });
      return;
    }
    const { sender, sequence, priority, gasWanted } = check;
    const inserted = this.#pool.insert({ key, tx, sender, sequence, priority, gasWanted });
    if (!inserted.ok) {
      this.#pool.forget(key);
      this.#observer?.submitted(tx.length, inserted.reason);
      resolve({ admitted: false, hash, check, reason: inserted.reason, log: inserted.log });
      return;
    }
    this.#observer?.submitted(tx.length, undefined);
    if (inserted.evicted.length > 0) this.#observer?.evicted(inserted.evicted.length);
    for (const listener of this.#admittedListeners) listener(tx);
    resolve({ admitted: true, hash, check });
    this.#announce();
    if (this.#early.count > 0) this.#tryEarly(this.#early.take(sender.toHex(), sequence + 1n));
  }

  #keepEarly({ key, hash, tx, from, since }: Submission, { sender, sequence, awaited }: CheckTxResult): void {
    if (from === undefined || awaited === undefined) return;
    const account = sender.toHex();
    if (this.#early.add({ key, hash, tx, from, sender: account, sequence, since }, awaited, performance.now())) return;
    // It was tried too late: what follows it may be next.
    if (sequence < awaited) this.#tryEarly(this.#early.take(account, awaited));
  }

  /** Their senders were answered long ago. */
  #tryEarly(early: readonly EarlyTx[]): void {
    for (const { key, hash, tx, from, since } of early) {
      if (!this.#pool.remember(key)) continue;
      const resolve = (result: AdmitResult) => {
        if (!result.admitted) { for (const listener of this.#lateListeners) listener(from, result); }
      };
      this.#submissions.push({ key, hash, tx, from, since, resolve, reject: () => {} });
    }
  }

  #recheckOne(key: string, tx: Uint8Array): Promise<void> | undefined {
    // Its sender may have lost an earlier one meanwhile, and with it this one.
    if (!this.#pool.has(key)) return undefined;
    const settle = (check: CheckTxResult) => {
      this.#observer?.rechecked(check.code === 0);
      if (check.code !== 0) this.#pool.remove(key);
    };
    try {
      const check = this.#check(tx, "recheck");
      if (check instanceof Promise) return check.then(settle, this.#onFailure);
      settle(check);
    } catch (error) {
      this.#onFailure(error);
    }
    return undefined;
  }

  #endRecheck(): void {
    this.#recheck = [];
    this.#rechecksDone = 0;
    if (this.count > 0) this.#announce();
  }

  #announce(): void {
    if (this.#announced) return;
    this.#announced = true;
    for (const listener of this.#listeners) listener();
  }

  #refuseAll(): void {
    for (let next = this.#nextSubmission(); next !== undefined; next = this.#nextSubmission()) {
      const { key, hash, resolve } = next;
      this.#pool.forget(key);
      resolve({
        admitted: false,
        hash,
        check: undefined,
        reason: "full",
        log: "mempool is full: the node is stopping",
      });
    }
  }
}

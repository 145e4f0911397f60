import type { Clock } from "./clock.ts";
import type { CommittedTx, Endpoint } from "./endpoint.ts";
import { expectedSequence, isKnownTx, type SubmitPolicy } from "./submit_policy.ts";

/** A transaction that was offered. */
export interface Offered {
  readonly tx: Uint8Array;
  readonly hash: string;
  readonly sequence: bigint;
}

interface Watched extends Offered {
  readonly deadlineMs: number;
  offerAtMs: number;
  /** Looks since the chain said that it cannot get in any more. */
  doomed: number;
  resolve(found: CommittedTx | undefined): void;
}

/**
 * Looks that a doomed transaction gets before it is given up: it may be in a block already that is not indexed yet.
 */
const DOOMED_LOOKS = 3;

/** Waits for offered transactions to appear in blocks: on every hint of a new block, and from time to time. */
export class Inclusions {
  readonly #watched = new Set<Watched>();
  #unsubscribe: (() => void) | undefined;
  #callOff: (() => void) | undefined;
  #looking = false;
  #again = false;
  #closed = false;

  constructor(readonly endpoint: Endpoint, readonly policy: SubmitPolicy, readonly clock: Clock) {}

  /**
   * Resolves with the transaction once it is in a block, or with undefined when its time is over or another one took its
   * sequence. `unsure`: nobody knows yet whether a mempool has it.
   */
  watch(offered: Offered, unsure: boolean): Promise<CommittedTx | undefined> {
    // Offered while somebody closed: nothing may be begun that nobody would end.
    if (this.#closed) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const now = this.clock.nowMs();
      const { inclusionTimeoutMs, offerAgainMs } = this.policy;
      const offerAtMs = unsure ? now : now + offerAgainMs;
      this.#watched.add({ ...offered, deadlineMs: now + inclusionTimeoutMs, offerAtMs, doomed: 0, resolve });
      this.#unsubscribe ??= this.endpoint.onBlock(() => this.#onHint());
      if (this.#callOff === undefined) this.#rest();
    });
  }

  /** What is still waited for resolves with undefined. */
  close(): void {
    this.#closed = true;
    for (const one of [...this.#watched]) this.#settle(one, undefined);
  }

  #settle(one: Watched, found: CommittedTx | undefined): void {
    if (!this.#watched.delete(one)) return;
    one.resolve(found);
    if (this.#watched.size > 0) return;
    this.#unsubscribe?.();
    this.#callOff?.();
    this.#unsubscribe = this.#callOff = undefined;
  }

  #rest(): void {
    this.#callOff?.();
    this.#callOff = this.clock.after(this.policy.lookMs, () => this.#onHint());
  }

  async #onHint(): Promise<void> {
    if (this.#looking) {
      this.#again = true;
      return;
    }
    this.#looking = true;
    do {
      this.#again = false;
      // All at once, so that an endpoint can ask for them in one request; `look` never rejects.
      await Promise.all([...this.#watched].map((one) => this.#look(one)));
    } while (this.#again);
    this.#looking = false;
    if (this.#watched.size > 0) this.#rest();
  }

  async #look(one: Watched): Promise<void> {
    try {
      const found = await this.endpoint.transaction(one.hash);
      if (found !== undefined) return this.#settle(one, found);
      if (one.doomed > 0 && ++one.doomed > DOOMED_LOOKS) return this.#settle(one, undefined);
      if (one.doomed === 0 && this.clock.nowMs() >= one.offerAtMs) await this.#offerAgain(one);
    } catch {
      // Not reachable for now: the deadline decides.
    }
    if (this.clock.nowMs() >= one.deadlineMs) this.#settle(one, undefined);
  }

  /** The same bytes: they can happen once only, however often they are offered. */
  async #offerAgain(one: Watched): Promise<void> {
    const verdict = await this.endpoint.broadcast(one.tx);
    one.offerAtMs = this.clock.nowMs() + this.policy.offerAgainMs;
    if (verdict.code === 0 || isKnownTx(verdict)) return;
    const expected = expectedSequence(verdict.log);
    // Those before it may still come back.
    if (expected === undefined || expected > one.sequence) one.doomed = 1;
  }
}

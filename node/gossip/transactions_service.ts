/**
 * Transactions between mempools: what is admitted here goes out in batches, what is heard is handed to the mempool, and a new
 * peer gets what is pending, at a pace that leaves room for consensus.
 * @module
 */
import type { GossipVerdict, PeerId } from "../core/peer.ts";
import type { PeerNetwork } from "../network/ports.ts";
import { isOtherVersion } from "./_versioned.ts";
import {
  type AdmitAnswer,
  BATCH_BYTES,
  BATCH_COUNT_MAX,
  Batcher,
  decodeBatch,
  encodeBatch,
  GOSSIPED_TX_BYTES_MAX,
  isPeersFault,
  verdictOn,
} from "./transactions.ts";

/** The mempool, as gossip sees it. */
export interface TransactionPool {
  /**
   * Rejects only for a failing world. What is refused because it came before what it follows may wait, and enter later without
   * being handed in again.
   */
  admit(tx: Uint8Array, from: PeerId): Promise<AdmitAnswer>;
  /** Calls back for each transaction that entered, with the bytes that `admit` was given, before `admit` answers. */
  onAdmitted(listener: (tx: Uint8Array) => void): () => void;
  /** Calls back for what waited, when it is refused in the end. */
  onRefusedLate(listener: (from: PeerId, answer: AdmitAnswer) => void): () => void;
  /**
   * Pending transactions in order of arrival, from a place on and before another; `next` is where to go on, undefined at the
   * end.
   */
  pendingFrom(
    place: number,
    bytesMax: number,
    end?: number,
  ): { readonly txs: readonly Uint8Array[]; readonly next: number | undefined };
  /** The place of whatever arrives next. */
  readonly arrivals: number;
}

/** When to do something later. */
export interface Scheduler {
  /** Calls back once after `ms`; the returned function cancels. */
  schedule(ms: number, callback: () => void): () => void;
}

export interface TransactionsServiceOptions {
  readonly network: Pick<PeerNetwork, "publish" | "send" | "report">;
  readonly clock: Scheduler;
  readonly pool: TransactionPool;
  /** False while blocks are synced: against an old state nothing can be checked, and what is heard is ignored. */
  readonly active: () => boolean;
  /** The mempool failed for a reason that is no peer's fault. */
  readonly onFailure: (error: unknown) => void;
}

/** A first transaction waits so long for others … */
const FLUSH_FIRST_MS = 2;
/** … and batches are so far apart: under load they grow, and each costs about the same. */
const FLUSH_MS = 20;
/** New peers are sent so much at once, so often: about 1.3 MB/s each. */
const PENDING_EVERY_MS = 100;
const PENDING_BYTES = 2 * BATCH_BYTES;
/** Transactions are admitted so many at a time: a batch of bad signatures ends after the first lot. */
const ADMIT_AT_ONCE = 64;
/** Heard transactions that wait for the mempool; half of what it lets wait. */
const ADMITTING_MAX = 10_000;
/** A full mempool is left alone for so long. */
const FULL_BACKOFF_MS = 500;
/**
 * What has been pending for so long may have got lost, or was heard by nobody who had room or was done with syncing: so often one
 * peer, in turns, is reminded of as much as a batch holds.
 */
const REMIND_MS = 2_000;

export class TransactionsService {
  readonly #options: TransactionsServiceOptions;
  readonly #batch = new Batcher();
  /** Bytes that came by the topic, which passes them on. */
  readonly #byTopic = new WeakSet<Uint8Array>();
  /** Where each new peer's sending goes on. */
  readonly #newPeers = new Map<PeerId, number>();
  /** Where reminding each peer goes on; whose turn is first stands first. */
  readonly #reminded = new Map<PeerId, number>();
  /** What arrived before is old enough the next time. */
  #remindBefore = 0;
  #reminding = false;
  readonly #unsubscribe: (() => void)[];
  readonly #cancels = new Set<() => void>();
  #flushing = false;
  /** A batch went out so short a time ago that the next has to wait. */
  #resting = false;
  #serving = false;
  #full = false;
  #admitting = 0;
  #lastTurn: Promise<unknown> = Promise.resolve();

  constructor(options: TransactionsServiceOptions) {
    this.#options = options;
    this.#unsubscribe = [
      options.pool.onAdmitted((tx) => {
        if (!this.#byTopic.has(tx)) this.#add(tx);
      }),
      options.pool.onRefusedLate((from, answer) => {
        if (isPeersFault(answer)) this.#reportFault(from, [answer]);
      }),
    ];
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
    this.#newPeers.clear();
    this.#reminded.clear();
  }

  onPeerJoined(peer: PeerId): void {
    this.#newPeers.set(peer, 0);
    this.#serveLater();
    this.#reminded.set(peer, 0);
    this.#remindLater();
  }

  onPeerLeft(peer: PeerId): void {
    this.#newPeers.delete(peer);
    this.#reminded.delete(peer);
  }

  /** Bytes of the topic `transactions`. */
  onTopic(from: PeerId, bytes: Uint8Array): Promise<GossipVerdict> {
    return this.#onHeard(from, bytes, true);
  }

  /** Bytes of the channel `transactions`. Resolves when the mempool has answered: that is the back pressure. */
  async onMessage(from: PeerId, bytes: Uint8Array): Promise<void> {
    await this.#onHeard(from, bytes, false);
  }

  async #onHeard(from: PeerId, bytes: Uint8Array, byTopic: boolean): Promise<GossipVerdict> {
    if (!this.#options.active() || this.#full || this.#admitting >= ADMITTING_MAX) return "ignore";
    const decoded = decodeBatch(bytes);
    if (!decoded.ok) {
      if (isOtherVersion(decoded.error)) return "ignore";
      this.#options.network.report(from, "undecodable", decoded.error.message);
      return "reject";
    }
    if (byTopic) { for (const tx of decoded.value) this.#byTopic.add(tx); }
    const answers = await this.#inTurn(from, decoded.value);
    const verdict = verdictOn(answers);
    if (verdict === "reject") this.#reportFault(from, answers);
    if (answers.some((answer) => !answer.admitted && answer.reason === "full")) this.#backOff();
    // The topic will not carry it further; what is good in it must not end here.
    if (byTopic && verdict !== "accept") {
      for (const [i, tx] of decoded.value.entries()) {
        this.#byTopic.delete(tx);
        if (answers[i]?.admitted) this.#add(tx);
      }
    }
    return verdict;
  }

  /** One batch after another: what one account sends in a row must not overtake itself. */
  #inTurn(from: PeerId, txs: readonly Uint8Array[]): Promise<AdmitAnswer[]> {
    this.#admitting += txs.length;
    const turn = this.#lastTurn.then(() => this.#admit(from, txs)).finally(() => this.#admitting -= txs.length);
    this.#lastTurn = turn;
    return turn;
  }

  /** The answers up to the first lot with a fault. */
  async #admit(from: PeerId, txs: readonly Uint8Array[]): Promise<AdmitAnswer[]> {
    const answers: AdmitAnswer[] = [];
    try {
      while (answers.length < txs.length && !this.#full && !answers.some(isPeersFault)) {
        const lot = txs.slice(answers.length, answers.length + ADMIT_AT_ONCE);
        answers.push(...await Promise.all(lot.map((tx) => this.#options.pool.admit(tx, from))));
      }
    } catch (error) {
      this.#options.onFailure(error);
    }
    return answers;
  }

  #reportFault(from: PeerId, answers: readonly AdmitAnswer[]): void {
    const fault = answers.find(isPeersFault);
    const code = fault?.admitted === false ? fault.check?.code : undefined;
    this.#options.network.report(from, "invalid_transaction", `admit transaction: refused with sdk code ${code}`);
  }

  #backOff(): void {
    if (this.#full) return;
    this.#full = true;
    this.#later(FULL_BACKOFF_MS, () => this.#full = false);
  }

  #add(tx: Uint8Array): void {
    if (tx.length > GOSSIPED_TX_BYTES_MAX) return;
    if (this.#batch.add(tx)) this.#flush();
    else if (!this.#flushing && !this.#resting) {
      this.#flushing = true;
      this.#later(FLUSH_FIRST_MS, () => this.#flush());
    }
  }

  #flush(): void {
    this.#flushing = false;
    if (this.#batch.isEmpty) return;
    this.#options.network.publish("transactions", encodeBatch(this.#batch.take()));
    if (this.#resting) return;
    this.#resting = true;
    this.#later(FLUSH_MS, () => {
      this.#resting = false;
      this.#flush();
    });
  }

  #serveLater(): void {
    if (this.#serving || this.#newPeers.size === 0) return;
    this.#serving = true;
    this.#later(PENDING_EVERY_MS, () => {
      this.#serving = false;
      for (const [peer, place] of this.#newPeers) this.#serve(peer, place);
      this.#serveLater();
    });
  }

  #serve(peer: PeerId, place: number): void {
    const { pool, network } = this.#options;
    const { txs, next } = pool.pendingFrom(place, PENDING_BYTES);
    const batch = new Batcher();
    const send = () => batch.isEmpty || network.send(peer, "transactions", encodeBatch(batch.take()));
    // What finds no room is sent again from the same place.
    for (const tx of txs) if (tx.length <= GOSSIPED_TX_BYTES_MAX && batch.add(tx) && !send()) return;
    if (!send()) return;
    if (next === undefined) this.#newPeers.delete(peer);
    else this.#newPeers.set(peer, next);
  }

  #remindLater(): void {
    if (this.#reminding || this.#reminded.size === 0) return;
    this.#reminding = true;
    this.#later(REMIND_MS, () => {
      this.#reminding = false;
      this.#remind();
      this.#remindLater();
    });
  }

  #remind(): void {
    const { pool, network, active } = this.#options;
    const before = this.#remindBefore;
    this.#remindBefore = pool.arrivals;
    if (!active()) return;
    for (const [peer, place] of this.#reminded) {
      // To be sent everything anyway.
      if (this.#newPeers.has(peer)) continue;
      const { txs, next } = pool.pendingFrom(place, BATCH_BYTES, before);
      const some = txs.filter((tx) => tx.length <= GOSSIPED_TX_BYTES_MAX).slice(0, BATCH_COUNT_MAX);
      const isSent = some.length === 0 || network.send(peer, "transactions", encodeBatch(some));
      this.#reminded.delete(peer);
      this.#reminded.set(peer, isSent ? next ?? 0 : place);
      return;
    }
  }

  #later(ms: number, run: () => void): void {
    const cancel = this.#options.clock.schedule(ms, () => {
      this.#cancels.delete(cancel);
      run();
    });
    this.#cancels.add(cancel);
  }
}

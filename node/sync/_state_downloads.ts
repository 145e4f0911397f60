/**
 * Things in a row (chunks, headers) that are had from several peers at once and taken in order: who is asked for what, what
 * came, who has not got it.
 * @module
 */
import type { PeerId } from "../core/peer.ts";
import type { RequestId } from "./ports.ts";
import { ANSWER_MS, STATE_HEDGE_MS, STATE_REQUESTS_MAX } from "./state_limits.ts";
import type { StatePeers } from "./_state_peers.ts";

export interface DownloadsOptions {
  /** How many things there are. */
  readonly count: number;
  /** How far ahead of the next one is asked. */
  readonly ahead: number;
  readonly peers: StatePeers;
  /** Who may have them, now. */
  readonly sources: () => Iterable<PeerId>;
  readonly ask: (index: number, peer: PeerId) => RequestId;
  readonly cancel: (request: RequestId) => void;
}

interface Question {
  readonly index: number;
  readonly peer: PeerId;
  readonly askedAt: number;
}

/** A thing that came, and from whom. */
export interface Arrived<T> {
  readonly index: number;
  readonly value: T;
  readonly peer: PeerId;
}

export class StateDownloads<T> {
  readonly #options: DownloadsOptions;
  readonly #questions = new Map<RequestId, Question>();
  readonly #arrived = new Map<number, Arrived<T>>();
  /** Who said that he has not got it, by index. */
  readonly #without = new Map<number, Set<PeerId>>();
  #next = 0;
  #count: number;

  constructor(options: DownloadsOptions) {
    this.#options = options;
    this.#count = options.count;
  }

  /** The index of the next thing to be taken. */
  get next(): number {
    return this.#next;
  }

  get isDone(): boolean {
    return this.#next >= this.#count;
  }

  /** What a question is about; undefined: it is none of these. */
  about(request: RequestId): Question | undefined {
    return this.#questions.get(request);
  }

  /** The next thing, once, when it is there. */
  take(): Arrived<T> | undefined {
    const arrived = this.#arrived.get(this.#next);
    if (arrived === undefined || this.isDone) return undefined;
    this.#arrived.delete(this.#next);
    this.#without.delete(this.#next);
    this.#next++;
    return arrived;
  }

  /** What was taken last was not what it should have been: it is asked for again. */
  untake(): void {
    this.#next--;
  }

  /** No more than those taken are wanted. */
  end(): void {
    this.#count = this.#next;
    this.stop();
  }

  /** Takes nothing any more. */
  stop(): void {
    for (const request of this.#questions.keys()) this.#options.cancel(request);
    for (const { peer } of this.#questions.values()) this.#release(peer);
    this.#questions.clear();
    this.#arrived.clear();
  }

  /** An answer that is good as far as can be told; it is dropped when another was first. */
  received(request: RequestId, value: T): void {
    const question = this.#close(request);
    if (question === undefined) return;
    const { index, peer } = question;
    this.#options.peers.answered(peer);
    if (index >= this.#next && !this.#arrived.has(index)) this.#arrived.set(index, { index, value, peer });
  }

  /** The peer has not got it. */
  missing(request: RequestId): void {
    const question = this.#close(request);
    if (question === undefined) return;
    this.#options.peers.answered(question.peer);
    this.#lacks(question.index, question.peer);
  }

  /** No answer, or none that can be used. */
  failed(request: RequestId, now: number): void {
    const question = this.#close(request);
    if (question !== undefined) this.#options.peers.failed(question.peer, now);
  }

  /** Whatever is under way with a peer is given up; on request also what came from it and was not taken. */
  drop(peer: PeerId, forgets: boolean): void {
    for (const [request, question] of this.#questions) {
      if (question.peer !== peer) continue;
      this.#options.cancel(request);
      this.#close(request);
    }
    if (!forgets) return;
    for (const [index, arrived] of this.#arrived) if (arrived.peer === peer) this.#arrived.delete(index);
  }

  /** Everybody who could be asked has said that he lacks the next thing. */
  get isExhausted(): boolean {
    if (this.isDone || this.#arrived.has(this.#next)) return false;
    for (const { index } of this.#questions.values()) if (index === this.#next) return false;
    const without = this.#without.get(this.#next);
    let asked = 0;
    for (const peer of this.#options.sources()) {
      if (this.#options.peers.get(peer) === undefined) continue;
      if (without?.has(peer) !== true) return false;
      asked++;
    }
    return asked > 0;
  }

  /** Gives up on questions that wait for too long and asks what may be asked. */
  step(now: number): void {
    for (const [request, { askedAt }] of this.#questions) {
      if (now - askedAt < ANSWER_MS) continue;
      this.#options.cancel(request);
      this.failed(request, now);
    }
    const end = Math.min(this.#count, this.#next + this.#options.ahead);
    const asked = new Map<number, number>();
    for (const { index, askedAt } of this.#questions.values()) asked.set(index, askedAt);
    for (let index = this.#next; index < end && this.#questions.size < STATE_REQUESTS_MAX; index++) {
      if (this.#arrived.has(index)) continue;
      const since = asked.get(index);
      const isLate = index === this.#next && since !== undefined && now - since >= STATE_HEDGE_MS;
      if (since !== undefined && !isLate) continue;
      if (!this.#ask(index, now) && index === this.#next) this.#forgive(index);
    }
  }

  #ask(index: number, now: number): boolean {
    const { peers, sources } = this.#options;
    const without = this.#without.get(index);
    const busy = new Set([...this.#questions.values()].filter((each) => each.index === index).map(({ peer }) => peer));
    const peer = peers.free(sources(), now).find(({ id }) => without?.has(id) !== true && !busy.has(id));
    if (peer === undefined) return false;
    peers.asked(peer);
    this.#questions.set(this.#options.ask(index, peer.id), { index, peer: peer.id, askedAt: now });
    return true;
  }

  /** Who is gone needs no mark. */
  #forgive(index: number): void {
    const without = this.#without.get(index);
    if (without === undefined) return;
    for (const peer of without) if (this.#options.peers.get(peer) === undefined) without.delete(peer);
  }

  #lacks(index: number, peer: PeerId): void {
    let without = this.#without.get(index);
    if (without === undefined) this.#without.set(index, without = new Set());
    without.add(peer);
  }

  #close(request: RequestId): Question | undefined {
    const question = this.#questions.get(request);
    if (question === undefined) return undefined;
    this.#questions.delete(request);
    this.#release(question.peer);
    return question;
  }

  #release(id: PeerId): void {
    const peer = this.#options.peers.get(id);
    if (peer !== undefined && peer.requests > 0) peer.requests--;
  }
}

/** Reports become scores, scores become bans: the same for every implementation of the network. @module */
import type { PeerId } from "../core/peer.ts";
import { penaltyOf, SCORE_BAN } from "./penalties.ts";
import type { NetworkObserver, PeerBan } from "./ports.ts";
import { BanList, ScoreKeeper } from "./scores.ts";

export interface LedgerOptions {
  readonly banMs: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly observer: NetworkObserver | undefined;
  /** Disconnects a peer; called once for each ban, after it is in the list. */
  readonly onBan: (ban: PeerBan) => void;
}

/** Points that come back while reports follow each other within seconds: they do not save anybody. */
const RECOVERED_BETWEEN = 1;

/**
 * Reports come only from this process, about the peer that the noise handshake proved to be at the other end; nothing that a
 * peer says about another one gets here.
 */
export class PeerLedger {
  readonly #options: LedgerOptions;
  readonly #scores = new ScoreKeeper();
  readonly #bans = new BanList();

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  get bans(): readonly PeerBan[] {
    return this.#bans.list(this.#options.now());
  }

  score(peer: PeerId): number {
    return this.#scores.score(peer, this.#options.now());
  }

  banned(peer: PeerId): boolean {
    return this.#bans.banned(peer, this.#options.now());
  }

  /** Holds `code` against a peer. Of one that is banned nothing more is counted. */
  report(peer: PeerId, code: string, reason: string): void {
    const now = this.#options.now();
    if (this.#bans.banned(peer, now)) return;
    this.#options.observer?.reported(code);
    if (this.#scores.punish(peer, penaltyOf(code), now) > SCORE_BAN + RECOVERED_BETWEEN) return;
    this.#scores.forget(peer);
    const ban = this.#bans.ban(peer, `${code}: ${reason}`, now, this.#options.banMs);
    this.#options.observer?.banned(ban);
    this.#options.onBan(ban);
  }
}

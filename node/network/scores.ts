/** What is thought of peers, and who is kept out. Pure: the time is passed in, in milliseconds since the epoch. @module */
import type { PeerId } from "../core/peer.ts";
import type { PeerBan } from "./ports.ts";
import { SCORE_BAN, SCORE_RECOVERY_PER_MINUTE } from "./penalties.ts";

/** Peers remembered with a score or a ban, each: 100 bytes or so apiece. Who makes more node keys than that gains little. */
export const PEERS_REMEMBERED_MAX = 4096;
/** Longest reason kept with a ban, in characters. */
const REASON_CHARACTERS_MAX = 200;
const MS_PER_MINUTE = 60_000;

interface Standing {
  readonly score: number;
  readonly at: number;
}

/**
 * Scores from 0 downwards. They outlive the connection, so that nobody is forgiven by coming back, and are forgotten once
 * recovered.
 */
export class ScoreKeeper {
  /** Oldest change first. */
  readonly #standings = new Map<PeerId, Standing>();

  /** How many peers are below 0 or were until lately. */
  get size(): number {
    return this.#standings.size;
  }

  /** 0 for whoever nothing is held against. */
  score(peer: PeerId, nowMs: number): number {
    const standing = this.#standings.get(peer);
    if (standing === undefined) return 0;
    const recovered = Math.max(0, nowMs - standing.at) / MS_PER_MINUTE * SCORE_RECOVERY_PER_MINUTE;
    return Math.min(0, standing.score + recovered);
  }

  /** Takes `points` (at least 0) off and answers what is left. */
  punish(peer: PeerId, points: number, nowMs: number): number {
    const score = this.score(peer, nowMs) - points;
    this.#standings.delete(peer);
    if (score < 0) this.#standings.set(peer, { score, at: nowMs });
    if (this.#standings.size > PEERS_REMEMBERED_MAX) this.#standings.delete(this.#standings.keys().next().value!);
    return score;
  }

  /** Begins anew: for a peer whose ban stands for what it did. */
  forget(peer: PeerId): void {
    this.#standings.delete(peer);
  }
}

/** Who may not come back, until when and why. */
export class BanList {
  /** Oldest ban first. */
  readonly #bans = new Map<PeerId, PeerBan>();

  /** Bans for `durationMs` from now; a longer ban in force stays. */
  ban(peer: PeerId, reason: string, nowMs: number, durationMs: number): PeerBan {
    const before = this.#bans.get(peer);
    const until = Math.max(nowMs + durationMs, before?.until ?? 0);
    const ban = { peer, until, reason: reason.slice(0, REASON_CHARACTERS_MAX) };
    this.#bans.delete(peer);
    this.#bans.set(peer, ban);
    if (this.#bans.size > PEERS_REMEMBERED_MAX) this.#bans.delete(this.#bans.keys().next().value!);
    return ban;
  }

  banned(peer: PeerId, nowMs: number): boolean {
    const ban = this.#bans.get(peer);
    if (ban === undefined) return false;
    if (ban.until > nowMs) return true;
    this.#bans.delete(peer);
    return false;
  }

  /** Bans in force. */
  list(nowMs: number): PeerBan[] {
    for (const { peer, until } of [...this.#bans.values()]) if (until <= nowMs) this.#bans.delete(peer);
    return [...this.#bans.values()];
  }
}

export { SCORE_BAN };

/** A connected peer as the network keeps it: counters, rates, the view that others get. @module */
import type { Connection } from "@libp2p/interface";
import type { PeerId } from "../core/peer.ts";
import type { Hello } from "./hello.ts";
import {
  BURST_SECONDS,
  CHANNEL_RATES,
  FLOOD_REPORT_MS,
  QUESTIONS_PER_SECOND,
  type Rate,
  TOPIC_RATES,
} from "./limits.ts";
import type { Channel, PeerView, Protocol, Topic } from "./ports.ts";
import type { Session } from "./_session.ts";
import { TokenBucket } from "./token_bucket.ts";

/** What gossipsub sends besides messages. */
const CONTROL_RATE: Rate = { messagesPerSecond: 8000, bytesPerSecond: 8 * 1024 * 1024 };

/** Kinds that are limited apart. */
export type RateKind = `topic ${Topic}` | `channel ${Channel}` | `ask ${Protocol | "dht"}` | "control";

function rateOf(kind: RateKind): Rate {
  if (kind === "control") return CONTROL_RATE;
  const [family, name] = kind.split(" ");
  if (family === "topic") return TOPIC_RATES[name as Topic];
  if (family === "channel") return CHANNEL_RATES[name as Channel];
  return {
    messagesPerSecond: QUESTIONS_PER_SECOND[name as Protocol | "dht"],
    bytesPerSecond: Number.MAX_SAFE_INTEGER,
  };
}

/** Messages and bytes of one kind. */
class Meter {
  readonly #messages: TokenBucket;
  readonly #bytes: TokenBucket;

  constructor({ messagesPerSecond, bytesPerSecond }: Rate, times: number, nowMs: number) {
    this.#messages = new TokenBucket(times * messagesPerSecond, times * messagesPerSecond * BURST_SECONDS, nowMs);
    this.#bytes = new TokenBucket(times * bytesPerSecond, times * bytesPerSecond * BURST_SECONDS, nowMs);
  }

  take(bytes: number, nowMs: number): boolean {
    return this.#messages.take(1, nowMs) && this.#bytes.take(bytes, nowMs);
  }
}

/** The rates of one sender: a peer, or an address with `times` as much. */
export class Meters {
  readonly #meters = new Map<RateKind, Meter>();
  readonly #times: number;

  constructor(times: number) {
    this.#times = times;
  }

  take(kind: RateKind, bytes: number, nowMs: number): boolean {
    let meter = this.#meters.get(kind);
    if (meter === undefined) this.#meters.set(kind, meter = new Meter(rateOf(kind), this.#times, nowMs));
    return meter.take(bytes, nowMs);
  }
}

export interface PeerInit {
  readonly id: PeerId;
  readonly nodeKey: Uint8Array;
  readonly connection: Connection;
  readonly session: Session;
  readonly hello: Hello;
  readonly validator: Uint8Array | undefined;
  readonly host: string;
  readonly connectedAt: number;
}

/** See the module. */
export class Peer {
  readonly init: PeerInit;
  readonly meters = new Meters(1);
  readonly gone = new AbortController();
  /** Whether our handlers know of it. */
  told = false;
  /** Keys (hexadecimal) of the peers it says it is connected to. */
  neighbours: ReadonlySet<string> = new Set();
  bytesReceived = 0;
  bytesSent = 0;
  messagesReceived = 0;
  messagesSent = 0;
  #floodToldAt = Number.NEGATIVE_INFINITY;

  /** Node key in hexadecimal. */
  readonly key: string;

  constructor(init: PeerInit) {
    this.init = init;
    this.key = init.nodeKey.toHex();
  }

  /** Whether a flood is to be reported now: not with every message of it. */
  tellsFlood(nowMs: number): boolean {
    if (nowMs - this.#floodToldAt < FLOOD_REPORT_MS) return false;
    this.#floodToldAt = nowMs;
    return true;
  }

  received(bytes: number): void {
    this.bytesReceived += bytes;
    this.messagesReceived++;
  }

  sent(bytes: number): void {
    this.bytesSent += bytes;
    this.messagesSent++;
  }

  view(score: number): PeerView {
    const { id, connection, hello, nodeKey, validator, connectedAt } = this.init;
    return {
      id,
      address: connection.remoteAddr.toString(),
      outbound: connection.direction === "outbound",
      relayed: isRelayed(connection),
      moniker: hello.moniker,
      version: hello.software,
      nodeKey,
      validator,
      connectedAt,
      score,
      bytesReceived: this.bytesReceived,
      bytesSent: this.bytesSent,
      messagesReceived: this.messagesReceived,
      messagesSent: this.messagesSent,
    };
  }
}

export const isRelayed = (connection: Connection): boolean => connection.remoteAddr.toString().includes("/p2p-circuit");

/**
 * Whether a new connection with a peer is to replace the old one. Both ends decide the same: direct before relayed, then the
 * one that the smaller id dialed, then the newer one, since the old one may be dead without us knowing.
 */
export function replaces(fresh: Connection, old: Connection, self: PeerId): boolean {
  if (isRelayed(fresh) !== isRelayed(old)) return isRelayed(old);
  if (fresh.direction === old.direction) return true;
  const smallerDialed = (connection: Connection) => {
    const selfIsSmaller = self < connection.remotePeer.toString();
    return (connection.direction === "outbound") === selfIsSmaller;
  };
  return smallerDialed(fresh);
}

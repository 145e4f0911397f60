/**
 * The links between simulated nodes: connections that come and go, frames that are delayed, lost or cut off by direction, and
 * streams that carry questions and answers. What a frame means is not known here.
 * @module
 */
import { invariant } from "../../node/core/invariant.ts";
import type { Prng } from "../../node/core/prng.ts";
import type { Exchange } from "./exchange.ts";
import type { Scheduler } from "./scheduler.ts";
import type { PartitionEpisode, SwarmOptions } from "./swarm.ts";

/** Of a topic, a frame goes on from node to node; a direct one is for whoever it was sent to, and keeps its order. */
export type By = "topic" | "direct";
export type Edge = readonly [number, number];

/** A running process, as the network sees it. */
export interface Member {
  hear(from: number, by: By, bytes: Uint8Array): void;
  ask(exchange: Exchange): void;
  joined(peer: number): void;
  left(peer: number): void;
  /** It keeps this peer out. */
  refuses(peer: number): boolean;
}

export interface NetworkInit {
  readonly scheduler: Scheduler;
  readonly prng: Prng;
  readonly options: SwarmOptions;
  readonly size: number;
  readonly edges: readonly Edge[];
  /** Endpoints that partitions do not touch. */
  readonly reachAll: ReadonlySet<number>;
  /** Endpoints that an episode `minority` may cut off together. */
  readonly minority: readonly number[];
  /** Further loss of this frame. */
  lossOf(bytes: Uint8Array): number;
}

interface Link {
  readonly ends: Edge;
  up: boolean;
  /** Counts connections: what was sent by one does not arrive by another. */
  generation: number;
  /** Which of the ends believes to be connected. */
  readonly known: [boolean, boolean];
  connecting: boolean;
  /** Since when it cannot carry anything in one direction or both. */
  bad: object | undefined;
  /** When the last direct frame of each direction arrives. */
  readonly lastUs: [number, number];
  /** When it last was not as it should be. */
  troubledUs: number;
  readonly exchanges: Set<Exchange>;
}

/** Between two attempts to get on with a stream over a link that is cut off. */
const RETRY_US = 20_000;
/** What a lost packet of a stream costs. */
const RESEND_MS = 200;

export class Network {
  readonly #init: NetworkInit;
  readonly #members: (Member | undefined)[];
  readonly #links: (Link | undefined)[];
  readonly #all: Link[] = [];
  /** Per directed link (from * size + to), how many episodes block it now. */
  readonly #blocked: Int32Array;
  /** By endpoint, until when it stands still. */
  readonly #pausedUntilUs: number[];
  #healed = false;

  constructor(init: NetworkInit) {
    this.#init = init;
    const { size, edges, options } = init;
    this.#members = new Array(size).fill(undefined);
    this.#pausedUntilUs = new Array(size).fill(0);
    this.#links = new Array(size * size).fill(undefined);
    this.#blocked = new Int32Array(size * size);
    for (const [a, b] of edges) this.#addLink(a, b);
    for (const episode of options.partitions) this.#plan(episode);
  }

  /** From now on every frame arrives, once, soon. */
  heal(): void {
    this.#healed = true;
    for (const link of this.#all) this.#review(link);
  }

  /** A process begins, without connections. */
  enter(endpoint: number, member: Member): void {
    this.#members[endpoint] = member;
    for (const link of this.#linksOf(endpoint)) this.#review(link);
  }

  /** A process is gone, which the others notice sooner or later. */
  leave(endpoint: number): void {
    this.#members[endpoint] = undefined;
    for (const link of this.#linksOf(endpoint)) {
      link.known[sideOf(link, endpoint)] = false;
      if (link.up) this.#cut(link, this.#init.options.keepaliveMs);
    }
  }

  /** A process stands still: its peers notice when it does so for long. */
  pause(endpoint: number, untilUs: number): void {
    const { scheduler, options } = this.#init;
    this.#pausedUntilUs[endpoint] = untilUs;
    const { keepaliveMs } = options;
    for (const link of this.#linksOf(endpoint)) {
      link.troubledUs = untilUs;
      if (untilUs - scheduler.nowUs <= keepaliveMs * 1000) continue;
      const { generation } = link;
      scheduler.after(keepaliveMs * 1000, () => {
        if (link.up && link.generation === generation) this.#cut(link, keepaliveMs / 2);
      });
    }
    scheduler.after(untilUs - scheduler.nowUs + 1, () => {
      for (const link of this.#linksOf(endpoint)) this.#review(link);
    });
  }

  /** Whoever keeps somebody out, or no longer does, says so. */
  refusalChanged(endpoint: number, peer: number): void {
    const link = this.#link(endpoint, peer);
    if (link !== undefined) this.#review(link);
  }

  /** Neighbours that `endpoint` believes to be connected with. */
  *connected(endpoint: number): Generator<number> {
    for (const link of this.#linksOf(endpoint)) {
      if (link.known[sideOf(link, endpoint)]) yield link.ends[0] === endpoint ? link.ends[1] : link.ends[0];
    }
  }

  /** Whether the link between two nodes has not been in order all the time since `sinceUs`. */
  troubled(a: number, b: number, sinceUs: number): boolean {
    const link = this.#link(a, b);
    return link === undefined || !link.up || link.bad !== undefined || link.troubledUs >= sinceUs;
  }

  /** False when there is no connection; what is lost on the way nobody tells. */
  send(from: number, to: number, by: By, bytes: Uint8Array, extraMs = 0): boolean {
    const link = this.#link(from, to);
    if (link === undefined || !link.known[sideOf(link, from)]) return false;
    if (!link.up || this.#isBlocked(from, to)) return true;
    const { options: { loss, duplication }, prng } = this.#init;
    if (!this.#healed) {
      if (loss > 0 && prng.chance(loss)) return true;
      const targeted = this.#init.lossOf(bytes);
      if (targeted > 0 && prng.chance(targeted)) return true;
      if (by === "topic" && duplication > 0 && prng.chance(duplication)) {
        this.#deliver(link, from, to, by, bytes, this.#latencyMs() + prng.float() * 2_000);
      }
    }
    this.#deliver(link, from, to, by, bytes, this.#latencyMs() + extraMs);
    return true;
  }

  /** Opens a stream for a question; undefined when there is no connection. */
  open(exchange: Exchange): boolean {
    const link = this.#link(exchange.asker, exchange.answerer);
    if (link === undefined || !link.up || !link.known[sideOf(link, exchange.asker)]) return false;
    link.exchanges.add(exchange);
    this.carry(exchange, exchange.asker, exchange.answerer, () => this.#members[exchange.answerer]?.ask(exchange));
    return true;
  }

  close(exchange: Exchange): void {
    this.#link(exchange.asker, exchange.answerer)?.exchanges.delete(exchange);
  }

  /** As a stream does: in order, late rather than never, and not at all once the connection is gone. */
  carry(exchange: Exchange, from: number, to: number, arrive: () => void): void {
    const link = this.#link(from, to);
    invariant(link !== undefined, "carry over a stream: there is no link");
    const { scheduler, prng, options } = this.#init;
    let ms = this.#latencyMs();
    while (!this.#healed && options.loss > 0 && prng.chance(options.loss)) ms += RESEND_MS;
    const { generation } = link;
    // Whatever is tried again, what was sent first arrives first.
    const lane = from === exchange.asker ? exchange.toAnswerer : exchange.toAsker;
    lane.push(arrive);
    const attempt = () => {
      if (link.generation !== generation || !link.exchanges.has(exchange)) return;
      if (this.#isBlocked(from, to)) scheduler.after(RETRY_US, attempt);
      else lane.shift()!();
    };
    const at = Math.max(scheduler.nowUs + ms * 1000, exchange.lastUs + 1);
    exchange.lastUs = at;
    scheduler.after(at - scheduler.nowUs, attempt);
  }

  #latencyMs(): number {
    const { options: { latency }, prng } = this.#init;
    if (this.#healed) return 1 + prng.float() * 4;
    const ms = latency.minMs - latency.meanMs * Math.log(1 - prng.float());
    return latency.tail > 0 && prng.chance(latency.tail) ? ms * 20 : ms;
  }

  #deliver(link: Link, from: number, to: number, by: By, bytes: Uint8Array, ms: number): void {
    const { scheduler } = this.#init;
    const { generation } = link;
    const side = sideOf(link, to);
    let at = scheduler.nowUs + ms * 1000;
    if (by === "direct") at = link.lastUs[side] = Math.max(at, link.lastUs[side] + 1);
    scheduler.after(at - scheduler.nowUs, () => {
      if (link.generation === generation && link.known[side]) this.#members[to]?.hear(from, by, bytes);
    });
  }

  #addLink(a: number, b: number): void {
    const link: Link = {
      ends: [a, b],
      up: false,
      generation: 0,
      known: [false, false],
      connecting: false,
      bad: undefined,
      lastUs: [0, 0],
      troubledUs: 0,
      exchanges: new Set(),
    };
    const { size } = this.#init;
    this.#links[a * size + b] = this.#links[b * size + a] = link;
    this.#all.push(link);
  }

  #link(a: number, b: number): Link | undefined {
    return this.#links[a * this.#init.size + b];
  }

  #linksOf(endpoint: number): Link[] {
    return this.#all.filter(({ ends: [a, b] }) => a === endpoint || b === endpoint);
  }

  #isBlocked(from: number, to: number): boolean {
    return !this.#healed && this.#blocked[from * this.#init.size + to]! > 0;
  }

  /** Something about the link changed: it may have to be closed, or may be opened. */
  #review(link: Link): void {
    const { scheduler, prng, options } = this.#init;
    const [a, b] = link.ends;
    const cutOff = this.#isBlocked(a, b) || this.#isBlocked(b, a);
    if (!cutOff) link.bad = undefined;
    else link.bad ??= {};
    if (cutOff) link.troubledUs = scheduler.nowUs;
    if (link.up) {
      if (this.#isRefused(link)) return this.#cut(link, 1);
      const { bad } = link;
      if (bad === undefined) return;
      // Keepalives go unanswered.
      scheduler.after(options.keepaliveMs * 1000, () => {
        if (link.up && link.bad === bad) this.#cut(link, options.keepaliveMs / 2);
      });
      return;
    }
    if (link.connecting || !this.#canConnect(link)) return;
    link.connecting = true;
    const ms = this.#healed ? 10 : options.reconnectMs;
    scheduler.after((1 + prng.float() * ms) * 1000, () => {
      link.connecting = false;
      if (!link.up && this.#canConnect(link)) this.#connect(link);
    });
  }

  #isRefused({ ends: [a, b] }: Link): boolean {
    return this.#members[a]?.refuses(b) === true || this.#members[b]?.refuses(a) === true;
  }

  #canConnect(link: Link): boolean {
    const [a, b] = link.ends;
    const isRunning = (end: number) =>
      this.#members[end] !== undefined && this.#pausedUntilUs[end]! <= this.#init.scheduler.nowUs;
    return isRunning(a) && isRunning(b) && link.bad === undefined && !this.#isRefused(link);
  }

  #connect(link: Link): void {
    link.up = true;
    link.generation++;
    link.troubledUs = this.#init.scheduler.nowUs;
    // A new connection replaces one whose end was not noticed.
    for (const side of [0, 1] as const) this.#tellLeft(link, side);
    for (const side of [0, 1] as const) {
      // The first who is told may have done something about it.
      if (!link.up) return;
      link.known[side] = true;
      this.#members[link.ends[side]]!.joined(link.ends[1 - side]!);
    }
  }

  /** Ends the connection; each end that still believes in it learns of it within `ms`. */
  #cut(link: Link, ms: number): void {
    const { scheduler, prng } = this.#init;
    link.up = false;
    link.troubledUs = scheduler.nowUs;
    const generation = ++link.generation;
    for (const exchange of [...link.exchanges]) exchange.cut();
    link.exchanges.clear();
    for (const side of [0, 1] as const) {
      if (!link.known[side]) continue;
      scheduler.after(prng.float() * ms * 1000, () => {
        if (link.generation !== generation) return;
        this.#tellLeft(link, side);
        this.#review(link);
      });
    }
    if (!link.known[0] && !link.known[1]) this.#review(link);
  }

  #tellLeft(link: Link, side: 0 | 1): void {
    if (!link.known[side]) return;
    link.known[side] = false;
    this.#members[link.ends[side]]?.left(link.ends[1 - side]!);
  }

  #plan(episode: PartitionEpisode): void {
    const directions = this.#directions(episode.kind);
    const change = (by: number) => {
      for (const at of directions) this.#blocked[at]! += by;
      if (!this.#healed) { for (const link of this.#all) this.#review(link); }
    };
    this.#init.scheduler.after(episode.fromMs * 1000, () => change(1));
    this.#init.scheduler.after(episode.untilMs * 1000, () => change(-1));
  }

  #directions(kind: PartitionEpisode["kind"]): number[] {
    const { size, prng, reachAll, minority } = this.#init;
    const one = prng.below(size);
    const side = Array.from({ length: size }, () => prng.chance(0.5));
    const some = prng.float();
    const blocks: Record<typeof kind, (from: number, to: number) => boolean> = {
      halves: (from, to) => side[from] !== side[to],
      minority: (from, to) => minority.includes(from) !== minority.includes(to),
      isolate: (from, to) => from === one || to === one,
      mute: (from) => from === one,
      oneway: () => prng.chance(some),
    };
    const directions: number[] = [];
    for (let from = 0; from < size; from++) {
      for (let to = 0; to < size; to++) {
        if (from === to || !blocks[kind](from, to)) continue;
        if (!reachAll.has(from) && !reachAll.has(to)) directions.push(from * size + to);
      }
    }
    return directions;
  }
}

const sideOf = ({ ends }: Link, endpoint: number): 0 | 1 => ends[0] === endpoint ? 0 : 1;

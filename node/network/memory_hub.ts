/**
 * A network inside one process, for tests and for several nodes together. Everybody is connected to everybody unless a test
 * cuts links. Deliveries go one after another in the order they were caused: the same calls give the same history.
 * @module
 */
import { invariant } from "../core/invariant.ts";
import type { PeerId } from "../core/peer.ts";
import { setImmediate } from "node:timers";
import { MemoryNetwork } from "./_memory_network.ts";
import type { Identity } from "./options.ts";
import type { PeerNetwork } from "./ports.ts";

/** A node that joins. */
export interface MemoryMember extends Identity {
  /** How long a misbehaving peer is kept out, in milliseconds. */
  readonly banMs?: number | undefined;
}

/** What is about to be delivered. */
export interface MemoryDelivery {
  readonly from: PeerId;
  readonly to: PeerId;
  readonly kind: string;
  readonly bytes: Uint8Array;
}

export interface MemoryHubOptions {
  /** False loses a message of a topic or a channel. */
  readonly deliver?: ((delivery: MemoryDelivery) => boolean) | undefined;
}

export interface MemoryHub {
  /** A network that takes part from `start` to `stop`. Of the same node key there may be one at a time. */
  join(member: MemoryMember): PeerNetwork;
  /** Cuts the link between two peers until `heal`. */
  disconnect(a: PeerId, b: PeerId): void;
  /** Cuts all links between peers of different groups until `heal`; who is in no group is alone. */
  partition(groups: readonly (readonly PeerId[])[]): void;
  /** Undoes all cuts. Bans stay. */
  heal(): void;
  /** Resolves when nothing waits to be delivered. */
  idle(): Promise<void>;
}

/** Deliveries before the event loop gets a turn: peers that answer each other at once must not starve it. */
const DELIVERIES_PER_TURN = 256;

/** See the module. */
export class Hub implements MemoryHub {
  readonly deliver: (delivery: MemoryDelivery) => boolean;
  readonly #online = new Map<PeerId, MemoryNetwork>();
  readonly #cuts = new Set<string>();
  #groups: readonly ReadonlySet<PeerId>[] | undefined;
  #queue: (() => void)[] = [];
  #running: Promise<void> | undefined;

  constructor(options: MemoryHubOptions) {
    this.deliver = options.deliver ?? (() => true);
  }

  join(member: MemoryMember): PeerNetwork {
    return new MemoryNetwork(this, member);
  }

  disconnect(a: PeerId, b: PeerId): void {
    this.#cuts.add(linkName(a, b));
    this.#rewire();
  }

  partition(groups: readonly (readonly PeerId[])[]): void {
    this.#groups = groups.map((group) => new Set(group));
    this.#rewire();
  }

  heal(): void {
    this.#cuts.clear();
    this.#groups = undefined;
    this.#rewire();
  }

  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  enter(network: MemoryNetwork): void {
    invariant(!this.#online.has(network.self), `start network: ${network.self} is there already`);
    this.#online.set(network.self, network);
    this.#rewire();
  }

  leave(network: MemoryNetwork): void {
    this.#online.delete(network.self);
    for (const other of this.#online.values()) other.unlink(network.self);
  }

  at(peer: PeerId): MemoryNetwork | undefined {
    return this.#online.get(peer);
  }

  /** Runs `task` after everything scheduled before it. */
  schedule(task: () => void): void {
    this.#queue.push(task);
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    await Promise.resolve();
    for (let done = 0; this.#queue.length > 0;) {
      const batch = this.#queue;
      this.#queue = [];
      for (const task of batch) {
        task();
        if (++done % DELIVERIES_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      // What the deliveries caused by way of promises comes before the end is told.
      await Promise.resolve();
    }
    this.#running = undefined;
  }

  #connected(a: PeerId, b: PeerId): boolean {
    if (this.#cuts.has(linkName(a, b))) return false;
    return this.#groups === undefined || this.#groups.some((group) => group.has(a) && group.has(b));
  }

  #rewire(): void {
    const all = [...this.#online.values()];
    for (const [i, a] of all.entries()) {
      for (const b of all.slice(i + 1)) {
        if (this.#connected(a.self, b.self)) a.link(b);
        else this.unlink(a, b);
      }
    }
  }

  unlink(a: MemoryNetwork, b: MemoryNetwork): void {
    a.unlink(b.self);
    b.unlink(a.self);
  }
}

const linkName = (a: PeerId, b: PeerId): string => [a, b].sort().join(" ");

/** A new network of its own. */
export function createMemoryHub(options: MemoryHubOptions = {}): MemoryHub {
  return new Hub(options);
}

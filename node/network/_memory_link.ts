/** One direction of what two nodes in memory have with each other. @module */
import type { Hub } from "./memory_hub.ts";
import type { MemoryNetwork } from "./_memory_network.ts";
import { RECEIVE_QUEUE_BYTES_MAX, SEND_QUEUE_BYTES_MAX } from "./limits.ts";
import type { Channel, PeerView } from "./ports.ts";

interface Lane {
  readonly queue: Uint8Array[];
  busy: boolean;
}

export interface MemoryLinkInit {
  readonly hub: Hub;
  readonly owner: MemoryNetwork;
  readonly other: MemoryNetwork;
  readonly outbound: boolean;
  readonly validator: Uint8Array | undefined;
  readonly connectedAt: number;
}

/** What `owner` receives of `other`, and what it counts. */
export class MemoryLink {
  /** Whether the owner's handlers know of this peer. */
  told = false;
  readonly #init: MemoryLinkInit;
  readonly #lanes = new Map<Channel, Lane>();
  readonly #closing = new AbortController();
  #waitingBytes = 0;
  #bytesReceived = 0;
  #bytesSent = 0;
  #messagesReceived = 0;
  #messagesSent = 0;

  constructor(init: MemoryLinkInit) {
    this.#init = init;
  }

  get other(): MemoryNetwork {
    return this.#init.other;
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Aborted when the link is cut. */
  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  close(): void {
    this.#lanes.clear();
    this.#closing.abort();
  }

  counted(direction: "Received" | "Sent", bytes: number): void {
    if (direction === "Received") {
      this.#bytesReceived += bytes;
      this.#messagesReceived++;
    } else {
      this.#bytesSent += bytes;
      this.#messagesSent++;
    }
  }

  view(score: number): PeerView {
    const { other, outbound, validator, connectedAt } = this.#init;
    return {
      id: other.self,
      address: `/memory/${other.self}`,
      outbound,
      relayed: false,
      moniker: other.member.moniker,
      version: other.member.version,
      nodeKey: other.nodeKey,
      validator,
      connectedAt,
      score,
      bytesReceived: this.#bytesReceived,
      bytesSent: this.#bytesSent,
      messagesReceived: this.#messagesReceived,
      messagesSent: this.#messagesSent,
    };
  }

  /** Takes a message of `other` for the owner; false when too much waits already. */
  receive(channel: Channel, bytes: Uint8Array): boolean {
    const { hub, owner, other } = this.#init;
    if (this.#waitingBytes + bytes.length > SEND_QUEUE_BYTES_MAX + RECEIVE_QUEUE_BYTES_MAX) return false;
    if (!hub.deliver({ from: other.self, to: owner.self, kind: channel, bytes })) return true;
    let lane = this.#lanes.get(channel);
    if (lane === undefined) this.#lanes.set(channel, lane = { queue: [], busy: false });
    lane.queue.push(bytes);
    this.#waitingBytes += bytes.length;
    const target = lane;
    hub.schedule(() => this.#pump(channel, target));
    return true;
  }

  #pump(channel: Channel, lane: Lane): void {
    const { hub, owner, other } = this.#init;
    while (!lane.busy && !this.isClosed && owner.handlers !== undefined) {
      const bytes = lane.queue.shift();
      if (bytes === undefined) return;
      this.#waitingBytes -= bytes.length;
      this.counted("Received", bytes.length);
      owner.member.observer?.received(channel, bytes.length);
      const handling = owner.handlers.onMessage(channel, other.self, bytes);
      if (handling === undefined) continue;
      lane.busy = true;
      void handling.then(() => {
        lane.busy = false;
        hub.schedule(() => this.#pump(channel, lane));
      });
    }
  }
}

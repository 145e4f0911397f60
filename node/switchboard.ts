/**
 * The network's handlers as something that changes hands: a network is started once, and in the course of a start first
 * state sync listens to it, then everything else.
 * @module
 */
import { IoError } from "./core/errors.ts";
import type { GossipVerdict, PeerId } from "./core/peer.ts";
import type { Channel, NetworkHandlers, PeerNetwork, PeerView, Protocol, Topic } from "./network/ports.ts";

/** Whoever listens now; what it does not name is ignored, and questions are not answered. */
export type Listener = Partial<NetworkHandlers>;

export class Switchboard implements NetworkHandlers {
  #listener: Listener = {};
  /** Of whom was told, as they were then. */
  readonly #peers = new Map<PeerId, PeerView>();
  #starting: Promise<void> | undefined;

  /** From now on `listener` hears what comes; of the peers that are there already it is told at once. */
  connect(listener: Listener): void {
    this.#listener = listener;
    for (const peer of this.#peers.values()) listener.onPeerJoined?.(peer);
  }

  /** Starts the network, unless it was started before. Whoever listens should be connected: what nobody hears is lost. */
  start(network: Pick<PeerNetwork, "start">): Promise<void> {
    return this.#starting ??= network.start(this);
  }

  onTopic(topic: Topic, from: PeerId, bytes: Uint8Array): GossipVerdict | Promise<GossipVerdict> {
    return this.#listener.onTopic?.(topic, from, bytes) ?? "ignore";
  }
  onMessage(channel: Channel, from: PeerId, bytes: Uint8Array): void | Promise<void> {
    return this.#listener.onMessage?.(channel, from, bytes);
  }
  onRequest(protocol: Protocol, from: PeerId, body: Uint8Array): AsyncIterable<Uint8Array> {
    return this.#listener.onRequest?.(protocol, from, body) ?? unanswered();
  }
  onPeerJoined(peer: PeerView): void {
    this.#peers.set(peer.id, peer);
    this.#listener.onPeerJoined?.(peer);
  }
  onPeerLeft(peer: PeerId): void {
    this.#peers.delete(peer);
    this.#listener.onPeerLeft?.(peer);
  }
}

/** Cut short: an empty answer would say that what this node claims to have is not there. */
// deno-lint-ignore require-yield
async function* unanswered(): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  throw new IoError("sync_busy", "answer a question: nobody is here to answer it");
}

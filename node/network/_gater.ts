/** Who may connect: libp2p asks before each step, so that strangers cost as little as possible. @module */
import type { ConnectionGater, MultiaddrConnection } from "@libp2p/interface";
import type { PeerId } from "../core/peer.ts";
import { mergeWrites } from "./_thrift.ts";
import { CONNECTIONS_PENDING_PER_ADDRESS_MAX, outboundReserve } from "./limits.ts";

type Libp2pPeerId = Parameters<NonNullable<ConnectionGater["denyDialPeer"]>>[0];

export interface GaterOptions {
  readonly peersMax: number;
  readonly peersPerAddressMax: number;
  /** Banned, or a stranger to be left alone. */
  readonly unwelcome: (peer: PeerId) => boolean;
  /** Whether the peer takes part: only such peers are relayed for. */
  readonly takesPart: (peer: PeerId) => boolean;
}

/** Connections over the limit that wait for their hello: a validator among them takes the place of somebody else. */
export const CONNECTIONS_OVER_MAX = 4;

/** The host of a connection, or the relay that carries it. */
export function hostOf(address: string): string {
  const relay = /\/p2p\/([^/]+)\/p2p-circuit/.exec(address);
  if (relay !== null) return `relay ${relay[1]}`;
  return address.split("/")[2] ?? "";
}

/** See the module. */
export class Gater {
  readonly #options: GaterOptions;
  readonly #inbound = new Map<string, number>();
  #inboundAll = 0;
  /** Inbound connections that have not finished their handshakes, with their hosts. */
  readonly #pending = new Map<MultiaddrConnection, string>();

  constructor(options: GaterOptions) {
    this.#options = options;
  }

  /** Inbound connections, finished or not. */
  get inbound(): number {
    return this.#inboundAll;
  }

  /** How many of `peers_max` may have dialed us. */
  get inboundMax(): number {
    return Math.max(1, this.#options.peersMax - outboundReserve(this.#options.peersMax));
  }

  /** What libp2p asks. */
  get hooks(): ConnectionGater {
    const unwelcome = (peer: Libp2pPeerId) => this.#options.unwelcome(peer.toString());
    const encrypted = (peer: Libp2pPeerId, connection: MultiaddrConnection) => {
      mergeWrites(connection);
      return unwelcome(peer);
    };
    const stranger = (peer: Libp2pPeerId) => unwelcome(peer) || !this.#options.takesPart(peer.toString());
    return {
      denyDialPeer: unwelcome,
      // The default of other environments refuses private addresses; a network may well be a private one.
      denyDialMultiaddr: () => false,
      denyInboundConnection: (connection) => !this.#admit(connection),
      denyInboundEncryptedConnection: encrypted,
      denyOutboundEncryptedConnection: encrypted,
      denyInboundUpgradedConnection: (_peer, connection) => {
        this.#pending.delete(connection);
        return false;
      },
      denyInboundRelayReservation: stranger,
      denyInboundRelayedConnection: (_relay, peer) => unwelcome(peer),
      denyOutboundRelayedConnection: (source, destination) => unwelcome(source) || unwelcome(destination),
    };
  }

  /** Counts a connection until it closes; false when there are too many of its host or in all. */
  #admit(connection: MultiaddrConnection): boolean {
    const host = hostOf(connection.remoteAddr.toString());
    const sameHost = this.#inbound.get(host) ?? 0;
    if (sameHost >= this.#options.peersPerAddressMax) return false;
    if (this.#inboundAll >= this.inboundMax + CONNECTIONS_OVER_MAX) return false;
    const pending = [...this.#pending.values()].filter((other) => other === host).length;
    if (pending >= CONNECTIONS_PENDING_PER_ADDRESS_MAX) return false;
    this.#pending.set(connection, host);
    this.#inbound.set(host, sameHost + 1);
    this.#inboundAll++;
    connection.addEventListener("close", () => {
      this.#pending.delete(connection);
      this.#inboundAll--;
      const left = this.#inbound.get(host)! - 1;
      if (left > 0) this.#inbound.set(host, left);
      else this.#inbound.delete(host);
    }, { once: true });
    return true;
  }
}

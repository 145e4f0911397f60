/** What a network is made from. @module */
import type { CodedError } from "../core/errors.ts";
import type { PeerId } from "../core/peer.ts";
import type { Result } from "../core/result.ts";
import type { NetworkObserver } from "./ports.ts";

/** The fields of `[p2p]` of node.toml that the network reads, under the names they have there. */
export interface P2pSettings {
  readonly listen: readonly string[];
  readonly announce: readonly string[];
  readonly bootstrap: readonly string[];
  readonly peers_max: number;
  readonly peers_wanted: number;
  readonly peers_per_address_max: number;
  readonly dht: boolean;
  readonly relay: boolean;
  readonly nat: boolean;
  readonly ban_ms: number;
}

/** Something that a person should know and can do something about; the network goes on. */
export interface NetworkProblem {
  /** Stable, for programs: `bootstrap_unreachable`, `bootstrap_foreign`, `peer_refused`, `internal`. Append-only. */
  readonly code: string;
  readonly message: string;
}

/** Who this node is, for every implementation. */
export interface Identity {
  /** Seed of the ed25519 node key (32 bytes). */
  readonly nodeKeySeed: Uint8Array;
  readonly chainId: string;
  readonly moniker: string;
  /** Of the software. */
  readonly version: string;
  /** Made by `makeValidatorProof`; absent: nothing is proven. */
  readonly validatorProof?: Uint8Array | undefined;
  /** Address of the validator that a peer's proof names. Absent: by its ed25519 signature. */
  readonly verifyProof?:
    | ((proof: Uint8Array, chainId: string, peer: PeerId) => Result<Uint8Array, CodedError>)
    | undefined;
  readonly observer?: NetworkObserver | undefined;
  /** Milliseconds since the epoch; absent: the system's. */
  readonly now?: (() => number) | undefined;
  readonly onProblem?: ((problem: NetworkProblem) => void) | undefined;
}

/** Pauses of our own timers, in milliseconds; tests shorten them. */
export interface NetworkTimings {
  /** First pause before a bootstrap peer is dialed again; doubled each time, with jitter. */
  readonly redialMs: number;
  readonly redialMaxMs: number;
  /** Between two searches for peers while there are too few. */
  readonly discoveryMs: number;
  /** Between two looks at whether peers take what waits for them. */
  readonly upkeepMs: number;
  readonly helloMs: number;
  /** For encryption and multiplexing of a new inbound connection. */
  readonly handshakeMs: number;
}

export const TIMINGS_DEFAULT: NetworkTimings = {
  redialMs: 500,
  redialMaxMs: 60_000,
  discoveryMs: 10_000,
  upkeepMs: 5_000,
  helloMs: 10_000,
  handshakeMs: 5_000,
};

export interface Libp2pNetworkOptions extends Identity {
  readonly p2p: P2pSettings;
  /** Whether an address is in the current validator set: such peers are kept when there are too many. Absent: nobody is. */
  readonly isValidator?: ((address: Uint8Array) => boolean) | undefined;
  readonly timings?: Partial<NetworkTimings> | undefined;
  /** From 0 up to 1; absent: the system's. For jitter only. */
  readonly random?: (() => number) | undefined;
}

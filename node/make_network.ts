/** From a home and its configuration to a network, if this node is to have one. @module */
import type { GenesisDoc } from "./chain/mod.ts";
import type { NodeConfig } from "./config/mod.ts";
import { ed25519KeyFromSeed } from "./core/crypto/mod.ts";
import {
  createLibp2pNetwork,
  type Identity,
  makeValidatorProof,
  type NetworkProblem,
  peerIdOfSeed,
} from "./network/mod.ts";
import type { NetworkObserver, PeerNetwork } from "./network/ports.ts";
import type { NodeHome, NodeOptions } from "./node_options.ts";
import { VERSION } from "./version.ts";

export interface NetworkMaking {
  readonly home: NodeHome;
  readonly config: NodeConfig;
  readonly genesis: GenesisDoc;
  readonly hub: NodeOptions["hub"];
  /** Whether an address is in the validator set now. */
  readonly isValidator: (address: Uint8Array) => boolean;
  readonly observer: NetworkObserver;
  readonly onProblem: (problem: NetworkProblem) => void;
}

/** `auto` is on where there is somebody to meet. */
function isWanted({ config: { p2p, sync }, genesis, hub }: NetworkMaking): boolean {
  if (p2p.enabled !== "auto") return p2p.enabled === "on";
  return hub !== undefined || genesis.validators.length > 1 || p2p.bootstrap.length > 0 || sync.state_sync;
}

/** A network that is not started yet; undefined: this node meets nobody. */
export function makeNetwork(making: NetworkMaking): PeerNetwork | undefined {
  if (!isWanted(making)) return undefined;
  const { home, config: { node, p2p, signer }, genesis: { chainId }, hub, isValidator, observer, onProblem } = making;
  const nodeKeySeed = home.nodeKey.seed;
  // The key of a signer proves nothing here, and that of the home is then not this validator's.
  const validatorKey = signer.listen === "" ? home.validatorKey : undefined;
  const identity: Identity = {
    nodeKeySeed,
    chainId,
    moniker: node.moniker,
    version: VERSION,
    validatorProof: p2p.prove_validator && validatorKey !== undefined
      ? makeValidatorProof(ed25519KeyFromSeed(validatorKey.seed), chainId, peerIdOfSeed(nodeKeySeed))
      : undefined,
    observer,
    onProblem,
  };
  if (hub !== undefined) return hub.join({ ...identity, banMs: p2p.ban_ms });
  return createLibp2pNetwork({ ...identity, p2p, isValidator });
}

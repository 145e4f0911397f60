/**
 * The network of peers: over libp2p, or in memory for tests and for several nodes in one process. The only room that names
 * libp2p. What others need to know of it is in `ports.ts`; README.md tells protocols, limits and scores.
 * @module
 */
export {
  createMemoryHub,
  type MemoryDelivery,
  type MemoryHub,
  type MemoryHubOptions,
  type MemoryMember,
} from "./memory_hub.ts";

export { createLibp2pNetwork } from "./libp2p_network.ts";
export type { Identity, Libp2pNetworkOptions, NetworkProblem, NetworkTimings, P2pSettings } from "./options.ts";
export { nodeKeyOf, peerIdOf, peerIdOfSeed } from "./peer_id.ts";
export { formatAddress, type NetworkAddress, parseAddress, targetOf } from "./addresses.ts";
export { encodeValidatorProof, makeValidatorProof, validatorProofSignBytes, verifyValidatorProof } from "./hello.ts";
export { PENALTIES, PENALTY_DEFAULT, penaltyOf, SCORE_BAN, SCORE_RECOVERY_PER_MINUTE } from "./penalties.ts";
export { NETWORK_CODE, NETWORK_CODESPACE } from "./errors.ts";

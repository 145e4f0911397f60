/**
 * Gossip: how validators hear each other. Pure machines for what consensus says, for transactions and for evidence, and the
 * services that connect them to the network.
 * @module
 */
export * from "./ports.ts";
export { type ConsensusGossipOptions, createConsensusGossip, type GossipHeld } from "./consensus.ts";
export { GOSSIP_LIMITS_DEFAULT, type GossipLimits } from "./limits.ts";
export { ConsensusGossipService, type ConsensusGossipServiceOptions, type GossipDriver } from "./service.ts";

/**
 * Gossip: how validators hear each other. Pure machines for what consensus says and for transactions, and the services that
 * connect them, and evidence, to the network.
 * @module
 */
export * from "./ports.ts";
export { type ConsensusGossipOptions, createConsensusGossip, type GossipHeld } from "./consensus.ts";
export { GOSSIP_LIMITS_DEFAULT, type GossipLimits } from "./limits.ts";
export { ConsensusGossipService, type ConsensusGossipServiceOptions, type GossipDriver } from "./service.ts";
export {
  type Scheduler,
  type TransactionPool,
  TransactionsService,
  type TransactionsServiceOptions,
} from "./transactions_service.ts";
export { EvidenceGossip, type EvidenceGossipOptions, type EvidenceKeeper } from "./evidence_service.ts";

/**
 * The core of IBC v1: clients of other chains, connections to them, channels over connections, packets over channels, and
 * the applications that send and receive them. Formats, store layout, events and codes are those of ibc-go v10.
 * @module
 */
export type { PacketPlace, ProofRoute, ProofVerifier, StateProof } from "./channel/proof_verifier.ts";
export { ClientKeeper, type ExpectedAuthority } from "./client/mod.ts";
export { IbcKeeper, type Multihop } from "./keeper.ts";
export { STANDARD_LIGHT_CLIENTS } from "./light_clients/mod.ts";
export { ibcModule } from "./module.ts";
export { MULTIHOP } from "./multihop/verifier.ts";

/**
 * Merkle trees and proofs: CometBFT's simple tree (RFC 6962 hashing), ICS-23 verification for the trees of other chains
 * and of ours, and the multistore root with its ICS-23 proofs.
 * @module
 */
export {
  EMPTY_ROOT,
  innerHash,
  leafHash,
  merkleProof,
  merkleProofs,
  merkleRoot,
  merkleRootWork,
  verifyMerkleProof,
} from "./tree.ts";
export { type MapEntry, mapLeaf, tendermintMapProof, tendermintMapRoot } from "./map.ts";
export { ICS23_SPECS, type Ics23Spec } from "./ics23_specs.ts";
export { verifyMembership, verifyMembershipBatch, verifyNonMembership, verifyNonMembershipBatch } from "./ics23.ts";
export { existenceRoot } from "./ics23_existence.ts";

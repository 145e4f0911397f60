/**
 * The vocabulary of IBC v1 that a chain and its relayers share: identifiers, heights, store paths, commitments,
 * acknowledgements, denoms, transfer data and forward memos, client states. Formats and limits are those of ibc-go v8–v10.
 * @module
 */
export {
  ACKNOWLEDGEMENT_BYTES_MAX,
  decodeAcknowledgement,
  encodeAcknowledgement,
  failure,
  type PacketAcknowledgement,
  type RawAcknowledgement,
  transferSuccess,
  validateAcknowledgement,
  type WrittenAcknowledgement,
} from "./acknowledgements.ts";
export { goString } from "./_json.ts";
export { escrowAddress, forwardAddress } from "./addresses.ts";
export {
  assembleAttestation,
  type Attestation,
  type AttestationClientState,
  AttestationClientStateCodec,
  type AttestationConsensusState,
  AttestationConsensusStateCodec,
  type AttestationHeader,
  AttestationHeaderCodec,
  type AttestationMisbehaviour,
  AttestationMisbehaviourCodec,
  attestationsConflict,
  type AttestationSignature,
  attestationSignBytes,
  ATTESTED_ROOT_BYTES_MAX,
  type Attestors,
  ATTESTORS_MAX,
  AttestorsCodec,
  checkAttestation,
  checkAttestationForm,
  checkAttestorKeys,
  checkAttestors,
  signAttestation,
} from "./attestation.ts";
export { MsgSubmitReadCodec, QueryReadsRequestCodec, QueryReadsResponseCodec, ReadCodec } from "./calls.ts";
export {
  CLIENT_STATE_BYTES_MAX,
  ClientStateCodec,
  decodeClientState,
  encodeClientState,
  ProofSpecCodec,
  type TendermintClientState,
} from "./client_state.ts";
export {
  acknowledgementCommitment,
  acknowledgementCommitmentV2,
  type CommittedPacket,
  type CommittedPacketV2,
  packetCommitment,
  packetCommitmentV2,
  type PayloadV2,
} from "./commitments.ts";
export {
  denomHash,
  denomPath,
  hashOfDenom,
  hasPrefix,
  type Hop,
  isSendableDenom,
  localDenom,
  type PacketEnds,
  parseDenom,
  receivedDenom,
  type TransferDenom,
  validateDenom,
  withHop,
} from "./denoms.ts";
export { encodeForwardMemo, type Forward, FORWARD_HOPS_MAX, memoForNext, parseForwardMemo } from "./forward.ts";
export {
  compareHeights,
  formatHeight,
  type IbcHeight,
  isRevisionFormat,
  isZeroHeight,
  nextHeight,
  parseHeight,
  previousHeight,
  revisionOfChainId,
  withRevision,
  ZERO_HEIGHT,
} from "./heights.ts";
export {
  channelIdentifier,
  checkIdentifier,
  type ClientIdentifier,
  clientIdentifier,
  connectionIdentifier,
  type IdentifierKind,
  LOCALHOST_CLIENT_ID,
  LOCALHOST_CONNECTION_ID,
  parseChannelSequence,
  parseClientIdentifier,
  parseConnectionSequence,
  validateIdentifier,
} from "./identifiers.ts";
export {
  decodeMerkleProof,
  encodeMerkleProof,
  MERKLE_PROOF_BYTES_MAX,
  merkleProofOfOps,
  PROOF_SPEC_CHILDREN_MAX,
  PROOF_SPECS_MAX,
  proofSpecsFault,
  verifyMerkleMembership,
  verifyMerkleNonMembership,
} from "./merkle_proof.ts";
export {
  checkHops,
  claimedMoment,
  type ClaimedRoute,
  counterpartyHops,
  type FarEnd,
  proveRoute,
  readRoute,
  ROOT_AGE_MAX_NS,
  type RouteStart,
  verifyFarAbsence,
  verifyFarMembership,
} from "./multihop.ts";
export {
  assembleMultihopProof,
  type FetchedProof,
  type KnownHeight,
  planMultihopProof,
  type ProofPlan,
  type ProofRequest,
  type RouteChain,
  type UpdateFirst,
  type Wanted,
} from "./multihop_build.ts";
export {
  type FrozenHop,
  type MsgChannelCloseFrozen,
  MsgChannelCloseFrozenCodec,
  verifyFrozenClient,
} from "./multihop_frozen.ts";
export {
  CONNECTION_HOPS_MAX,
  decodeMultihopProofs,
  encodeMultihopProofs,
  MULTIHOP_PROOF_BYTES_MAX,
  type MultihopProof,
  type MultihopProofs,
} from "./multihop_proofs.ts";
export { MULTIHOP_CODE } from "./multihop_refusals.ts";
export { type RootJudge, rootJudge } from "./multihop_root.ts";
export {
  decodePacketData,
  encodePacketData,
  MEMO_BYTES_MAX,
  PACKET_DATA_BYTES_MAX,
  RECEIVER_BYTES_MAX,
  type TokenPacketData,
  type TokenPacketText,
  validatePacketData,
} from "./packet_data.ts";
export {
  channelPath,
  clientConnectionsPath,
  clientStatePath,
  connectionPath,
  consensusStatePath,
  consensusStatesPrefix,
  IBC_STORE_NAME,
  NEXT_CHANNEL_SEQUENCE_PATH,
  NEXT_CLIENT_SEQUENCE_PATH,
  NEXT_CONNECTION_SEQUENCE_PATH,
  nextSequenceAckPath,
  nextSequenceRecvPath,
  nextSequenceSendPath,
  PACKET_RECEIPT,
  packetAcknowledgementPath,
  packetAcknowledgementsPrefix,
  packetCommitmentPath,
  packetCommitmentsPrefix,
  packetReceiptPath,
  packetReceiptsPrefix,
} from "./paths.ts";
export { IBC_ERRORS, ibcRefusal, refuse, wrapRefusal } from "./refusals.ts";

/**
 * Where ICS-24 puts what other chains ask proofs of, as ibc-go v8–v10 spells it (`24-host/*_keys.go`): keys of the store
 * {@linkcode IBC_STORE_NAME}, ASCII. Identifiers must be valid: a `/` in one would name another key.
 * @module
 */
import { formatHeight, type IbcHeight } from "./heights.ts";

/** Name of the store under the application hash, and the Merkle prefix of our connections. */
export const IBC_STORE_NAME = "ibc";

/** Counters, each eight bytes big-endian. */
export const NEXT_CLIENT_SEQUENCE_PATH = "nextClientSequence";
export const NEXT_CONNECTION_SEQUENCE_PATH = "nextConnectionSequence";
export const NEXT_CHANNEL_SEQUENCE_PATH = "nextChannelSequence";

/** `Any` of a client state. */
export const clientStatePath = (clientId: string): string => `clients/${clientId}/clientState`;

/** Prefix of all consensus states of a client. */
export const consensusStatesPrefix = (clientId: string): string => `clients/${clientId}/consensusStates/`;

/** `Any` of a consensus state. */
export const consensusStatePath = (clientId: string, height: IbcHeight): string =>
  consensusStatesPrefix(clientId) + formatHeight(height);

/** Connections of a client (`ClientPaths`); not proven to others. */
export const clientConnectionsPath = (clientId: string): string => `clients/${clientId}/connections`;

/** A `ConnectionEnd`. */
export const connectionPath = (connectionId: string): string => `connections/${connectionId}`;

const portAndChannel = (portId: string, channelId: string) => `ports/${portId}/channels/${channelId}`;

/** A `Channel`. */
export const channelPath = (portId: string, channelId: string): string =>
  `channelEnds/${portAndChannel(portId, channelId)}`;

/** Sequence of the next packet to send, eight bytes big-endian; so are the two below. */
export const nextSequenceSendPath = (portId: string, channelId: string): string =>
  `nextSequenceSend/${portAndChannel(portId, channelId)}`;

/** Sequence of the next packet to receive, for ordered channels. */
export const nextSequenceRecvPath = (portId: string, channelId: string): string =>
  `nextSequenceRecv/${portAndChannel(portId, channelId)}`;

/** Sequence of the next packet to acknowledge, for ordered channels. */
export const nextSequenceAckPath = (portId: string, channelId: string): string =>
  `nextSequenceAck/${portAndChannel(portId, channelId)}`;

/** Prefix of the commitments of a channel; the sequence follows in decimal, so store order is not number order. */
export const packetCommitmentsPrefix = (portId: string, channelId: string): string =>
  `commitments/${portAndChannel(portId, channelId)}/sequences/`;

/** The commitment to a packet sent: 32 bytes. */
export const packetCommitmentPath = (portId: string, channelId: string, sequence: bigint): string =>
  packetCommitmentsPrefix(portId, channelId) + sequence;

/** Prefix of the acknowledgements of a channel. */
export const packetAcknowledgementsPrefix = (portId: string, channelId: string): string =>
  `acks/${portAndChannel(portId, channelId)}/sequences/`;

/** The commitment to the acknowledgement of a packet received: 32 bytes. */
export const packetAcknowledgementPath = (portId: string, channelId: string, sequence: bigint): string =>
  packetAcknowledgementsPrefix(portId, channelId) + sequence;

/** Prefix of the receipts of a channel. */
export const packetReceiptsPrefix = (portId: string, channelId: string): string =>
  `receipts/${portAndChannel(portId, channelId)}/sequences/`;

/** The receipt of a packet on an unordered channel: {@linkcode PACKET_RECEIPT}; its absence proves a timeout. */
export const packetReceiptPath = (portId: string, channelId: string, sequence: bigint): string =>
  packetReceiptsPrefix(portId, channelId) + sequence;

/** What stands under a receipt's path: the byte 1. Treat as a constant. */
export const PACKET_RECEIPT: Uint8Array = Uint8Array.of(1);

/** Where channels and packets are kept: the paths of ICS-24. @module */
import type { ChannelEnd } from "../../../app/ports.ts";
import { utf8ToBytes } from "../../../core/bytes.ts";
import {
  channelPath,
  IBC_STORE_NAME,
  NEXT_CHANNEL_SEQUENCE_PATH,
  nextSequenceAckPath,
  nextSequenceRecvPath,
  nextSequenceSendPath,
  packetAcknowledgementPath,
  packetAcknowledgementsPrefix,
  packetCommitmentPath,
  packetCommitmentsPrefix,
  packetReceiptPath,
} from "../../../core/ibc/mod.ts";
import type { PacketPlace } from "./proof_verifier.ts";

/** Name of the store of everything in IBC. */
export const STORE = IBC_STORE_NAME;

/** `nextChannelSequence` → eight bytes, big-endian; so are the three kinds of sequences below. */
export const NEXT_SEQUENCE_KEY: Uint8Array = utf8ToBytes(NEXT_CHANNEL_SEQUENCE_PATH);

/** Prefixes under which all ports and channels follow. */
export const PREFIXES = {
  channels: utf8ToBytes("channelEnds/ports/"),
  commitments: utf8ToBytes("commitments/ports/"),
  acknowledgements: utf8ToBytes("acks/ports/"),
  receipts: utf8ToBytes("receipts/ports/"),
  sendSequences: utf8ToBytes("nextSequenceSend/ports/"),
  receiveSequences: utf8ToBytes("nextSequenceRecv/ports/"),
  acknowledgeSequences: utf8ToBytes("nextSequenceAck/ports/"),
} as const satisfies Record<string, Uint8Array>;

/** → `Channel`. */
export const channelKey = ({ portId, channelId }: ChannelEnd): Uint8Array =>
  utf8ToBytes(channelPath(portId, channelId));

/** Which counter of a channel. */
export type Counter = "send" | "receive" | "acknowledge";

const COUNTER_PATHS = {
  send: nextSequenceSendPath,
  receive: nextSequenceRecvPath,
  acknowledge: nextSequenceAckPath,
} as const satisfies Record<Counter, (portId: string, channelId: string) => string>;

/** → the next sequence of that kind. */
export const counterKey = (counter: Counter, { portId, channelId }: ChannelEnd): Uint8Array =>
  utf8ToBytes(COUNTER_PATHS[counter](portId, channelId));

/** What is kept of one packet. */
export type PacketRecord = "commitment" | "acknowledgement" | "receipt";

const RECORD_PATHS = {
  commitment: packetCommitmentPath,
  acknowledgement: packetAcknowledgementPath,
  receipt: packetReceiptPath,
} as const satisfies Record<PacketRecord, (portId: string, channelId: string, sequence: bigint) => string>;

/** → 32 bytes; for receipts, one. */
export const recordKey = (record: PacketRecord, { portId, channelId, sequence }: PacketPlace): Uint8Array =>
  utf8ToBytes(RECORD_PATHS[record](portId, channelId, sequence));

/** The prefix of all records of a channel; the sequence follows in decimal. */
export const commitmentsPrefix = ({ portId, channelId }: ChannelEnd): Uint8Array =>
  utf8ToBytes(packetCommitmentsPrefix(portId, channelId));
export const acknowledgementsPrefix = ({ portId, channelId }: ChannelEnd): Uint8Array =>
  utf8ToBytes(packetAcknowledgementsPrefix(portId, channelId));

const decoder = new TextDecoder();

/** Port, channel and, for records of packets, sequence of one of the keys above. */
export function splitKey(key: Uint8Array): PacketPlace {
  // <kind>/ports/<port>/channels/<channel>[/sequences/<sequence>]
  const [, , portId = "", , channelId = "", , sequence = "0"] = decoder.decode(key).split("/");
  return { portId, channelId, sequence: BigInt(sequence) };
}

/**
 * The messages with which a relayer moves one end of a path, made of what the other end can prove at the height the client
 * is at. Nothing is sent here, so that a test can change them first.
 * @module
 */
import { type Channel, type Packet, State } from "cosmjs-types/ibc/core/channel/v1/channel";
import {
  MsgAcknowledgement,
  MsgChannelCloseConfirm,
  MsgChannelCloseInit,
  MsgChannelOpenAck,
  MsgChannelOpenConfirm,
  MsgChannelOpenInit,
  MsgChannelOpenTry,
  MsgRecvPacket,
  MsgTimeout,
  MsgTimeoutOnClose,
} from "cosmjs-types/ibc/core/channel/v1/tx";
import { Order } from "cosmjs-types/ibc/core/channel/v1/channel";
import { MsgCreateClient, MsgSubmitMisbehaviour, MsgUpdateClient } from "cosmjs-types/ibc/core/client/v1/tx";
import {
  MsgConnectionOpenAck,
  MsgConnectionOpenConfirm,
  MsgConnectionOpenInit,
  MsgConnectionOpenTry,
} from "cosmjs-types/ibc/core/connection/v1/tx";
import type { Version } from "cosmjs-types/ibc/core/connection/v1/connection";
import { ConsensusState, Header, Misbehaviour } from "cosmjs-types/ibc/lightclients/tendermint/v1/tendermint";
import { utf8ToBytes } from "../../../node/core/bytes.ts";
import type { MessageCodec } from "../../../node/core/codec/mod.ts";
import {
  channelPath,
  ClientStateCodec,
  connectionPath,
  IBC_STORE_NAME,
  nextSequenceRecvPath,
  packetAcknowledgementPath,
  packetCommitmentPath,
  packetReceiptPath,
  type TendermintClientState,
  ZERO_HEIGHT,
} from "../../../node/core/ibc/mod.ts";
import { SECOND } from "./clock.ts";
import type { End } from "./end.ts";
import type { IbcChain, Message } from "./ports.ts";

/** A message that is not encoded yet. */
export interface Typed<T> {
  readonly codec: MessageCodec<T>;
  readonly value: T;
}

export const encodeTyped = <T>({ codec, value }: Typed<T>): Message => ({
  typeUrl: codec.typeUrl,
  value: codec.encode(value).finish(),
});

/** The message with some of its fields changed. */
export const changed = <T>(message: Typed<T>, change: Partial<T> | ((value: T) => Partial<T>)): Typed<T> => ({
  codec: message.codec,
  value: { ...message.value, ...(typeof change === "function" ? change(message.value) : change) },
});

const typed = <T>(codec: MessageCodec<T>, value: T): Typed<T> => ({ codec, value });

/** As an `Any`. */
export const anyOf = <T>(codec: MessageCodec<T>, value: T): Message => encodeTyped({ codec, value });

const PREFIX = { keyPrefix: utf8ToBytes(IBC_STORE_NAME) };
const seconds = (nanos: bigint) => ({ seconds: nanos / SECOND, nanos: Number(nanos % SECOND) });

/** The only version of connections there is. */
export const CONNECTION_VERSION: Version = { identifier: "1", features: ["ORDER_ORDERED", "ORDER_UNORDERED"] };

/** Of clients that a path makes. */
export interface ClientOptions {
  /** Nanoseconds; two weeks unless said. */
  readonly trustingPeriod?: bigint;
  /** Nanoseconds; three weeks unless said. */
  readonly unbondingPeriod?: bigint;
  /** Nanoseconds; ten seconds unless said. */
  readonly clockDrift?: bigint;
  readonly trustLevel?: { readonly numerator: bigint; readonly denominator: bigint };
  readonly upgradePath?: readonly string[];
}

const DAY = 86_400n * SECOND;

/** The state of a new client of `chain` at `height`. */
export function clientStateOf(chain: IbcChain, height: bigint, options: ClientOptions = {}): TendermintClientState {
  return {
    chainId: chain.chainId,
    trustLevel: options.trustLevel ?? { numerator: 1n, denominator: 3n },
    trustingPeriod: seconds(options.trustingPeriod ?? 14n * DAY),
    unbondingPeriod: seconds(options.unbondingPeriod ?? 21n * DAY),
    maxClockDrift: seconds(options.clockDrift ?? 10n * SECOND),
    frozenHeight: ZERO_HEIGHT,
    latestHeight: chain.ibcHeight(height),
    proofSpecs: [...chain.proofSpecs],
    upgradePath: [...options.upgradePath ?? ["upgrade", "upgradedIBCState"]],
    allowUpdateAfterExpiry: false,
    allowUpdateAfterMisbehaviour: false,
  };
}

/** A new client of the other chain at its last block. */
export function createClient(end: End, options: ClientOptions = {}): Typed<MsgCreateClient> {
  const { chain } = end.other;
  return typed(MsgCreateClient, {
    clientState: anyOf(ClientStateCodec, clientStateOf(chain, chain.height, options)),
    consensusState: anyOf(ConsensusState, chain.consensusState(chain.height)),
    signer: end.chain.relayer,
  });
}

/** Brings the client to a header of the other chain. */
export function updateClient(
  end: End,
  height: bigint = end.other.chain.height,
  trusted: bigint = end.clientHeight,
): Typed<MsgUpdateClient> {
  return updateClientWith(end, end.other.chain.header(height, trusted));
}

export const updateClientWith = (end: End, header: Header): Typed<MsgUpdateClient> =>
  typed(MsgUpdateClient, {
    clientId: end.clientId,
    clientMessage: anyOf(Header, header),
    signer: end.chain.relayer,
  });

/** Two headers that cannot both be, as a client message. */
export const misbehave = (end: End, header1: Header, header2: Header): Typed<MsgUpdateClient> =>
  typed(MsgUpdateClient, {
    clientId: end.clientId,
    clientMessage: anyOf(Misbehaviour, { clientId: end.clientId, header1, header2 }),
    signer: end.chain.relayer,
  });

/** The older message for the same. */
export const submitMisbehaviour = (end: End, header1: Header, header2: Header): Typed<MsgSubmitMisbehaviour> =>
  typed(MsgSubmitMisbehaviour, {
    clientId: end.clientId,
    misbehaviour: anyOf(Misbehaviour, { clientId: end.clientId, header1, header2 }),
    signer: end.chain.relayer,
  });

export const connOpenInit = (end: End): Typed<MsgConnectionOpenInit> =>
  typed(MsgConnectionOpenInit, {
    clientId: end.clientId,
    counterparty: { clientId: end.other.clientId, connectionId: "", prefix: PREFIX },
    version: CONNECTION_VERSION,
    delayPeriod: end.delayPeriod,
    signer: end.chain.relayer,
  });

export function connOpenTry(end: End): Typed<MsgConnectionOpenTry> {
  const { proof, height } = end.prove(connectionPath(end.other.connectionId));
  return typed(
    MsgConnectionOpenTry,
    MsgConnectionOpenTry.fromPartial({
      clientId: end.clientId,
      counterparty: { clientId: end.other.clientId, connectionId: end.other.connectionId, prefix: PREFIX },
      delayPeriod: end.delayPeriod,
      counterpartyVersions: [CONNECTION_VERSION],
      proofHeight: height,
      proofInit: proof,
      signer: end.chain.relayer,
    }),
  );
}

export function connOpenAck(end: End): Typed<MsgConnectionOpenAck> {
  const { proof, height } = end.prove(connectionPath(end.other.connectionId));
  return typed(
    MsgConnectionOpenAck,
    MsgConnectionOpenAck.fromPartial({
      connectionId: end.connectionId,
      counterpartyConnectionId: end.other.connectionId,
      version: CONNECTION_VERSION,
      proofHeight: height,
      proofTry: proof,
      signer: end.chain.relayer,
    }),
  );
}

export function connOpenConfirm(end: End): Typed<MsgConnectionOpenConfirm> {
  const { proof, height } = end.prove(connectionPath(end.other.connectionId));
  return typed(MsgConnectionOpenConfirm, {
    connectionId: end.connectionId,
    proofAck: proof,
    proofHeight: height,
    signer: end.chain.relayer,
  });
}

const channelOf = (end: End, state: State): Channel => ({
  state,
  ordering: end.ordered ? Order.ORDER_ORDERED : Order.ORDER_UNORDERED,
  counterparty: {
    portId: end.other.portId,
    channelId: state === State.STATE_INIT ? "" : end.other.channelId,
  },
  connectionHops: [...end.hops],
  version: state === State.STATE_INIT ? end.version : "",
});

export const chanOpenInit = (end: End): Typed<MsgChannelOpenInit> =>
  typed(MsgChannelOpenInit, {
    portId: end.portId,
    channel: channelOf(end, State.STATE_INIT),
    signer: end.chain.relayer,
  });

export function chanOpenTry(end: End): Typed<MsgChannelOpenTry> {
  const { proof, height } = end.prove(channelPath(end.other.portId, end.other.channelId));
  return typed(MsgChannelOpenTry, {
    portId: end.portId,
    previousChannelId: "",
    channel: channelOf(end, State.STATE_TRYOPEN),
    counterpartyVersion: end.other.version,
    proofInit: proof,
    proofHeight: height,
    signer: end.chain.relayer,
  });
}

export function chanOpenAck(end: End): Typed<MsgChannelOpenAck> {
  const { proof, height } = end.prove(channelPath(end.other.portId, end.other.channelId));
  return typed(MsgChannelOpenAck, {
    portId: end.portId,
    channelId: end.channelId,
    counterpartyChannelId: end.other.channelId,
    counterpartyVersion: end.other.version,
    proofTry: proof,
    proofHeight: height,
    signer: end.chain.relayer,
  });
}

export function chanOpenConfirm(end: End): Typed<MsgChannelOpenConfirm> {
  const { proof, height } = end.prove(channelPath(end.other.portId, end.other.channelId));
  return typed(MsgChannelOpenConfirm, {
    portId: end.portId,
    channelId: end.channelId,
    proofAck: proof,
    proofHeight: height,
    signer: end.chain.relayer,
  });
}

export const chanCloseInit = (end: End): Typed<MsgChannelCloseInit> =>
  typed(MsgChannelCloseInit, { portId: end.portId, channelId: end.channelId, signer: end.chain.relayer });

export function chanCloseConfirm(end: End): Typed<MsgChannelCloseConfirm> {
  const { proof, height } = end.prove(channelPath(end.other.portId, end.other.channelId));
  return typed(MsgChannelCloseConfirm, {
    portId: end.portId,
    channelId: end.channelId,
    proofInit: proof,
    proofHeight: height,
    signer: end.chain.relayer,
  });
}

/** A packet that the other end sent. */
export function recvPacket(end: End, packet: Packet): Typed<MsgRecvPacket> {
  const { sourcePort, sourceChannel, sequence } = packet;
  const { proof, height } = end.prove(packetCommitmentPath(sourcePort, sourceChannel, sequence));
  return typed(MsgRecvPacket, { packet, proofCommitment: proof, proofHeight: height, signer: end.chain.relayer });
}

/** The acknowledgement of a packet that this end sent. */
export function acknowledge(end: End, packet: Packet, acknowledgement: Uint8Array): Typed<MsgAcknowledgement> {
  const { destinationPort, destinationChannel, sequence } = packet;
  const { proof, height } = end.prove(packetAcknowledgementPath(destinationPort, destinationChannel, sequence));
  const proven = { proofAcked: proof, proofHeight: height };
  return typed(MsgAcknowledgement, { packet, acknowledgement, ...proven, signer: end.chain.relayer });
}

/** What shows that the other end has not received a packet: no receipt, or the sequence an ordered channel waits for. */
const unreceivedPath = ({ destinationPort, destinationChannel, sequence }: Packet, ordered: boolean) =>
  ordered
    ? nextSequenceRecvPath(destinationPort, destinationChannel)
    : packetReceiptPath(destinationPort, destinationChannel, sequence);

/** A packet that this end sent and the other did not receive in time. */
export function timeout(end: End, packet: Packet): Typed<MsgTimeout> {
  const { proof, height, value } = end.prove(unreceivedPath(packet, end.ordered));
  return typed(MsgTimeout, {
    packet,
    proofUnreceived: proof,
    proofHeight: height,
    nextSequenceRecv: sequenceOf(value, packet),
    signer: end.chain.relayer,
  });
}

/** The same after the other end has closed its channel. */
export function timeoutOnClose(end: End, packet: Packet): Typed<MsgTimeoutOnClose> {
  const { proof, height, value } = end.prove(unreceivedPath(packet, end.ordered));
  return typed(MsgTimeoutOnClose, {
    packet,
    proofUnreceived: proof,
    proofClose: end.prove(channelPath(packet.destinationPort, packet.destinationChannel)).proof,
    proofHeight: height,
    nextSequenceRecv: sequenceOf(value, packet),
    signer: end.chain.relayer,
  });
}

/** An unordered channel has no such sequence; relayers give the packet's. */
const sequenceOf = (value: Uint8Array | undefined, { sequence }: Packet): bigint =>
  value === undefined || value.length !== 8
    ? sequence
    : new DataView(value.buffer, value.byteOffset, 8).getBigUint64(0);

/**
 * What the IBC module and the applications over it need of each other (ICS-26, ICS-04): types only; modules import them
 * through `ports.ts`. Names follow ibc-go v10 `core/05-port/types/module.go`.
 * @module
 */
import type { Channel, Order, Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import type { Address } from "../core/address.ts";
import type { CodedError } from "../core/errors.ts";
import type { IbcHeight, WrittenAcknowledgement } from "../core/ibc/mod.ts";
import type { Result } from "../core/result.ts";
import type { StateReader } from "../state/view.ts";
import type { Context } from "./module.ts";

/** One end of a channel. */
export interface ChannelEnd {
  readonly portId: string;
  readonly channelId: string;
}

/** A channel in its handshake, as the application on this side sees it. */
export interface ChannelOpening extends ChannelEnd {
  readonly order: Order;
  /** One connection, or the connections of a multi-hop channel (ICS-33), the own one first. */
  readonly connectionHops: readonly string[];
  /** The channel id is empty in `INIT`. */
  readonly counterparty: ChannelEnd;
}

/** The application ends the whole message that brought a packet: nothing of it stays, and the packet may come again. */
export interface PacketAbort {
  readonly success: false;
  readonly abort: CodedError;
}

/**
 * An application bound to a port, or a middleware around one. Callbacks run inside the message that caused them; a refusal
 * fails the message, except in `onRecvPacket`.
 */
export interface IbcApplication {
  /** Answers the version the channel gets; `version` may be empty, which asks for the default. */
  onChanOpenInit(context: Context, channel: ChannelOpening, version: string): Result<string>;
  /** Answers the own version. */
  onChanOpenTry(context: Context, channel: ChannelOpening, counterpartyVersion: string): Result<string>;
  onChanOpenAck(
    context: Context,
    end: ChannelEnd,
    counterpartyChannelId: string,
    counterpartyVersion: string,
  ): Result<undefined>;
  onChanOpenConfirm(context: Context, end: ChannelEnd): Result<undefined>;
  onChanCloseInit(context: Context, end: ChannelEnd): Result<undefined>;
  onChanCloseConfirm(context: Context, end: ChannelEnd): Result<undefined>;
  /**
   * Undefined: the acknowledgement comes later, through {@linkcode IbcChannels.writeAcknowledgement}. When it says failure,
   * the caller takes back everything the callback wrote and emitted, and writes the acknowledgement.
   */
  onRecvPacket(
    context: Context,
    channelVersion: string,
    packet: Packet,
    relayer: Address,
  ): WrittenAcknowledgement | PacketAbort | undefined;
  /** `acknowledgement`: the bytes as the other chain committed to them. */
  onAcknowledgementPacket(
    context: Context,
    channelVersion: string,
    packet: Packet,
    acknowledgement: Uint8Array,
    relayer: Address,
  ): Result<undefined>;
  onTimeoutPacket(context: Context, channelVersion: string, packet: Packet, relayer: Address): Result<undefined>;
  /**
   * Names keys that the callback will read, so that a block's packets are loaded in one batch: of `onRecvPacket`, or of the
   * two that settle a packet. A hint, never a promise; the packet is only checked as far as that needs no state.
   */
  touchPacket?(
    callback: "receive" | "settle",
    packet: Packet,
    key: (store: string, key: Uint8Array) => void,
  ): void;
}

/** A packet to be sent; the sequence and the other end come from the channel. */
export interface OutgoingPacket {
  readonly sourcePort: string;
  readonly sourceChannel: string;
  /** The zero height: no timeout by height. */
  readonly timeoutHeight: IbcHeight;
  /** Nanoseconds since the Unix epoch; 0: no timeout by time. */
  readonly timeoutTimestamp: bigint;
  readonly data: Uint8Array;
}

/** What applications may ask of channels (`ICS4Wrapper` and the channel keeper's readings). */
export interface IbcChannels {
  /** Commits to the packet and emits `send_packet`; answers its sequence. */
  sendPacket(context: Context, packet: OutgoingPacket): Result<bigint>;
  /** Settles a packet whose acknowledgement was put off. */
  writeAcknowledgement(
    context: Context,
    packet: Packet,
    acknowledgement: WrittenAcknowledgement,
  ): Result<undefined>;
  channel(view: StateReader, end: ChannelEnd): Channel | undefined;
  /** The client under the (first) connection of a channel. */
  clientIdOf(view: StateReader, end: ChannelEnd): string | undefined;
}

export type ClientStatus = "Active" | "Frozen" | "Expired" | "Unknown" | "Unauthorized";

/** A proof of another chain's state, judged by the client we keep of it. */
export interface CounterpartyProof {
  /** Height of the consensus state whose root the proof leads to. */
  readonly height: IbcHeight;
  /** As the client type encodes it (an encoded `MerkleProof` for Tendermint). */
  readonly proof: Uint8Array;
  /** Nanoseconds that must have passed since the consensus state was stored. */
  readonly delayTime: bigint;
  /** Blocks that must have passed since. */
  readonly delayBlocks: bigint;
}

/** What others may ask of the clients of this chain (ICS-02). `path`: store prefix, then key. */
export interface IbcClients {
  status(context: Context, clientId: string): ClientStatus;
  latestHeight(context: Context, clientId: string): IbcHeight;
  /** Nanoseconds since the Unix epoch of the consensus state at that height. */
  timestampAt(context: Context, clientId: string, height: IbcHeight): Result<bigint>;
  /** Refused unless the client is active and the proof shows `value` under `path`. */
  verifyMembership(
    context: Context,
    clientId: string,
    proof: CounterpartyProof,
    path: readonly Uint8Array[],
    value: Uint8Array,
  ): Result<undefined>;
  /** Refused unless the client is active and the proof shows that nothing is under `path`. */
  verifyNonMembership(
    context: Context,
    clientId: string,
    proof: CounterpartyProof,
    path: readonly Uint8Array[],
  ): Result<undefined>;
}

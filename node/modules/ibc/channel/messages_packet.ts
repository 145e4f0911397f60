/** The messages that relay packets, acknowledgements and timeouts to the applications (ICS-26). @module */
import type { Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import {
  MsgAcknowledgement,
  MsgRecvPacket,
  MsgRecvPacketResponse,
  MsgTimeout,
  MsgTimeoutOnClose,
  ResponseResultType,
} from "cosmjs-types/ibc/core/channel/v1/tx";
import type { Address, Context, IbcApplication, PacketAbort, Relaying } from "../../../app/ports.ts";
import { encode } from "../../../core/codec/mod.ts";
import { ibcRefusal, refuse, wrapRefusal, type WrittenAcknowledgement } from "../../../core/ibc/mod.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import { callbackErrorEvent } from "../events.ts";
import { all, checkProof, type MessageSteps } from "../message.ts";
import { channelKey, counterKey, recordKey, STORE } from "./keys.ts";
import type { ChannelParts } from "./messages_open.ts";
import { checkPacket } from "./packet_checks.ts";
import {
  acknowledgePacket,
  destinationOf,
  receivedBefore,
  receivePacket,
  type Relayed,
  settledBefore,
  sourceOf,
  writeAcknowledgement,
} from "./packets.ts";
import { timeoutOnClose, timeoutPacket } from "./timeouts.ts";

/** Longest message, in bytes: data, acknowledgement and proof. */
const BYTES_MAX = 1_048_576;

/** The response of each of these messages has the result for its only field. */
const respond = (result: ResponseResultType): Result<Uint8Array, never> =>
  ok(encode(MsgRecvPacketResponse, { result }));
const SUCCESS = respond(ResponseResultType.RESPONSE_RESULT_TYPE_SUCCESS);
/** It was relayed before. Nothing was written, no event emitted. */
const NOOP = respond(ResponseResultType.RESPONSE_RESULT_TYPE_NOOP);

export const receiveSteps = (parts: ChannelParts): MessageSteps<MsgRecvPacket> => ({
  codec: MsgRecvPacket,
  bytesMax: BYTES_MAX,
  validate: ({ packet, proofCommitment }) =>
    all(() => checkProof(proofCommitment, "proof of commitment"), () => checkPacket(packet)),
  touch({ packet }, key) {
    const place = destinationOf(packet);
    key(STORE, channelKey(place));
    key(STORE, counterKey("receive", place));
    key(STORE, recordKey("receipt", place));
    key(STORE, recordKey("acknowledgement", place));
    const application = parts.router.route(packet.destinationPort);
    if (application.ok) application.value.touchPacket?.("receive", packet, key);
  },
  relaying: (context, { packet }) => receivedBefore(parts.channels, context, packet) ? "redundant" : "fresh",
  execute: (context, message, relayer) => receive(parts, context, message, relayer),
});

export const acknowledgeSteps = (parts: ChannelParts): MessageSteps<MsgAcknowledgement> => ({
  codec: MsgAcknowledgement,
  bytesMax: BYTES_MAX,
  validate: ({ packet, acknowledgement, proofAcked }) =>
    all(
      () => checkProof(proofAcked, "proof of acknowledgement"),
      () =>
        acknowledgement.length > 0
          ? ok(undefined)
          : refuse("invalidAcknowledgement", "check message: the acknowledgement is empty"),
      () => checkPacket(packet),
    ),
  touch: touchSource(parts),
  relaying: settling(parts),
  execute: (context, message, relayer) =>
    settle(parts, message.packet, () => acknowledgePacket(parts.channels, context, message), (application, version) => {
      const { packet, acknowledgement } = message;
      return application.onAcknowledgementPacket(context, version, packet, acknowledgement, relayer);
    }),
});

export const timeoutSteps = (parts: ChannelParts): MessageSteps<MsgTimeout> => ({
  codec: MsgTimeout,
  bytesMax: BYTES_MAX,
  validate: ({ packet, proofUnreceived, nextSequenceRecv }) =>
    all(
      () => checkProof(proofUnreceived, "proof that it was not received"),
      () => checkNextSequence(nextSequenceRecv),
      () => checkPacket(packet),
    ),
  touch: touchSource(parts),
  relaying: settling(parts),
  execute: (context, message, relayer) =>
    settle(
      parts,
      message.packet,
      () => timeoutPacket(parts.channels, context, message),
      (application, version) => application.onTimeoutPacket(context, version, message.packet, relayer),
    ),
});

export const timeoutOnCloseSteps = (parts: ChannelParts): MessageSteps<MsgTimeoutOnClose> => ({
  codec: MsgTimeoutOnClose,
  bytesMax: BYTES_MAX,
  validate: ({ packet, proofUnreceived, proofClose, nextSequenceRecv }) =>
    all(
      () => checkNextSequence(nextSequenceRecv),
      () => checkProof(proofUnreceived, "proof that it was not received"),
      () => checkProof(proofClose, "proof of CLOSED"),
      () => checkPacket(packet),
    ),
  touch: touchSource(parts),
  relaying: settling(parts),
  execute: (context, message, relayer) =>
    settle(
      parts,
      message.packet,
      () => timeoutOnClose(parts.channels, context, message),
      (application, version) => application.onTimeoutPacket(context, version, message.packet, relayer),
    ),
});

function receive(
  { channels, router }: ChannelParts,
  context: Context,
  message: MsgRecvPacket,
  relayer: Address,
): Result<Uint8Array> {
  const { packet } = message;
  const application = router.route(packet.destinationPort);
  if (!application.ok) return application;
  const received = receivePacket(channels, context, message);
  if (!received.ok) return err(wrapRefusal(received.error, "receive packet"));
  if (received.value === undefined) return NOOP;
  const acknowledgement = handle(application.value, context, received.value.version, packet, relayer);
  if (acknowledgement === undefined) return SUCCESS;
  if ("abort" in acknowledgement) {
    return err(wrapRefusal(acknowledgement.abort, `ask application of port ${packet.destinationPort}`));
  }
  const written = writeAcknowledgement(channels, context, packet, acknowledgement);
  return written.ok ? SUCCESS : written;
}

/** Only tells `attempt` to take back what the application did; the acknowledgement says why. */
const FAILED = ibcRefusal("invalidAcknowledgement", "receive packet: the application failed");

/** What the application makes of a packet. When it fails, nothing of it stays but its events, under other names. */
function handle(
  application: IbcApplication,
  context: Context,
  version: string,
  packet: Packet,
  relayer: Address,
): WrittenAcknowledgement | PacketAbort | undefined {
  let acknowledgement: WrittenAcknowledgement | PacketAbort | undefined;
  const { reverted } = context.attempt((inner) => {
    acknowledgement = application.onRecvPacket(inner, version, packet, relayer);
    return acknowledgement?.success === false ? { ok: false, error: FAILED } : ok(undefined);
  });
  for (const event of reverted) context.emit(callbackErrorEvent(event));
  return acknowledgement;
}

/** Ends a packet where it was sent, and tells its application. */
function settle(
  { router }: ChannelParts,
  packet: Packet,
  relay: () => Result<Relayed>,
  tell: (application: IbcApplication, version: string) => Result<undefined>,
): Result<Uint8Array> {
  const application = router.route(packet.sourcePort);
  if (!application.ok) return application;
  const relayed = relay();
  if (!relayed.ok) return err(wrapRefusal(relayed.error, "settle packet"));
  if (relayed.value === undefined) return NOOP;
  const told = tell(application.value, relayed.value.version);
  return told.ok ? SUCCESS : err(wrapRefusal(told.error, `ask application of port ${packet.sourcePort}`));
}

/** What settles a packet is redundant once it is settled. */
const settling =
  ({ channels }: ChannelParts) => (context: Context, { packet }: { readonly packet: Packet }): Relaying =>
    settledBefore(channels, context, packet) ? "redundant" : "fresh";

const touchSource =
  ({ router }: ChannelParts) =>
  ({ packet }: { readonly packet: Packet }, key: (store: string, key: Uint8Array) => void) => {
    const place = sourceOf(packet);
    key(STORE, channelKey(place));
    key(STORE, recordKey("commitment", place));
    const application = router.route(packet.sourcePort);
    if (application.ok) application.value.touchPacket?.("settle", packet, key);
  };

const checkNextSequence = (next: bigint): Result<undefined> =>
  next === 0n ? refuse("invalidSequence", "check message: the next sequence to be received is 0") : ok(undefined);

/** Messages of ICS-04 that carry a packet's next step. @module */
import type { Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import { MsgAcknowledgement, MsgRecvPacket, MsgTimeout, MsgTimeoutOnClose } from "cosmjs-types/ibc/core/channel/v1/tx";
import { encode } from "../../node/core/codec/mod.ts";
import type { IbcHeight } from "../../node/core/ibc/mod.ts";
import { invariant } from "../../node/core/invariant.ts";
import type { Action, Lane, PacketContent } from "./types.ts";

/** What goes with the action, in the order of `provenKeys`. */
export interface ActionProof {
  readonly proofs: readonly Uint8Array[];
  /** Of the header that the proofs lead to. */
  readonly height: IbcHeight;
  readonly nextSequenceRecv: bigint;
}

/** The packet with its ends. */
export function packetOf({ source, destination }: Lane, packet: PacketContent): Packet {
  return {
    sequence: packet.sequence,
    sourcePort: source.portId,
    sourceChannel: source.channelId,
    destinationPort: destination.portId,
    destinationChannel: destination.channelId,
    data: packet.data,
    timeoutHeight: packet.timeoutHeight,
    timeoutTimestamp: packet.timeoutTimestamp,
  };
}

/** The message that does `action`, which is not `find_ack`. */
export function messageOf(
  { lane, record, kind }: Action,
  { proofs, height, nextSequenceRecv }: ActionProof,
  signer: string,
): { readonly typeUrl: string; readonly value: Uint8Array } {
  const packet = packetOf(lane, record);
  const [proof, proofClose] = proofs;
  invariant(proof !== undefined, `make a message of ${kind}: there is no proof`);
  switch (kind) {
    case "recv": {
      const message = { packet, proofCommitment: proof, proofHeight: height, signer };
      return { typeUrl: MsgRecvPacket.typeUrl, value: encode(MsgRecvPacket, message) };
    }
    case "ack": {
      const { acknowledgement } = record;
      invariant(acknowledgement !== undefined, "make a message of ack: the acknowledgement is not known");
      const message = { packet, acknowledgement, proofAcked: proof, proofHeight: height, signer };
      return { typeUrl: MsgAcknowledgement.typeUrl, value: encode(MsgAcknowledgement, message) };
    }
    case "timeout": {
      const message = { packet, proofUnreceived: proof, proofHeight: height, nextSequenceRecv, signer };
      return { typeUrl: MsgTimeout.typeUrl, value: encode(MsgTimeout, message) };
    }
    case "timeout_on_close": {
      invariant(proofClose !== undefined, "make a message of timeout_on_close: there is one proof");
      const message = { packet, proofUnreceived: proof, proofClose, proofHeight: height, nextSequenceRecv, signer };
      return { typeUrl: MsgTimeoutOnClose.typeUrl, value: encode(MsgTimeoutOnClose, message) };
    }
    case "find_ack":
      return invariant(false, "make a message of find_ack: there is none") as never;
  }
}

/** The messages of handshakes, from a planned step and what was proven for it. @module */
import type { Any } from "cosmjs-types/google/protobuf/any";
import { type Channel, State } from "cosmjs-types/ibc/core/channel/v1/channel";
import {
  MsgChannelCloseConfirm,
  MsgChannelCloseInit,
  MsgChannelOpenAck,
  MsgChannelOpenConfirm,
  MsgChannelOpenInit,
  MsgChannelOpenTry,
} from "cosmjs-types/ibc/core/channel/v1/tx";
import type { ConnectionEnd } from "cosmjs-types/ibc/core/connection/v1/connection";
import {
  MsgConnectionOpenAck,
  MsgConnectionOpenConfirm,
  MsgConnectionOpenInit,
  MsgConnectionOpenTry,
} from "cosmjs-types/ibc/core/connection/v1/tx";
import { encode, type MessageCodec } from "../../node/core/codec/mod.ts";
import { type IbcHeight, ZERO_HEIGHT } from "../../node/core/ibc/mod.ts";
import { type ChannelGoal, orderOf } from "./channel_plan.ts";
import { CONNECTION_VERSION, type ConnectionGoal, MERKLE_PREFIX } from "./connection_plan.ts";
import { type OpeningMove, otherSide, type Side } from "./opening.ts";

/** A message for a transaction body. */
export interface HandshakeMessage {
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

/** What the other chain has proven of the end there. Both undefined in the first step. */
export interface Evidence {
  readonly proof: Uint8Array;
  /** Of the header that the proof leads to; the client must have been brought there. */
  readonly proofHeight: IbcHeight;
  /**
   * What chains before ibc-go v9 also want: the other chain's client of this one, one of its consensus states, and proofs of
   * both. Later ones do not look at it.
   */
  readonly client?: {
    readonly state: Any;
    readonly proof: Uint8Array;
    readonly consensusHeight: IbcHeight;
    readonly consensusProof: Uint8Array;
  };
}

const NONE = new Uint8Array();

const message = <T>(codec: MessageCodec<T>, value: T): HandshakeMessage => ({
  typeUrl: codec.typeUrl,
  value: encode(codec, value),
});

const proven = ({ proof, proofHeight }: Evidence) => ({ proof, proofHeight });

/** The deprecated fields. */
const oldFields = ({ client }: Evidence) => ({
  ...(client && { clientState: client.state }),
  proofClient: client?.proof ?? NONE,
  proofConsensus: client?.consensusProof ?? NONE,
  consensusHeight: client?.consensusHeight ?? ZERO_HEIGHT,
  hostConsensusStateProof: NONE,
});

/** A move that sends something. */
export type SendingMove<T> = Exclude<OpeningMove<T>, { readonly tag: "done" | "wait" }>;
/** One that follows what the other chain has done, which has to be proven. */
export type ProvenMove<T> = Exclude<SendingMove<T>, { readonly tag: "init" }>;

/** The first message of a connection. */
export function connectionInit(goal: ConnectionGoal, side: Side, signer: string): HandshakeMessage {
  return message(MsgConnectionOpenInit, {
    clientId: goal.clients[side],
    counterparty: { clientId: goal.clients[otherSide(side)], connectionId: "", prefix: MERKLE_PREFIX },
    version: CONNECTION_VERSION,
    delayPeriod: goal.delayNs,
    signer,
  });
}

/** The messages that follow, each with a proof of the counterparty's end. */
export function connectionFollowing(
  goal: ConnectionGoal,
  move: ProvenMove<ConnectionEnd>,
  evidence: Evidence,
  signer: string,
): HandshakeMessage {
  const { side, counterparty } = move;
  const { proof, proofHeight } = proven(evidence);
  if (move.tag === "try") {
    return message(MsgConnectionOpenTry, {
      clientId: goal.clients[side],
      previousConnectionId: "",
      counterparty: {
        clientId: goal.clients[otherSide(side)],
        connectionId: counterparty.id,
        prefix: MERKLE_PREFIX,
      },
      delayPeriod: counterparty.end.delayPeriod,
      counterpartyVersions: counterparty.end.versions,
      proofHeight,
      proofInit: proof,
      signer,
      ...oldFields(evidence),
    });
  }
  const connectionId = move.own.id;
  if (move.tag === "confirm") {
    return message(MsgConnectionOpenConfirm, { connectionId, proofAck: proof, proofHeight, signer });
  }
  return message(MsgConnectionOpenAck, {
    connectionId,
    counterpartyConnectionId: counterparty.id,
    version: counterparty.end.versions[0] ?? CONNECTION_VERSION,
    proofHeight,
    proofTry: proof,
    signer,
    ...oldFields(evidence),
  });
}

/** The first message of a channel. */
export function channelInit(goal: ChannelGoal, side: Side, signer: string): HandshakeMessage {
  const channel: Channel = {
    state: State.STATE_INIT,
    ordering: orderOf(goal.order),
    counterparty: { portId: goal.ports[otherSide(side)], channelId: "" },
    connectionHops: [...goal.hops[side]],
    version: goal.version,
  };
  return message(MsgChannelOpenInit, { portId: goal.ports[side], channel, signer });
}

/** The messages that follow, each with a proof of the counterparty's end. */
export function channelFollowing(
  goal: ChannelGoal,
  move: ProvenMove<Channel>,
  evidence: Evidence,
  signer: string,
): HandshakeMessage {
  const { side, counterparty } = move;
  const { proof, proofHeight } = proven(evidence);
  const portId = goal.ports[side];
  if (move.tag === "try") {
    const channel: Channel = {
      state: State.STATE_TRYOPEN,
      ordering: counterparty.end.ordering,
      counterparty: { portId: goal.ports[otherSide(side)], channelId: counterparty.id },
      connectionHops: [...goal.hops[side]],
      version: "",
    };
    return message(MsgChannelOpenTry, {
      portId,
      previousChannelId: "",
      channel,
      counterpartyVersion: counterparty.end.version,
      proofInit: proof,
      proofHeight,
      signer,
    });
  }
  const channelId = move.own.id;
  if (move.tag === "confirm") {
    return message(MsgChannelOpenConfirm, { portId, channelId, proofAck: proof, proofHeight, signer });
  }
  return message(MsgChannelOpenAck, {
    portId,
    channelId,
    counterpartyChannelId: counterparty.id,
    counterpartyVersion: counterparty.end.version,
    proofTry: proof,
    proofHeight,
    signer,
  });
}

/** Asks the application to close its end. */
export const channelCloseInit = (portId: string, channelId: string, signer: string): HandshakeMessage =>
  message(MsgChannelCloseInit, { portId, channelId, signer });

/** Shows that the other end is closed. */
export const channelCloseConfirm = (
  portId: string,
  channelId: string,
  { proof, proofHeight }: Evidence,
  signer: string,
): HandshakeMessage => message(MsgChannelCloseConfirm, { portId, channelId, proofInit: proof, proofHeight, signer });

/**
 * How a channel judges what the chain at its other end has stored (ICS-04 over ICS-23). A channel over one connection asks
 * the client of that connection; one over several (ICS-33) takes the proof apart first. Nothing else of a channel knows
 * the difference.
 * @module
 */
import type { Channel } from "cosmjs-types/ibc/core/channel/v1/channel";
import type { ConnectionEnd } from "cosmjs-types/ibc/core/connection/v1/connection";
import type { ChannelEnd, Context } from "../../../app/ports.ts";
import type { IbcHeight } from "../../../core/ibc/mod.ts";
import type { Result } from "../../../core/result.ts";

/** The way from this chain to the other end of a channel. */
export interface ProofRoute {
  /** The connections of the channel as this end names them, the own one first; at least one. */
  readonly hops: readonly string[];
  /** The end of the first of them. The caller has found it and, where the step asks for it, open. */
  readonly connection: ConnectionEnd;
}

/** What a relayer hands in. Nothing of it is checked yet, except that the proof is not empty. */
export interface StateProof {
  /** Of the consensus state, in the client of the first connection, with which the proof starts. */
  readonly height: IbcHeight;
  readonly proof: Uint8Array;
}

/** A packet at the other end: the port and channel there. */
export interface PacketPlace extends ChannelEnd {
  readonly sequence: bigint;
}

/**
 * The channel that must be stored at the other end. The connections it names are the counterparty's view of the route, so
 * the verifier fills them in: from the connection end for one hop, from the proof for several.
 */
export type ExpectedChannel = Omit<Channel, "connectionHops">;

/** A moment of the chain at the other end. */
export interface CounterpartyMoment {
  readonly height: IbcHeight;
  /** Nanoseconds since the Unix epoch. */
  readonly timestamp: bigint;
}

/**
 * Checks of one kind of route. Each is refused unless every client on the way is active and the proof shows just that value
 * (or absence) in the store of the chain at the other end; refusals carry the codes of ibc-go. The connection's delay
 * holds for packets and not for channel ends (ibc-go `03-connection/keeper/verify.go`).
 */
export interface ProofVerifier {
  /** Under `channelEnds/…` of `end` stands `expected`. */
  verifyChannelState(
    context: Context,
    route: ProofRoute,
    proof: StateProof,
    end: ChannelEnd,
    expected: ExpectedChannel,
  ): Result<undefined>;
  /** Under `commitments/…` of `place`, where the packet was sent, stands `commitment` (32 bytes). */
  verifyPacketCommitment(
    context: Context,
    route: ProofRoute,
    proof: StateProof,
    place: PacketPlace,
    commitment: Uint8Array,
  ): Result<undefined>;
  /** Under `acks/…` of `place`, where the packet was received, stands the commitment to these bytes. */
  verifyPacketAcknowledgement(
    context: Context,
    route: ProofRoute,
    proof: StateProof,
    place: PacketPlace,
    acknowledgement: Uint8Array,
  ): Result<undefined>;
  /** Under `receipts/…` of `place` stands nothing. */
  verifyPacketReceiptAbsence(
    context: Context,
    route: ProofRoute,
    proof: StateProof,
    place: PacketPlace,
  ): Result<undefined>;
  /** Under `nextSequenceRecv/…` of `end` stands `nextSequenceRecv`. */
  verifyNextSequenceRecv(
    context: Context,
    route: ProofRoute,
    proof: StateProof,
    end: ChannelEnd,
    nextSequenceRecv: bigint,
  ): Result<undefined>;
  /** The moment of the other end that `proof` speaks of: what a timeout is measured against. */
  momentOf(context: Context, route: ProofRoute, proof: StateProof): Result<CounterpartyMoment>;
  /**
   * The latest moment of the other end that is known without a proof; undefined when none is, as over several hops. A
   * packet that would be late already then is not sent.
   */
  latestMoment(context: Context, route: ProofRoute): Result<CounterpartyMoment | undefined>;
}

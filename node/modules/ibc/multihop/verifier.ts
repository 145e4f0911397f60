/**
 * Proofs for channels over several connections (ICS-33). The client of the first connection judges what is proven under the
 * neighbour's root, with everything a client looks after (status, delay, whatever its type); from there on the proof itself
 * brings the roots (`node/core/ibc/multihop.ts`).
 * @module
 */
import { Channel } from "cosmjs-types/ibc/core/channel/v1/channel";
import type { ConnectionEnd } from "cosmjs-types/ibc/core/connection/v1/connection";
import type { ChannelEnd, Context, IbcClients } from "../../../app/ports.ts";
import { u64ToBytes } from "../../../core/bytes.ts";
import { encode } from "../../../core/codec/mod.ts";
import {
  acknowledgementCommitment,
  channelPath,
  checkHops,
  claimedMoment,
  type ClaimedRoute,
  CONNECTION_HOPS_MAX,
  counterpartyHops,
  decodeMultihopProofs,
  type FarEnd,
  type IbcHeight,
  nextSequenceRecvPath,
  packetAcknowledgementPath,
  packetCommitmentPath,
  packetReceiptPath,
  proveRoute,
  readRoute,
  type RootJudge,
  type RouteStart,
  verifyFarAbsence,
  verifyFarMembership,
} from "../../../core/ibc/mod.ts";
import { invariant } from "../../../core/invariant.ts";
import { ok, type Result } from "../../../core/result.ts";
import type {
  CounterpartyMoment,
  ExpectedChannel,
  PacketPlace,
  ProofRoute,
  ProofVerifier,
  StateProof,
} from "../channel/proof_verifier.ts";
import { chargeProof } from "../client/gas.ts";
import type { ConnectionKeeper } from "../connection/keeper.ts";
import type { Multihop } from "../keeper.ts";

/** Channels over several connections, for the keeper. */
export const MULTIHOP: Multihop = {
  hopsMax: CONNECTION_HOPS_MAX,
  verifier: (clients, connections) => new MultihopVerifier(clients, connections),
};

export class MultihopVerifier implements ProofVerifier {
  constructor(
    readonly clients: IbcClients,
    readonly connections: ConnectionKeeper,
  ) {}

  verifyChannelState(
    context: Context,
    route: ProofRoute,
    proof: StateProof,
    { portId, channelId }: ChannelEnd,
    expected: ExpectedChannel,
  ): Result<undefined> {
    const claimed = this.#claimed(context, route, proof);
    if (!claimed.ok) return claimed;
    const end = this.#farEnd(context, route, proof, claimed.value, 0n);
    if (!end.ok) return end;
    const connectionHops = counterpartyHops(route.connection, claimed.value);
    const value = encode(Channel, { ...expected, connectionHops });
    return verifyFarMembership(end.value, claimed.value, channelPath(portId, channelId), value);
  }

  verifyPacketCommitment(
    context: Context,
    route: ProofRoute,
    proof: StateProof,
    { portId, channelId, sequence }: PacketPlace,
    commitment: Uint8Array,
  ): Result<undefined> {
    const key = packetCommitmentPath(portId, channelId, sequence);
    return this.#delayed(context, route, proof, (end, claimed) => verifyFarMembership(end, claimed, key, commitment));
  }

  verifyPacketAcknowledgement(
    context: Context,
    route: ProofRoute,
    proof: StateProof,
    { portId, channelId, sequence }: PacketPlace,
    acknowledgement: Uint8Array,
  ): Result<undefined> {
    const key = packetAcknowledgementPath(portId, channelId, sequence);
    const value = acknowledgementCommitment(acknowledgement);
    return this.#delayed(context, route, proof, (end, claimed) => verifyFarMembership(end, claimed, key, value));
  }

  verifyPacketReceiptAbsence(
    context: Context,
    route: ProofRoute,
    proof: StateProof,
    { portId, channelId, sequence }: PacketPlace,
  ): Result<undefined> {
    const key = packetReceiptPath(portId, channelId, sequence);
    return this.#delayed(context, route, proof, (end, claimed) => verifyFarAbsence(end, claimed, key));
  }

  verifyNextSequenceRecv(
    context: Context,
    route: ProofRoute,
    proof: StateProof,
    { portId, channelId }: ChannelEnd,
    nextSequenceRecv: bigint,
  ): Result<undefined> {
    const key = nextSequenceRecvPath(portId, channelId);
    const value = u64ToBytes(nextSequenceRecv);
    return this.#delayed(context, route, proof, (end, claimed) => verifyFarMembership(end, claimed, key, value));
  }

  /** Of the consensus state that the proof of the key is under; it is proven with it. */
  momentOf(context: Context, route: ProofRoute, proof: StateProof): Result<CounterpartyMoment> {
    const claimed = this.#claimed(context, route, proof);
    if (!claimed.ok) return claimed;
    const moment = claimedMoment(claimed.value);
    invariant(moment !== undefined, "read the moment of a proof over several hops: it has one hop");
    return ok(moment);
  }

  /** This chain has no client of the other one. */
  latestMoment(): Result<undefined> {
    return ok(undefined);
  }

  #claimed(context: Context, { hops }: ProofRoute, { proof }: StateProof): Result<ClaimedRoute> {
    const possible = checkHops(hops);
    if (!possible.ok) return possible;
    chargeProof(context, proof);
    const proofs = decodeMultihopProofs(proof);
    return proofs.ok ? readRoute(hops, proofs.value) : proofs;
  }

  #farEnd(
    context: Context,
    route: ProofRoute,
    proof: StateProof,
    claimed: ClaimedRoute,
    delayTime: bigint,
  ): Result<FarEnd> {
    const start = routeStart(context, this, route.connection, proof.height, delayTime);
    return start.ok ? proveRoute(start.value, claimed) : start;
  }

  /** A check of a packet: the longest delay of the way must have passed. */
  #delayed(
    context: Context,
    route: ProofRoute,
    proof: StateProof,
    check: (end: FarEnd, claimed: ClaimedRoute) => Result<undefined>,
  ): Result<undefined> {
    const claimed = this.#claimed(context, route, proof);
    if (!claimed.ok) return claimed;
    const own = route.connection.delayPeriod;
    const { delayPeriod } = claimed.value;
    const delay = delayPeriod > own ? delayPeriod : own;
    const end = this.#farEnd(context, route, proof, claimed.value, delay);
    return end.ok ? check(end.value, claimed.value) : end;
  }
}

/** Where proofs start: with the client of the own connection, for which `delayTime` nanoseconds must have passed. */
export function routeStart(
  context: Context,
  { clients, connections }: { readonly clients: IbcClients; readonly connections: ConnectionKeeper },
  connection: ConnectionEnd,
  height: IbcHeight,
  delayTime: bigint,
): Result<RouteStart> {
  const { clientId } = connection;
  const timestamp = clients.timestampAt(context, clientId, height);
  if (!timestamp.ok) return timestamp;
  const basis = { height, delayTime, delayBlocks: connections.blockDelay(context.view, delayTime) };
  const judge: RootJudge = {
    verifyMembership: (proof, path, value) =>
      clients.verifyMembership(context, clientId, { ...basis, proof }, path, value),
    verifyNonMembership: (proof, path) => clients.verifyNonMembership(context, clientId, { ...basis, proof }, path),
  };
  return ok({ judge, timestamp: timestamp.value, connection, now: context.block.time });
}

/** Proofs for channels over one connection: one client, one proof (ibc-go `03-connection/keeper/verify.go`). @module */
import { Channel } from "cosmjs-types/ibc/core/channel/v1/channel";
import type { ChannelEnd, Context, IbcClients } from "../../../app/ports.ts";
import { u64ToBytes } from "../../../core/bytes.ts";
import { encode } from "../../../core/codec/mod.ts";
import { acknowledgementCommitment, isZeroHeight, refuse, wrapRefusal } from "../../../core/ibc/mod.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import type { ConnectionKeeper } from "../connection/keeper.ts";
import { channelKey, counterKey, recordKey } from "./keys.ts";
import type {
  CounterpartyMoment,
  ExpectedChannel,
  PacketPlace,
  ProofRoute,
  ProofVerifier,
  StateProof,
} from "./proof_verifier.ts";

const DONE: Result<undefined, never> = ok(undefined);
const NO_DELAY = { delayTime: 0n, delayBlocks: 0n };

export class OneHopVerifier implements ProofVerifier {
  constructor(
    readonly clients: IbcClients,
    readonly connections: ConnectionKeeper,
  ) {}

  verifyChannelState(
    context: Context,
    route: ProofRoute,
    proof: StateProof,
    end: ChannelEnd,
    expected: ExpectedChannel,
  ): Result<undefined> {
    const connectionHops = [route.connection.counterparty.connectionId];
    const value = encode(Channel, { ...expected, connectionHops });
    return this.#member(context, route, { ...proof, ...NO_DELAY }, channelKey(end), value, "channel state");
  }

  verifyPacketCommitment(
    context: Context,
    route: ProofRoute,
    proof: StateProof,
    place: PacketPlace,
    commitment: Uint8Array,
  ): Result<undefined> {
    const delayed = this.#delayed(context, route, proof);
    return this.#member(context, route, delayed, recordKey("commitment", place), commitment, "packet commitment");
  }

  verifyPacketAcknowledgement(
    context: Context,
    route: ProofRoute,
    proof: StateProof,
    place: PacketPlace,
    acknowledgement: Uint8Array,
  ): Result<undefined> {
    const delayed = this.#delayed(context, route, proof);
    const value = acknowledgementCommitment(acknowledgement);
    return this.#member(context, route, delayed, recordKey("acknowledgement", place), value, "acknowledgement");
  }

  verifyPacketReceiptAbsence(
    context: Context,
    route: ProofRoute,
    proof: StateProof,
    place: PacketPlace,
  ): Result<undefined> {
    const { clientId, counterparty } = route.connection;
    const path = [counterparty.prefix.keyPrefix, recordKey("receipt", place)];
    const delayed = this.#delayed(context, route, proof);
    const verified = this.clients.verifyNonMembership(context, clientId, delayed, path);
    return verified.ok ? DONE : err(wrapRefusal(verified.error, `verify absence of receipt over client ${clientId}`));
  }

  verifyNextSequenceRecv(
    context: Context,
    route: ProofRoute,
    proof: StateProof,
    end: ChannelEnd,
    nextSequenceRecv: bigint,
  ): Result<undefined> {
    const delayed = this.#delayed(context, route, proof);
    const value = u64ToBytes(nextSequenceRecv);
    return this.#member(context, route, delayed, counterKey("receive", end), value, "next sequence to receive");
  }

  momentOf(context: Context, { connection }: ProofRoute, { height }: StateProof): Result<CounterpartyMoment> {
    const timestamp = this.clients.timestampAt(context, connection.clientId, height);
    return timestamp.ok ? ok({ height, timestamp: timestamp.value }) : timestamp;
  }

  latestMoment(context: Context, { connection }: ProofRoute): Result<CounterpartyMoment> {
    const height = this.clients.latestHeight(context, connection.clientId);
    if (isZeroHeight(height)) {
      return refuse("invalidClientHeight", `read latest height: client ${connection.clientId} has none`);
    }
    const timestamp = this.clients.timestampAt(context, connection.clientId, height);
    return timestamp.ok ? ok({ height, timestamp: timestamp.value }) : timestamp;
  }

  #delayed({ view }: Context, { connection }: ProofRoute, proof: StateProof) {
    const { delayPeriod } = connection;
    const delayBlocks = this.connections.blockDelay(view, delayPeriod);
    return { ...proof, delayTime: delayPeriod, delayBlocks };
  }

  #member(
    context: Context,
    { connection: { clientId, counterparty } }: ProofRoute,
    proof: StateProof & typeof NO_DELAY,
    key: Uint8Array,
    value: Uint8Array,
    what: string,
  ): Result<undefined> {
    const path = [counterparty.prefix.keyPrefix, key];
    const verified = this.clients.verifyMembership(context, clientId, proof, path, value);
    return verified.ok ? DONE : err(wrapRefusal(verified.error, `verify ${what} over client ${clientId}`));
  }
}

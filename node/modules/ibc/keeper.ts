/** Channels as other modules see them, with the connections under them and the applications over them. @module */
import type { Channel, IdentifiedChannel, Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import type { ChannelEnd, Context, IbcApplication, IbcChannels, IbcClients, OutgoingPacket } from "../../app/ports.ts";
import type { WrittenAcknowledgement } from "../../core/ibc/mod.ts";
import type { Result } from "../../core/result.ts";
import type { StateReader } from "../../state/view.ts";
import { ChannelKeeper } from "./channel/keeper.ts";
import { OneHopVerifier } from "./channel/one_hop.ts";
import { sendPacket, writeAcknowledgement } from "./channel/packets.ts";
import type { ProofVerifier } from "./channel/proof_verifier.ts";
import { ConnectionKeeper } from "./connection/keeper.ts";
import { PortRouter } from "./router.ts";

/** How channels over several connections are checked (ICS-33). */
export interface Multihop {
  /** Most connections of a channel; at least 2. */
  readonly hopsMax: number;
  verifier(clients: IbcClients, connections: ConnectionKeeper): ProofVerifier;
}

export class IbcKeeper implements IbcChannels {
  readonly connections: ConnectionKeeper;
  readonly channels: ChannelKeeper;
  readonly router = new PortRouter();

  constructor(
    readonly clients: IbcClients,
    multihop?: Multihop,
  ) {
    this.connections = new ConnectionKeeper(clients);
    this.channels = new ChannelKeeper(clients, this.connections, {
      oneHop: new OneHopVerifier(clients, this.connections),
      multihop: multihop?.verifier(clients, this.connections),
      hopsMax: multihop?.hopsMax ?? 1,
    });
  }

  /** Gives a port to an application, while the chain is put together. */
  bindPort(portId: string, application: IbcApplication): void {
    this.router.bind(portId, application);
  }

  sendPacket(context: Context, packet: OutgoingPacket): Result<bigint> {
    return sendPacket(this.channels, context, packet);
  }

  writeAcknowledgement(context: Context, packet: Packet, acknowledgement: WrittenAcknowledgement): Result<undefined> {
    return writeAcknowledgement(this.channels, context, packet, acknowledgement);
  }

  channel(view: StateReader, end: ChannelEnd): Channel | undefined {
    return this.channels.channel(view, end);
  }

  /** Channels of ports whose names begin so, in the order of their keys. */
  channelsUnder(view: StateReader, portPrefix: string): Iterable<IdentifiedChannel> {
    return this.channels.channelsUnder(view, portPrefix);
  }

  clientIdOf(view: StateReader, end: ChannelEnd): string | undefined {
    const connectionId = this.channels.channel(view, end)?.connectionHops[0];
    return connectionId === undefined ? undefined : this.connections.connection(view, connectionId)?.clientId;
  }
}

/** What a chain says of its IBC state, through `abci_query` of any Cosmos chain; nothing is proven here. @module */
import { connectComet } from "@cosmjs/tendermint-rpc";
import { createProtobufRpcClient, type ProtobufRpcClient, QueryClient } from "@cosmjs/stargate";
import type { PageRequest, PageResponse } from "cosmjs-types/cosmos/base/query/v1beta1/pagination";
import type { Any } from "cosmjs-types/google/protobuf/any";
import {
  Channel,
  type IdentifiedChannel,
  Order,
  type PacketState,
  State as ChannelState,
} from "cosmjs-types/ibc/core/channel/v1/channel";
import { QueryClientImpl as ChannelQueries } from "cosmjs-types/ibc/core/channel/v1/query";
import { QueryClientImpl as ClientQueries } from "cosmjs-types/ibc/core/client/v1/query";
import { type IdentifiedConnection, State as ConnectionState } from "cosmjs-types/ibc/core/connection/v1/connection";
import { QueryClientImpl as ConnectionQueries } from "cosmjs-types/ibc/core/connection/v1/query";
import { QueryClientImpl as TransferQueries } from "cosmjs-types/ibc/applications/transfer/v1/query";
import { decodeClientState, formatHeight, type IbcHeight, parseClientIdentifier } from "../node/core/ibc/mod.ts";
import { CommandError } from "./output.ts";

/** Entries of one listing; a chain that gives more is cut. */
const ENTRIES_MAX = 10_000;
const PAGE_ENTRIES = 200n;

export interface ClientLine {
  readonly clientId: string;
  readonly clientType: string;
  /** Chain it follows; undefined for clients of other types than `07-tendermint`. */
  readonly followsChainId: string | undefined;
  readonly latestHeight: string | undefined;
  readonly trustingPeriodMs: number | undefined;
  readonly status: string;
}

export interface ConnectionLine {
  readonly connectionId: string;
  readonly clientId: string;
  readonly state: string;
  readonly counterpartyClientId: string;
  readonly counterpartyConnectionId: string;
}

export interface ChannelLine {
  readonly portId: string;
  readonly channelId: string;
  readonly state: string;
  readonly order: "ordered" | "unordered";
  readonly version: string;
  readonly connectionHops: readonly string[];
  readonly counterpartyPortId: string;
  readonly counterpartyChannelId: string;
}

/** What one end of a channel knows of a sequence. */
export interface PacketLine {
  readonly portId: string;
  readonly channelId: string;
  readonly sequence: bigint;
  /** Hexadecimal; undefined: none, so it was not sent from here, or is settled. */
  readonly commitment: string | undefined;
  /** A packet of that sequence arrived here. */
  readonly received: boolean;
  /** Hexadecimal of the commitment to the acknowledgement that this end wrote. */
  readonly acknowledgement: string | undefined;
}

interface Page<T> {
  readonly entries: readonly T[];
  readonly pagination?: PageResponse | undefined;
}

/** The IBC queries of one node. */
export class IbcQueries {
  readonly #rpc: ProtobufRpcClient;
  readonly #what: string;
  readonly #close: () => void;

  private constructor(rpc: ProtobufRpcClient, what: string, close: () => void) {
    this.#rpc = rpc;
    this.#what = what;
    this.#close = close;
  }

  /** Throws a CommandError `unreachable`. */
  static async connect(rpc: string): Promise<IbcQueries> {
    try {
      const comet = await connectComet(rpc);
      return new IbcQueries(createProtobufRpcClient(new QueryClient(comet)), rpc, () => comet.disconnect());
    } catch (error) {
      throw new CommandError(
        `connect to ${rpc}: ${(error as Error).message}; is a node running there? (--rpc ADDRESS)`,
        "unreachable",
      );
    }
  }

  close(): void {
    this.#close();
  }

  async clients(): Promise<ClientLine[]> {
    const queries = new ClientQueries(this.#rpc);
    const states = await this.#all("clients", async (pagination) => {
      const page = await queries.ClientStates({ pagination });
      return { entries: page.clientStates, pagination: page.pagination };
    });
    return await Promise.all(states.map(async ({ clientId, clientState }) => {
      const { status } = await this.#ask(`client ${clientId}`, () => queries.ClientStatus({ clientId }));
      return clientLine(clientId, clientState, status);
    }));
  }

  async client(clientId: string): Promise<ClientLine> {
    const queries = new ClientQueries(this.#rpc);
    return await this.#ask(`client ${clientId}`, async () => {
      const { clientState } = await queries.ClientState({ clientId });
      return clientLine(clientId, clientState, (await queries.ClientStatus({ clientId })).status);
    });
  }

  async connections(): Promise<ConnectionLine[]> {
    const queries = new ConnectionQueries(this.#rpc);
    const all = await this.#all("connections", async (pagination) => {
      const page = await queries.Connections({ pagination });
      return { entries: page.connections, pagination: page.pagination };
    });
    return all.map(connectionLine);
  }

  async connection(connectionId: string): Promise<ConnectionLine> {
    const queries = new ConnectionQueries(this.#rpc);
    const { connection } = await this.#ask(`connection ${connectionId}`, () => queries.Connection({ connectionId }));
    if (connection === undefined) throw new CommandError(`query connection ${connectionId}: no answer`, "query_failed");
    return connectionLine({ ...connection, id: connectionId });
  }

  async channels(): Promise<ChannelLine[]> {
    const queries = new ChannelQueries(this.#rpc);
    const all = await this.#all("channels", async (pagination) => {
      const page = await queries.Channels({ pagination });
      return { entries: page.channels, pagination: page.pagination };
    });
    return all.map(channelLine);
  }

  async channel(portId: string, channelId: string): Promise<ChannelLine> {
    const queries = new ChannelQueries(this.#rpc);
    const what = `channel ${portId}/${channelId}`;
    const { channel } = await this.#ask(what, () => queries.Channel({ portId, channelId }));
    return channelLine({ ...Channel.fromPartial({}), ...channel, portId, channelId });
  }

  async packet(portId: string, channelId: string, sequence: bigint): Promise<PacketLine> {
    const queries = new ChannelQueries(this.#rpc);
    const key = { portId, channelId, sequence };
    // The channel first: where there is none, nothing is known of its packets either.
    await this.channel(portId, channelId);
    const found = async (query: () => Promise<Uint8Array>) => {
      const bytes = await query().catch((error: Error) => {
        if (/not found|not exist/i.test(error.message)) return new Uint8Array();
        throw this.#refused(`packet ${sequence}`, error);
      });
      return bytes.length === 0 ? undefined : bytes.toHex();
    };
    const [commitment, acknowledgement, receipt] = await Promise.all([
      found(async () => (await queries.PacketCommitment(key)).commitment),
      found(async () => (await queries.PacketAcknowledgement(key)).acknowledgement),
      this.#ask(`packet ${sequence}`, () => queries.PacketReceipt(key)),
    ]);
    return { ...key, commitment, received: receipt.received, acknowledgement };
  }

  /** Sequences sent from a channel that are not settled. */
  async pending(portId: string, channelId: string): Promise<bigint[]> {
    const queries = new ChannelQueries(this.#rpc);
    const all = await this.#all<PacketState>(`packets of ${channelId}`, async (pagination) => {
      const page = await queries.PacketCommitments({ portId, channelId, pagination });
      return { entries: page.commitments, pagination: page.pagination };
    });
    return all.map(({ sequence }) => sequence).sort((a, b) => (a < b ? -1 : 1));
  }

  /** The path of a token that came from elsewhere: `transfer/channel-0/ucat`. */
  async denomPath(hash: string): Promise<string> {
    const queries = new TransferQueries(this.#rpc);
    const { denom } = await this.#ask(`denom ${hash}`, () => queries.Denom({ hash }));
    if (denom === undefined) throw new CommandError(`query denom ${hash}: no answer`, "query_failed");
    return [...denom.trace.flatMap(({ portId, channelId }) => [portId, channelId]), denom.base].join("/");
  }

  async #all<T>(what: string, page: (pagination: PageRequest) => Promise<Page<T>>): Promise<T[]> {
    const entries: T[] = [];
    let key = new Uint8Array();
    do {
      const request = { key, offset: 0n, limit: PAGE_ENTRIES, countTotal: false, reverse: false };
      const answer = await this.#ask(what, () => page(request));
      entries.push(...answer.entries);
      key = new Uint8Array(answer.pagination?.nextKey ?? []);
    } while (key.length > 0 && entries.length < ENTRIES_MAX);
    return entries;
  }

  async #ask<T>(what: string, query: () => Promise<T>): Promise<T> {
    try {
      return await query();
    } catch (error) {
      throw this.#refused(what, error as Error);
    }
  }

  #refused(what: string, error: Error): CommandError {
    return new CommandError(`query ${what} at ${this.#what}: ${error.message}`, "query_failed");
  }
}

function clientLine(clientId: string, clientState: Any | undefined, status: string): ClientLine {
  const decoded = clientState?.typeUrl === "/ibc.lightclients.tendermint.v1.ClientState"
    ? decodeClientState(clientState.value)
    : undefined;
  const state = decoded?.ok ? decoded.value : undefined;
  return {
    clientId,
    clientType: parseClientIdentifier(clientId)?.clientType ?? clientId,
    followsChainId: state?.chainId,
    latestHeight: state && formatHeight(state.latestHeight as IbcHeight),
    trustingPeriodMs: state && Number(state.trustingPeriod.seconds) * 1000,
    status,
  };
}

const connectionLine = (connection: IdentifiedConnection): ConnectionLine => ({
  connectionId: connection.id,
  clientId: connection.clientId,
  state: stateName(ConnectionState[connection.state]),
  counterpartyClientId: connection.counterparty.clientId,
  counterpartyConnectionId: connection.counterparty.connectionId,
});

const channelLine = (channel: Omit<IdentifiedChannel, "upgradeSequence">): ChannelLine => ({
  portId: channel.portId,
  channelId: channel.channelId,
  state: stateName(ChannelState[channel.state]),
  order: channel.ordering === Order.ORDER_ORDERED ? "ordered" : "unordered",
  version: channel.version,
  connectionHops: channel.connectionHops,
  counterpartyPortId: channel.counterparty.portId,
  counterpartyChannelId: channel.counterparty.channelId,
});

/** `STATE_OPEN` as `OPEN`. */
const stateName = (name: string | undefined) => name?.replace(/^STATE_/, "").replace(/_UNSPECIFIED$/, "") ?? "UNKNOWN";

/** Model chains as the relayer sees chains: endpoints, submitters and clients without headers. @module */
import {
  QueryChannelRequest,
  QueryChannelResponse,
  QueryConnectionChannelsRequest,
  QueryConnectionChannelsResponse,
  QueryPacketCommitmentsRequest,
  QueryPacketCommitmentsResponse,
  QueryUnreceivedAcksRequest,
  QueryUnreceivedAcksResponse,
  QueryUnreceivedPacketsRequest,
  QueryUnreceivedPacketsResponse,
} from "cosmjs-types/ibc/core/channel/v1/query";
import { Channel, Order } from "cosmjs-types/ibc/core/channel/v1/channel";
import { MsgUpdateClient } from "cosmjs-types/ibc/core/client/v1/tx";
import { bytesToU64, u64ToBytes, utf8ToBytes } from "../../../node/core/bytes.ts";
import { IoError } from "../../../node/core/errors.ts";
import { matchQuery, parseQuery } from "../../../node/core/event_query/mod.ts";
import {
  channelPath,
  nextSequenceRecvPath,
  packetCommitmentPath,
  packetCommitmentsPrefix,
  packetReceiptPath,
} from "../../../node/core/ibc/mod.ts";
import { ok } from "../../../node/core/result.ts";
import type { CommittedTx, Endpoint, Message, Submission, Submitter } from "../../../relayer/chain/mod.ts";
import type { CourseClient, CourseClients } from "../../../relayer/worker/mod.ts";
import { type ModelChain, Refused } from "./chain.ts";

const decoder = new TextDecoder();

export interface ModelFaults {
  /** Called first by every method; throws to make it fail. */
  intercept?: (method: keyof Endpoint, ...given: readonly unknown[]) => void;
}

export function modelEndpoint(chain: ModelChain, faults: ModelFaults = {}): Endpoint {
  const answer = <T>(method: keyof Endpoint, given: readonly unknown[], run: () => T): Promise<T> => {
    try {
      faults.intercept?.(method, ...given);
      return Promise.resolve(run());
    } catch (error) {
      return Promise.reject(error);
    }
  };
  const no = () => {
    throw new IoError("chain_refused", "a model chain has no such thing");
  };
  return {
    chainId: chain.chainId,
    latest: () => answer("latest", [], () => ({ height: chain.height, timeNanos: chain.timeNanos })),
    lightBlock: (height) => answer("lightBlock", [height], no),
    blockEvents: (height) =>
      answer("blockEvents", [height], () => {
        if (height < chain.prunedBelow) throw new IoError("chain_pruned", `height ${height} is not served`);
        const block = chain.blocks.get(height);
        if (block === undefined) throw new IoError("chain_unreachable", `height ${height} is not there yet`);
        return block;
      }),
    prove: (store, key, height) =>
      answer("prove", [store, key, height], () => {
        if (height >= chain.height) throw new IoError("chain_unreachable", `height ${height} has no successor`);
        return chain.prove(decoder.decode(key), height);
      }),
    query: (path, request) => answer("query", [path, request], () => query(chain, path, request)),
    simulate: (tx) => answer("simulate", [tx], no),
    broadcast: (tx) => answer("broadcast", [tx], no),
    transaction: (hash) => answer("transaction", [hash], () => chain.txs.get(hash)),
    searchTransactions: (text, limit) =>
      answer("searchTransactions", [text, limit], () => search(chain, text).slice(0, limit)),
    onBlock(wake) {
      chain.watchers.add(wake);
      return () => chain.watchers.delete(wake);
    },
    close: () => Promise.resolve(),
  };
}

function query(chain: ModelChain, path: string, bytes: Uint8Array): Uint8Array {
  const method = path.slice(path.lastIndexOf("/") + 1);
  switch (method) {
    case "Channel": {
      const { portId, channelId } = QueryChannelRequest.decode(bytes);
      const value = chain.valueAt(channelPath(portId, channelId), chain.height);
      if (value === undefined) throw new IoError("chain_refused", "channel not found");
      return QueryChannelResponse.encode(QueryChannelResponse.fromPartial({ channel: Channel.decode(value) })).finish();
    }
    case "ConnectionChannels": {
      const { connection } = QueryConnectionChannelsRequest.decode(bytes);
      const channels = chain.keys("channelEnds/").map((key) => {
        const [, , portId, , channelId] = key.split("/");
        return { ...Channel.decode(chain.valueAt(key, chain.height)!), portId: portId!, channelId: channelId! };
      }).filter(({ connectionHops }) => connectionHops[0] === connection);
      return QueryConnectionChannelsResponse.encode(QueryConnectionChannelsResponse.fromPartial({ channels })).finish();
    }
    case "PacketCommitments":
      return commitments(chain, QueryPacketCommitmentsRequest.decode(bytes));
    case "UnreceivedPackets": {
      const { portId, channelId, packetCommitmentSequences } = QueryUnreceivedPacketsRequest.decode(bytes);
      const channel = Channel.decode(chain.valueAt(channelPath(portId, channelId), chain.height)!);
      const next = bytesToU64(chain.valueAt(nextSequenceRecvPath(portId, channelId), chain.height)!);
      const sequences = packetCommitmentSequences.filter((sequence) =>
        channel.ordering === Order.ORDER_ORDERED
          ? sequence >= next
          : chain.valueAt(packetReceiptPath(portId, channelId, sequence), chain.height) === undefined
      );
      return QueryUnreceivedPacketsResponse.encode(QueryUnreceivedPacketsResponse.fromPartial({ sequences })).finish();
    }
    case "UnreceivedAcks": {
      const { portId, channelId, packetAckSequences } = QueryUnreceivedAcksRequest.decode(bytes);
      const sequences = packetAckSequences.filter((sequence) =>
        chain.valueAt(packetCommitmentPath(portId, channelId, sequence), chain.height) !== undefined
      );
      return QueryUnreceivedAcksResponse.encode(QueryUnreceivedAcksResponse.fromPartial({ sequences })).finish();
    }
    default:
      throw new IoError("chain_refused", `a model chain does not answer ${path}`);
  }
}

function commitments(chain: ModelChain, request: QueryPacketCommitmentsRequest): Uint8Array {
  const { portId, channelId, pagination } = request;
  const keys = chain.keys(packetCommitmentsPrefix(portId, channelId));
  const from = decoder.decode(pagination?.key);
  const rest = keys.filter((key) => key >= from);
  const limit = Number(pagination?.limit ?? 100n);
  const nextKey = rest.length > limit ? utf8ToBytes(rest[limit]!) : new Uint8Array();
  return QueryPacketCommitmentsResponse.encode(QueryPacketCommitmentsResponse.fromPartial({
    commitments: rest.slice(0, limit).map((key) => ({
      portId,
      channelId,
      sequence: BigInt(key.slice(key.lastIndexOf("/") + 1)),
      data: chain.valueAt(key, chain.height)!,
    })),
    pagination: { nextKey, total: 0n },
  })).finish();
}

function search(chain: ModelChain, text: string): CommittedTx[] {
  const parsed = parseQuery(text);
  if (!parsed.ok) throw new IoError("chain_refused", parsed.error.message);
  return [...chain.txs.values()].filter((tx) => {
    const keys = new Map<string, string[]>();
    for (const { type, attributes } of tx.events) {
      for (const { key, value } of attributes) {
        const name = `${type}.${key}`;
        const values = keys.get(name);
        if (values === undefined) keys.set(name, [value]);
        else values.push(value);
      }
    }
    return matchQuery(parsed.value, keys);
  });
}

/** Puts messages into the next block of the chain, after a simulation. `lose` makes some vanish after they were offered. */
export function modelSubmitter(
  chain: ModelChain,
  options: { readonly lose?: () => "before" | "after" | undefined; readonly addresses?: readonly string[] } = {},
): Submitter {
  const refused = (stage: "simulate" | "deliver", { codespace, code, message, index }: Refused): Submission => ({
    tag: "refused",
    stage,
    codespace,
    code,
    log: message,
    messageIndex: index,
  });
  return {
    addresses: options.addresses ?? ["relayer"],
    submit(build) {
      const messages: readonly Message[] = build("relayer");
      const fate = options.lose?.();
      if (fate === "before") return Promise.resolve({ tag: "lost", hash: "00" });
      const wrong = chain.check(messages);
      if (wrong !== undefined) return Promise.resolve(refused("simulate", wrong));
      return new Promise((resolve) => {
        chain.mempool.push({
          messages,
          resolve: (tx) => {
            if (fate === "after") return resolve({ tag: "lost", hash: tx.hash });
            const index = Number(/message index: (\d+)/.exec(tx.log)?.[1] ?? 0);
            resolve(
              tx.code === 0
                ? { tag: "included", hash: tx.hash, height: tx.height, gasUsed: tx.gasUsed, events: tx.events }
                : refused("deliver", new Refused(tx.codespace, tx.code, tx.log, index)),
            );
          },
        });
      });
    },
  };
}

/** Clients that believe whatever height they are told. */
export function modelClients(chains: ReadonlyMap<string, ModelChain>): CourseClients {
  return ({ legs, prover, target }): CourseClient => {
    const keeper = chains.get(target.name)!;
    const followed = chains.get(prover.name)!;
    const { clientId } = legs[0]!.near;
    return {
      known: () => Promise.resolve([...keeper.clients.get(clientId)!.heights].reduce((a, b) => a > b ? a : b)),
      update: (height) =>
        Promise.resolve(ok({
          count: 1,
          messages: (signer) => {
            const clientMessage = { typeUrl: "/model.Header", value: u64ToBytes(height) };
            const value = MsgUpdateClient.encode({ clientId, clientMessage, signer }).finish();
            return [{ typeUrl: MsgUpdateClient.typeUrl, value }];
          },
        })),
      onUpdated() {},
      onDelayed() {},
      forget() {},
      prove: (keys, height) =>
        Promise.all(keys.map(async (key) => {
          const proven = await prover.endpoint.prove("ibc", key, height - 1n);
          return { ...proven, believed: proven.height.revisionHeight === height && followed !== undefined };
        })),
    };
  };
}

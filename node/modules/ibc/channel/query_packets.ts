/** `ibc.core.channel.v1.Query`: packets and sequences. @module */
import { Order, type PacketState } from "cosmjs-types/ibc/core/channel/v1/channel";
import {
  QueryNextSequenceReceiveRequest,
  QueryNextSequenceReceiveResponse,
  QueryNextSequenceSendRequest,
  QueryNextSequenceSendResponse,
  QueryPacketAcknowledgementRequest,
  QueryPacketAcknowledgementResponse,
  QueryPacketAcknowledgementsRequest,
  QueryPacketAcknowledgementsResponse,
  QueryPacketCommitmentRequest,
  QueryPacketCommitmentResponse,
  QueryPacketCommitmentsRequest,
  QueryPacketCommitmentsResponse,
  QueryPacketReceiptRequest,
  QueryPacketReceiptResponse,
  QueryUnreceivedAcksRequest,
  QueryUnreceivedAcksResponse,
  QueryUnreceivedPacketsRequest,
  QueryUnreceivedPacketsResponse,
} from "cosmjs-types/ibc/core/channel/v1/query";
import type { ChannelEnd, QueryContext, QueryHandler } from "../../../app/ports.ts";
import { encode } from "../../../core/codec/mod.ts";
import { sdkRefusal } from "../../../core/errors.ts";
import type { Entries } from "../../../core/work.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import { getMany } from "../../../state/view.ts";
import { selfHeight } from "../client/light_client.ts";
import { at, invalid, NO_PROOF, notFound, pageOf } from "../query.ts";
import type { ChannelKeeper } from "./keeper.ts";
import { acknowledgementsPrefix, commitmentsPrefix, type PacketRecord, recordKey, splitKey, STORE } from "./keys.ts";
import type { PacketPlace } from "./proof_verifier.ts";
import { checkEnd, find, SERVICE } from "./query_channels.ts";

/** Most sequences one request may list: each is read by itself. */
export const SEQUENCES_MAX = 1000;

/** Handlers by path. Pages are in the order of the keys, which is that of sequences as decimal text. */
export function packetQueries(keeper: ChannelKeeper): QueryHandler[] {
  return [...recordQueries(keeper), ...pageQueries(keeper), ...unreceivedQueries(keeper), ...sequenceQueries(keeper)];
}

const recordQueries = (keeper: ChannelKeeper): QueryHandler[] => [
  at(SERVICE + "PacketCommitment", QueryPacketCommitmentRequest, (context, request) => {
    const found = record(keeper, context, "commitment", request);
    if (!found.ok) return found;
    if (found.value === undefined) return noRecord("packet commitment", request);
    const answer = { commitment: found.value, proof: NO_PROOF, proofHeight: selfHeight(context) };
    return ok(encode(QueryPacketCommitmentResponse, answer));
  }),
  at(SERVICE + "PacketReceipt", QueryPacketReceiptRequest, (context, request) => {
    const found = record(keeper, context, "receipt", request);
    if (!found.ok) return found;
    const answer = { received: found.value !== undefined, proof: NO_PROOF, proofHeight: selfHeight(context) };
    return ok(encode(QueryPacketReceiptResponse, answer));
  }),
  at(SERVICE + "PacketAcknowledgement", QueryPacketAcknowledgementRequest, (context, request) => {
    const found = record(keeper, context, "acknowledgement", request);
    if (!found.ok) return found;
    if (found.value === undefined) return noRecord("packet acknowledgement", request);
    const answer = { acknowledgement: found.value, proof: NO_PROOF, proofHeight: selfHeight(context) };
    return ok(encode(QueryPacketAcknowledgementResponse, answer));
  }),
];

const pageQueries = (keeper: ChannelKeeper): QueryHandler[] => [
  at(SERVICE + "PacketCommitments", QueryPacketCommitmentsRequest, (context, request) => {
    const channel = find(keeper, context, request);
    if (!channel.ok) return channel;
    const page = pageOf(context, commitmentsPrefix(request), request.pagination);
    if (!page.ok) return page;
    const commitments = statesOf(page.value.entries);
    const answer = { commitments, pagination: page.value.pagination, height: selfHeight(context) };
    return ok(encode(QueryPacketCommitmentsResponse, answer));
  }),
  at(SERVICE + "PacketAcknowledgements", QueryPacketAcknowledgementsRequest, (context, request) => {
    const channel = find(keeper, context, request);
    if (!channel.ok) return channel;
    const height = selfHeight(context);
    if (request.packetCommitmentSequences.length > 0) {
      const listed = listedAcknowledgements(context, request, request.packetCommitmentSequences);
      if (!listed.ok) return listed;
      return ok(encode(QueryPacketAcknowledgementsResponse, { acknowledgements: listed.value, height }));
    }
    const page = pageOf(context, acknowledgementsPrefix(request), request.pagination);
    if (!page.ok) return page;
    const acknowledgements = statesOf(page.value.entries);
    const answer = { acknowledgements, pagination: page.value.pagination, height };
    return ok(encode(QueryPacketAcknowledgementsResponse, answer));
  }),
];

const unreceivedQueries = (keeper: ChannelKeeper): QueryHandler[] => [
  at(SERVICE + "UnreceivedPackets", QueryUnreceivedPacketsRequest, (context, request) => {
    const sequences = unreceivedPackets(keeper, context, request, request.packetCommitmentSequences);
    if (!sequences.ok) return sequences;
    const answer = { sequences: sequences.value, height: selfHeight(context) };
    return ok(encode(QueryUnreceivedPacketsResponse, answer));
  }),
  at(SERVICE + "UnreceivedAcks", QueryUnreceivedAcksRequest, (context, request) => {
    const channel = find(keeper, context, request);
    if (!channel.ok) return channel;
    const checked = checkSequences(request.packetAckSequences);
    if (!checked.ok) return checked;
    const { portId, channelId } = request;
    // The commitment goes when the acknowledgement has come.
    const commitments = recordsOf(context, "commitment", { portId, channelId }, request.packetAckSequences);
    const sequences = request.packetAckSequences.filter((_, i) => commitments[i] !== undefined);
    return ok(encode(QueryUnreceivedAcksResponse, { sequences, height: selfHeight(context) }));
  }),
];

const sequenceQueries = (keeper: ChannelKeeper): QueryHandler[] => [
  at(SERVICE + "NextSequenceReceive", QueryNextSequenceReceiveRequest, (context, request) => {
    const channel = find(keeper, context, request);
    if (!channel.ok) return channel;
    // Channels without order make no use of it.
    const ordered = channel.value.ordering !== Order.ORDER_UNORDERED;
    const next = ordered ? keeper.counter(context.view, "receive", request) : 0n;
    if (next === undefined) return notFound("sequenceReceiveNotFound", endText(request));
    const answer = { nextSequenceReceive: next, proof: NO_PROOF, proofHeight: selfHeight(context) };
    return ok(encode(QueryNextSequenceReceiveResponse, answer));
  }),
  at(SERVICE + "NextSequenceSend", QueryNextSequenceSendRequest, (context, request) => {
    const checked = checkEnd(request);
    if (!checked.ok) return checked;
    const next = keeper.counter(context.view, "send", request);
    if (next === undefined) return notFound("sequenceSendNotFound", endText(request));
    const answer = { nextSequenceSend: next, proof: NO_PROOF, proofHeight: selfHeight(context) };
    return ok(encode(QueryNextSequenceSendResponse, answer));
  }),
];

const endText = ({ portId, channelId }: ChannelEnd) => `port-id: ${portId}, channel-id: ${channelId}`;

const noRecord = (what: string, { sequence, ...end }: PacketPlace): Result<never> =>
  err(sdkRefusal("keyNotFound", `find ${what} ${sequence} of ${endText(end)}: it is not there`));

/** A record of a packet of a channel that is there. */
function record(
  keeper: ChannelKeeper,
  context: QueryContext,
  kind: PacketRecord,
  place: PacketPlace,
): Result<Uint8Array | undefined> {
  const checked = checkEnd(place);
  if (!checked.ok) return checked;
  const possible = checkSequences([place.sequence]);
  if (!possible.ok) return possible;
  const channel = find(keeper, context, place);
  return channel.ok ? ok(keeper.record(context.view, kind, place)) : channel;
}

function checkSequences(sequences: readonly bigint[]): Result<undefined> {
  if (sequences.length > SEQUENCES_MAX) {
    return invalid({ message: `read sequences: ${sequences.length}, limit ${SEQUENCES_MAX}` });
  }
  return sequences.includes(0n) ? invalid({ message: "read sequences: one is 0" }) : ok(undefined);
}

const statesOf = (entries: Entries): PacketState[] => entries.map(([key, data]) => ({ ...splitKey(key), data }));

/** One record of each packet of a channel. */
const recordsOf = (
  { view }: QueryContext,
  kind: PacketRecord,
  { portId, channelId }: ChannelEnd,
  sequences: readonly bigint[],
) => getMany(view, STORE, sequences.map((sequence) => recordKey(kind, { portId, channelId, sequence })));

function listedAcknowledgements(
  context: QueryContext,
  { portId, channelId }: ChannelEnd,
  sequences: readonly bigint[],
): Result<PacketState[]> {
  const checked = checkSequences(sequences);
  if (!checked.ok) return checked;
  const found = recordsOf(context, "acknowledgement", { portId, channelId }, sequences);
  return ok(sequences.flatMap((sequence, i) => {
    const data = found[i];
    return data === undefined ? [] : [{ portId, channelId, sequence, data }];
  }));
}

/** Which of the packets that the other chain has sent are still to come here. */
function unreceivedPackets(
  keeper: ChannelKeeper,
  context: QueryContext,
  end: ChannelEnd,
  sequences: readonly bigint[],
): Result<bigint[]> {
  const channel = find(keeper, context, end);
  if (!channel.ok) return channel;
  const checked = checkSequences(sequences);
  if (!checked.ok) return checked;
  if (channel.value.ordering === Order.ORDER_UNORDERED) {
    const receipts = recordsOf(context, "receipt", end, sequences);
    return ok(sequences.filter((_, i) => receipts[i] === undefined));
  }
  const next = keeper.counter(context.view, "receive", end);
  if (next === undefined) return notFound("sequenceReceiveNotFound", endText(end));
  return ok(sequences.filter((sequence) => sequence >= next));
}

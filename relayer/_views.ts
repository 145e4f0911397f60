/** What is known inside as the doors show it. @module */
import { decodeAcknowledgement, decodePacketData } from "../node/core/ibc/mod.ts";
import type {
  ChannelPair,
  PacketKey,
  PacketState,
  PacketStep,
  PacketView,
  PathView,
  RouteView,
  TransferView,
} from "./api/ports.ts";
import type { Lane, PacketRecord, Stage, Step } from "./packet/mod.ts";
import { type RouteHop, TRANSFER_PORT } from "./path/mod.ts";
import type { PathRecord } from "./worker/mod.ts";

/** Longest text of an acknowledgement that is shown, in characters. */
const ACK_CHARACTERS_MAX = 500;

const STATES: Readonly<Record<Stage, PacketState>> = {
  sent: "sent",
  received: "received",
  written: "received",
  acknowledged: "acknowledged",
  timed_out: "timed_out",
  // Settled by somebody else; without an acknowledgement it most likely timed out.
  gone: "timed_out",
  skipped: "skipped",
};

/** What the doors call the stage of a packet. */
export const packetStateOf = (record: PacketRecord): PacketState =>
  record.stage === "gone" && record.acknowledgement !== undefined ? "acknowledged" : STATES[record.stage];

export const packetKeyOf = ({ source }: Lane, sequence: bigint): PacketKey => ({ ...source, sequence });

const stepView = (chain: string, step: Step | undefined): PacketStep | undefined => step && { chain, ...step };

const decoder = new TextDecoder();

export function packetView(lane: Lane, record: PacketRecord): PacketView {
  const { source, destination } = lane;
  return {
    source: packetKeyOf(lane, record.sequence),
    destination,
    path: lane.pathIds[0],
    state: packetStateOf(record),
    timeoutHeight: record.timeoutHeight,
    timeoutNanos: record.timeoutTimestamp,
    sent: stepView(source.chain, record.sent),
    received: stepView(destination.chain, record.received),
    settled: record.stage === "skipped" ? undefined : stepView(source.chain, record.settled),
    acknowledgement: acknowledgementView(record.acknowledgement),
    transfer: source.portId === TRANSFER_PORT ? transferView(record.data) : undefined,
    forwardedAs: record.forwardedAs,
    attempts: record.attempts,
    fault: record.fault?.message,
  };
}

function acknowledgementView(bytes: Uint8Array | undefined): PacketView["acknowledgement"] {
  if (bytes === undefined) return undefined;
  const decoded = decodeAcknowledgement(bytes);
  const text = decoder.decode(bytes.subarray(0, ACK_CHARACTERS_MAX));
  if (!decoded.ok) return { success: true, text };
  return decoded.value.success
    ? { success: true, text: decoded.value.result.toBase64().slice(0, ACK_CHARACTERS_MAX) }
    : { success: false, text: decoded.value.error.slice(0, ACK_CHARACTERS_MAX) };
}

function transferView(data: Uint8Array): TransferView | undefined {
  const decoded = decodePacketData(data);
  return decoded.ok ? decoded.value : undefined;
}

export function pathView(record: PathRecord, pendingPackets: number): PathView {
  const { id, a, b, state, paused, filter, fault, channels } = record;
  const end = ({ chain, clientId, connectionId }: PathRecord["a"]) => ({
    chain,
    clientId: clientId ?? undefined,
    connectionId: connectionId ?? undefined,
  });
  return {
    id,
    a: end(a),
    b: end(b),
    state,
    paused,
    filter,
    channels: channels.filter(({ open }) => open).map(({ a, b, order, version }): ChannelPair => ({
      a,
      b,
      order,
      version,
    })),
    pendingPackets,
    fault: fault ?? undefined,
  };
}

export const routeView = (
  hops: readonly RouteHop[],
  denom: { readonly denom: string; readonly path: string } | undefined,
): RouteView => ({
  hops: hops.map(({ from, to, pathId, source, destination }) => ({
    from,
    to,
    path: pathId,
    portId: source.portId,
    channelId: source.channelId,
    counterpartyPortId: destination.portId,
    counterpartyChannelId: destination.channelId,
  })),
  denom: denom?.denom,
  denomPath: denom?.path,
});

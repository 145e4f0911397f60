/** Channels and packets on mock chains, and what is behind a port. @module */
import type { Frame } from "./dispatch.ts";

export interface Endpoint {
  readonly portId: string;
  readonly channelId: string;
}

/** One end of a channel, as its own chain knows it. */
export interface MockEnd extends Endpoint {
  /** Its channel is empty until this end is told. */
  readonly counterparty: Endpoint;
  readonly ordered: boolean;
  readonly version: string;
  readonly state: "opening" | "open" | "closed";
  /** Packets that it sent so far. */
  readonly sent: number;
}

export interface MockTimeout {
  /** Height of the receiving chain; undefined: no limit. */
  readonly block: { readonly revision: number; readonly height: bigint } | undefined;
  /** Nanoseconds since 1970; 0: no limit. */
  readonly nanos: bigint;
}

export interface MockPacket {
  readonly data: Uint8Array;
  readonly src: Endpoint;
  readonly dest: Endpoint;
  readonly sequence: number;
  readonly timeout: MockTimeout;
}

/** What is behind a port: a contract, or the chain's own token transfers. Refusals are thrown. */
export interface MockApplication {
  /** The version that this end wants. `theirs`: the other end's, when that was asked first. */
  open(frame: Frame, end: MockEnd, theirs: string | undefined): string;
  connect(frame: Frame, end: MockEnd, theirs: string | undefined): void;
  close(frame: Frame, end: MockEnd, step: "close_init" | "close_confirm"): void;
  /** The acknowledgement; undefined: it comes later. */
  receive(frame: Frame, packet: MockPacket): Uint8Array | undefined;
  acknowledge(frame: Frame, packet: MockPacket, acknowledgement: Uint8Array): void;
  timeout(frame: Frame, packet: MockPacket): void;
}

/** Port of the chain's own token transfers. */
export const TRANSFER_PORT = "transfer";
const CONTRACT_PORT = "wasm.";

export const portOf = (contract: string): string => CONTRACT_PORT + contract;
export const contractOfPort = (portId: string): string => portId.slice(CONTRACT_PORT.length);

/** A contract has all of these, or no port. */
export const PORT_ENTRY_POINTS = [
  "ibc_channel_open",
  "ibc_channel_connect",
  "ibc_channel_close",
  "ibc_packet_receive",
  "ibc_packet_ack",
  "ibc_packet_timeout",
] as const;

/** `IbcTimeout` of a message. */
export function readTimeout(json: unknown): MockTimeout {
  const { block, timestamp } = json as {
    block?: { revision: number; height: number } | null;
    timestamp?: string | null;
  };
  return {
    block: block ? { revision: block.revision, height: BigInt(block.height) } : undefined,
    nanos: BigInt(timestamp ?? 0),
  };
}

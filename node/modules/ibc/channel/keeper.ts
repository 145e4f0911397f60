/** Channel ends, their counters, and what is kept of packets (ICS-04; ibc-go v10 `04-channel/keeper`). @module */
import { Channel, type IdentifiedChannel } from "cosmjs-types/ibc/core/channel/v1/channel";
import { type ConnectionEnd, State as ConnectionState } from "cosmjs-types/ibc/core/connection/v1/connection";
import type { ChannelEnd, IbcClients } from "../../../app/ports.ts";
import { bytesToU64, concatBytes, prefixEnd, u64ToBytes, utf8ToBytes } from "../../../core/bytes.ts";
import { encode } from "../../../core/codec/mod.ts";
import { channelIdentifier, refuse } from "../../../core/ibc/mod.ts";
import { ok, type Result } from "../../../core/result.ts";
import type { StateReader, StateView } from "../../../state/view.ts";
import type { ConnectionKeeper } from "../connection/keeper.ts";
import { Decoded } from "../decoded.ts";
import {
  channelKey,
  type Counter,
  counterKey,
  NEXT_SEQUENCE_KEY,
  type PacketRecord,
  PREFIXES,
  recordKey,
  splitKey,
  STORE,
} from "./keys.ts";
import type { PacketPlace, ProofRoute, ProofVerifier } from "./proof_verifier.ts";

/** Channels read at once while they are listed. */
const CHANNELS_PER_PAGE = 32;
/** Longest port identifier (ICS-24). */
const PORT_CHARS_MAX = 128;

/** How proofs are checked, by the number of connections of a channel. */
export interface ProofVerifiers {
  readonly oneHop: ProofVerifier;
  /** Undefined: channels over more than one connection are refused. */
  readonly multihop: ProofVerifier | undefined;
  /** Most connections of a channel; 1 without `multihop`. */
  readonly hopsMax: number;
}

/** A channel and how to check proofs of its other end. */
export interface Path extends ProofRoute {
  readonly channel: Channel;
  readonly verifier: ProofVerifier;
}

export class ChannelKeeper {
  readonly #channels = new Decoded(Channel);

  constructor(
    readonly clients: IbcClients,
    readonly connections: ConnectionKeeper,
    readonly verifiers: ProofVerifiers,
  ) {}

  /** Shared: nobody changes it. */
  channel(view: StateReader, end: ChannelEnd): Channel | undefined {
    const bytes = view.get(STORE, channelKey(end));
    return bytes === undefined ? undefined : this.#channels.of(bytes);
  }

  /** Channels of ports whose names begin so, in the order of their keys, read page by page as they are taken. */
  *channelsUnder(view: StateReader, portPrefix: string): Iterable<IdentifiedChannel> {
    if (portPrefix.length > PORT_CHARS_MAX) return;
    let start = concatBytes(PREFIXES.channels, utf8ToBytes(portPrefix));
    const end = prefixEnd(start);
    for (;;) {
      const page = view.page(STORE, { start, end, limit: CHANNELS_PER_PAGE });
      for (const [key, value] of page) {
        const { portId, channelId } = splitKey(key);
        yield { ...this.#channels.of(value), portId, channelId };
      }
      if (page.length < CHANNELS_PER_PAGE) return;
      start = concatBytes(page.at(-1)![0], new Uint8Array(1));
    }
  }

  setChannel(view: StateView, end: ChannelEnd, channel: Channel): void {
    view.set(STORE, channelKey(end), encode(Channel, channel));
  }

  /** A new id, `channel-<n>`. */
  nextId(view: StateView): string {
    const sequence = this.nextSequence(view);
    this.setNextSequence(view, sequence + 1n);
    return channelIdentifier(sequence);
  }

  nextSequence(view: StateReader): bigint {
    const bytes = view.get(STORE, NEXT_SEQUENCE_KEY);
    return bytes === undefined ? 0n : bytesToU64(bytes);
  }

  setNextSequence(view: StateView, sequence: bigint): void {
    view.set(STORE, NEXT_SEQUENCE_KEY, u64ToBytes(sequence));
  }

  /** The next sequence to send, receive or acknowledge. */
  counter(view: StateReader, counter: Counter, end: ChannelEnd): bigint | undefined {
    const bytes = view.get(STORE, counterKey(counter, end));
    return bytes === undefined ? undefined : bytesToU64(bytes);
  }

  setCounter(view: StateView, counter: Counter, end: ChannelEnd, next: bigint): void {
    view.set(STORE, counterKey(counter, end), u64ToBytes(next));
  }

  record(view: StateReader, record: PacketRecord, place: PacketPlace): Uint8Array | undefined {
    return view.get(STORE, recordKey(record, place));
  }

  setRecord(view: StateView, record: PacketRecord, place: PacketPlace, bytes: Uint8Array): void {
    view.set(STORE, recordKey(record, place), bytes);
  }

  deleteCommitment(view: StateView, place: PacketPlace): void {
    view.delete(STORE, recordKey("commitment", place));
  }

  /** The channel of an end, with its first connection, in whatever state. */
  path(view: StateReader, end: ChannelEnd): Result<Path> {
    const channel = this.channel(view, end);
    if (channel === undefined) {
      return refuse("channelNotFound", `find channel ${end.channelId} of port ${end.portId}: it is not there`);
    }
    const route = this.route(view, channel.connectionHops);
    return route.ok ? ok({ ...route.value, channel }) : route;
  }

  /** The way over some connections. */
  route(view: StateReader, hops: readonly string[]): Result<ProofRoute & { readonly verifier: ProofVerifier }> {
    const { oneHop, multihop, hopsMax } = this.verifiers;
    const verifier = hops.length === 1 ? oneHop : multihop;
    if (verifier === undefined || hops.length === 0 || hops.length > hopsMax) {
      return refuse(
        "tooManyHops",
        `find the way over ${hops.length} connections: between 1 and ${hopsMax} are possible`,
      );
    }
    const connection = this.connections.connection(view, hops[0]!);
    return connection === undefined
      ? refuse("connectionNotFound", `find connection ${hops[0]}: it is not there`)
      : ok({ hops, connection, verifier });
  }
}

const STATE_NAMES: Readonly<Record<number, string>> = { 0: "UNINITIALIZED", 1: "INIT", 2: "TRYOPEN", 3: "OPEN" };

/** Refused unless a connection is open. */
export function checkOpen({ state }: ConnectionEnd, connectionId: string): Result<undefined> {
  return state === ConnectionState.STATE_OPEN
    ? ok(undefined)
    : refuse("invalidConnectionState", `use connection ${connectionId}: its state is ${STATE_NAMES[state]}, not OPEN`);
}

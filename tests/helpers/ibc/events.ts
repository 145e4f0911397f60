/** Packets and identifiers out of the events that ibc-go v10 chains emit. @module */
import type { Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import type { Event } from "cosmjs-types/tendermint/abci/types";
import { parseHeight } from "../../../node/core/ibc/mod.ts";
import { valueOf } from "../mini_chain.ts";
import type { Delivered } from "./ports.ts";

/** The value of an attribute; throws where there is none. */
export function attribute({ type, attributes }: Event, key: string): string {
  const found = attributes.find((candidate) => candidate.key === key);
  if (found === undefined) throw new Error(`event ${type} has no attribute ${key}`);
  return found.value;
}

/** Events of one type, in order. */
export const eventsOf = ({ events }: Pick<Delivered, "events">, type: string): readonly Event[] =>
  events.filter((event) => event.type === type);

/** The attribute of the first event of that type; throws where there is none. */
export function eventValue(delivered: Pick<Delivered, "events">, type: string, key: string): string {
  const [event] = eventsOf(delivered, type);
  if (event === undefined) throw new Error(`there is no event ${type}`);
  return attribute(event, key);
}

function packetOf(event: Event): Packet {
  const at = (key: string) => attribute(event, `packet_${key}`);
  return {
    sequence: BigInt(at("sequence")),
    sourcePort: at("src_port"),
    sourceChannel: at("src_channel"),
    destinationPort: at("dst_port"),
    destinationChannel: at("dst_channel"),
    data: Uint8Array.fromHex(at("data_hex")),
    timeoutHeight: valueOf(parseHeight(at("timeout_height"))),
    timeoutTimestamp: BigInt(at("timeout_timestamp")),
  };
}

/** Packets that a transaction sent. */
export const sentPackets = (delivered: Pick<Delivered, "events">): Packet[] =>
  eventsOf(delivered, "send_packet").map(packetOf);

/** Packets that a transaction acknowledged, with their acknowledgements. */
export const writtenAcks = (delivered: Pick<Delivered, "events">): { packet: Packet; ack: Uint8Array }[] =>
  eventsOf(delivered, "write_acknowledgement").map((event) => ({
    packet: packetOf(event),
    ack: Uint8Array.fromHex(attribute(event, "packet_ack_hex")),
  }));

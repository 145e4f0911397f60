/** Packets whose contracts acknowledge them later (wasmd `StoreAsyncAckPacket` and its kin). @module */
import { Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import type { ChannelEnd } from "../../app/ports.ts";
import type { StateReader, StateView } from "../../state/view.ts";
import { pendingKey, STORE } from "./keys.ts";

const keyOf = ({ destinationPort, destinationChannel, sequence }: Packet): Uint8Array =>
  pendingKey(destinationPort, destinationChannel, sequence);

export function keepPending(view: StateView, packet: Packet): void {
  view.set(STORE, keyOf(packet), Packet.encode(packet).finish());
}

/** `end`: where it was received. */
export function pendingPacket(
  view: StateReader,
  { portId, channelId }: ChannelEnd,
  sequence: bigint,
): Packet | undefined {
  const bytes = view.get(STORE, pendingKey(portId, channelId, sequence));
  return bytes && Packet.decode(bytes);
}

export function dropPending(view: StateView, packet: Packet): void {
  view.delete(STORE, keyOf(packet));
}

/**
 * Packets whose contracts acknowledge them later (wasmd `StoreAsyncAckPacket` and its kin). Unlike wasmd we keep them in genesis
 * files, as `pending_acknowledgements`: otherwise their senders would wait for ever.
 * @module
 */
import { Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import type { AddressCodec, ChannelEnd, Reading } from "../../app/ports.ts";
import { decodeStrict } from "../../core/codec/mod.ts";
import { listUnder } from "../../core/listing.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Work } from "../../core/work.ts";
import type { StateReader, StateView } from "../../state/view.ts";
import { contractOfPort } from "./addresses.ts";
import { invalidGenesis } from "./errors.ts";
import { PENDING_PREFIX, pendingKey, STORE } from "./keys.ts";
import { MESSAGE_BYTES_MAX } from "./limits.ts";

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

/** Writes encoded packets. */
export function importPending(codec: AddressCodec, view: StateView, packets: readonly Uint8Array[]): Result<undefined> {
  for (const bytes of packets) {
    const packet = decodeStrict(Packet, bytes, "Packet", MESSAGE_BYTES_MAX);
    const fault = packet.ok ? faultOf(codec, view, packet.value) : packet.error.message;
    if (fault !== undefined) return err(invalidGenesis(`read genesis wasm: pending acknowledgement: ${fault}`));
    if (packet.ok) keepPending(view, packet.value);
  }
  return ok(undefined);
}

function faultOf(codec: AddressCodec, view: StateView, packet: Packet): string | undefined {
  if (contractOfPort(codec, packet.destinationPort) === undefined) {
    return `port ${packet.destinationPort.slice(0, 128)} has no contract`;
  }
  return view.get(STORE, keyOf(packet)) === undefined ? undefined : `packet ${packet.sequence} is there twice`;
}

/** As base64, in the order of their keys. */
export const exportPending = (read: Reading): Work<string[]> =>
  listUnder(read, STORE, PENDING_PREFIX, (_key, value) => value.toBase64());

/** Which packets sent onwards stand for which packets received. @module */
import type { Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import type { AddressCodec, IbcChannels } from "../../app/ports.ts";
import { encode } from "../../core/codec/mod.ts";
import type { StateReader, StateView } from "../../state/view.ts";
import type { ExpectedBank, ExpectedTransfers } from "./expected.ts";
import { inFlightKey, PARAMS_KEY, STORE } from "./keys.ts";
import { DEFAULT_PARAMS } from "./params.ts";
import { type InFlightPacket, InFlightPacketCodec, type Params, ParamsCodec } from "./types.ts";

type Sent = Pick<Packet, "sourcePort" | "sourceChannel" | "sequence">;

export class PacketForwardKeeper {
  constructor(
    readonly codec: AddressCodec,
    readonly bank: ExpectedBank,
    readonly transfers: ExpectedTransfers,
    readonly channels: IbcChannels,
  ) {}

  params(view: StateReader): Params {
    const bytes = view.get(STORE, PARAMS_KEY);
    // A chain that is older than this module has none.
    return bytes === undefined ? DEFAULT_PARAMS : ParamsCodec.decode(bytes);
  }

  setParams(view: StateView, params: Params): void {
    view.set(STORE, PARAMS_KEY, encode(ParamsCodec, params));
  }

  /** The packet that `sent` carries on; undefined when it is no forward. */
  inFlight(view: StateReader, { sourceChannel, sourcePort, sequence }: Sent): InFlightPacket | undefined {
    const bytes = view.get(STORE, inFlightKey(sourceChannel, sourcePort, sequence));
    return bytes === undefined ? undefined : InFlightPacketCodec.decode(bytes);
  }

  /** Names the key of {@linkcode PacketForwardKeeper.inFlight}, for prefetching. */
  touch({ sourceChannel, sourcePort, sequence }: Sent, key: (store: string, key: Uint8Array) => void): void {
    key(STORE, inFlightKey(sourceChannel, sourcePort, sequence));
  }

  setInFlight(view: StateView, { sourceChannel, sourcePort, sequence }: Sent, packet: InFlightPacket): void {
    view.set(STORE, inFlightKey(sourceChannel, sourcePort, sequence), encode(InFlightPacketCodec, packet));
  }

  deleteInFlight(view: StateView, { sourceChannel, sourcePort, sequence }: Sent): void {
    view.delete(STORE, inFlightKey(sourceChannel, sourcePort, sequence));
  }
}

/** The relayer's answers as the command line reads them: the types of `relayer/api/ports.ts`, in JSON. @module */
import type {
  ChainView,
  ChannelPair,
  HandshakeStep,
  PacketView,
  PathView,
  RelayerStatus,
  RouteView,
} from "../relayer/api/ports.ts";

/** What JSON makes of a type: bigint, bytes and heights are texts, undefined is null. */
export type Wired<T> = T extends bigint | Uint8Array ? string
  : T extends { readonly revisionNumber: bigint } ? string
  : T extends undefined ? null
  : T extends readonly (infer Item)[] ? readonly Wired<Item>[]
  : T extends object ? { readonly [Key in keyof T]-?: Wired<T[Key]> }
  : T;

export type ChainWire = Wired<ChainView>;
export type ChannelPairWire = Wired<ChannelPair>;
export type HandshakeStepWire = Wired<HandshakeStep>;
export type PacketWire = Wired<PacketView>;
export type PathWire = Wired<PathView>;
export type RouteWire = Wired<RouteView>;
export type StatusWire = Wired<RelayerStatus>;

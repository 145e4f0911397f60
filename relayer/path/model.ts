/** Two chains and what joins them, as plain data. @module */

/** One end of a channel, on the chain it is on. */
export interface ChannelEnd {
  readonly portId: string;
  readonly channelId: string;
}

/** How packets of a channel may be delivered. */
export type ChannelOrder = "unordered" | "ordered";

/** A channel of a path. */
export interface PathChannel {
  readonly a: ChannelEnd;
  readonly b: ChannelEnd;
  readonly order: ChannelOrder;
  readonly version: string;
  /** Both ends are open; packets of others are settled, and no new ones sent. */
  readonly open: boolean;
}

/** One end of a path. */
export interface PathEnd {
  /** Name of the chain in the configuration. */
  readonly chain: string;
  /** The client on this chain, of the other one. */
  readonly clientId: string;
  readonly connectionId: string;
}

/** Which end a packet leaves from. */
export type Direction = "a_to_b" | "b_to_a";

/** Both. Treat as a constant. */
export const DIRECTIONS: readonly Direction[] = ["a_to_b", "b_to_a"];

/** A pair of clients, a connection over them, and channels over that. */
export interface Path {
  readonly id: string;
  readonly a: PathEnd;
  readonly b: PathEnd;
  readonly channels: readonly PathChannel[];
  readonly filter: PathFilter;
  /** Packets are noticed and kept, and not carried. */
  readonly paused: boolean;
}

/** One line of a filter. */
export interface FilterRule {
  readonly action: "allow" | "deny";
  /** `port/channel` of the end `a`; `*` stands for any run of characters. */
  readonly channel: string;
  /** Missing: both. */
  readonly direction?: Direction;
}

/** Which packets of a path are carried: the first rule that fits decides. */
export interface PathFilter {
  readonly rules: readonly FilterRule[];
  /** When none fits. */
  readonly otherwise: "allow" | "deny";
}

/** The ends as a packet of that direction sees them. */
export function inDirection<T>(ends: { readonly a: T; readonly b: T }, direction: Direction): {
  readonly source: T;
  readonly destination: T;
} {
  return direction === "a_to_b" ? { source: ends.a, destination: ends.b } : { source: ends.b, destination: ends.a };
}

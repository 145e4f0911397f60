/** The opening and closing of a channel over a connection, or over several (ICS-33). @module */
import { type Channel, type IdentifiedChannel, Order, State } from "cosmjs-types/ibc/core/channel/v1/channel";
import {
  type EndStage,
  type FoundEnd,
  nextOpeningMove,
  type OpeningMove,
  type OpeningOptions,
  otherSide,
  pinnedEnds,
  type Pins,
  type Side,
} from "./opening.ts";
import type { ChannelOrder } from "./model.ts";

/** What is to be there in the end. */
export interface ChannelGoal {
  readonly ports: { readonly a: string; readonly b: string };
  /** Connections from each end to the other, the own one first. */
  readonly hops: { readonly a: readonly string[]; readonly b: readonly string[] };
  readonly order: ChannelOrder;
  /** Empty: whatever the application gives. */
  readonly version: string;
  /** Channels that are to be continued, where they are known. */
  readonly pins: Pins;
  /** Channels of `a` that are there already when one more is wanted. */
  readonly others: ReadonlySet<string>;
}

/** The order of ICS-04 under its own name. */
export const orderOf = (order: ChannelOrder): Order =>
  order === "ordered" ? Order.ORDER_ORDERED : Order.ORDER_UNORDERED;

/** Of upgrades since ibc-go v8.1: `FLUSHING` and `FLUSHCOMPLETE`; the codec does not know them. Such an end is open. */
const UPGRADING = [5, 6];
const STAGES: Readonly<Record<number, EndStage | undefined>> = {
  [State.STATE_INIT]: "init",
  [State.STATE_TRYOPEN]: "tryopen",
  [State.STATE_OPEN]: "open",
  ...Object.fromEntries(UPGRADING.map((state) => [state, "open"])),
};

const equalLists = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((x, i) => x === b[i]);

function endsOf(found: readonly IdentifiedChannel[], goal: ChannelGoal, side: Side): FoundEnd<Channel>[] {
  const { ports, hops, order, version } = goal;
  return found.flatMap((channel) => {
    const stage = STAGES[channel.state];
    const { portId, channelId, counterparty } = channel;
    const fits = portId === ports[side] && counterparty.portId === ports[otherSide(side)] &&
      equalLists(channel.connectionHops, hops[side]) && channel.ordering === orderOf(order) &&
      (version === "" || channel.version === version);
    if (stage === undefined || !fits) return [];
    return [{ id: channelId, stage, counterpartyId: counterparty.channelId, end: channel }];
  });
}

/**
 * The next step to the goal, from the channels over the connections; a string when there is none: what stands in the way.
 */
export function planChannel(
  goal: ChannelGoal,
  found: { readonly a: readonly IdentifiedChannel[]; readonly b: readonly IdentifiedChannel[] },
  options: OpeningOptions,
): OpeningMove<Channel> | string {
  const { others } = goal;
  const ends = pinnedEnds({
    a: endsOf(found.a, goal, "a").filter(({ id }) => !others.has(id)),
    b: endsOf(found.b, goal, "b").filter(({ counterpartyId }) => !others.has(counterpartyId)),
  }, goal.pins);
  if (typeof ends === "string") return `plan channel of ${goal.ports.a} and ${goal.ports.b}: ${ends}`;
  return nextOpeningMove(ends, options);
}

/** The next step in closing; `side` is the chain it happens on. */
export type ClosingMove =
  | { readonly tag: "done" }
  | { readonly tag: "close_init" | "close_confirm"; readonly side: Side };

const isOpen = ({ state }: Channel) => STAGES[state] === "open";

/** A channel is closed by its application on one side, and the other is shown that. `a` begins, unless `b` has. */
export function planClosing(
  ends: { readonly a: Channel; readonly b: Channel },
  first: Side = "a",
): ClosingMove | string {
  for (const side of ["a", "b"] as const) {
    if (ends[side].state === State.STATE_CLOSED || isOpen(ends[side])) continue;
    return `close channel: the end on ${side} is not open`;
  }
  const [aOpen, bOpen] = [isOpen(ends.a), isOpen(ends.b)];
  if (!aOpen && !bOpen) return { tag: "done" };
  if (aOpen && bOpen) return { tag: "close_init", side: first };
  return { tag: "close_confirm", side: aOpen ? "a" : "b" };
}

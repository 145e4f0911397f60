/** The opening of a connection between two clients. @module */
import { type ConnectionEnd, State } from "cosmjs-types/ibc/core/connection/v1/connection";
import { IBC_STORE_NAME } from "../../node/core/ibc/mod.ts";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import {
  type EndStage,
  type FoundEnd,
  nextOpeningMove,
  type OpeningMove,
  type OpeningOptions,
  pinnedEnds,
  type Pins,
} from "./opening.ts";

/** A connection as a chain holds it. */
export interface FoundConnection {
  readonly id: string;
  readonly connection: ConnectionEnd;
}

/** What is to be there in the end. */
export interface ConnectionGoal {
  /** Client of each chain, of the other. */
  readonly clients: { readonly a: string; readonly b: string };
  /** Connections that are to be continued, where they are known. */
  readonly pins: Pins;
  /** Nanoseconds that must pass before a header is used for packets. */
  readonly delayNs: bigint;
}

/** The only version of connections there is. */
export const CONNECTION_VERSION = { identifier: "1", features: ["ORDER_ORDERED", "ORDER_UNORDERED"] };

/** The store that IBC keeps its state in, as counterparties name it. */
export const MERKLE_PREFIX = { keyPrefix: utf8ToBytes(IBC_STORE_NAME) };

const STAGES: Readonly<Partial<Record<State, EndStage>>> = {
  [State.STATE_INIT]: "init",
  [State.STATE_TRYOPEN]: "tryopen",
  [State.STATE_OPEN]: "open",
};

function endsOf(
  found: readonly FoundConnection[],
  own: string,
  other: string,
  delayNs: bigint,
): FoundEnd<ConnectionEnd>[] {
  return found.flatMap(({ id, connection }) => {
    const stage = STAGES[connection.state];
    const { clientId, counterparty, delayPeriod } = connection;
    if (stage === undefined || clientId !== own || counterparty.clientId !== other || delayPeriod !== delayNs) {
      return [];
    }
    return [{ id, stage, counterpartyId: counterparty.connectionId, end: connection }];
  });
}

/**
 * The next step to the goal, from the connections over the two clients; a string when there is none: what stands in the
 * way.
 */
export function planConnection(
  goal: ConnectionGoal,
  found: { readonly a: readonly FoundConnection[]; readonly b: readonly FoundConnection[] },
  options: OpeningOptions,
): OpeningMove<ConnectionEnd> | string {
  const { clients, pins, delayNs } = goal;
  const ends = pinnedEnds({
    a: endsOf(found.a, clients.a, clients.b, delayNs),
    b: endsOf(found.b, clients.b, clients.a, delayNs),
  }, pins);
  if (typeof ends === "string") return `plan connection of ${clients.a} and ${clients.b}: ${ends}`;
  return nextOpeningMove(ends, options);
}

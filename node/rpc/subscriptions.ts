import { matchQuery, parseQuery, type Query } from "../core/event_query/mod.ts";
import { type ChainEvent, chainEvents } from "./chain_events.ts";
import { internalFault, type RpcFault } from "./fault.ts";
import type { RpcBackend } from "./ports.ts";
import { isRoundEventName, roundEvent } from "./round_events.ts";

/** Bounds of subscriptions. */
export interface SubscriptionLimits {
  readonly subscriptionsPerClientMax: number;
  readonly queryBytesMax: number;
}

/** One client of the hub: events are sent to it as texts. */
export interface EventClient {
  send(text: string): void;
}

/** Subscribers that asked for the same, so that a query is matched once however many ask it. */
interface Group {
  readonly query: Query;
  /** The event name without which nothing matches, if the query asks for one. */
  readonly eventName: string | undefined;
  /** Something within a height could match: those events have no key but their name. */
  readonly wantsRounds: boolean;
  readonly queryJson: string;
  /** The JSON of the id under which each client subscribed. */
  readonly clients: Map<EventClient, string>;
}

function groupOf(query: Query, text: string): Group {
  const eventName = eventNameOf(query);
  const wantsRounds = query.conditions.every(({ key }) => key === "tm.event") &&
    (eventName === undefined || isRoundEventName(eventName));
  return { query, eventName, wantsRounds, queryJson: JSON.stringify(text), clients: new Map() };
}

/** Nearly all queries begin with `tm.event = '…'`: then the transactions of a block need not be looked into. */
function eventNameOf({ conditions }: Query): string | undefined {
  const asked = conditions.find(({ key, operator, operand }) =>
    key === "tm.event" && operator === "=" && operand?.type === "string" && operand.text !== ""
  );
  return asked?.operand?.text;
}

/** Who wants which events. Listens to the node only while somebody does, and into heights only for whoever wants that. */
export class SubscriptionHub {
  readonly #groups = new Map<string, Group>();
  readonly #counts = new Map<EventClient, number>();
  #stopListening: (() => void) | undefined;
  #stopListeningToRounds: (() => void) | undefined;

  constructor(readonly backend: RpcBackend, readonly limits: SubscriptionLimits) {}

  subscribe(client: EventClient, text: string, idText: string): RpcFault | undefined {
    const count = this.#counts.get(client) ?? 0;
    const { subscriptionsPerClientMax: most, queryBytesMax } = this.limits;
    if (count >= most) return internalFault(`max_subscriptions_per_client ${most} reached`);
    if (text.length > queryBytesMax) return internalFault("maximum query length exceeded");
    const query = parseQuery(text);
    if (!query.ok) return internalFault(`failed to parse query: ${query.error.message}`);
    const group = this.#groups.get(text) ?? groupOf(query.value, text);
    if (group.clients.has(client)) return internalFault("already subscribed");
    group.clients.set(client, idText);
    this.#groups.set(text, group);
    this.#counts.set(client, count + 1);
    this.#stopListening ??= this.backend.onCommit((committed) => {
      for (const event of chainEvents(committed)) this.#publish(event);
    });
    if (group.wantsRounds) {
      this.#stopListeningToRounds ??= this.backend.onRound?.((it) => this.#publish(roundEvent(it)));
    }
    return undefined;
  }

  unsubscribe(client: EventClient, text: string): RpcFault | undefined {
    if (!this.#leave(text, client)) return internalFault("subscription not found");
    this.#settle();
    return undefined;
  }

  unsubscribeAll(client: EventClient): RpcFault | undefined {
    if (!this.#counts.has(client)) return internalFault("subscription not found");
    this.forget(client);
    return undefined;
  }

  /** Ends everything of a client, subscribed or not. */
  forget(client: EventClient): void {
    for (const text of [...this.#groups.keys()]) this.#leave(text, client);
    this.#settle();
  }

  #leave(text: string, client: EventClient): boolean {
    const group = this.#groups.get(text);
    if (!group?.clients.delete(client)) return false;
    if (group.clients.size === 0) this.#groups.delete(text);
    const count = this.#counts.get(client)! - 1;
    if (count === 0) this.#counts.delete(client);
    else this.#counts.set(client, count);
    return true;
  }

  #settle(): void {
    if (this.#stopListeningToRounds !== undefined && ![...this.#groups.values()].some((group) => group.wantsRounds)) {
      this.#stopListeningToRounds();
      this.#stopListeningToRounds = undefined;
    }
    if (this.#groups.size > 0) return;
    this.#stopListening?.();
    this.#stopListening = undefined;
  }

  #publish(event: ChainEvent): void {
    // Copies: a client found too slow while it is sent to leaves the hub.
    for (const group of [...this.#groups.values()]) {
      if (group.eventName !== undefined && !event.isNamed(group.eventName)) continue;
      if (!matchQuery(group.query, event.keys())) continue;
      const result = `{"query":${group.queryJson},"data":${event.dataJson()},"events":${event.keysJson()}}`;
      for (const [client, idText] of [...group.clients]) {
        client.send(`{"jsonrpc":"2.0","id":${idText},"result":${result}}`);
      }
    }
  }
}

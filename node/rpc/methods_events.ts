/** subscribe, unsubscribe, unsubscribe_all: only over a websocket. @module */
import { defineMethod, type Method } from "./method.ts";
import { required, STRING } from "./params.ts";

const QUERY = { query: required(STRING) };

/** The methods that need a connection that stays. */
export function eventMethods(): Record<string, Method> {
  const socketOnly = { socketOnly: true };
  return {
    subscribe: defineMethod(
      QUERY,
      ({ query }, { subscriber }, idText) => subscriber?.subscribe(query, idText) ?? {},
      socketOnly,
    ),
    unsubscribe: defineMethod(QUERY, ({ query }, { subscriber }) => subscriber?.unsubscribe(query) ?? {}, socketOnly),
    unsubscribe_all: defineMethod({}, (_, { subscriber }) => subscriber?.unsubscribeAll() ?? {}, socketOnly),
  };
}

/** `ibc.core.client.v1.Query`. @module */
import type { QueryHandler } from "../../../app/ports.ts";
import type { ClientKeeper } from "./keeper.ts";

/** Handlers by path. */
export function clientQueries(_keeper: ClientKeeper): QueryHandler[] {
  return [];
}

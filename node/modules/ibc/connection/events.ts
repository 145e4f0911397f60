/** Events of the handshake of connections, with names and order of ibc-go v10 `03-connection/keeper/events.go`. @module */
import type { Context } from "../../../app/ports.ts";
import { eventOf, moduleEvent } from "../events.ts";

/** What an event tells of a connection. */
export interface OpeningConnection {
  readonly connectionId: string;
  readonly clientId: string;
  readonly counterparty: { readonly clientId: string; readonly connectionId: string };
}

/** The step, and that it was one of connections. */
export function emitStep(context: Context, step: "init" | "try" | "ack" | "confirm", of: OpeningConnection): void {
  const attributes: [string, string][] = [
    ["connection_id", of.connectionId],
    ["client_id", of.clientId],
    ["counterparty_client_id", of.counterparty.clientId],
  ];
  if (step !== "init") attributes.push(["counterparty_connection_id", of.counterparty.connectionId]);
  context.emit(eventOf(`connection_open_${step}`, attributes));
  context.emit(moduleEvent("ibc_connection"));
}

/** What goes wrong at the door, and the one shape in which it is said: `{ "error": { "code", "message" } }`. @module */
import { IoError } from "../../node/core/errors.ts";
import type { RefusalCode } from "./ports.ts";

/** Faults of the door itself, beside the relayer's refusals. Append-only. */
export type DoorCode =
  | "not_found"
  | "method_not_allowed"
  | "unauthorized"
  | "forbidden"
  | "misdirected"
  | "body_too_large"
  | "body_late"
  | "unsupported_media_type"
  | "too_many_clients"
  | "idempotency_conflict"
  | "idempotency_running"
  | "idempotency_unknown"
  | "internal";

export type FaultCode = RefusalCode | DoorCode;

/** The status of each code. */
export const STATUS: Readonly<Record<FaultCode, number>> = {
  unknown_chain: 404,
  unknown_path: 404,
  unknown_client: 404,
  unknown_connection: 404,
  unknown_channel: 404,
  unknown_packet: 404,
  no_route: 422,
  invalid_request: 400,
  path_exists: 409,
  no_wallet: 409,
  chain_refused: 422,
  chain_unreachable: 503,
  transaction_lost: 504,
  not_ready: 503,
  not_found: 404,
  method_not_allowed: 405,
  unauthorized: 401,
  forbidden: 403,
  misdirected: 421,
  body_too_large: 413,
  body_late: 408,
  unsupported_media_type: 415,
  too_many_clients: 503,
  idempotency_conflict: 422,
  idempotency_running: 409,
  idempotency_unknown: 409,
  internal: 500,
};

/** A request that is not answered as asked. */
export interface Fault {
  readonly code: FaultCode;
  readonly message: string;
}

/** Headers of every answer: nothing here is for caches or for guessing. */
export const ANSWER_HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
};

/** An answer in JSON. */
export function jsonAnswer(body: string, status: number, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(body, { status, headers: { "content-type": "application/json", ...ANSWER_HEADERS, ...headers } });
}

/** The answer that says a fault. */
export function faultAnswer({ code, message }: Fault, headers: Readonly<Record<string, string>> = {}): Response {
  const more = code === "unauthorized" ? { "www-authenticate": 'Bearer realm="catenary relayer"' } : {};
  return jsonAnswer(JSON.stringify({ error: { code, message } }), STATUS[code], { ...more, ...headers });
}

/** What is said of something thrown: the world's failures with their words, our own bugs without. */
export function faultOf(error: unknown): Fault {
  if (!(error instanceof IoError)) return { code: "internal", message: "answer: an internal error; see the log" };
  const code = error.code === "chain_unreachable" || error.code === "chain_refused" ? error.code : "internal";
  return { code, message: error.message };
}

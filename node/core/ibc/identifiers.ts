/**
 * Identifiers of ICS-24 ("Identifiers, separators") with the limits of ibc-go `24-host/validate.go`, and the generated
 * form `<prefix>-<sequence>` that ibc-go gives to clients, connections and channels.
 * @module
 */
import type { CodedError } from "../errors.ts";
import { ok, type Result } from "../result.ts";
import { isBlank, parseUint64, quoted } from "./_text.ts";
import { refuse } from "./refusals.ts";

/** What an identifier names; `path` is two or more identifiers of any kind, joined by `/`. */
export type IdentifierKind = "client" | "connection" | "channel" | "port" | "path";

/** Fewest and most characters. */
const LENGTHS = {
  client: [4, 64],
  connection: [10, 64],
  channel: [8, 64],
  port: [2, 128],
  path: [1, 64],
} as const satisfies Record<IdentifierKind, readonly [min: number, max: number]>;

const SIGNS = /^[a-zA-Z0-9._+\-#[\]<>]+$/;
/** Longer paths are not looked at. No path of ICS-24 comes near. */
const PATH_CHARS_MAX = 4_096;

/** Client of a chain for itself, the one without a sequence (ICS-09). */
export const LOCALHOST_CLIENT_ID = "09-localhost";
/** Connection that every chain has to itself (ICS-09). */
export const LOCALHOST_CONNECTION_ID = "connection-localhost";

/** Whether `id` is a valid identifier of that kind (ICS-24). Answers false to anything whatever, and never throws. */
export function validateIdentifier(kind: IdentifierKind, id: string): boolean {
  return typeof id === "string" && Object.hasOwn(LENGTHS, kind) && checkIdentifier(kind, id).ok;
}

/** As {@linkcode validateIdentifier}, for messages: the identifier, or a refusal `host/2` (`host/3` for a path). */
export function checkIdentifier(kind: IdentifierKind, id: string): Result<string, CodedError> {
  const [min, max] = LENGTHS[kind];
  if (kind === "path") return checkPath(id);
  if (isBlank(id)) return refuse("invalidId", `check ${kind} identifier: it is blank`);
  if (id.length < min || id.length > max) {
    return refuse("invalidId", `check ${kind} identifier: ${id.length} characters, must be ${min} to ${max}`);
  }
  if (!SIGNS.test(id)) {
    return refuse(
      "invalidId",
      `check ${kind} identifier: ${quoted(id)} has other signs than letters, digits, ._+-#[]<>`,
    );
  }
  return ok(id);
}

function checkPath(path: string): Result<string, CodedError> {
  const [min, max] = LENGTHS.path;
  if (path.length > PATH_CHARS_MAX) return refuse("invalidPath", `check path: ${path.length} characters`);
  const parts = path.split("/");
  if (parts.length < 2) return refuse("invalidPath", `check path: ${quoted(path)} has no separator`);
  for (const part of parts) {
    if (part.length < min || part.length > max || !SIGNS.test(part)) {
      return refuse("invalidPath", `check path: ${quoted(part)} is not an identifier`);
    }
  }
  return ok(path);
}

/** A client identifier taken apart. */
export interface ClientIdentifier {
  readonly clientType: string;
  readonly sequence: bigint;
}

/**
 * Takes `07-tendermint-3` apart (ibc-go `02-client/types/keys.go`); undefined when it does not have that form. The
 * localhost client is its own type, with sequence 0.
 */
export function parseClientIdentifier(id: string): ClientIdentifier | undefined {
  if (id === LOCALHOST_CLIENT_ID) return { clientType: id, sequence: 0n };
  const dash = id.lastIndexOf("-");
  if (dash < 1) return undefined;
  const clientType = id.slice(0, dash);
  const sequence = parseSequence(id.slice(dash + 1));
  if (sequence === undefined || !/^\w[\w-]*$/.test(clientType) || clientType.endsWith("-")) return undefined;
  return { clientType, sequence };
}

/** The number of `connection-<n>`; undefined when `id` does not have that form. */
export function parseConnectionSequence(id: string): bigint | undefined {
  return id.startsWith("connection-") ? parseSequence(id.slice("connection-".length)) : undefined;
}

/** The number of `channel-<n>`; undefined when `id` does not have that form. */
export function parseChannelSequence(id: string): bigint | undefined {
  return id.startsWith("channel-") ? parseSequence(id.slice("channel-".length)) : undefined;
}

/** One to twenty digits below 2^64. */
function parseSequence(digits: string): bigint | undefined {
  return digits.length <= 20 ? parseUint64(digits) : undefined;
}

/** `<type>-<n>`. */
export const clientIdentifier = (clientType: string, sequence: bigint): string => `${clientType}-${sequence}`;
/** `connection-<n>`. */
export const connectionIdentifier = (sequence: bigint): string => `connection-${sequence}`;
/** `channel-<n>`. */
export const channelIdentifier = (sequence: bigint): string => `channel-${sequence}`;

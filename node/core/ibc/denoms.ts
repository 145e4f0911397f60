/**
 * Denominations of ICS-20: a base denom and the hops it came over, the latest first; on a chain that is not its home a
 * token is known as `ibc/` and the hash of that path. Rules of ibc-go v10 `apps/transfer/types/denom.go`.
 * @module
 */
import { bytesToHex, utf8ToBytes } from "../bytes.ts";
import { isDenom } from "../coins.ts";
import { sha256 } from "../crypto/mod.ts";
import type { CodedError } from "../errors.ts";
import { ok, type Result } from "../result.ts";
import { isBlank } from "./_text.ts";
import { checkIdentifier, parseChannelSequence, parseClientIdentifier } from "./identifiers.ts";
import { refuse } from "./refusals.ts";

/** One end of a channel, on the chain that received the token over it. */
export interface Hop {
  readonly portId: string;
  readonly channelId: string;
}

/** A token by origin. Without hops it is at home. */
export interface TransferDenom {
  readonly base: string;
  /** The latest hop first. */
  readonly trace: readonly Hop[];
}

/** The channel ends of a packet. */
export interface PacketEnds {
  readonly sourcePort: string;
  readonly sourceChannel: string;
  readonly destinationPort: string;
  readonly destinationChannel: string;
}

/**
 * Takes `transfer/channel-0/uatom` apart. A base denom may hold slashes, so a pair counts as a hop only while its second
 * part looks like a channel or client identifier that ibc-go generates (`ExtractDenomFromPath`). Never fails: what is
 * no hop is base; {@linkcode validateDenom} judges.
 */
export function parseDenom(path: string): TransferDenom {
  const parts = path.split("/");
  const trace: Hop[] = [];
  let at = 0;
  while (parts.length > 2 && at + 1 < parts.length && endsHop(parts[at + 1]!)) {
    trace.push({ portId: parts[at]!, channelId: parts[at + 1]! });
    at += 2;
  }
  return { base: parts.slice(at).join("/"), trace };
}

function endsHop(id: string): boolean {
  return parseChannelSequence(id) !== undefined || parseClientIdentifier(id) !== undefined;
}

/** The inverse of {@linkcode parseDenom}. */
export function denomPath(denom: TransferDenom): string {
  return denom.trace.map(({ portId, channelId }) => `${portId}/${channelId}/`).join("") + denom.base;
}

/** A base that is not blank and hops of valid identifiers, the parts of `denom` that hold on every chain. */
export function validateDenom(denom: TransferDenom): Result<TransferDenom, CodedError> {
  if (isBlank(denom.base)) return refuse("invalidDenom", "check denom: the base is blank");
  for (const { portId, channelId } of denom.trace) {
    const port = checkIdentifier("port", portId);
    if (!port.ok) return port;
    const channel = checkIdentifier("channel", channelId);
    if (!channel.ok) return channel;
  }
  return ok(denom);
}

/** `ibc/` and the SHA-256 of the path in upper-case hexadecimal: what a token of that path is called on chain. */
export function denomHash(path: string): string {
  return `ibc/${bytesToHex(sha256(utf8ToBytes(path))).toUpperCase()}`;
}

/** What a token is called on this chain: its base at home, {@linkcode denomHash} of its path elsewhere. */
export function localDenom(denom: TransferDenom): string {
  return denom.trace.length === 0 ? denom.base : denomHash(denomPath(denom));
}

/** The hash in `ibc/<hash>`, 32 bytes; undefined when `name` is not of that form. */
export function hashOfDenom(name: string): Uint8Array | undefined {
  return /^ibc\/[0-9a-fA-F]{64}$/.test(name) ? Uint8Array.fromHex(name.slice(4)) : undefined;
}

/** Whether `name` may be sent: a denom of cosmos-sdk and, under `ibc`, a well-formed hash (`validateIBCDenom`). */
export function isSendableDenom(name: string): boolean {
  if (!isDenom(name)) return false;
  return name === "ibc" || name.startsWith("ibc/") ? hashOfDenom(name) !== undefined : true;
}

/**
 * Whether the latest hop of `denom` is that channel end. Asked by a sender of its own end: the token goes back and is
 * burned, otherwise it is escrowed. Asked by a receiver of the *source* end of the packet: the token comes home and is
 * released, otherwise a voucher is minted.
 */
export function hasPrefix(denom: TransferDenom, portId: string, channelId: string): boolean {
  const latest = denom.trace[0];
  return latest !== undefined && latest.portId === portId && latest.channelId === channelId;
}

/** The token one hop further from home. */
export function withHop(denom: TransferDenom, portId: string, channelId: string): TransferDenom {
  return { base: denom.base, trace: [{ portId, channelId }, ...denom.trace] };
}

/** What the receiver of a packet makes of its denom: one hop less when it is the source, otherwise one hop more. */
export function receivedDenom(denom: TransferDenom, packet: PacketEnds): TransferDenom {
  return hasPrefix(denom, packet.sourcePort, packet.sourceChannel)
    ? { base: denom.base, trace: denom.trace.slice(1) }
    : withHop(denom, packet.destinationPort, packet.destinationChannel);
}

/**
 * The multiaddrs that nodes use, as text, without libp2p: what configuration and commands make, check and print.
 * @module
 */
import type { CodedError } from "../core/errors.ts";
import type { PeerId } from "../core/peer.ts";
import { err, ok, type Result } from "../core/result.ts";
import { networkRefusal } from "./errors.ts";
import { nodeKeyOf } from "./peer_id.ts";

/** Longest address taken from anybody, in characters. */
export const ADDRESS_CHARACTERS_MAX = 256;

/** What an address says. */
export interface NetworkAddress {
  readonly hostKind: "ip4" | "ip6" | "dns" | "dns4" | "dns6";
  readonly host: string;
  readonly port: number;
  readonly transport: "tcp" | "ws" | "wss";
  /** Whose address it is; for one by way of a relay, the relay's. */
  readonly peer: PeerId | undefined;
  /** By way of a circuit relay: whom it leads to, undefined when that is left out. */
  readonly relayed: { readonly peer: PeerId | undefined } | undefined;
}

const HOST: Readonly<Record<NetworkAddress["hostKind"], RegExp>> = {
  ip4: /^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/,
  ip6: /^[0-9a-fA-F:.]{2,45}$/,
  dns: /^(?=.{1,253}$)[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?$/,
  dns4: /^(?=.{1,253}$)[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?$/,
  dns6: /^(?=.{1,253}$)[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?$/,
};

/**
 * Reads `/ip4/H/tcp/P`, `/ip6/…`, `/dns/…`, with `/ws`, `/wss` or `/tls/ws`, `/p2p/ID` and `/p2p-circuit[/p2p/ID]` after it.
 * Other multiaddrs are valid elsewhere but of no use here: our transports cannot dial them.
 */
export function parseAddress(text: string): Result<NetworkAddress, CodedError> {
  const refuse = (state: string) =>
    err(networkRefusal("badAddress", `read address ${text.slice(0, ADDRESS_CHARACTERS_MAX)}: ${state}`));
  if (text.length > ADDRESS_CHARACTERS_MAX) return refuse(`${text.length} characters`);
  const parts = text.split("/");
  if (parts.shift() !== "") return refuse("does not begin with /");
  const [kind = "", host = "", tcp, portText = ""] = parts.splice(0, 4);
  const pattern = HOST[kind as NetworkAddress["hostKind"]];
  if (pattern === undefined) return refuse("must begin with /ip4, /ip6, /dns, /dns4 or /dns6");
  if (!pattern.test(host)) return refuse(`${host} is no ${kind} host`);
  if (tcp !== "tcp") return refuse("no /tcp after the host");
  const port = Number(portText);
  if (!/^\d{1,5}$/.test(portText) || port > 65535) return refuse("no port from 0 to 65535 after /tcp");
  const transport = takeTransport(parts);
  const peer = takePeer(parts);
  if (!peer.ok) return refuse(peer.error.message);
  let relayed: NetworkAddress["relayed"];
  if (parts[0] === "p2p-circuit") {
    parts.shift();
    const target = takePeer(parts);
    if (!target.ok) return refuse(target.error.message);
    relayed = { peer: target.value };
  }
  if (parts.length > 0) return refuse(`/${parts.join("/")} is not understood at the end`);
  return ok({ hostKind: kind as NetworkAddress["hostKind"], host, port, transport, peer: peer.value, relayed });
}

function takeTransport(parts: string[]): NetworkAddress["transport"] {
  if (parts[0] === "tls" && parts[1] === "ws") {
    parts.splice(0, 2);
    return "wss";
  }
  return parts[0] === "ws" || parts[0] === "wss" ? parts.shift() as "ws" | "wss" : "tcp";
}

function takePeer(parts: string[]): Result<PeerId | undefined, CodedError> {
  if (parts[0] !== "p2p") return ok(undefined);
  const [, peer = ""] = parts.splice(0, 2);
  const key = nodeKeyOf(peer);
  return key.ok ? ok(peer) : key;
}

/** The text of an address: the inverse of {@linkcode parseAddress}, up to `/tls/ws`, which is `/wss`. */
export function formatAddress(
  { hostKind, host, port, transport, peer, relayed }: Partial<NetworkAddress> & Pick<NetworkAddress, "host" | "port">,
): string {
  const kind = hostKind ?? (HOST.ip4.test(host) ? "ip4" : host.includes(":") ? "ip6" : "dns");
  const carrier = transport === undefined || transport === "tcp" ? "" : `/${transport}`;
  const end = (id: PeerId | undefined) => id === undefined ? "" : `/p2p/${id}`;
  const circuit = relayed === undefined ? "" : `/p2p-circuit${end(relayed.peer)}`;
  return `/${kind}/${host}/tcp/${port}${carrier}${end(peer)}${circuit}`;
}

/** Whom an address leads to: behind a relay, if it goes by one. */
export const targetOf = (address: NetworkAddress): PeerId | undefined =>
  address.relayed === undefined ? address.peer : address.relayed.peer;

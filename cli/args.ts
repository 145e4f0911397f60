/** Parsers of argument values: each refuses with what it expected. @module */
import { join } from "node:path";
import { InvalidArgumentError } from "commander";

/** `HOST:PORT`; `[::1]:0` for IPv6. */
export function parseHostPort(text: string): string {
  const match = /^(\[[0-9a-fA-F:]+\]|[^:\s]+):(\d{1,5})$/.exec(text);
  if (!match || Number(match[2]) > 65535) {
    throw new InvalidArgumentError("expected HOST:PORT, for example 127.0.0.1:26657");
  }
  return text;
}

/** A port that three others may follow. */
export function parsePort(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text) || Number(text) > 65_532) {
    throw new InvalidArgumentError("expected a port from 1 to 65532, for example 26657");
  }
  return Number(text);
}

/** A whole number of milliseconds. */
export function parseMs(text: string): number {
  if (!/^\d{1,8}$/.test(text)) throw new InvalidArgumentError("expected whole milliseconds, for example 500");
  return Number(text);
}

/** A height: a whole number from 1. */
export function parseHeight(text: string): bigint {
  if (!/^[1-9]\d{0,18}$/.test(text)) throw new InvalidArgumentError("expected a height, a whole number from 1");
  return BigInt(text);
}

/** 32 bytes in hexadecimal, as hashes are printed; answers them without `0x`, in upper case. */
export function parseHash(text: string): string {
  const clean = text.replace(/^0x/i, "");
  if (!/^[0-9a-fA-F]{64}$/.test(clean)) throw new InvalidArgumentError("expected a hash, 64 hexadecimal digits");
  return clean.toUpperCase();
}

/** A whole number from 0. */
export function parseCount(text: string): number {
  if (!/^\d{1,7}$/.test(text)) throw new InvalidArgumentError("expected a whole number from 0");
  return Number(text);
}

/** Where to listen, as the network writes it; what the parts mean is the network's. Collects when given again. */
export function parseListenMultiaddr(text: string, others: readonly string[] = []): readonly string[] {
  if (!/^(\/[^/\s]+){2,}$/.test(text)) {
    throw new InvalidArgumentError("expected a multiaddr, for example /ip4/0.0.0.0/tcp/26656 (with /ws: WebSocket)");
  }
  return [...others, text];
}

/** Where another node is and who it is. Collects when given again. */
export function parsePeerMultiaddr(text: string, others: readonly string[] = []): readonly string[] {
  if (!/^(\/[^/\s]+)+\/p2p\/[1-9A-HJ-NP-Za-km-z]+$/.test(text)) {
    throw new InvalidArgumentError(
      "expected a multiaddr that ends in /p2p/ID, for example /ip4/192.168.10.2/tcp/26656/p2p/12D3Koo…; " +
        "a node prints its own when it starts",
    );
  }
  return [...others, text];
}

/** One coin, `<amount><denom>`. */
export interface CoinArgument {
  readonly amount: string;
  readonly denom: string;
}

/** `5ucat,7ibc/27A6…`: sorted by denom as transactions need them. */
export function parseCoins(text: string): CoinArgument[] {
  const coins = text.split(",").map((part) => {
    const match = /^(\d{1,78})([a-zA-Z][a-zA-Z0-9/:._-]{2,127})$/.exec(part.trim());
    if (!match) throw new InvalidArgumentError("expected AMOUNT and DENOM together, for example 1000ucat");
    return { amount: match[1]!, denom: match[2]! };
  });
  return coins.sort((a, b) => (a.denom < b.denom ? -1 : 1));
}

/** An RPC address as a URL: `127.0.0.1:26657`, `tcp://…` and `http://…` all mean the same. A path is kept. */
export function parseRpcUrl(text: string): string {
  const url = text.replace(/^tcp:/, "http:");
  const full = url.includes("://") ? url : `http://${url}`;
  const { protocol, origin, pathname, search } = URL.parse(full) ?? {};
  if ((protocol !== "http:" && protocol !== "https:") || search !== "") {
    throw new InvalidArgumentError("expected an address, for example http://127.0.0.1:26657");
  }
  return `${origin}${pathname}`.replace(/\/+$/, "");
}

/** Where a node lives unless `--home` says otherwise: `$CATENARY_HOME`, else `~/.catenary`. */
export function defaultHome(): string {
  const own = Deno.env.get("CATENARY_HOME");
  if (own) return own;
  const user = Deno.env.get("HOME") ?? Deno.env.get("USERPROFILE");
  return user ? join(user, ".catenary") : join(Deno.cwd(), ".catenary");
}

/** The RPC address of a node on this machine unless `--rpc` says otherwise. */
export const DEFAULT_RPC = "http://127.0.0.1:26657";

import { invariant } from "../../node/core/invariant.ts";
import type { Clock } from "./clock.ts";

/** One RPC address and how it has behaved. */
export interface Address {
  /** Where to post. Credentials are taken out: `fetch` refuses them. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** For people: no credentials, no query. */
  readonly shown: string;
  /** Calls in one batch; learned from refusals. */
  batchMax: number;
  /** Until then others are asked first. */
  avoidUntilMs: number;
  failures: number;
  /** That it serves the chain we think it does; asked once. */
  identity: Promise<void> | undefined;
}

/** How long an address is avoided after its first failure; doubled with each further one. */
const AVOID_FIRST_MS = 1_000;
const AVOID_MAX_MS = 60_000;

/** `https://user:word@host/path` becomes a URL and a header. Throws a `TypeError` on what is no URL of HTTP. */
export function parseAddress(text: string, batchMax: number): Address {
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") throw new TypeError(`${url.protocol} is not HTTP`);
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (url.username !== "") {
    const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    headers.authorization = `Basic ${new TextEncoder().encode(credentials).toBase64()}`;
    url.username = url.password = "";
  }
  url.hash = "";
  const shown = `${url.origin}${url.pathname}`.replace(/\/$/, "");
  return { url: url.href, headers, shown, batchMax, avoidUntilMs: 0, failures: 0, identity: undefined };
}

/** Several addresses of one chain, the best first. */
export class Addresses {
  constructor(readonly all: readonly Address[], readonly clock: Clock) {
    invariant(all.length > 0, "a chain without an RPC address");
  }

  /**
   * The first in order that is not avoided, or the one that is avoided the shortest; undefined when all were tried. An
   * address that has recovered is used again, so the order of the configuration is a preference.
   */
  choose(tried: ReadonlySet<Address>): Address | undefined {
    const now = this.clock.nowMs();
    let best: Address | undefined;
    for (const address of this.all) {
      if (tried.has(address)) continue;
      if (address.avoidUntilMs <= now) return address;
      if (best === undefined || address.avoidUntilMs < best.avoidUntilMs) best = address;
    }
    return best;
  }

  failed(address: Address): void {
    const pause = Math.min(AVOID_MAX_MS, AVOID_FIRST_MS * 2 ** address.failures);
    address.failures++;
    address.avoidUntilMs = this.clock.nowMs() + pause;
  }

  served(address: Address): void {
    address.failures = 0;
    address.avoidUntilMs = 0;
  }
}

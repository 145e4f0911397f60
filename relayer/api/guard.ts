/**
 * Who may do what. Reading is for everybody who can reach the address; changing needs the token, and where none is
 * configured a caller on this machine. Browsers are held back from doing it in the name of a page (cross-site requests,
 * DNS rebinding).
 * @module
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Fault } from "./fault.ts";

export interface GuardConfig {
  /** Undefined: only callers on this machine may change anything. */
  readonly token: string | undefined;
  /** Host names that requests may be for, besides `localhost` and addresses. */
  readonly hosts: readonly string[];
  /** Origins whose pages may read answers; `*`: all. */
  readonly corsOrigins: readonly string[];
}

/** Added by proxies: whoever sends one of them is not the peer itself. */
const PROXY_HEADERS = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

const fault = (code: Fault["code"], message: string): Fault => ({ code, message });
const digest = (text: string) => createHash("sha256").update(text).digest();

export class Guard {
  readonly #config: GuardConfig;
  readonly #tokenDigest: Uint8Array | undefined;
  readonly #hosts: ReadonlySet<string>;

  constructor(config: GuardConfig) {
    this.#config = config;
    this.#tokenDigest = config.token === undefined ? undefined : digest(config.token);
    this.#hosts = new Set(config.hosts.map((host) => host.toLowerCase()));
  }

  /** For every request. A page that made its own name point here is told apart by that name. */
  checkHost(request: Request): Fault | undefined {
    const { hostname } = new URL(request.url);
    const known = isAddress(hostname) || hostname === "localhost" || hostname.endsWith(".localhost") ||
      this.#hosts.has(hostname);
    return known ? undefined : fault(
      "misdirected",
      `serve ${hostname}: not a name of this relayer; add it to api.hosts in the configuration if it is`,
    );
  }

  /** For requests that change something. `peer`: the address at the other end of the connection. */
  checkMayChange(request: Request, peer: string | undefined): Fault | undefined {
    const page = this.#checkPage(request);
    if (page !== undefined) return page;
    if (this.#tokenDigest !== undefined) return this.#checkToken(request, this.#tokenDigest);
    if (PROXY_HEADERS.some((name) => request.headers.has(name))) {
      return fault("forbidden", "change something: the request came through a proxy; configure api.token for that");
    }
    return peer !== undefined && isLoopbackAddress(peer) ? undefined : fault(
      "forbidden",
      "change something: without a token only callers on this machine may; configure api.token, api.token_file or " +
        "api.token_env",
    );
  }

  #checkToken(request: Request, expected: Uint8Array): Fault | undefined {
    const header = request.headers.get("authorization");
    if (header === null) return fault("unauthorized", "change something: send the header Authorization: Bearer TOKEN");
    const given = /^Bearer +(\S+)$/i.exec(header)?.[1];
    // Digests of equal length: the comparison says nothing about the token, not even how long it is.
    const equal = timingSafeEqual(digest(given ?? ""), expected);
    return given !== undefined && equal ? undefined : fault("unauthorized", "change something: that is not the token");
  }

  /** A browser tells which page asks; only our own may, and others with the token. */
  #checkPage(request: Request): Fault | undefined {
    const origin = request.headers.get("origin");
    const own = origin !== null && URL.parse(origin)?.host === new URL(request.url).host;
    const foreign = origin === null ? request.headers.get("sec-fetch-site") === "cross-site" : !own;
    if (!foreign) return undefined;
    if (this.#tokenDigest !== undefined && this.allowedOrigin(request) !== undefined) return undefined;
    return fault("forbidden", `change something: a page of ${origin ?? "another site"} asked for it`);
  }

  /** The value of `access-control-allow-origin`; undefined when the page may not read the answer. */
  allowedOrigin(request: Request): string | undefined {
    const origin = request.headers.get("origin");
    if (origin === null) return undefined;
    if (this.#config.corsOrigins.includes("*")) return "*";
    return this.#config.corsOrigins.includes(origin) ? origin : undefined;
  }
}

/** Whether a host name of a URL is an address: no name server was asked for it. */
const isAddress = (hostname: string) => hostname.startsWith("[") || /^\d{1,3}(\.\d{1,3}){3}$/.test(hostname);

/** Whether an address of a peer is this machine's own. */
export function isLoopbackAddress(address: string): boolean {
  const bare = address.replace(/^\[|\]$/g, "").replace(/^::ffff:(?=\d)/i, "");
  return bare === "::1" || /^127(\.\d{1,3}){3}$/.test(bare);
}

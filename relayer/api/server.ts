/** The HTTP interface on a socket. @module */
import { IoError } from "../../node/core/errors.ts";
import { type Api, type ApiOptions, createApi } from "./app.ts";
import type { RelayerControl } from "./ports.ts";

export interface ApiServerOptions extends ApiOptions {
  readonly hostname: string;
  /** 0: any free one. */
  readonly port: number;
}

export interface ApiServer {
  /** Resolves with `http://HOST:PORT` when requests are taken. Throws an IoError `address_in_use` or `address_unusable`. */
  start(): Promise<string>;
  /** Ends event streams, answers running requests, and gives clients a second to take their answers. */
  stop(): Promise<void>;
}

/** How long clients may take to read their answers after `stop()`. */
const STOP_GRACE_MS = 1000;

/** A server over a relayer, not yet listening. */
export function createApiServer(control: RelayerControl, options: ApiServerOptions): ApiServer {
  return new Server(control, options);
}

class Server implements ApiServer {
  readonly #api: Api;
  readonly #options: ApiServerOptions;
  #http: Deno.HttpServer<Deno.NetAddr> | undefined;

  constructor(control: RelayerControl, options: ApiServerOptions) {
    this.#options = options;
    const { hostname } = options;
    // The name it listens by is one of its names.
    this.#api = createApi(control, { ...options, hosts: [...options.hosts, hostname.toLowerCase()] });
  }

  // Async, so that an address in use rejects instead of throwing.
  async start(): Promise<string> {
    const { hostname, port } = this.#options;
    const { promise, resolve } = Promise.withResolvers<string>();
    try {
      this.#http = Deno.serve({
        hostname,
        port,
        onListen: (address) => resolve(urlOf(address.hostname, address.port)),
      }, (request, info) => this.#api.fetch(request, info.remoteAddr.hostname));
    } catch (cause) {
      throw refused(`${hostname}:${port}`, cause);
    }
    return await promise;
  }

  async stop(): Promise<void> {
    this.#api.close();
    const http = this.#http;
    if (http === undefined) return;
    const { promise: passed, resolve } = Promise.withResolvers<void>();
    const grace = setTimeout(resolve, STOP_GRACE_MS);
    await Promise.race([http.shutdown(), passed]);
    clearTimeout(grace);
    // What a client still holds open after that does not keep the process.
    http.unref();
  }
}

/** A bound address as a URL that clients can use. */
function urlOf(hostname: string, port: number): string {
  const reachable = hostname === "0.0.0.0" ? "127.0.0.1" : hostname === "::" ? "::1" : hostname;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}

function refused(listen: string, cause: unknown): IoError {
  const what = `listen on ${listen} for the relayer's API`;
  if (cause instanceof Deno.errors.AddrInUse) {
    const remedy = "choose another with api.listen in the configuration (port 0 takes a free one)";
    return new IoError("address_in_use", `${what}: another process uses this address; ${remedy}`, { cause });
  }
  return new IoError("address_unusable", `${what}: ${cause instanceof Error ? cause.message : String(cause)}`, {
    cause,
  });
}

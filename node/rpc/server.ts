import { CommitWaiters } from "./commit_waiters.ts";
import type { RpcConfig, RpcHooks } from "./config.ts";
import { Cors } from "./cors.ts";
import { Deadlines } from "./deadlines.ts";
import { answerText, Dispatcher } from "./dispatcher.ts";
import { RPC_CODE, RpcFault } from "./fault.ts";
import { readBody } from "./http_body.ts";
import { rpcMethods } from "./methods.ts";
import { type Connection, createPages } from "./pages.ts";
import type { RpcBackend } from "./ports.ts";
import { RateLimiter } from "./rate_limit.ts";
import { SubscriptionHub } from "./subscriptions.ts";
import { RpcSocket } from "./websocket.ts";

/** A body that did not come in time, or not to its end. */
const LATE = Symbol("late");
type Body = string | undefined | typeof LATE;
/** How long clients may take to read their answers after `stop()`. */
const STOP_GRACE_MS = 1000;

/** The RPC server of a node. */
export interface RpcServer {
  /** Resolves when requests are taken. Rejects when the address cannot be bound. */
  start(): Promise<{ readonly address: { readonly hostname: string; readonly port: number } }>;
  /** Closes websockets, answers running calls, and gives clients a second to take their answers. */
  stop(): Promise<void>;
}

class Server implements RpcServer {
  readonly #config: RpcConfig;
  readonly #dispatcher: Dispatcher;
  readonly #waiters: CommitWaiters;
  readonly #hub: SubscriptionHub;
  readonly #limiter: RateLimiter;
  readonly #cors: Cors;
  readonly #sockets = new Set<RpcSocket>();
  readonly #pages: ReturnType<typeof createPages>;
  readonly #hooks: RpcHooks;
  /** For bodies that come too slowly. */
  readonly #arrivals: Deadlines;
  #http: Deno.HttpServer<Deno.NetAddr> | undefined;

  constructor(backend: RpcBackend, config: RpcConfig, hooks: RpcHooks) {
    this.#config = config;
    this.#hooks = hooks;
    const deadlines = new Deadlines(config.requestTimeoutMs);
    this.#arrivals = new Deadlines(config.requestTimeoutMs);
    this.#waiters = new CommitWaiters(backend, config.broadcastCommitTimeoutMs);
    this.#hub = new SubscriptionHub(backend, config);
    this.#limiter = new RateLimiter(config.requestsPerSecondMax);
    this.#cors = new Cors(config.corsOrigins);
    this.#dispatcher = new Dispatcher(
      rpcMethods(backend, this.#waiters, config, hooks),
      config,
      deadlines,
      hooks,
    );
    this.#pages = createPages(backend, this.#dispatcher, config, (request, from) => this.#upgrade(request, from));
  }

  // Async, so that an address in use rejects instead of throwing.
  async start(): ReturnType<RpcServer["start"]> {
    const { hostname, port } = this.#config;
    const { promise, resolve } = Promise.withResolvers<Awaited<ReturnType<RpcServer["start"]>>>();
    this.#http = Deno.serve({
      hostname,
      port,
      onError: (error) => this.#failed(error),
      onListen: (address) => resolve({ address: { hostname: address.hostname, port: address.port } }),
    }, (request, info) => this.#handle(request, info.remoteAddr.hostname));
    return await promise;
  }

  async stop(): Promise<void> {
    for (const socket of [...this.#sockets]) socket.close();
    this.#waiters.close();
    this.#dispatcher.close();
    this.#arrivals.close();
    const http = this.#http;
    if (http === undefined) return;
    const { promise: passed, resolve } = Promise.withResolvers<void>();
    const grace = setTimeout(resolve, STOP_GRACE_MS);
    await Promise.race([http.shutdown(), passed]);
    clearTimeout(grace);
    // What a client still holds open after that does not keep the process.
    http.unref();
  }

  async #handle(request: Request, remote: string): Promise<Response> {
    if (!this.#limiter.take(remote, 1, performance.now())) return this.#refuse(request, RPC_CODE.rateLimited, 429);
    // The path of most requests, kept clear of routing and header objects.
    if (request.method === "POST" && isRoot(request.url)) return await this.#post(request, remote);
    if (request.method === "OPTIONS") return this.#cors.preflight(request);
    const response = await this.#pages.fetch(request, { remote });
    if (response.status !== 101) this.#cors.apply(request, response.headers);
    return response;
  }

  async #post(request: Request, remote: string): Promise<Response> {
    const { bodyBytesMax, requestTimeoutMs } = this.#config;
    // A client that leaves while it sends is no news: strangers must not be able to fill our log.
    const read: Promise<Body> = readBody(request, bodyBytesMax).catch(() => LATE);
    const body = await this.#arrivals.race<Body>(read, () => LATE);
    if (body === LATE) {
      return this.#refuse(request, RPC_CODE.invalidRequest, 408, `body not there after ${requestTimeoutMs} ms`);
    }
    if (body === undefined) {
      return this.#refuse(request, RPC_CODE.invalidRequest, 413, `body over ${bodyBytesMax} bytes`);
    }
    const allow = (more: number) => this.#limiter.take(remote, more, performance.now());
    const dispatched = this.#dispatcher.dispatch(body, { remote }, allow);
    const reply = dispatched instanceof Promise ? await dispatched : dispatched;
    if (reply === undefined) return new Response(null, { status: 204, headers: this.#headers(request) });
    return new Response(reply, { headers: this.#headers(request) });
  }

  /** Outside of any call: a bug of ours. */
  #failed(error: unknown): Response {
    this.#hooks.onError?.("http", error);
    return new Response(answerText("null", new RpcFault(RPC_CODE.internalError)), { status: 500 });
  }

  #headers(request: Request): [string, string][] {
    const origin = this.#cors.allowed(request);
    const headers: [string, string][] = [["content-type", "application/json"]];
    if (origin !== undefined) headers.push(["access-control-allow-origin", origin]);
    if (origin !== "*") headers.push(["vary", "origin"]);
    return headers;
  }

  #refuse(request: Request, code: number, status: number, why?: string): Response {
    const headers = this.#headers(request);
    if (status === 429) headers.push(["retry-after", "1"]);
    return new Response(answerText("null", new RpcFault(code, why)), { status, headers });
  }

  #upgrade(request: Request, { remote }: Connection): Response {
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
      return this.#refuse(request, RPC_CODE.invalidRequest, 426, "/websocket takes websockets only");
    }
    if (!this.#cors.mayConnect(request)) {
      return this.#refuse(request, RPC_CODE.invalidRequest, 403, "origin not allowed");
    }
    const most = this.#config.subscriptionClientsMax;
    if (this.#sockets.size >= most) {
      return this.#refuse(request, RPC_CODE.serverError, 503, `max_subscription_clients ${most} reached`);
    }
    const { socket, response } = Deno.upgradeWebSocket(request);
    const allow = (requests: number) => this.#limiter.take(remote, requests, performance.now());
    const client = new RpcSocket(socket, remote, this.#hub, this.#dispatcher, this.#config, allow);
    this.#sockets.add(client);
    socket.onclose = () => {
      client.close();
      this.#sockets.delete(client);
    };
    socket.onerror = () => client.close();
    return response;
  }
}

/** Whether the path of an absolute URL is `/`. */
function isRoot(url: string): boolean {
  const slash = url.indexOf("/", 8);
  return slash === -1 || slash === url.length - 1 || url.charCodeAt(slash + 1) === 0x3f;
}

/** An RPC server over a node, not yet listening. */
export function createRpcServer(backend: RpcBackend, config: RpcConfig, hooks: RpcHooks = {}): RpcServer {
  return new Server(backend, config, hooks);
}

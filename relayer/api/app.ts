/** The HTTP interface as one function from request to answer, with no socket of its own. @module */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { readBody } from "./body.ts";
import { docsPage } from "./docs_page.ts";
import { apiInfo, BEARER } from "./document.ts";
import type { Endpoint } from "./endpoint.ts";
import { changeEndpoints } from "./endpoints_changes.ts";
import { stateEndpoints } from "./endpoints_state.ts";
import { EventLog } from "./event_log.ts";
import { EventStreams } from "./event_stream.ts";
import { ANSWER_HEADERS, type Fault, faultAnswer, faultOf, jsonAnswer } from "./fault.ts";
import { Guard } from "./guard.ts";
import { type IdempotencyStore, IdempotentRunner, MemoryIdempotencyStore } from "./idempotency.ts";
import type { RelayerControl } from "./ports.ts";
import { eventsQuery } from "./requests.ts";
import { errorSchema } from "./schemas.ts";
import { toWire } from "./wire.ts";

export interface ApiOptions {
  /** Bearer token of whoever may change something; undefined: only callers on this machine may. */
  readonly token: string | undefined;
  readonly bodyBytesMax: number;
  readonly eventsKept: number;
  readonly eventClientsMax: number;
  readonly hosts: readonly string[];
  readonly corsOrigins: readonly string[];
  /** What the document says of this software. */
  readonly version: string;
  /** Whether `/metrics` is served. */
  readonly metrics: boolean;
  /** Where idempotency keys are kept; in memory when absent. */
  readonly idempotency?: IdempotencyStore;
  /** Told of failures that are bugs. */
  readonly onError?: (what: string, error: unknown) => void;
}

/** The interface of one relayer. */
export interface Api {
  /** `peer`: address at the other end of the connection; undefined: unknown, which is nobody on this machine. */
  fetch(request: Request, peer: string | undefined): Promise<Response>;
  /** Ends event streams and stops listening to the relayer. */
  close(): void;
}

interface Bindings {
  readonly peer: string | undefined;
  readonly bodyText: string;
}
type Env = { Bindings: Bindings };

export function createApi(control: RelayerControl, options: ApiOptions): Api {
  return new App(control, options);
}

class App implements Api {
  readonly #control: RelayerControl;
  readonly #options: ApiOptions;
  readonly #guard: Guard;
  readonly #streams: EventStreams;
  readonly #hono: OpenAPIHono<Env>;
  readonly #unsubscribe: () => void;

  constructor(control: RelayerControl, options: ApiOptions) {
    this.#control = control;
    this.#options = options;
    this.#guard = new Guard(options);
    const log = new EventLog(options.eventsKept, crypto.randomUUID().slice(0, 8));
    this.#streams = new EventStreams(log, { clientsMax: options.eventClientsMax });
    this.#unsubscribe = control.subscribe((event) => log.push(event));
    this.#hono = this.#build();
  }

  async fetch(request: Request, peer: string | undefined): Promise<Response> {
    const response = await this.#answer(request, peer).catch((error) => this.#failed(request, error));
    const origin = this.#guard.allowedOrigin(request);
    if (this.#options.corsOrigins.length > 0) response.headers.append("vary", "origin");
    if (origin !== undefined) response.headers.set("access-control-allow-origin", origin);
    return response;
  }

  close(): void {
    this.#unsubscribe();
    this.#streams.close();
  }

  async #answer(request: Request, peer: string | undefined): Promise<Response> {
    const misdirected = this.#guard.checkHost(request);
    if (misdirected !== undefined) return faultAnswer(misdirected);
    if (request.method === "OPTIONS") return this.#preflight(request);
    if (request.method === "GET" || request.method === "HEAD") {
      return await this.#hono.fetch(request, { peer, bodyText: "" });
    }
    // Before the body: who may not change anything does not get to send any.
    const forbidden = this.#guard.checkMayChange(request, peer);
    if (forbidden !== undefined) return faultAnswer(forbidden);
    const body = await readBody(request, this.#options.bodyBytesMax);
    if ("code" in body) return faultAnswer(body);
    const fault = checkMediaType(request, body);
    if (fault !== undefined) return faultAnswer(fault);
    const { method, headers, url } = request;
    const whole = new Request(url, { method, headers, ...(body.length > 0 && { body }) });
    return await this.#hono.fetch(whole, { peer, bodyText: new TextDecoder().decode(body) });
  }

  #preflight(request: Request): Response {
    const allowed = this.#guard.allowedOrigin(request) !== undefined;
    return new Response(null, {
      status: allowed ? 204 : 403,
      headers: allowed
        ? {
          "access-control-allow-methods": "GET, POST, PATCH",
          "access-control-allow-headers": "authorization, content-type, idempotency-key, last-event-id",
          "access-control-max-age": "600",
        }
        : {},
    });
  }

  #build(): OpenAPIHono<Env> {
    const hono = new OpenAPIHono<Env>({
      defaultHook: (result: { success: boolean; target?: string; error?: z.ZodError }) =>
        result.success ? undefined : faultAnswer(invalid(result.target ?? "", result.error!)),
    });
    hono.openAPIRegistry.registerComponent("securitySchemes", BEARER, { type: "http", scheme: "bearer" });
    hono.onError((error, context) => this.#failed(context.req.raw, error));
    hono.notFound((context) => this.#notFound(context));
    const once = new IdempotentRunner(this.#options.idempotency ?? new MemoryIdempotencyStore());
    for (const one of [...changeEndpoints(this.#control, once), ...stateEndpoints(this.#control)]) this.#add(hono, one);
    this.#addEvents(hono);
    this.#addProbes(hono);
    const document = hono.getOpenAPI31Document(apiInfo(this.#options.version));
    const page = docsPage(document);
    hono.get("/openapi.json", (context) => refuseQuery(context) ?? jsonAnswer(JSON.stringify(document), 200));
    hono.get("/docs", (context) => refuseQuery(context) ?? page(new URL(context.req.url).origin));
    hono.get("/", () => new Response(null, { status: 302, headers: { location: "/docs" } }));
    return hono;
  }

  #add(hono: OpenAPIHono<Env>, one: Endpoint): void {
    const route = createRoute({
      method: one.method,
      path: one.path,
      tags: [one.tag],
      summary: one.summary,
      ...(one.description !== undefined && { description: one.description }),
      ...(one.method !== "get" && { security: [{ [BEARER]: [] }] }),
      request: {
        query: one.query as never,
        ...(one.params && { params: one.params as never }),
        ...(one.body && { body: { required: true, content: { "application/json": { schema: one.body } } } }),
        ...(one.headers && { headers: headersSchema(one.headers) }),
      },
      responses: {
        [one.status]: { description: "Done as asked", content: { "application/json": { schema: one.answer } } },
        default: { description: "Why it was not done", content: { "application/json": { schema: errorSchema } } },
      },
    });
    const handler = async (context: Context<Env>): Promise<Response> => {
      const valid = (target: string) => context.req.valid(target as never) as unknown;
      const result = await one.run({
        params: one.params && valid("param"),
        query: valid("query"),
        body: one.body && valid("json"),
        headers: context.req.raw.headers,
        bodyText: context.env.bodyText,
      });
      return result.ok ? jsonAnswer(JSON.stringify(toWire(result.value)), one.status) : faultAnswer(result.error);
    };
    hono.openapi(route, handler as never);
  }

  #addEvents(hono: OpenAPIHono<Env>): void {
    const route = createRoute({
      method: "get",
      path: "/events",
      tags: ["State"],
      summary: "What happens, as server-sent events",
      description:
        "Each has an id; a client that comes again with Last-Event-ID gets what it missed, as far as it is " +
        "kept, after an event gap when some is lost. Readers that do not keep up are dropped.",
      request: {
        query: eventsQuery,
        headers: headersSchema({ "last-event-id": "The id of the last event seen" }),
      },
      responses: {
        200: { description: "A stream", content: { "text/event-stream": { schema: z.string() } } },
        default: { description: "Why there is none", content: { "application/json": { schema: errorSchema } } },
      },
    });
    hono.openapi(route, (context) => {
      const { types } = context.req.valid("query");
      const opened = this.#streams.open(
        types === undefined ? undefined : new Set(types.split(",")),
        context.req.header("last-event-id"),
      );
      return opened instanceof Response ? opened : faultAnswer(opened);
    });
  }

  #addProbes(hono: OpenAPIHono<Env>): void {
    const text = (description: string, schema: z.ZodType, type = "application/json") => ({
      description,
      content: { [type]: { schema } },
    });
    const probe = (path: string, summary: string, responses: Parameters<typeof createRoute>[0]["responses"]) =>
      createRoute({
        method: "get",
        path,
        tags: ["Operation"],
        summary,
        request: { query: z.strictObject({}) },
        responses,
      });
    const alive = z.object({ status: z.literal("ok") });
    hono.openapi(
      probe("/health", "Whether the process answers", { 200: text("It does", alive) }),
      () => jsonAnswer('{"status":"ok"}', 200),
    );
    const readiness = z.object({ ready: z.boolean(), waitingFor: z.array(z.string()) });
    hono.openapi(
      probe("/ready", "Whether every chain answers and the work goes on", {
        200: text("It does", readiness),
        503: text("Not yet, or not now", readiness),
      }),
      async () => {
        const { ready, waitingFor } = await this.#control.status();
        return jsonAnswer(JSON.stringify({ ready, waitingFor }), ready ? 200 : 503);
      },
    );
    if (!this.#options.metrics) return;
    hono.openapi(
      probe("/metrics", "Numbers for Prometheus", { 200: text("Its text format", z.string(), "text/plain") }),
      async () => {
        const { contentType, text } = await this.#control.metrics();
        return new Response(text, { headers: { "content-type": contentType, ...ANSWER_HEADERS } });
      },
    );
  }

  #notFound(context: Context<Env>): Response {
    const { method, path } = context.req;
    const others = ["GET", "POST", "PATCH"].filter((other) =>
      other !== method && this.#hono.router.match(other, path)[0].length > 0
    );
    if (others.length === 0) {
      return faultAnswer({ code: "not_found", message: `serve ${path}: nothing is there; see /docs` });
    }
    const message = `${method} ${path}: only ${others.join(" and ")} may be asked there`;
    return faultAnswer({ code: "method_not_allowed", message }, { allow: others.join(", ") });
  }

  #failed(request: Request, error: unknown): Response {
    if (error instanceof HTTPException && error.status < 500) {
      return faultAnswer({ code: "invalid_request", message: `read the body: ${error.message}` });
    }
    const fault = faultOf(error);
    if (fault.code === "internal") this.#options.onError?.(`${request.method} ${new URL(request.url).pathname}`, error);
    return faultAnswer(fault);
  }
}

/** JSON only: a form of a foreign page must not pass for a request. */
function checkMediaType(request: Request, body: Uint8Array): Fault | undefined {
  const type = request.headers.get("content-type");
  if (type === null && body.length === 0) return undefined;
  if (type !== null && /^application\/json\s*(;|$)/i.test(type)) return undefined;
  return { code: "unsupported_media_type", message: `read the body: ${type ?? "no type"}, must be application/json` };
}

/** All faults of a part of a request in one line. */
function invalid(target: string, error: z.ZodError): Fault {
  const part = { query: "query parameter", param: "path parameter", json: "field" }[target] ?? target;
  const faults = error.issues.map((issue) => {
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => `unknown ${part} ${[...issue.path, key].join(".")}`).join("; ");
    }
    const missing = issue.code === "invalid_type" && issue.message.endsWith("received undefined");
    const at = issue.path.join(".");
    return `${part}${at === "" ? "" : ` ${at}`}: ${missing ? "is missing" : issue.message}`;
  });
  return { code: "invalid_request", message: `read the request: ${faults.join("; ").slice(0, 2000)}` };
}

/** For pages outside the document. */
function refuseQuery(context: Context<Env>): Response | undefined {
  const [key] = Object.keys(context.req.query());
  if (key === undefined) return undefined;
  return faultAnswer({ code: "invalid_request", message: `read the request: unknown query parameter ${key}` });
}

function headersSchema(headers: Readonly<Record<string, string>>) {
  return z.object(Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, z.string().optional().openapi({ description })]),
  ));
}

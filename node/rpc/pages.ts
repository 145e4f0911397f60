/** GET: methods by URI, probes, and a page that lists them. @module */
import { type Context, Hono } from "hono";
import { answerText, type Dispatcher } from "./dispatcher.ts";
import { RPC_CODE, RpcFault } from "./fault.ts";
import type { Method } from "./method.ts";
import type { RpcBackend } from "./ports.ts";

/** What the HTTP server knows of a request besides the request. */
export interface Connection {
  readonly remote: string;
}

type Env = { Bindings: Connection };

/** CometBFT's id for calls by URI. */
const URI_ID = "-1";
/** Room for a transaction of the largest body in hexadecimal, and a query. */
const uriCharactersMax = (bodyBytesMax: number, queryBytesMax: number) => 2 * bodyBytesMax + 3 * queryBytesMax;

const escapeHtml = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

function listing(methods: ReadonlyMap<string, Method>): string {
  const lines = [...methods].filter(([, method]) => !method.socketOnly).sort(([a], [b]) => a < b ? -1 : 1)
    .map(([name, { names }]) => {
      const query = names.length === 0 ? "" : "?" + names.map((parameter) => `${parameter}=_`).join("&");
      return names.length === 0 ? `<a href="/${name}">/${name}</a>` : escapeHtml(`/${name}${query}`);
    });
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Catenary RPC</title></head><body><pre>
JSON-RPC 2.0 by POST to /, by websocket at /websocket (with subscribe, unsubscribe, unsubscribe_all), or by GET:

${lines.join("\n")}

Probes: <a href="/health">/health</a> <a href="/ready">/ready</a>
</pre></body></html>
`;
}

const json = (text: string, status = 200): Response =>
  new Response(text, { status, headers: { "content-type": "application/json" } });

function uriCall(dispatcher: Dispatcher, charactersMax: number) {
  return async (context: Context<Env>): Promise<Response> => {
    const name = context.req.param("method") ?? "";
    const { url } = context.req;
    if (url.length > charactersMax) {
      return json(answerText(URI_ID, new RpcFault(RPC_CODE.invalidRequest, "query string too long")), 414);
    }
    const mark = url.indexOf("?");
    const query = new URLSearchParams(mark === -1 ? "" : url.slice(mark + 1));
    const caller = { remote: context.env.remote };
    const answer = await dispatcher.call(name, (method) => method.invokeUri(query, caller), caller);
    if (!(answer instanceof RpcFault)) return json(answerText(URI_ID, answer));
    return json(answerText(URI_ID, answer), answer.code === RPC_CODE.methodNotFound ? 404 : 500);
  };
}

/** Everything but JSON-RPC by POST. `upgrade` answers `/websocket`. */
export function createPages(
  backend: RpcBackend,
  dispatcher: Dispatcher,
  limits: { readonly bodyBytesMax: number; readonly queryBytesMax: number },
  upgrade: (request: Request, connection: Connection) => Response,
): Hono<Env> {
  const app = new Hono<Env>();
  const page = listing(dispatcher.methods);
  app.get("/", (context) => context.html(page));
  app.get("/ready", () => {
    const { ready, latestHeight, catchingUp } = backend.status();
    const text = JSON.stringify({ ready, height: latestHeight.toString(), catching_up: catchingUp });
    return json(text, ready ? 200 : 503);
  });
  app.get("/websocket", (context) => upgrade(context.req.raw, context.env));
  app.get("/:method", uriCall(dispatcher, uriCharactersMax(limits.bodyBytesMax, limits.queryBytesMax)));
  // Left to the server, which reports it.
  app.onError((error) => {
    throw error;
  });
  app.notFound(() => json(answerText("null", new RpcFault(RPC_CODE.methodNotFound, "no such path")), 404));
  return app;
}

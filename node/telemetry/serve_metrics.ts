import type { Metrics } from "./metrics.ts";

/** A running `/metrics`. */
export interface MetricsServer {
  readonly address: { readonly hostname: string; readonly port: number };
  /** Gives clients half a second to take their page. */
  stop(): Promise<void>;
}

/** A page is rendered at most this often; whoever asks in between gets the one before. */
const PAGE_AGE_MS = 100;
/** Answers on their way at once: Prometheus needs one. Clients that do not read count until they do. */
const ANSWERS_MAX = 32;
/** Bytes handed over at a time: an answer counts until its client took all but the last of these. */
const CHUNK_BYTES = 16 * 1024;
/** How long scrapers may take to read their page after `stop()`. */
const STOP_GRACE_MS = 500;

const ROOT_PAGE = `<!DOCTYPE html><html lang="en"><head><title>Catenary</title></head>` +
  `<body><h1>Catenary</h1><p><a href="/metrics">Metrics</a> for Prometheus</p></body></html>\n`;
const HTML_TYPE = "text/html; charset=utf-8";
const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/**
 * The page, made once for all who ask at about the same time: many or slow clients cost one page between them and the
 * memory of it.
 */
function pages(metrics: Metrics): () => Promise<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  let made: Promise<Uint8Array<ArrayBuffer>> | undefined;
  let madeAt = -Infinity;
  return () => {
    const now = performance.now();
    if (made === undefined || now - madeAt > PAGE_AGE_MS) {
      made = metrics.render().then((text) => encoder.encode(text));
      madeAt = now;
    }
    return made;
  };
}

/** Hands out parts of one page as its client takes them. */
function streamed(page: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(page.subarray(at, at += CHUNK_BYTES));
      if (at >= page.length) controller.close();
    },
  }, { highWaterMark: 0 });
}

/** Serves `GET /metrics` and a page that links to it (port 0 takes a free one). Rejects when the address cannot be bound. */
export async function serveMetrics(
  metrics: Metrics,
  listen: { readonly hostname: string; readonly port: number },
): Promise<MetricsServer> {
  const { promise, resolve } = Promise.withResolvers<MetricsServer["address"]>();
  const page = pages(metrics);
  let answers = 0;
  const server = Deno.serve({
    ...listen,
    onListen: ({ hostname, port }) => resolve({ hostname, port }),
  }, async (request, { completed }) => {
    if (answers >= ANSWERS_MAX) return new Response("too many at once\n", { status: 503 });
    answers++;
    const done = () => void answers--;
    completed.then(done, done);
    const { pathname } = new URL(request.url);
    if (pathname !== "/metrics" && pathname !== "/") return new Response("see /metrics\n", { status: 404 });
    const { method } = request;
    if (method !== "GET" && method !== "HEAD") {
      return new Response("GET only\n", { status: 405, headers: { allow: "GET, HEAD" } });
    }
    const [type, body] = pathname === "/" ? [HTML_TYPE, ROOT_PAGE] : [METRICS_TYPE, streamed(await page())];
    return new Response(method === "HEAD" ? null : body, { headers: { "content-type": type } });
  });
  const stop = async () => {
    const { promise: passed, resolve: enough } = Promise.withResolvers<void>();
    const patience = setTimeout(enough, STOP_GRACE_MS);
    await Promise.race([server.shutdown(), passed]);
    clearTimeout(patience);
    // What a client still holds open after that does not keep the process.
    server.unref();
  };
  return { address: await promise, stop };
}

import type { Metrics } from "./metrics.ts";

/** A running `/metrics`. */
export interface MetricsServer {
  readonly address: { readonly hostname: string; readonly port: number };
  stop(): Promise<void>;
}

/** Serves `GET /metrics` (port 0 takes a free one). Rejects when the address cannot be bound. */
export async function serveMetrics(
  metrics: Metrics,
  listen: { readonly hostname: string; readonly port: number },
): Promise<MetricsServer> {
  const { promise, resolve } = Promise.withResolvers<MetricsServer["address"]>();
  const server = Deno.serve({
    ...listen,
    onListen: ({ hostname, port }) => resolve({ hostname, port }),
  }, async (request) => {
    if (new URL(request.url).pathname !== "/metrics") return new Response("see /metrics\n", { status: 404 });
    if (request.method !== "GET") return new Response("GET only\n", { status: 405, headers: { allow: "GET" } });
    return new Response(await metrics.render(), {
      headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" },
    });
  });
  return { address: await promise, stop: () => server.shutdown() };
}

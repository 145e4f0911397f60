import { assert, assertEquals } from "@std/assert";
import { createSpans, SPANS_OFF } from "./mod.ts";

Deno.test("without OTEL_DENO spans are off, and calling them does nothing", () => {
  const spans = createSpans("test", "1");
  assert(spans === SPANS_OFF);
  assertEquals(spans.open("x", 0), undefined);
  spans.record("x", { fromMs: 0, toMs: 1 });
});

interface Exported {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[];
  readonly status: { readonly code: number; readonly message: string };
}

/** Runs a program with spans going to a collector in this process, and gives what came there. */
async function exported(program: string): Promise<Exported[]> {
  const spans: Exported[] = [];
  const collector = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const body = await request.json();
    for (const { scopeSpans } of body.resourceSpans ?? []) for (const scope of scopeSpans) spans.push(...scope.spans);
    return Response.json({});
  });
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--quiet", "--no-config", "--allow-net=127.0.0.1", "-"],
    env: {
      OTEL_DENO: "true",
      OTEL_DENO_CONSOLE: "ignore",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.addr.port}`,
    },
    stdin: "piped",
    stderr: "piped",
    stdout: "null",
    // Far beyond what it takes.
    signal: AbortSignal.timeout(60_000),
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(program));
  await writer.close();
  const { success, stderr } = await child.output();
  await collector.shutdown();
  assert(success, new TextDecoder().decode(stderr));
  return spans;
}

Deno.test("spans arrive at a collector with names, times, attributes, parents and failures", async () => {
  const url = new URL("./spans.ts", import.meta.url);
  const spans = await exported(`
    import { createSpans } from "${url}";
    const spans = createSpans("catenary", "0.1.0");
    if (!spans.on) throw new Error("off");
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
      // What runs on behalf of a request, and what is merely woken by it.
      spans.record("rpc status", { fromMs: 5, toMs: 6 }, { "rpc.method": "status" }, "active");
      const height = spans.open("consensus.height", 10, { "catenary.height": 7 });
      spans.record("block.build", { fromMs: 11, toMs: 12.5 }, { "catenary.round": 0 }, height);
      spans.record("block.validate", { fromMs: 12, toMs: 13, failure: "bad header" }, {}, height);
      height.set({ "catenary.txs": 3 });
      height.end(20);
      return new Response("ok");
    });
    await (await fetch("http://127.0.0.1:" + server.addr.port + "/")).text();
    await server.shutdown();
  `);
  const named = (name: string) => {
    const found = spans.filter((span) => span.name === name);
    assertEquals(found.length, 1, `${name} among ${spans.map((span) => span.name)}`);
    return found[0]!;
  };
  const [height, build, validate, call] = [
    named("consensus.height"),
    named("block.build"),
    named("block.validate"),
    named("rpc status"),
  ];
  assertEquals(spans.some(({ name }) => name === "probe"), false);
  const took = ({ startTimeUnixNano: from, endTimeUnixNano: to }: Exported) =>
    Math.round(Number(BigInt(to) - BigInt(from)) / 1e5) / 10;
  assertEquals([height, build, validate, call].map(took), [10, 1.5, 1, 1]);
  assertEquals(height.attributes.map(({ key, value }) => [key, Object.values(value)[0]]), [
    ["catenary.height", 7],
    ["catenary.txs", 3],
  ]);
  const age = Date.now() - Number(BigInt(height.startTimeUnixNano) / 1_000_000n);
  assert(age >= 0 && age < 60_000, `begun ${age} ms ago`);
  assertEquals(height.parentSpanId, "");
  for (const child of [build, validate]) {
    assertEquals([child.traceId, child.parentSpanId], [height.traceId, height.spanId]);
  }
  assertEquals([validate.status.code, validate.status.message, build.status.code], [2, "bad header", 0]);
  // The call belongs to the request; what the request woke does not.
  const request = spans.find(({ spanId }) => spanId === call.parentSpanId);
  assert(request !== undefined && request.traceId === call.traceId && request.traceId !== height.traceId);
});

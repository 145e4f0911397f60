import { assert, assertEquals, assertMatch } from "@std/assert";
import { Metrics, serveMetrics } from "./mod.ts";

const LISTEN = { hostname: "127.0.0.1", port: 0 };

Deno.test("/metrics is served with a page that leads there, and nothing else", async () => {
  const server = await serveMetrics(new Metrics(), LISTEN);
  const url = `http://127.0.0.1:${server.address.port}`;
  const answer = await fetch(`${url}/metrics`);
  assertEquals([answer.status, answer.headers.get("content-type")], [200, "text/plain; version=0.0.4; charset=utf-8"]);
  assertMatch(await answer.text(), /catenary_consensus_height 0/);
  const root = await fetch(url);
  assertMatch(await root.text(), /<a href="\/metrics">/);
  for (
    const [path, init, status] of [
      ["/metrics?x=1", {}, 200],
      ["/metrics", { method: "HEAD" }, 200],
      ["/metrics", { method: "POST" }, 405],
      ["/metrics/", {}, 404],
      ["/favicon.ico", {}, 404],
    ] as const
  ) {
    const other = await fetch(url + path, init);
    const body = await other.text();
    assertEquals(other.status, status, path);
    if (init && "method" in init && init.method === "HEAD") assertEquals(body, "");
  }
  await server.stop();
});

Deno.test("many who ask at once get one page", async () => {
  let renders = 0;
  const page = { render: () => (renders++, Promise.resolve("x 1\n")) } as Metrics;
  const server = await serveMetrics(page, LISTEN);
  const url = `http://127.0.0.1:${server.address.port}/metrics`;
  const texts = await Promise.all(Array.from({ length: 20 }, async () => await (await fetch(url)).text()));
  assert(texts.every((text) => text === "x 1\n"));
  // One for each tenth of a second that the machine took.
  assert(renders < 20, String(renders));
  await server.stop();
});

Deno.test("clients that do not read their answers keep nobody's memory: later ones are turned away, and stop does not wait", async () => {
  // Larger than what the system buffers of a connection.
  const page = { render: () => Promise.resolve("x".repeat(16 * 1024 * 1024)) } as Metrics;
  const server = await serveMetrics(page, LISTEN);
  const { port } = server.address;
  const connections: Deno.TcpConn[] = [];
  const ask = async () => {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.write(new TextEncoder().encode("GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n"));
    const start = new Uint8Array(12);
    await connection.read(start);
    connections.push(connection);
    return new TextDecoder().decode(start);
  };
  const answers: string[] = [];
  for (let i = 0; i < 40; i++) answers.push(await ask());
  assertEquals(answers.filter((start) => start === "HTTP/1.1 200").length, 32);
  assertEquals(answers.filter((start) => start === "HTTP/1.1 503").length, 8);
  await server.stop();
  for (const connection of connections) connection.close();
});

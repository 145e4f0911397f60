import { assert, assertEquals, assertRejects } from "@std/assert";
import { FakeBackend } from "./fake_backend_test.ts";
import { createRpcServer, RPC_CONFIG_DEFAULT } from "./mod.ts";
import { RateLimiter } from "./rate_limit.ts";
import { withServer } from "./server_harness_test.ts";

const HEALTH = { jsonrpc: "2.0", id: 1, method: "health" };

Deno.test("a body over the limit is refused with 413 and a JSON-RPC error", () =>
  withServer(async ({ post }) => {
    const padded = (length: number) => JSON.stringify(HEALTH).padEnd(length, " ");
    assertEquals((await post(padded(2000))).status, 200);
    const { status, json } = await post(padded(2001));
    assertEquals([status, json.error.code, json.error.data], [413, -32600, "body over 2000 bytes"]);
  }, { bodyBytesMax: 2000 }));

Deno.test("a body of unknown length is counted as it comes", () =>
  withServer(async ({ url, post }) => {
    const send = (chunks: number) => {
      const text = JSON.stringify(HEALTH).padEnd(1000 * chunks, " ");
      const body = new ReadableStream({
        start(controller) {
          for (let i = 0; i < chunks; i++) {
            controller.enqueue(new TextEncoder().encode(text.slice(i * 1000, (i + 1) * 1000)));
          }
          controller.close();
        },
      });
      return fetch(url, { method: "POST", body });
    };
    const fits = await send(2);
    assertEquals([fits.status, (await fits.json()).id], [200, 1]);
    const over = await send(3);
    assertEquals([over.status, (await over.json()).error.code], [413, -32600]);
    assertEquals((await post(HEALTH)).status, 200);
  }, { bodyBytesMax: 2000 }));

Deno.test("notifications get an empty answer", () =>
  withServer(async ({ post }) => {
    const note = { jsonrpc: "2.0", method: "health" };
    for (const body of [note, [note, note]]) {
      const { status, text } = await post(body);
      assertEquals([status, text], [204, ""]);
    }
  }));

Deno.test("hostile bodies are answered with a code and the server goes on", () =>
  withServer(async ({ post, call }) => {
    const bodies: [string, number][] = [
      ["[".repeat(100_000), -32700],
      ['{"a":'.repeat(50_000) + "1" + "}".repeat(50_000), -32700],
      ["\u0000\uffff", -32700],
      ["", -32700],
      [`[${"1,".repeat(200)}1]`, -32600],
      ['{"jsonrpc":"2.0","id":1,"method":"__proto__"}', -32601],
      ['{"jsonrpc":"2.0","id":1,"method":"block","params":{"__proto__":{"height":"1"},"height":{}}}', -32602],
      ['{"jsonrpc":"2.0","id":1,"method":"no_such_method"}', -32601],
    ];
    for (const [body, code] of bodies) assertEquals((await post(body)).json.error.code, code, body.slice(0, 60));
    assertEquals((await post(new Uint8Array([0xff, 0xfe, 0x7b]))).json.error.code, -32700);
    assertEquals(await call("health"), {});
  }));

Deno.test("GET refuses what is no method, no argument or too long", () =>
  withServer(async ({ get }) => {
    for (
      const [path, status, code] of [
        ["/no_such_method", 404, -32601],
        ["/subscribe?query=%22tm.event='Tx'%22", 404, -32601],
        ["/deeper/path", 404, -32601],
        ["/block?height=abc", 500, -32602],
        ["/block?height=10", 500, -32603],
        ["/tx?hash=0xabc", 500, -32602],
        ["/tx?hash=abc", 500, -32602],
        ["/abci_query?path=%22unclosed", 500, -32602],
        ["/abci_query?prove=maybe", 500, -32602],
        [`/tx_search?query=${"x".repeat(20_000)}`, 414, -32600],
        ["/%00", 404, -32601],
        ["/%zz", 404, -32601],
      ] as const
    ) {
      const { status: got, json } = await get(path);
      assertEquals([got, json.error.code], [status, code], path.slice(0, 60));
    }
    assertEquals((await get("/block?unknown=1&height=2")).json.result.block.header.height, "2");
  }, { bodyBytesMax: 2000, queryBytesMax: 1000 }));

Deno.test("pages elsewhere may read answers as configured", async () => {
  const from = (origin: string) => ({ headers: { origin } });
  await withServer(async ({ post, get, url }) => {
    assertEquals((await post(HEALTH, from("https://a.example"))).headers.get("access-control-allow-origin"), "*");
    assertEquals((await get("/status")).headers.get("access-control-allow-origin"), "*");
    const preflight = await fetch(url, {
      method: "OPTIONS",
      headers: { "access-control-request-headers": "x-custom", "access-control-request-method": "POST" },
    });
    await preflight.body?.cancel();
    assertEquals([preflight.status, preflight.headers.get("access-control-allow-headers")], [204, "x-custom"]);
  });
  await withServer(async ({ post }) => {
    const allowed = await post(HEALTH, from("https://a.example"));
    assertEquals(allowed.headers.get("access-control-allow-origin"), "https://a.example");
    const other = await post(HEALTH, from("https://b.example"));
    assertEquals([other.headers.get("access-control-allow-origin"), other.headers.get("vary")], [null, "origin"]);
  }, { corsOrigins: ["https://a.example"] });
});

Deno.test("a client over its share gets 429 until time passes", () =>
  withServer(async ({ post }) => {
    assertEquals((await post([HEALTH, HEALTH])).json.length, 2);
    const { status, json, headers } = await post(HEALTH);
    assertEquals([status, json.error.code, headers.get("retry-after")], [429, -32005, "1"]);
  }, { requestsPerSecondMax: 1 }));

Deno.test("the rate limiter fills up with time, by address, and forgets the oldest addresses", () => {
  const limiter = new RateLimiter(10);
  assert(limiter.take("a", 20, 0));
  assert(!limiter.take("a", 1, 0));
  assert(limiter.take("b", 1, 0));
  assert(!limiter.take("a", 2, 100));
  assert(limiter.take("a", 1, 100));
  assert(limiter.take("a", 50, 10_000));
  assert(!limiter.take("a", 1, 12_000));
  for (let i = 0; i < 10_000; i++) limiter.take(`address ${i}`, 1, 12_000);
  assert(limiter.take("a", 20, 12_000));
  assert(new RateLimiter(0).take("a", 1e9, 0));
});

Deno.test("calls are counted by method and code", async () => {
  const counted: [string, number][] = [];
  await withServer(
    async ({ post, get }) => {
      await post({ jsonrpc: "2.0", id: 1, method: "health" });
      await post({ jsonrpc: "2.0", id: 1, method: "block", params: ["99"] });
      await post({ jsonrpc: "2.0", id: 1, method: "made_up" });
      await get("/health");
    },
    {},
    { onCall: (method, code, seconds) => counted.push([method, seconds >= 0 ? code : NaN]) },
  );
  assertEquals(counted, [["health", 0], ["block", -32603], ["unknown", -32601], ["health", 0]]);
});

Deno.test("a failing world is an error without its inner words, and is reported", async () => {
  const reported: unknown[] = [];
  await withServer(
    async ({ backend, fault, call }) => {
      backend.loadBlockResults = () => Promise.reject(new Error("disk at /home/x"));
      assertEquals((await fault("block_results")).data, "unexpected failure");
      backend.broadcastTx = () => Promise.reject(new Error("later"));
      await call("broadcast_tx_async", { tx: "AA==" });
    },
    {},
    { onError: (method, error) => reported.push([method, (error as Error).message]) },
  );
  assertEquals(reported, [["block_results", "disk at /home/x"], ["broadcast_tx_async", "later"]]);
});

Deno.test("a request timeout answers and stop cuts what still runs", async () => {
  await withServer(async ({ backend, fault }) => {
    backend.loadBlockResults = () => new Promise(() => {});
    assertEquals((await fault("block_results")).data, "timed out after 10 ms");
  }, { requestTimeoutMs: 10 });
});

for (const [method, params] of [["block_results", []], ["broadcast_tx_commit", ["AA=="]]] as const) {
  Deno.test(`stop ends a ${method} that waits, with an answer`, async () => {
    const backend = new FakeBackend();
    const server = createRpcServer(backend, { ...RPC_CONFIG_DEFAULT, port: 0, requestTimeoutMs: 0 });
    const { address } = await server.start();
    const entered = Promise.withResolvers<void>();
    backend.loadBlockResults = backend.broadcastTx = () => {
      entered.resolve();
      return new Promise<never>(() => {});
    };
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const waiting = fetch(`http://127.0.0.1:${address.port}`, { method: "POST", body }).then((answer) => answer.json());
    await entered.promise;
    await server.stop();
    assertEquals((await waiting).error.code, -32603);
  });
}

Deno.test("stop does not wait for a client that does not finish its request", async () => {
  const server = createRpcServer(new FakeBackend(), { ...RPC_CONFIG_DEFAULT, port: 0 });
  const { address } = await server.start();
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: address.port });
  await connection.write(new TextEncoder().encode("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"));
  await server.stop();
  connection.close();
});

Deno.test("a client that does not finish its body is answered when its time is up", () =>
  withServer(async ({ url, call }) => {
    const { hostname, port } = new URL(url);
    const connection = await Deno.connect({ hostname, port: Number(port) });
    await connection.write(new TextEncoder().encode("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"));
    const answer = new Uint8Array(4096);
    const length = await connection.read(answer);
    const text = new TextDecoder().decode(answer.subarray(0, length ?? 0));
    assert(text.startsWith("HTTP/1.1 408"), text);
    connection.close();
    assertEquals(await call("health"), {});
  }, { requestTimeoutMs: 50 }));

Deno.test("a client that leaves in the middle of its body harms nobody and is no news", async () => {
  const reported: string[] = [];
  await withServer(
    async ({ url, call }) => {
      const { hostname, port } = new URL(url);
      for (const head of ["Content-Length: 100", "Transfer-Encoding: chunked"]) {
        const connection = await Deno.connect({ hostname, port: Number(port) });
        await connection.write(new TextEncoder().encode(`POST / HTTP/1.1\r\nHost: x\r\n${head}\r\n\r\n5\r\n{`));
        connection.close();
        for (let i = 0; i < 10; i++) assertEquals(await call("health"), {});
      }
    },
    {},
    { onError: (method) => reported.push(method) },
  );
  assertEquals(reported, []);
});

Deno.test("a probe that fails is a plain 500, reported", async () => {
  const reported: string[] = [];
  await withServer(
    async ({ backend, url }) => {
      backend.status = () => {
        throw new Error("no status");
      };
      const answer = await fetch(`${url}/ready`);
      assertEquals([answer.status, (await answer.json()).error.code], [500, -32603]);
    },
    {},
    { onError: (method, error) => reported.push(`${method}: ${(error as Error).message}`) },
  );
  assertEquals(reported, ["http: no status"]);
});

Deno.test("an address in use is a rejection", async () => {
  const first = createRpcServer(new FakeBackend(), { ...RPC_CONFIG_DEFAULT, port: 0 });
  const { address } = await first.start();
  const second = createRpcServer(new FakeBackend(), { ...RPC_CONFIG_DEFAULT, port: address.port });
  await assertRejects(() => second.start());
  await second.stop();
  await first.stop();
});

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { IoError } from "../../node/core/errors.ts";
import { type Clock, systemClock } from "./clock.ts";
import { FakeClock } from "./fake_clock_test.ts";
import { RpcClient, type RpcClientOptions } from "./rpc_client.ts";
import { RpcEndpoint } from "./rpc_endpoint.ts";

// deno-lint-ignore no-explicit-any
type Json = any;
type Answer = Response | Promise<Response>;

interface Server {
  readonly url: string;
  /** Bodies that came, parsed, `status` of the first contact left out. */
  readonly asked: Json[];
  answer: (body: Json, request: Request) => Answer;
}

const json = (value: unknown, status = 200) => new Response(JSON.stringify(value), { status });
const result = ({ id }: Json, value: unknown) => ({ jsonrpc: "2.0", id, result: value });
const refusal = ({ id }: Json, data: string) => ({
  jsonrpc: "2.0",
  id,
  error: { code: -32603, message: "Internal error", data },
});
const STATUS = {
  node_info: { network: "fake-1" },
  sync_info: { latest_block_height: "7", latest_block_time: "2026-01-01T00:00:00Z" },
};

/** Servers on free ports that answer what the test says, after having said who they are. */
async function withServers(count: number, use: (servers: Server[]) => Promise<void>): Promise<void> {
  const ending = Promise.withResolvers<Response>();
  const running = Array.from({ length: count }, () => {
    const server = { url: "", asked: [] as Json[], answer: (body: Json) => json(result(body, {})) } as {
      -readonly [K in keyof Server]: Server[K];
    };
    const http = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
      const body = await request.json();
      if (body.method === "status") return json(result(body, STATUS));
      server.asked.push(body);
      return await Promise.race([server.answer(body, request), ending.promise]);
    });
    server.url = `http://127.0.0.1:${http.addr.port}`;
    return { server, http };
  });
  try {
    await use(running.map(({ server }) => server));
  } finally {
    ending.resolve(new Response());
    await Promise.all(running.map(({ http }) => http.shutdown()));
  }
}

async function withClient(
  addresses: readonly string[],
  options: Partial<RpcClientOptions>,
  use: (client: RpcClient) => Promise<void>,
): Promise<void> {
  const client = new RpcClient({
    addresses,
    batchMax: 50,
    requestsMax: 4,
    timeoutMs: 10_000,
    answerBytesMax: 100_000,
    identify: () => {},
    clock: systemClock,
    ...options,
  });
  try {
    await use(client);
  } finally {
    client.close();
  }
}

const asIs = { result: (value: unknown) => value };
const faultOf = (promise: Promise<unknown>) => assertRejects(() => promise, IoError);
const echo = (body: Json): Response =>
  json(Array.isArray(body) ? body.map((one) => result(one, one.params)).reverse() : result(body, body.params));

Deno.test("calls of one moment share requests, and get their own answers whatever their order", async () => {
  await withServers(1, async ([server]) => {
    server!.answer = echo;
    await withClient([server!.url], { batchMax: 40 }, async (client) => {
      const all = Array.from({ length: 100 }, (_, i) => client.ask("m", { i }, asIs));
      assertEquals(await Promise.all(all), Array.from({ length: 100 }, (_, i) => ({ i })));
      assertEquals(server!.asked.map((body) => body.length).sort(), [20, 40, 40]);
      await Promise.all([client.ask("m", {}, asIs), client.ask("large", {}, asIs, { alone: true })]);
      assertEquals(server!.asked.slice(3).map((body) => body.method).sort(), ["large", "m"]);
    });
  });
});

Deno.test("no more requests than allowed are under way, and what waits is batched", async () => {
  await withServers(1, async ([server]) => {
    let [running, most] = [0, 0];
    server!.answer = async (body, _) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 0));
      running--;
      return echo(body);
    };
    await withClient([server!.url], { batchMax: 10, requestsMax: 2 }, async (client) => {
      await Promise.all(Array.from({ length: 95 }, (_, i) => client.ask("m", { i }, asIs)));
      assertEquals([most, server!.asked.length], [2, 10]);
    });
  });
});

Deno.test("an address that takes smaller batches, or none, is asked so from then on", async (t) => {
  const cases: [string, (body: Json) => Response, (sizes: number[]) => boolean][] = [
    [
      "with CometBFT's words",
      (body) => body.length > 10 ? json(refusal({ id: -1 }, "batch request exceeds maximum (10) allowed")) : echo(body),
      (sizes) => sizes.every((size) => size <= 10),
    ],
    [
      "without a number",
      (body) => body.length > 3 ? json(refusal({ id: null }, "no")) : echo(body),
      (sizes) => sizes.length > 13,
    ],
    ["at all", (body) => Array.isArray(body) ? json(refusal({ id: null }, "no batches")) : echo(body), () => true],
  ];
  for (const [name, answer, judge] of cases) {
    await t.step(name, async () => {
      await withServers(1, async ([server]) => {
        server!.answer = answer;
        await withClient([server!.url], { requestsMax: 1 }, async (client) => {
          const ask = () => Promise.all(Array.from({ length: 40 }, (_, i) => client.ask("m", { i }, asIs)));
          assertEquals(await ask(), Array.from({ length: 40 }, (_, i) => ({ i })));
          server!.asked.length = 0;
          await ask();
          assert(judge(server!.asked.map((body) => Array.isArray(body) ? body.length : 1)));
        });
      });
    });
  }
});

Deno.test("an answer that is garbage, too long, too late or none fails with a code, and another address is asked", async (t) => {
  const never = new Promise<Response>(() => {});
  const endless = () =>
    new Response(
      new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(10_000).fill(32)) }),
    );
  const cases: [string, (body: Json) => Answer, string][] = [
    ["no JSON", () => new Response("<html>"), "chain_bad_answer"],
    ["JSON of something else", () => json({ hello: "world" }), "chain_bad_answer"],
    ["null", () => json(null), "chain_bad_answer"],
    ["no result", (body) => json({ jsonrpc: "2.0", id: body.id }), "chain_bad_answer"],
    ["a result of another kind", (body) => json(result(body, "text")), "chain_bad_answer"],
    [
      "a batch without our ids",
      (body) => json([result({ id: 99 }, {}), result({ id: body.id }, {})]),
      "chain_bad_answer",
    ],
    ["a declared length over the limit", () => new Response(" ".repeat(100_001)), "chain_bad_answer"],
    ["an endless body", endless, "chain_bad_answer"],
    ["a short body that unpacks to one over the limit", async () => {
      const packed = new Blob([" ".repeat(200_000)]).stream().pipeThrough(new CompressionStream("gzip"));
      const bytes = await new Response(packed).bytes();
      return new Response(bytes, { headers: { "content-encoding": "gzip", "content-length": `${bytes.length}` } });
    }, "chain_bad_answer"],
    ["a status of a proxy", () => new Response("busy", { status: 503 }), "chain_unreachable"],
    [
      "a node that is behind",
      (body) => json(refusal(body, "cannot query with height in the future")),
      "chain_unreachable",
    ],
    [
      "a node that has pruned",
      (body) => json(refusal(body, "height 5 is not available, lowest height is 9")),
      "chain_pruned",
    ],
    ["no answer in time", () => never, "chain_unreachable"],
  ];
  const reading = {
    result: (value: unknown) => {
      if (typeof value !== "object") throw new IoError("chain_bad_answer", "no object");
      return value;
    },
  };
  for (const [name, answer, code] of cases) {
    await t.step(name, async () => {
      await withServers(2, async ([bad, good]) => {
        bad!.answer = answer;
        good!.answer = echo;
        const timeoutMs = name.startsWith("no answer") ? 30 : 10_000;
        await withClient([bad!.url], { timeoutMs }, async (client) => {
          const fault = await faultOf(client.ask("m", {}, reading));
          assertEquals(fault.code, code);
          assert(fault.message.startsWith(bad!.url), fault.message);
          if (/over the limit|endless/.test(name)) assert(fault.message.includes("more than"), fault.message);
        });
        await withClient([bad!.url, good!.url], { timeoutMs }, async (client) => {
          assertEquals(await client.ask("m", { a: 1 }, reading), { a: 1 });
        });
      });
    });
  }
});

Deno.test("a refusal of the chain itself is final, in its own words", async () => {
  await withServers(2, async ([one, two]) => {
    one!.answer = (body) => json(refusal(body, "unknown query path: unknown request"));
    await withClient([one!.url, two!.url], {}, async (client) => {
      const fault = await faultOf(client.ask("m", {}, asIs));
      assertEquals([fault.code, fault.message], ["chain_refused", "ask m: unknown query path: unknown request"]);
      assertEquals(two!.asked, []);
      const said = await client.ask("m", {}, { ...asIs, refusal: (words) => words });
      assertEquals(said, "unknown query path: unknown request");
    });
  });
});

Deno.test("an address that failed is avoided for a while, and preferred again afterwards", async () => {
  await withServers(2, async ([first, second]) => {
    const clock = new FakeClock();
    // Requests time out by the real clock, avoidance goes by the fake one.
    const mixed: Clock = { nowMs: () => clock.nowMs(), after: systemClock.after };
    second!.answer = echo;
    first!.answer = () => new Response("", { status: 502 });
    await withClient([first!.url, second!.url], { clock: mixed }, async (client) => {
      const ask = () => client.ask("m", {}, asIs);
      for (let i = 0; i < 3; i++) await ask();
      assertEquals([first!.asked.length, second!.asked.length], [1, 3]);
      first!.answer = echo;
      await clock.advance(1_000);
      await ask();
      assertEquals([first!.asked.length, second!.asked.length], [2, 3]);
    });
  });
});

Deno.test("one bad answer in a batch costs only its own call", async () => {
  await withServers(1, async ([server]) => {
    server!.answer = (body) =>
      json(body.map((one: Json) => one.params.i === 1 ? refusal(one, "no such thing") : result(one, one.params)));
    await withClient([server!.url], {}, async (client) => {
      const all = await Promise.allSettled([0, 1, 2].map((i) => client.ask("m", { i }, asIs)));
      assertEquals(all.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
    });
  });
});

Deno.test("credentials go into a header and are shown to nobody", async () => {
  await withServers(1, async ([server]) => {
    let seen: string | null = "";
    server!.answer = (body, request) => {
      seen = request.headers.get("authorization");
      return json(refusal(body, "pruned"));
    };
    const { port } = new URL(server!.url);
    await withClient([`http://me:p%40ss@127.0.0.1:${port}/rpc?key=secret`], {}, async (client) => {
      const fault = await faultOf(client.ask("m", {}, asIs));
      assertEquals(seen, `Basic ${btoa("me:p@ss")}`);
      assertEquals(client.shown, [`http://127.0.0.1:${port}/rpc`]);
      assert(!/p@ss|secret|me:/.test(fault.message), fault.message);
    });
  });
  for (const address of ["ftp://host", "host:26657", ""]) {
    assertThrows(() => new RpcEndpoint({ chainId: "fake-1", addresses: [address] }), TypeError);
  }
});

Deno.test("closing ends what is under way and takes nothing more", async () => {
  await withServers(1, async ([server]) => {
    server!.answer = () => new Promise(() => {});
    await withClient([server!.url], {}, async (client) => {
      const waiting = client.ask("m", {}, asIs);
      while (server!.asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      client.close();
      assertEquals((await faultOf(waiting)).code, "chain_unreachable");
      assertEquals((await faultOf(client.ask("m", {}, asIs))).code, "chain_unreachable");
    });
  });
});

Deno.test("a height that a node has pruned is told from one that it has not reached, whose words are the same", async () => {
  const log = "proof is unexpectedly empty; ensure height has not been pruned: invalid request";
  await withServers(1, async ([server]) => {
    server!.answer = (body) => json(result(body, { response: { code: 7, codespace: "store", log } }));
    const endpoint = new RpcEndpoint({ chainId: "fake-1", addresses: [server!.url] });
    const ask = (height: bigint) => faultOf(endpoint.prove("ibc", Uint8Array.of(1), height));
    assertEquals([(await ask(6n)).code, (await ask(7n)).code], ["chain_pruned", "chain_unreachable"]);
    await endpoint.close();
  });
});

/** Every method of an endpoint that asks something. */
const METHODS: readonly [string, (endpoint: RpcEndpoint) => Promise<unknown>][] = [
  ["latest", (endpoint) => endpoint.latest()],
  ["lightBlock", (endpoint) => endpoint.lightBlock(5n)],
  ["blockEvents", (endpoint) => endpoint.blockEvents(5n)],
  ["prove", (endpoint) => endpoint.prove("ibc", Uint8Array.of(1), 5n)],
  ["query", (endpoint) => endpoint.query("/a", new Uint8Array(), 5n)],
  ["simulate", (endpoint) => endpoint.simulate(new Uint8Array())],
  ["broadcast", (endpoint) => endpoint.broadcast(new Uint8Array())],
  ["transaction", (endpoint) => endpoint.transaction("00".repeat(32))],
  ["searchTransactions", (endpoint) => endpoint.searchTransactions("a='b'", 3)],
];

Deno.test("whatever JSON a node answers, an endpoint answers or fails with a code", async () => {
  await withServers(1, async ([server]) => {
    const anything = fc.oneof(
      fc.jsonValue(),
      fc.dictionary(
        fc.constantFrom("response", "txs", "total_count", "block", "txs_results", "height", "code", "signed_header"),
        fc.oneof(
          fc.jsonValue(),
          fc.dictionary(fc.constantFrom("header", "data", "value", "proofOps", "height"), fc.jsonValue()),
        ),
      ),
    );
    await fc.assert(
      fc.asyncProperty(anything, fc.nat(METHODS.length - 1), async (value, which) => {
        server!.answer = (body) =>
          json(Array.isArray(body) ? body.map((one) => result(one, value)) : result(body, value));
        const endpoint = new RpcEndpoint({ chainId: "fake-1", addresses: [server!.url] });
        try {
          await METHODS[which]![1](endpoint);
        } catch (error) {
          assert(error instanceof IoError && error.code.startsWith("chain_"), `${METHODS[which]![0]}: ${error}`);
        } finally {
          await endpoint.close();
        }
      }),
      { numRuns: 300 },
    );
  });
});

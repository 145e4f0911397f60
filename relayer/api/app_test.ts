import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { FakeRelayer } from "../../tests/helpers/fake_relayer.ts";
import { type Api, type ApiOptions, createApi } from "./app.ts";
import {
  chainSchema,
  channelPairSchema,
  channelSchema,
  clearAnswerSchema,
  clientSchema,
  connectionSchema,
  handshakeStepSchema,
  misbehaviourSchema,
  packetPageSchema,
  packetSchema,
  pathSchema,
  routeSchema,
  statusSchema,
  transferAnswerSchema,
} from "./schemas.ts";

const OPTIONS: ApiOptions = {
  token: undefined,
  bodyBytesMax: 4096,
  eventsKept: 10,
  eventClientsMax: 2,
  hosts: [],
  corsOrigins: [],
  version: "0.1.0",
  metrics: true,
};
const HERE = "127.0.0.1";

async function withApi(
  use: (api: Api, relayer: FakeRelayer) => Promise<void>,
  options: Partial<ApiOptions> = {},
): Promise<void> {
  const relayer = new FakeRelayer();
  const api = createApi(relayer, { ...OPTIONS, ...options });
  try {
    await use(api, relayer);
  } finally {
    api.close();
  }
}

const get = (api: Api, path: string, headers: Record<string, string> = {}) =>
  api.fetch(new Request(`http://127.0.0.1:26670${path}`, { headers }), HERE);

const send = (api: Api, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  api.fetch(
    new Request(`http://127.0.0.1:26670${path}`, {
      method,
      headers: { "content-type": "application/json", ...headers },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    }),
    HERE,
  );

const TRANSFER = { from: "a", to: "c", denom: "ucat", amount: "1000", receiver: "cat1receiver" };

/** Status and code of a refusal, whose shape is checked. */
async function refusal(response: Response): Promise<[number, string]> {
  const body = await response.json();
  assertEquals(Object.keys(body), ["error"]);
  assertEquals(Object.keys(body.error), ["code", "message"]);
  assert(body.error.message.length > 0);
  assertEquals(response.headers.get("content-type"), "application/json");
  return [response.status, body.error.code];
}

Deno.test("every endpoint answers in the shape that the document tells, with nothing more and nothing less", async () => {
  await withApi(async (api) => {
    const calls = [
      [200, statusSchema, await get(api, "/status")],
      [200, chainSchema.array(), await get(api, "/chains")],
      [200, pathSchema.array(), await get(api, "/paths")],
      [200, pathSchema, await get(api, "/paths/a-b")],
      [200, clientSchema.array(), await get(api, "/clients?chain=a")],
      [200, connectionSchema.array(), await get(api, "/connections")],
      [200, channelSchema.array(), await get(api, "/channels")],
      [200, packetPageSchema, await get(api, "/packets?limit=2&state=sent,received")],
      [200, packetSchema, await get(api, "/packets/a/transfer/channel-0/2")],
      [200, routeSchema.array(), await get(api, "/routes?from=a&to=c&denom=ucat&via=b")],
      [200, transferAnswerSchema, await send(api, "POST", "/transfers", TRANSFER)],
      [200, transferAnswerSchema, await send(api, "POST", "/transfers", { ...TRANSFER, sender: "cat1else" })],
      [202, pathSchema, await send(api, "POST", "/paths", { a: { chain: "a" }, b: { chain: "c" } })],
      [200, pathSchema, await send(api, "PATCH", "/paths/a-b", { paused: true })],
      [202, clearAnswerSchema, await send(api, "POST", "/packets/clear", { path: "a-b" })],
      [201, handshakeStepSchema, await send(api, "POST", "/clients", { chain: "a", follows: "b" })],
      [201, pathSchema, await send(api, "POST", "/paths/a-b/connection")],
      [201, channelPairSchema, await send(api, "POST", "/paths/a-b/channels", {})],
      [200, misbehaviourSchema.array(), await send(api, "POST", "/misbehaviour/check", {})],
    ] as const;
    for (const [status, schema, response] of calls) {
      const body = await response.json();
      assertEquals([response.status, schema.parse(body)], [status, body]);
    }
  });
});

Deno.test("large numbers are strings, and what is not known is null", async () => {
  await withApi(async (api) => {
    const packet = await (await get(api, "/packets/a/transfer/channel-0/2")).json();
    assertEquals(packet.source.sequence, "2");
    assertEquals(packet.received.proofHeight, "0-42");
    assertEquals(packet.settled, null);
    const unsigned = await (await send(api, "POST", "/transfers", { ...TRANSFER, sender: "cat1else" })).json();
    assertEquals(unsigned.transaction.messages[0].value, "AQID");
  });
});

Deno.test("what the relayer gets is what was asked", async () => {
  await withApi(async (api, relayer) => {
    await send(api, "POST", "/transfers", { ...TRANSFER, via: ["b"], memo: "hi", timeoutMs: 5000 });
    assertEquals(relayer.transfers, [{ ...TRANSFER, amount: 1000n, via: ["b"], memo: "hi", timeoutMs: 5000 }]);
    await send(api, "PATCH", "/paths/a-b", { filter: { policy: "allow", channels: ["transfer/*"] } });
    assertEquals(relayer.paths_[0]!.filter, { policy: "allow", channels: ["transfer/*"] });
    assertEquals(relayer.paths_[0]!.paused, false);
  });
});

Deno.test("pages follow each other", async () => {
  await withApi(async (api) => {
    const first = await (await get(api, "/packets?limit=2")).json();
    const second = await (await get(api, `/packets?limit=2&after=${first.next}`)).json();
    const sequences = [...first.packets, ...second.packets].map((packet) => packet.source.sequence);
    assertEquals([sequences, second.next], [["3", "2", "1"], null]);
  });
});

Deno.test("a request that cannot be meant is refused with its code and says what is wrong", async () => {
  await withApi(async (api) => {
    const cases: [Promise<Response>, number, string][] = [
      [get(api, "/nothing"), 404, "not_found"],
      [get(api, "/packets?lmit=1"), 400, "invalid_request"],
      [get(api, "/packets?limit=0"), 400, "invalid_request"],
      [get(api, "/packets?limit=1&limit=2"), 400, "invalid_request"],
      [get(api, "/packets?state=lost"), 400, "invalid_request"],
      [get(api, "/packets/a/transfer/channel-0/x"), 400, "invalid_request"],
      [get(api, "/packets/a/transfer/channel-0/18446744073709551616"), 400, "invalid_request"],
      [get(api, "/packets/a/transfer/channel-0/9"), 404, "unknown_packet"],
      [get(api, "/routes?from=a"), 400, "invalid_request"],
      [get(api, "/routes?from=x&to=a"), 404, "unknown_chain"],
      [get(api, "/clients?chain=x"), 404, "unknown_chain"],
      [get(api, "/paths/x"), 404, "unknown_path"],
      [get(api, "/docs?x"), 400, "invalid_request"],
      [get(api, "/openapi.json?x=1"), 400, "invalid_request"],
      [get(api, "/events?types=packet;x"), 400, "invalid_request"],
      [send(api, "POST", "/chains", {}), 405, "method_not_allowed"],
      [send(api, "DELETE", "/paths/a-b"), 405, "method_not_allowed"],
      [send(api, "POST", "/transfers", "{"), 400, "invalid_request"],
      [send(api, "POST", "/transfers"), 400, "invalid_request"],
      [send(api, "POST", "/transfers", { ...TRANSFER, amount: 1000 }), 400, "invalid_request"],
      [send(api, "POST", "/transfers", { ...TRANSFER, amount: "0" }), 400, "invalid_request"],
      [send(api, "POST", "/transfers", { ...TRANSFER, amount: "9".repeat(78) }), 400, "invalid_request"],
      [send(api, "POST", "/transfers", { ...TRANSFER, receivr: "x" }), 400, "invalid_request"],
      [send(api, "POST", "/transfers?x=1", TRANSFER), 400, "invalid_request"],
      [send(api, "POST", "/transfers", { ...TRANSFER, from: "x" }), 404, "unknown_chain"],
      [send(api, "POST", "/transfers", "x".repeat(5000)), 413, "body_too_large"],
      [send(api, "POST", "/transfers", TRANSFER, { "content-type": "text/plain" }), 415, "unsupported_media_type"],
      [send(api, "POST", "/paths", { a: { chain: "a" }, b: { chain: "a" } }), 400, "invalid_request"],
      [send(api, "POST", "/paths", { a: { chain: "a" }, b: { chain: "b" } }), 409, "path_exists"],
      [
        send(api, "POST", "/paths", { a: { chain: "a", connectionId: "connection-0" }, b: { chain: "c" } }),
        400,
        "invalid_request",
      ],
      [send(api, "PATCH", "/paths/a-b", {}), 400, "invalid_request"],
      [send(api, "PATCH", "/paths/x", { paused: true }), 404, "unknown_path"],
      [send(api, "POST", "/packets/clear", { sequences: ["1"] }), 400, "invalid_request"],
    ];
    for (const [response, status, code] of cases) {
      const answer = await response;
      assertEquals(await refusal(answer), [status, code], answer.url);
    }
    const unknown = await (await get(api, "/packets?lmit=1")).json();
    assertStringIncludes(unknown.error.message, "unknown query parameter lmit");
    const several = await (await send(api, "POST", "/transfers", { from: "a", receivr: "x" })).json();
    assertStringIncludes(several.error.message, "field to: is missing");
    assertStringIncludes(several.error.message, "unknown field receivr");
  });
});

Deno.test("failures of the world are told, bugs are not and go to the log", async () => {
  const { IoError } = await import("../../node/core/errors.ts");
  const told: unknown[] = [];
  await withApi(async (api, relayer) => {
    relayer.onTransfer = () => Promise.reject(new IoError("chain_unreachable", "ask a: connection refused"));
    assertEquals(await refusal(await send(api, "POST", "/transfers", TRANSFER)), [503, "chain_unreachable"]);
    relayer.onTransfer = () => Promise.reject(new Error("secret detail"));
    const response = await send(api, "POST", "/transfers", TRANSFER);
    const { error } = await response.json();
    assertEquals([response.status, error.code, error.message.includes("secret")], [500, "internal", false]);
    assertEquals(told.length, 1);
  }, { onError: (_what, error) => told.push(error) });
});

Deno.test("probes tell a living process from a working one", async () => {
  await withApi(async (api, relayer) => {
    assertEquals([(await get(api, "/health")).status, (await get(api, "/ready")).status], [200, 200]);
    relayer.ready = false;
    const ready = await get(api, "/ready");
    assertEquals([ready.status, await ready.json()], [503, { ready: false, waitingFor: ["chain c does not answer"] }]);
    assertEquals((await get(api, "/health")).status, 200);
    assertEquals(await (await get(api, "/metrics")).text(), "up 1\n");
  });
  await withApi(async (api) => assertEquals((await get(api, "/metrics")).status, 404), { metrics: false });
});

Deno.test("the document tells every endpoint, and the page shows each without asking for anything elsewhere", async () => {
  await withApi(async (api) => {
    const document = await (await get(api, "/openapi.json")).json();
    assertEquals(document.openapi, "3.1.0");
    const page = await get(api, "/docs");
    const html = await page.text();
    assertStringIncludes(page.headers.get("content-security-policy")!, "default-src 'none'");
    for (
      const path of ["/chains", "/paths", "/transfers", "/packets/clear", "/routes", "/events", "/health", "/metrics"]
    ) {
      assert(document.paths[path] !== undefined, path);
      assertStringIncludes(html, `<code>${path}</code>`);
    }
    assertEquals(html.match(/<script|<img|@import|src=|url\(/g), null);
    const links = [...html.matchAll(/href="([^"]*)"/g)].map((match) => match[1]!);
    assertEquals(links.filter((link) => !/^(#|data:,$|\/openapi\.json$)/.test(link)), []);
    const anchors = new Set([...html.matchAll(/id="([^"]*)"/g)].map((match) => match[1]!));
    assertEquals(links.filter((link) => link.startsWith("#") && !anchors.has(link.slice(1))), []);
    for (const operations of Object.values(document.paths) as Record<string, { security?: unknown }>[]) {
      for (const [method, { security }] of Object.entries(operations)) {
        assertEquals(security !== undefined, method !== "get");
      }
    }
  });
});

Deno.test("the page's examples are calls that the interface takes", async () => {
  await withApi(async (api) => {
    const html = await (await get(api, "/docs")).text();
    const calls = [...html.matchAll(/<pre>(curl [^<]*)<\/pre>/g)].map((match) =>
      match[1]!.replace(/&#(\d+);/g, (_all, code) => String.fromCharCode(Number(code)))
    ).filter((call) => !call.includes("/events"));
    assert(calls.length > 15);
    for (const call of calls) {
      const url = /(http:\S+?)'?( |$)/m.exec(call)![1]!;
      const method = /-X (\w+)/.exec(call)?.[1] ?? "GET";
      const body = /-d '(.*)'/.exec(call)?.[1];
      const answer = await api.fetch(
        new Request(url, { method, ...(body && { body, headers: { "content-type": "application/json" } }) }),
        HERE,
      );
      await answer.body?.cancel();
      assert(answer.status < 300, `${call}: ${answer.status}`);
    }
  });
});

Deno.test("no body breaks it: every answer is a success or a refusal with a code", async () => {
  await withApi(async (api) => {
    const targets = [
      ["POST", "/transfers"],
      ["POST", "/paths"],
      ["PATCH", "/paths/a-b"],
      ["POST", "/packets/clear"],
      ["POST", "/clients"],
      ["POST", "/paths/a-b/channels"],
      ["POST", "/misbehaviour/check"],
    ] as const;
    const keys = [...Object.keys(TRANSFER), "a", "b", "chain", "sequences", "channelId", "filter", "paused", "via"];
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      fc.dictionary(fc.constantFrom(...keys), fc.jsonValue()).map((value) => JSON.stringify(value)),
      fc.record({
        ...Object.fromEntries(
          Object.keys(TRANSFER).map((key) => [key, fc.oneof(fc.string(), fc.bigInt().map(String))]),
        ),
      })
        .map((value) => JSON.stringify(value)),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...targets), body, async ([method, path], text) => {
        const response = await send(api, method, path, text);
        if (response.status >= 300) {
          const [status, code] = await refusal(response);
          assert(status < 500 && code !== "internal", `${status} ${code}`);
        } else await response.body?.cancel();
      }),
      { numRuns: 300 },
    );
  });
});

Deno.test("no path and no query breaks it", async () => {
  await withApi(async (api) => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("/packets/", "/paths/", "/clients?chain=", "/routes?from=a&to=", "/packets?after=", "/"),
        fc.string(),
        async (path, text) => {
          const response = await get(api, path + encodeURIComponent(text));
          await response.body?.cancel();
          assert(response.status < 500, `${path}${text}: ${response.status}`);
        },
      ),
      { numRuns: 300 },
    );
  });
});

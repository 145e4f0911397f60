/** The relayer's HTTP interface over real sockets: who is served, what is refused, and what slow or rude clients do. @module */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type ApiServerOptions, createApiServer } from "../../relayer/api/mod.ts";
import { FakeRelayer } from "../helpers/fake_relayer.ts";
import { IoError } from "../../node/core/errors.ts";

const OPTIONS: ApiServerOptions = {
  hostname: "127.0.0.1",
  port: 0,
  token: undefined,
  bodyBytesMax: 4096,
  eventsKept: 100,
  eventClientsMax: 4,
  hosts: [],
  corsOrigins: [],
  version: "0.1.0",
  metrics: true,
};

async function withServer(
  use: (url: string, relayer: FakeRelayer) => Promise<void>,
  options: Partial<ApiServerOptions> = {},
): Promise<void> {
  const relayer = new FakeRelayer();
  const server = createApiServer(relayer, { ...OPTIONS, ...options });
  const url = await server.start();
  try {
    await use(url, relayer);
  } finally {
    await server.stop();
    assertEquals(relayer.listeners, 0, "it does not listen to the relayer any more");
  }
}

const TRANSFER = { from: "a", to: "c", denom: "ucat", amount: "1000", receiver: "cat1receiver" };
const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(url, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", ...headers },
  });

async function statusOf(response: Promise<Response>): Promise<number> {
  const { status, body } = await response;
  await body?.cancel();
  return status;
}

/** A connection on which bytes go as they are. */
class Raw implements Disposable {
  #answer = "";
  readonly #connection: Deno.Conn;

  private constructor(connection: Deno.Conn) {
    this.#connection = connection;
  }
  static async open(url: string, text: string): Promise<Raw> {
    const { hostname, port } = new URL(url);
    const connection = await Deno.connect({ hostname, port: Number(port) });
    await connection.write(new TextEncoder().encode(text));
    return new Raw(connection);
  }
  /** Everything that came, once `until` is in it or the other side closed. */
  async read(until: string): Promise<string> {
    const buffer = new Uint8Array(65_536);
    while (!this.#answer.includes(until)) {
      const read = await this.#connection.read(buffer);
      if (read === null) break;
      this.#answer += new TextDecoder().decode(buffer.subarray(0, read));
    }
    return this.#answer;
  }
  [Symbol.dispose](): void {
    this.#connection.close();
  }
}

/** Sends bytes as they are and answers what came, once `until` is in it or the other side closed. */
async function raw(url: string, text: string, until: string): Promise<string> {
  using connection = await Raw.open(url, text);
  return await connection.read(until);
}

Deno.test("a caller on this machine may change things without a token, and a page of another site may not", async () => {
  await withServer(async (url, relayer) => {
    assertEquals(await statusOf(post(`${url}/transfers`, TRANSFER)), 200);
    assertEquals(await statusOf(post(`${url}/transfers`, TRANSFER, { origin: "https://evil.example" })), 403);
    assertEquals(await statusOf(post(`${url}/transfers`, TRANSFER, { "x-forwarded-for": "127.0.0.1" })), 403);
    assertEquals(await statusOf(fetch(`${url}/transfers`, { method: "POST", body: JSON.stringify(TRANSFER) })), 415);
    assertEquals(relayer.transfers.length, 1);
    const rebound = await raw(url, "GET /chains HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n", "}");
    assertStringIncludes(rebound, " 421 ");
  });
});

Deno.test("with a token it is what counts", async () => {
  const token = "a-token-of-the-test";
  await withServer(async (url) => {
    assertEquals(await statusOf(post(`${url}/transfers`, TRANSFER)), 401);
    assertEquals(
      await statusOf(post(`${url}/transfers`, TRANSFER, { authorization: "Bearer wrong-token-of-the-test" })),
      401,
    );
    assertEquals(await statusOf(post(`${url}/transfers`, TRANSFER, { authorization: `Bearer ${token}` })), 200);
    assertEquals(await statusOf(fetch(`${url}/chains`)), 200);
  }, { token });
});

Deno.test("a transfer with a key is sent once, however often the request comes", async () => {
  await withServer(async (url, relayer) => {
    const again = () =>
      post(`${url}/transfers`, TRANSFER, { "idempotency-key": "k-1" }).then((response) => response.json());
    const first = await again();
    assertEquals(await again(), first);
    assertEquals(await again(), first);
    assertEquals(relayer.transfers.length, 1);
  });
});

Deno.test("bodies are bounded, also those that do not say their length", async () => {
  await withServer(async (url) => {
    assertEquals(await statusOf(post(`${url}/transfers`, { ...TRANSFER, memo: "x".repeat(5000) })), 413);
    const head = "POST /transfers HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
    const chunks = `3e8\r\n${"x".repeat(1000)}\r\n`.repeat(6);
    assertStringIncludes(await raw(url, `${head}transfer-encoding: chunked\r\n\r\n${chunks}`, "}"), " 413 ");
    const cut =
      "POST /transfers HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{";
    await raw(url, cut, "").catch(() => {});
    assertEquals(await statusOf(fetch(`${url}/health`)), 200);
  });
});

Deno.test("events come as they happen, and a client that comes again misses none", async () => {
  await withServer(async (url, relayer) => {
    const event = (message: string) =>
      relayer.emit({ type: "fault", atMs: 1, code: "x", message, chain: undefined, path: undefined });
    const get = "GET /events HTTP/1.1\r\nhost: localhost\r\n";
    event("zero");
    using live = await Raw.open(url, `${get}\r\n`);
    await live.read("retry:");
    event("one");
    await live.read('"message":"one"');
    event("two");
    const seen = await live.read('"message":"two"');
    assert(!seen.includes("zero") && !seen.includes("event: gap"), seen);
    const late = await raw(url, `${get}last-event-id: another-life\r\n\r\n`, '"message":"two"');
    for (const word of ["event: gap", '"message":"zero"', '"message":"one"']) assertStringIncludes(late, word);
    const id = /id: (\S+)\s+event: fault\s+data: \S*"one"/.exec(seen)![1];
    const resumed = await raw(url, `${get}last-event-id: ${id}\r\n\r\n`, '"message":"two"');
    assert(!resumed.includes('"message":"one"') && !resumed.includes("event: gap"), resumed);
  });
});

Deno.test("a stop lets streams go, and the address is free again", async () => {
  const relayer = new FakeRelayer();
  const server = createApiServer(relayer, OPTIONS);
  const url = await server.start();
  const response = await fetch(`${url}/events`);
  const text = response.text();
  await server.stop();
  assertStringIncludes(await text, "retry:");
  const port = Number(new URL(url).port);
  const next = createApiServer(relayer, { ...OPTIONS, port });
  await next.start();
  const third = createApiServer(relayer, { ...OPTIONS, port });
  const error = await third.start().catch((error) => error);
  assert(error instanceof IoError);
  assertEquals(error.code, "address_in_use");
  assertStringIncludes(error.message, "api.listen");
  await third.stop();
  await next.stop();
});

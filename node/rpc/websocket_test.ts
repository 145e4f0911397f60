import { assert, assertEquals } from "@std/assert";
import { committedOf, txsOf } from "./fake_backend_test.ts";
import { type Json, withServer } from "./server_harness_test.ts";

/** A raw client that hands out messages one by one. */
class Client {
  readonly socket: WebSocket;
  readonly opened: Promise<boolean>;
  readonly closed: Promise<CloseEvent>;
  readonly #messages: string[] = [];
  #wake: (() => void) | undefined;

  constructor(url: string) {
    this.socket = new WebSocket(url.replace("http", "ws") + "/websocket");
    this.opened = new Promise((resolve) => {
      this.socket.onopen = () => resolve(true);
      this.socket.onerror = () => resolve(false);
    });
    this.closed = new Promise((resolve) => this.socket.onclose = resolve);
    this.socket.onmessage = ({ data }) => {
      this.#messages.push(data);
      this.#wake?.();
    };
  }

  async next(): Promise<Json> {
    while (this.#messages.length === 0) await new Promise<void>((resolve) => this.#wake = resolve);
    return JSON.parse(this.#messages.shift()!);
  }

  ask(method: string, params: unknown = {}, id: unknown = 1): Promise<Json> {
    this.socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    return this.next();
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }
}

async function withClient(url: string, test: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client(url);
  assert(await client.opened);
  try {
    await test(client);
  } finally {
    await client.close();
  }
}

Deno.test("a websocket takes every method, batches and notifications", () =>
  withServer(({ url }) =>
    withClient(url, async (client) => {
      assertEquals((await client.ask("status", {}, "x")).result.node_info.network, "fake-1");
      assertEquals((await client.ask("block", ["2"])).result.block.header.height, "2");
      assertEquals((await client.ask("nope")).error.code, -32601);
      client.socket.send('{"jsonrpc":"2.0","method":"health"}');
      client.socket.send('[{"jsonrpc":"2.0","id":1.0,"method":"health"}]');
      assertEquals(await client.next(), [{ jsonrpc: "2.0", id: 1, result: {} }]);
      client.socket.send("{");
      assertEquals((await client.next()).error.code, -32700);
    })
  ));

const QUERIES: [query: string, type: string, look: (value: Json) => unknown, want: unknown][] = [
  ["tm.event='NewBlock'", "NewBlock", (v) => [v.block.header.height, v.result_finalize_block.tx_results.length], [
    "5",
    2,
  ]],
  ["tm.event='NewBlockHeader'", "NewBlockHeader", (v) => v.header.height, "5"],
  ["tm.event='NewBlockEvents'", "NewBlockEvents", (v) => [v.height, v.num_txs, v.events[0].type], ["5", "2", "mint"]],
  ["tm.event='ValidatorSetUpdates'", "ValidatorSetUpdates", (v) => v.validator_updates[0].voting_power, "7"],
  ["tm.event='Tx' AND transfer.amount='5ucat'", "Tx", (v) => [v.TxResult.tx, v.TxResult.result.gas_wanted], [
    txsOf(5n)[0]!.toBase64(),
    "200000",
  ]],
];

for (const [query, type, look, want] of QUERIES) {
  Deno.test(`${query} brings ${type} under the id it was asked with`, () =>
    withServer(({ url, backend }) =>
      withClient(url, async (client) => {
        assertEquals(await client.ask("subscribe", { query }, "my id"), { jsonrpc: "2.0", id: "my id", result: {} });
        backend.publish(committedOf(5n));
        const { id, result } = await client.next();
        assertEquals([id, result.query, result.data.type], ["my id", query, `tendermint/event/${type}`]);
        assertEquals(look(result.data.value), want);
        assertEquals(result.events["tm.event"], [type]);
        if (type === "Tx") assertEquals(result.events["tx.height"], ["5"]);
      })
    ));
}

Deno.test("a transaction event leaves zeros out, as CometBFT does", () =>
  withServer(({ url, backend }) =>
    withClient(url, async (client) => {
      await client.ask("subscribe", { query: "tm.event='Tx'" });
      backend.publish(committedOf(5n));
      const [first, second] = [(await client.next()).result, (await client.next()).result];
      assertEquals([first.data.value.TxResult.index, first.data.value.TxResult.result.code], [undefined, undefined]);
      assertEquals([second.data.value.TxResult.index, second.data.value.TxResult.result.code], [1, 5]);
    })
  ));

Deno.test("subscriptions end one by one, all at once, and with the connection", () =>
  withServer(({ url, backend }) =>
    withClient(url, async (client) => {
      const [one, two] = [{ query: "tm.event='NewBlockHeader'" }, { query: "tm.event='NewBlock'" }];
      assertEquals((await client.ask("unsubscribe", one)).error.data, "subscription not found");
      assertEquals((await client.ask("unsubscribe_all")).error.data, "subscription not found");
      await client.ask("subscribe", one);
      assertEquals((await client.ask("subscribe", one)).error.data, "already subscribed");
      await client.ask("subscribe", two);
      assertEquals((await client.ask("unsubscribe", two)).result, {});
      backend.publish(committedOf(2n));
      assertEquals((await client.next()).result.query, one.query);
      assertEquals((await client.ask("unsubscribe_all")).result, {});
      assertEquals(backend.listeners.size, 0);
      await client.ask("subscribe", one);
      assertEquals(backend.listeners.size, 1);
    })
  ));

Deno.test("subscriptions for each client are bounded, and queries checked", () =>
  withServer(({ url }) =>
    withClient(url, async (client) => {
      await client.ask("subscribe", { query: "a.b='1'" });
      await client.ask("subscribe", { query: "a.b='2'" });
      assertEquals(
        (await client.ask("subscribe", { query: "a.b='3'" })).error.data,
        "max_subscriptions_per_client 2 reached",
      );
      await client.ask("unsubscribe", { query: "a.b='1'" });
      assert((await client.ask("subscribe", { query: "=" })).error.data.startsWith("failed to parse query"));
      assertEquals(
        (await client.ask("subscribe", { query: "x".repeat(101) })).error.data,
        "maximum query length exceeded",
      );
      assertEquals((await client.ask("subscribe", {})).error.code, -32602);
    }), { subscriptionsPerClientMax: 2, queryBytesMax: 100 }));

Deno.test("clients are bounded, and a place is free again when one leaves", () =>
  withServer(async ({ url, get }) => {
    await withClient(url, async (client) => {
      const second = new Client(url);
      assertEquals(await second.opened, false);
      assertEquals((await client.ask("health")).result, {});
    });
    assertEquals((await get("/websocket")).status, 426);
    // The server learns of the close a moment after the client.
    for (;;) {
      const again = new Client(url);
      const opened = await again.opened;
      await again.close();
      if (opened) break;
    }
  }, { subscriptionClientsMax: 1 }));

Deno.test("a message over the limit or not of text closes the connection", () =>
  withServer(async ({ url }) => {
    const big = new Client(url);
    await big.opened;
    big.socket.send("x".repeat(2001));
    assertEquals((await big.closed).code, 1009);
    const binary = new Client(url);
    await binary.opened;
    binary.socket.send(new Uint8Array(3));
    assertEquals((await binary.closed).code, 1008);
  }, { bodyBytesMax: 2000 }));

Deno.test("a client that does not take its events is dropped", () =>
  withServer(async ({ url, backend }) => {
    const client = new Client(url);
    await client.opened;
    await client.ask("subscribe", { query: "tm.event='NewBlock'" });
    assertEquals(backend.listeners.size, 1);
    // Nothing is sent while this loop runs, so everything waits in the buffer.
    for (let i = 0; i < 100 && backend.listeners.size > 0; i++) backend.publish(committedOf(5n));
    assertEquals(backend.listeners.size, 0);
    const { code, reason } = await client.closed;
    assertEquals([code, reason], [1008, "too slow: events were not taken"]);
  }, { socketBufferBytesMax: 20_000 }));

Deno.test("requests over a websocket count towards the client's share", () =>
  withServer(({ url }) =>
    withClient(url, async (client) => {
      assertEquals((await client.ask("health")).result, {});
      assertEquals((await client.ask("health")).error.code, -32005);
    }), { requestsPerSecondMax: 1 }));

Deno.test("stop closes websockets as going away", async () => {
  let client: Client | undefined;
  await withServer(async ({ url }) => {
    client = new Client(url);
    await client.opened;
    await client.ask("subscribe", { query: "tm.event='NewBlock'" });
  });
  assertEquals((await client!.closed).code, 1001);
});

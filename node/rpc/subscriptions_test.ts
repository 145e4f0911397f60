import { assertEquals } from "@std/assert";
import { committedOf } from "./fake_backend_test.ts";
import type { RpcBackend } from "./ports.ts";
import { SubscriptionHub } from "./subscriptions.ts";

type CommitListener = Parameters<RpcBackend["onCommit"]>[0];

/** What each of `queries` is sent of `committed`: the types of the events' data. */
function sentTo(queries: readonly string[], committed: Parameters<CommitListener>[0]): string[][] {
  let publish: CommitListener = () => {};
  const backend = {
    onCommit(listener: CommitListener) {
      publish = listener;
      return () => {};
    },
  } as Partial<RpcBackend> as RpcBackend;
  const hub = new SubscriptionHub(backend, { subscriptionsPerClientMax: 5, queryBytesMax: 500 });
  const sent: string[][] = queries.map(() => []);
  queries.forEach((query, i) => {
    const client = { send: (text: string) => void sent[i]!.push(JSON.parse(text).result.data.type) };
    assertEquals(hub.subscribe(client, query, "1"), undefined);
  });
  publish(committed);
  return sent;
}

const TX = "tendermint/event/Tx";

Deno.test("publishing skips what a query's event name rules out, and nothing else", () => {
  const committed = committedOf(3n);
  const txs = committed.block.data.txs.map(() => TX);
  const [headers, ofTxs, named, either, none] = sentTo([
    "tm.event = 'NewBlockHeader'",
    "tm.event = 'Tx' AND transfer.recipient = 'cat1abc'",
    "transfer.recipient = 'cat1abc'",
    "tm.event CONTAINS 'NewBlockH'",
    "tm.event = 'NewBlock' AND tm.event = 'Tx'",
  ], committed);
  assertEquals(headers, ["tendermint/event/NewBlockHeader"]);
  assertEquals(ofTxs, txs);
  assertEquals(named, txs);
  assertEquals(either, ["tendermint/event/NewBlockHeader"]);
  assertEquals(none, []);
});

Deno.test("an event that the application names in its own attributes is found by that name", () => {
  const committed = committedOf(3n);
  const [first, ...others] = committed.results.txResults;
  const events = [...first!.events, { type: "tm", attributes: [{ key: "event", value: "Special", index: true }] }];
  const results = { ...committed.results, txResults: [{ ...first!, events }, ...others] };
  assertEquals(sentTo(["tm.event = 'Special'"], { ...committed, results }), [[TX]]);
});

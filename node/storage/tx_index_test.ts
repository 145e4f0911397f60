import { assert, assertEquals } from "@std/assert";
import type { Event, ExecTxResult } from "cosmjs-types/tendermint/abci/types";
import fc from "fast-check";
import { sha256 } from "../core/crypto/mod.ts";
import { bytesToHex, utf8ToBytes } from "../core/bytes.ts";
import { matchQuery, parseQuery } from "../core/event_query/mod.ts";
import { DenoKvStore } from "./kv.ts";
import { MemoryStore } from "./memory.ts";
import { TxIndex } from "./tx_index.ts";
import type { Store } from "./store.ts";

type Attributes = Record<string, string | readonly string[]>;

/** Events from `type.key` names; a name that starts with "!" is not marked for the index. */
function eventsOf(attributes: Attributes): Event[] {
  return Object.entries(attributes).flatMap(([name, values]) =>
    [values].flat().map((value): Event => {
      const [type, ...key] = name.replace("!", "").split(".");
      return { type: type!, attributes: [{ key: key.join("."), value, index: !name.startsWith("!") }] };
    })
  );
}

const resultOf = (attributes: Attributes): ExecTxResult => ({
  code: 0,
  data: new Uint8Array(),
  log: "",
  info: "",
  gasWanted: 0n,
  gasUsed: 0n,
  codespace: "",
  events: eventsOf(attributes),
});

const hashOf = (height: bigint, index: number) => sha256(utf8ToBytes(`${height}/${index}`));

/** Indexes blocks from height 1: the transactions of each and its own events. */
async function indexed(store: Store, blocks: readonly { txs: readonly Attributes[]; events?: Attributes }[]) {
  const index = new TxIndex(store);
  for (const [i, { txs, events = {} }] of blocks.entries()) {
    const height = BigInt(i + 1);
    const hashes = txs.map((_, index) => hashOf(height, index));
    await store.batch(index.indexWrites(height, hashes, txs.map(resultOf), eventsOf(events)));
  }
  return index;
}

const queryOf = (text: string) => {
  const query = parseQuery(text);
  assert(query.ok, query.ok ? "" : query.error.message);
  return query.value;
};

async function places(index: TxIndex, text: string, options: { page?: number; perPage?: number; desc?: boolean } = {}) {
  const { page = 1, perPage = 100, desc = false } = options;
  const found = await index.searchTxs(queryOf(text), { page, perPage, order: desc ? "desc" : "asc" });
  assert(found.ok);
  return { total: found.value.total, items: found.value.items.map(({ height, index }) => `${height}/${index}`) };
}

async function blocks(index: TxIndex, text: string): Promise<number[]> {
  const found = await index.searchBlocks(queryOf(text), { page: 1, perPage: 100, order: "asc" });
  assert(found.ok);
  return found.value.items.map(Number);
}

Deno.test("a transaction is found by its hash, and by each indexed attribute of its events", async () => {
  const index = await indexed(new MemoryStore(), [
    { txs: [] },
    {
      txs: [{ "transfer.sender": "a", "transfer.amount": "5ucat" }, {
        "transfer.sender": ["b", "a"],
        "!transfer.memo": "x",
      }],
    },
    { txs: [{ "transfer.sender": "a", "message.action": "/cosmos.bank.v1beta1.MsgSend" }] },
  ]);
  assertEquals(await index.findTx(hashOf(2n, 1)), { height: 2n, index: 1 });
  assertEquals(await index.findTx(hashOf(9n, 1)), undefined);
  assertEquals(await index.findTx(new Uint8Array(3)), undefined);
  assertEquals((await places(index, "transfer.sender='a'")).items, ["2/0", "2/1", "3/0"]);
  assertEquals((await places(index, "transfer.sender='a'", { desc: true })).items, ["3/0", "2/1", "2/0"]);
  assertEquals((await places(index, "transfer.sender='a' AND transfer.sender='b'")).items, ["2/1"]);
  assertEquals((await places(index, "transfer.sender='a' AND message.action='/cosmos.bank.v1beta1.MsgSend'")).items, [
    "3/0",
  ]);
  assertEquals((await places(index, "transfer.memo='x'")).items, []);
  assertEquals((await places(index, "transfer.memo EXISTS")).items, []);
  assertEquals((await places(index, "transfer.sender='c'")).items, []);
  const hash = bytesToHex(hashOf(2n, 1)).toUpperCase();
  assertEquals((await places(index, `tx.hash='${hash}'`)).items, ["2/1"]);
  assertEquals((await places(index, `tx.hash='${hash}' AND transfer.sender='c'`)).items, []);
  assertEquals((await places(index, `tx.hash='${hash}' AND transfer.sender CONTAINS 'b'`)).items, ["2/1"]);
  assertEquals((await places(index, `tx.hash='${hash}' AND tx.height=3`)).items, []);
  assertEquals((await places(index, "tx.hash='zz'")).items, []);
});

Deno.test("heights bound a search, alone and with conditions", async () => {
  const index = await indexed(
    new MemoryStore(),
    Array.from(
      { length: 9 },
      (_, i) => ({ txs: [{ "a.b": "x" }, { "a.b": String(i) }], events: { "e.f": `v${i % 3}` } }),
    ),
  );
  assertEquals((await places(index, "tx.height=4")).items, ["4/0", "4/1"]);
  assertEquals((await places(index, "tx.height>7 AND tx.height<=8")).items, ["8/0", "8/1"]);
  assertEquals((await places(index, "tx.height>=8 AND a.b='x'")).items, ["8/0", "9/0"]);
  assertEquals((await places(index, "tx.height<3 AND a.b EXISTS", { desc: true })).items, ["2/1", "2/0", "1/1", "1/0"]);
  assertEquals((await places(index, "tx.height=4 AND tx.height=5")).total, 0);
  assertEquals((await places(index, "tx.height>100")).total, 0);
  assertEquals((await places(index, "tx.height EXISTS")).total, 18);
  assertEquals((await places(index, "a EXISTS AND tx.height CONTAINS '7'")).items, ["7/0", "7/1"]);
  assertEquals((await places(index, "a.b > 6")).items, ["8/1", "9/1"]);
  assertEquals(await places(index, "a.b='x'", { page: 2, perPage: 4 }), {
    total: 9,
    items: ["5/0", "6/0", "7/0", "8/0"],
  });
  assertEquals(await places(index, "a.b='x'", { page: 4, perPage: 4 }), { total: 9, items: [] });
  assertEquals(await blocks(index, "e.f='v1'"), [2, 5, 8]);
  assertEquals(await blocks(index, "e.f CONTAINS 'v' AND block.height>7"), [8, 9]);
  assertEquals(await blocks(index, "block.height<=2"), [1, 2]);
});

Deno.test("values of any length and content are kept apart", async () => {
  const long = "x".repeat(3000);
  const values = [
    "",
    "a",
    "a\0",
    "a\0b",
    "ä",
    "x".repeat(256),
    "x".repeat(257),
    long,
    long + "y",
    "\u{1f600}".repeat(100),
  ];
  const index = await indexed(new MemoryStore(), [{
    txs: values.map((value) => ({ "k.v": value, [`k.${long}`]: value })),
  }]);
  for (const key of ["k.v", `k.${long}`]) {
    for (const [i, text] of values.entries()) {
      const query = { text: "", conditions: [{ key, operator: "=", operand: { type: "string", text } }] } as const;
      const found = await index.searchTxs(query, { page: 1, perPage: 10, order: "asc" });
      assertEquals(found.ok && found.value.items, [{ height: 1n, index: i }], text.slice(0, 20));
    }
  }
  assertEquals((await places(index, "k.v CONTAINS 'xxy'")).items, ["1/8"]);
  assertEquals((await places(index, "k.v EXISTS")).total, values.length);
});

Deno.test("a search that would read too much is refused with a code, and heights make it possible", async () => {
  const index = await indexed(new MemoryStore(), Array.from({ length: 60 }, () => ({ txs: [{ "a.b": "x" }] })));
  const search = (text: string) =>
    index.searchTxs(queryOf(text), { page: 1, perPage: 10, order: "asc", entriesMax: 50 });
  const refused = await search("a.b='x'");
  assert(!refused.ok);
  assertEquals([refused.error.codespace, refused.error.code], ["sdk", 18]);
  const found = await search("a.b='x' AND tx.height>20");
  assertEquals(found.ok && found.value.total, 40);
});

Deno.test("searches find what matching every transaction finds, on both stores", async () => {
  const name = fc.constantFrom("a.b", "a.c", "d.e");
  const value = fc.constantFrom("x", "y", "xy", "1", "2", "10");
  const tx = fc.dictionary(name, fc.array(value, { minLength: 1, maxLength: 2 }), { maxKeys: 3 });
  const chain = fc.array(fc.array(tx, { maxLength: 3 }), { maxLength: 40 });
  const condition = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(name, value).map(([key, value]) => `${key}='${value}'`) },
    fc.tuple(name, fc.constantFrom("x", "1", "y")).map(([key, value]) => `${key} CONTAINS '${value}'`),
    fc.oneof(name, fc.constantFrom("a", "d", "tx.height")).map((key) => `${key} EXISTS`),
    fc.nat(9).map((digit) => `tx.height CONTAINS '${digit}'`),
    fc.tuple(name, fc.constantFrom("<", "<=", ">", ">=", "="), fc.nat(11)).map((parts) => parts.join(" ")),
    fc.tuple(fc.constantFrom("<", "<=", ">", ">=", "="), fc.nat(41)).map(([op, n]) => `tx.height ${op} ${n}`),
  );
  const queries = fc.array(fc.array(condition, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(chain, queries, fc.boolean(), fc.boolean(), async (txs, queries, desc, durable) => {
      const store = durable ? await DenoKvStore.open(":memory:") : new MemoryStore();
      try {
        const index = await indexed(store, txs.map((txs) => ({ txs })));
        for (const conditions of queries) {
          const text = conditions.join(" AND ");
          const expected = txs.flatMap((txs, i) =>
            txs.flatMap((tx, j) => {
              const events = new Map<string, readonly string[]>([...Object.entries(tx), ["tx.height", [`${i + 1}`]]]);
              return matchQuery(queryOf(text), events) ? [`${i + 1}/${j}`] : [];
            })
          );
          if (desc) expected.reverse();
          const found = await places(index, text, { desc });
          assertEquals(found, { total: expected.length, items: expected.slice(0, 100) }, text);
        }
      } finally {
        await store.close();
      }
    }),
    { numRuns: 60 },
  );
});

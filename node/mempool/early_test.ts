import { assert, assertEquals } from "@std/assert";
import { EARLY_MS_MAX, type EarlyTx, EarlyTxs } from "./_early.ts";

const early = (sender: string, sequence: number, more: Partial<EarlyTx> = {}): EarlyTx => ({
  key: `${sender}/${sequence}/${more.from ?? "p"}`,
  hash: new Uint8Array(),
  tx: new Uint8Array(10),
  from: "p",
  sender,
  sequence: BigInt(sequence),
  since: 0,
  ...more,
});

const sequences = (txs: readonly EarlyTx[]) => txs.map(({ sender, sequence }) => `${sender}/${sequence}`);

Deno.test("what came early is taken out when its sequence is awaited, in whatever order it came; what is past goes", () => {
  const room = new EarlyTxs();
  for (const sequence of [7, 5, 6, 5, 9]) room.add(early("a", sequence), 4n, 0);
  assertEquals(room.count, 4, "each once");
  assertEquals(room.take("a", 4n), []);
  assertEquals(sequences(room.take("a", 5n)), ["a/5"]);
  assertEquals(sequences(room.take("a", 7n)), ["a/7"]);
  assertEquals(room.take("b", 9n), []);
  room.remove("a/9/p");
  assertEquals([room.count, room.take("a", 9n)], [0, []]);
});

Deno.test("two for one sequence are both kept: the first may be somebody's invention", () => {
  const room = new EarlyTxs();
  for (const from of ["liar", "p"]) assert(room.add(early("a", 5, { from }), 4n, 0));
  assertEquals(room.take("a", 5n).map(({ from }) => from), ["liar", "p"]);
});

Deno.test("what is not ahead, too far ahead or too old is not kept", () => {
  const room = new EarlyTxs();
  assertEquals(room.add(early("a", 4), 4n, 0), false);
  assertEquals(room.add(early("a", 3), 4n, 0), false);
  assertEquals(room.add(early("a", 20_000), 4n, 0), false);
  assertEquals(room.add(early("a", 5), 4n, EARLY_MS_MAX + 1), false);
  assertEquals(room.count, 0);
});

Deno.test("the first of each sender is tried in turns", () => {
  const room = new EarlyTxs();
  for (const sender of ["a", "b", "c"]) for (const sequence of [5, 6]) room.add(early(sender, sequence), 1n, 0);
  assertEquals(sequences(room.takeFirsts(2)), ["a/5", "b/5"]);
  assertEquals(sequences(room.takeFirsts(2)), ["c/5", "a/6"]);
  assertEquals(sequences(room.takeFirsts(9)), ["b/6", "c/6"]);
  assertEquals([room.takeFirsts(9), room.count], [[], 0]);
});

Deno.test("a peer has its share, all together have one, and what is old makes room", () => {
  const room = new EarlyTxs();
  const fill = (from: string, since: number) => {
    let kept = 0;
    while (room.add(early(from, 2 + kept, { from, since }), 1n, since)) kept++;
    return kept;
  };
  const share = fill("p", 0);
  assertEquals(share, 2048);
  for (const from of ["q", "r", "s"]) assertEquals(fill(from, 1), share);
  assertEquals(fill("t", 2), 0, "all together");
  assertEquals(fill("t", EARLY_MS_MAX + 1), share, "those of p are too old");
  const big = new EarlyTxs();
  const tx = new Uint8Array(1024 * 1024);
  for (let i = 0; i < 9; i++) big.add(early("a", 5 + i, { tx }), 1n, 0);
  assertEquals(big.count, 4);
});

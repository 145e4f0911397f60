import { assertEquals } from "@std/assert";
import { type BlockReport, HeightBoard, type HeightEvent, LATE_MS } from "./heights.ts";

const block = (height: number, appHash = "A", txs = 0): BlockReport => ({
  height: BigInt(height),
  hash: `H${height}`,
  appHash: `${appHash}${height}`,
  txs,
});

/** What matters of events, short. */
const brief = (events: readonly HeightEvent[]) =>
  events.map((event) => {
    if (event.type === "final") return `final ${event.block.height} in ${event.nodes.join()}`;
    if (event.type === "conflict") return `conflict ${event.node} at ${event.block.height}`;
    return `${event.type} ${event.node} at ${event.height}`;
  });

function started(...names: string[]): HeightBoard {
  const board = new HeightBoard(names);
  for (const name of names) assertEquals(board.up(name, 0n, 0), []);
  return board;
}

Deno.test("a height is told once all have it, with how long that took", () => {
  const board = started("a", "b", "c");
  assertEquals(board.block("a", block(1), 10), []);
  assertEquals(board.block("b", block(1), 12), []);
  assertEquals(board.block("c", block(1), 17), [{
    type: "final",
    block: block(1),
    nodes: ["a", "b", "c"],
    spreadMs: 7,
    intervalMs: undefined,
  }]);
  for (const name of ["a", "b"]) assertEquals(board.block(name, block(2), 30), []);
  const [final] = board.block("c", block(2), 31);
  assertEquals(final?.type === "final" && [final.spreadMs, final.intervalMs], [1, 20]);
});

Deno.test("who is late is waited for no longer, and is in step again when it has all that was told", () => {
  const board = started("a", "b", "c");
  for (const height of [1, 2, 3]) {
    for (const name of ["a", "b"]) assertEquals(board.block(name, block(height), height), []);
  }
  assertEquals(board.tick(LATE_MS), []);
  assertEquals(brief(board.tick(LATE_MS + 1)), [
    "behind c at 0",
    "final 1 in a,b",
    "final 2 in a,b",
    "final 3 in a,b",
  ]);
  assertEquals(board.inStep, ["a", "b"]);
  assertEquals(brief(board.block("a", block(4), 5000)), []);
  assertEquals(brief(board.block("b", block(4), 5000)), ["final 4 in a,b"]);
  for (const height of [1, 2, 3]) assertEquals(board.block("c", block(height), 5001), []);
  assertEquals(brief(board.block("c", block(4), 5002)), ["in_step c at 4"]);
  for (const name of ["a", "b"]) assertEquals(board.block(name, block(5), 5010), []);
  assertEquals(brief(board.block("c", block(5), 5010)), ["final 5 in a,b,c"]);
});

Deno.test("nobody waits for a node that is down; one that comes back with less is behind until it has caught up", () => {
  const board = started("a", "b", "c");
  for (const name of ["a", "b"]) board.block(name, block(1), 1);
  assertEquals(brief(board.down("c", 2)), ["final 1 in a,b"]);
  assertEquals(board.running, ["a", "b"]);
  for (const height of [2, 3]) for (const name of ["a", "b"]) board.block(name, block(height), 3);
  assertEquals(board.up("c", 0n, 4), []);
  assertEquals(board.inStep, ["a", "b"]);
  for (const height of [1, 2]) assertEquals(board.block("c", block(height), 5), []);
  assertEquals(brief(board.block("c", block(3), 6)), ["in_step c at 3"]);
});

Deno.test("a network that goes on begins after the highest block that a node has", () => {
  const board = new HeightBoard(["a", "b"]);
  board.up("a", 7n, 0);
  board.up("b", 9n, 0);
  for (const height of [8, 9]) assertEquals(board.block("a", block(height), 1), []);
  assertEquals(board.block("b", block(10), 2), []);
  assertEquals(brief(board.block("a", block(10), 3)), ["final 10 in a,b"]);
});

Deno.test("different blocks or states of one height are told as a conflict, also of one that was told long ago", () => {
  const board = started("a", "b");
  board.block("a", block(1), 1);
  assertEquals(brief(board.block("b", block(1, "B"), 2)), ["conflict b at 1"]);
  board.block("b", block(1), 3);
  assertEquals(brief(board.block("b", { ...block(1), hash: "other" }, 4)), ["conflict b at 1"]);
});

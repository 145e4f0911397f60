import { assertEquals } from "@std/assert";
import { utf8ToBytes } from "../core/bytes.ts";
import type { Entries } from "../core/work.ts";
import { Journal, type StateReader } from "../state/mod.ts";
import { type Speculation, stillHolds } from "./speculation.ts";

const key = utf8ToBytes;
const value = Uint8Array.of(7);
const empty: StateReader = { get: () => undefined, page: () => [] };

/** What `read` reads from an empty state, as a speculation. */
function reading(read: (journal: Journal) => unknown): Speculation {
  const journal = new Journal(empty, { trackReads: true });
  read(journal);
  const outcome = {
    error: undefined,
    data: new Uint8Array(),
    gasWanted: 0n,
    gasUsed: 0n,
    gasComputed: 0n,
    events: [],
    fee: [],
  };
  return { index: 0, outcome, reads: journal.reads(), changes: [] };
}

function after(write: (journal: Journal) => void): Journal {
  const journal = new Journal(empty);
  write(journal);
  return journal;
}

Deno.test("stillHolds() compares values: a key written in between breaks it, one written back does not", () => {
  const read = reading((journal) => journal.get("bank", key("a")));
  assertEquals(stillHolds(read, after((journal) => journal.set("bank", key("b"), value))), true);
  assertEquals(stillHolds(read, after((journal) => journal.set("auth", key("a"), value))), true);
  assertEquals(stillHolds(read, after((journal) => journal.set("bank", key("a"), value))), false);
  assertEquals(stillHolds(read, after((journal) => journal.set("bank", key("a"), new Uint8Array()))), false);
  const back = after((journal) => {
    journal.set("bank", key("a"), value);
    journal.delete("bank", key("a"));
  });
  assertEquals(stillHolds(read, back), true);
});

Deno.test("stillHolds() sees what entered a page, also one that was read under own writes", () => {
  const page = { start: key("b"), end: key("d"), limit: 10 };
  const entered = after((journal) => journal.set("bank", key("c"), value));
  const beside = after((journal) => journal.set("bank", key("d"), value));
  const plain = reading((journal) => journal.page("bank", page));
  assertEquals([stillHolds(plain, entered), stillHolds(plain, beside)], [false, true]);
  const covered = reading((journal): Entries => {
    journal.set("bank", key("c"), value);
    return journal.page("bank", page);
  });
  assertEquals([stillHolds(covered, entered), stillHolds(covered, beside)], [false, true]);
});

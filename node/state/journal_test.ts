import { assert, assertEquals, assertThrows } from "@std/assert";
import { utf8ToBytes } from "../core/bytes.ts";
import { InvariantError } from "../core/invariant.ts";
import { Journal } from "./journal.ts";
import { PAGE_ENTRIES_MAX, type StateReader } from "./view.ts";

const empty: StateReader = { get: () => undefined, page: () => [] };
const key = utf8ToBytes;
const value = Uint8Array.of(7);

Deno.test("changes() are sorted by store and key, and reverted stores leave none", () => {
  const journal = new Journal(empty);
  journal.set("bank", key("b"), value);
  journal.set("auth", key("z"), value);
  journal.delete("bank", key("a"));
  const checkpoint = journal.checkpoint();
  journal.set("zzz", key("q"), value);
  journal.revert(checkpoint);
  assertEquals(journal.changes(), [
    { store: "auth", key: key("z"), value },
    { store: "bank", key: key("a"), value: undefined },
    { store: "bank", key: key("b"), value },
  ]);
});

Deno.test("an outer revert takes back what an inner checkpoint kept", () => {
  const journal = new Journal(empty);
  const outer = journal.checkpoint();
  const inner = journal.checkpoint();
  journal.set("bank", key("a"), value);
  journal.commit(inner);
  assertEquals(journal.get("bank", key("a")), value);
  journal.revert(outer);
  assertEquals(journal.changes(), []);
});

Deno.test("checkpoints close in reverse order, each once", () => {
  const journal = new Journal(empty);
  const outer = journal.checkpoint();
  const inner = journal.checkpoint();
  assertThrows(() => journal.commit(outer), InvariantError);
  journal.commit(inner);
  journal.commit(outer);
  assertThrows(() => journal.revert(outer), InvariantError);
});

Deno.test("keys outside of their bounds are our own mistake", () => {
  const journal = new Journal(empty);
  assertThrows(() => journal.set("bank", new Uint8Array(), value), InvariantError);
  assertThrows(() => journal.delete("bank", new Uint8Array(769)), InvariantError);
});

Deno.test("an empty value is a value", () => {
  const journal = new Journal(empty);
  journal.set("bank", key("a"), new Uint8Array());
  assertEquals(journal.get("bank", key("a")), new Uint8Array());
  assertEquals(journal.page("bank", { limit: 2 }), [[key("a"), new Uint8Array()]]);
});

Deno.test("reads() has what was read from below, not what the journal itself wrote", () => {
  const journal = new Journal(empty, { trackReads: true });
  journal.set("bank", key("own"), value);
  journal.get("bank", key("own"));
  journal.get("bank", key("b"));
  journal.get("bank", key("a"));
  journal.get("bank", key("a"));
  journal.page("auth", { limit: 3 });
  assertEquals(journal.reads(), {
    keys: [
      { store: "bank", key: key("b"), value: undefined },
      { store: "bank", key: key("a"), value: undefined },
    ],
    pages: [{ store: "auth", page: { limit: 3 }, entries: [] }],
  });
  assertThrows(() => new Journal(empty).reads(), InvariantError);
});

Deno.test("page() has a key once that was written, reverted and written again", () => {
  const journal = new Journal(empty);
  const checkpoint = journal.checkpoint();
  journal.set("bank", key("a"), value);
  assertEquals(journal.page("bank", { limit: 9 }).length, 1);
  journal.revert(checkpoint);
  journal.set("bank", key("a"), Uint8Array.of(8));
  journal.set("bank", key("b"), value);
  const entries = [[key("a"), Uint8Array.of(8)], [key("b"), value]];
  assertEquals(journal.page("bank", { limit: 9 }), entries as never);
  assertEquals(journal.page("bank", { limit: 9, reverse: true }), entries.toReversed() as never);
  assertEquals(journal.changes().length, 2);
});

Deno.test("a place reads and writes as its key does, and reads what lies below once", () => {
  let reads = 0;
  const journal = new Journal({ get: () => (reads++, value), page: () => [] });
  const place = journal.place("bank", key("a"));
  assertEquals([place.get(), place.get(), reads], [value, value, 1]);
  const checkpoint = journal.checkpoint();
  journal.set("bank", key("a"), Uint8Array.of(8));
  assertEquals(place.get(), Uint8Array.of(8));
  place.set(undefined);
  assertEquals([place.get(), journal.get("bank", key("a"))], [undefined, undefined]);
  assertEquals(journal.changes(), [{ store: "bank", key: key("a"), value: undefined }]);
  journal.revert(checkpoint);
  assertEquals([place.get(), journal.changes(), reads], [value, [], 1]);
  assertThrows(() => new Journal(empty, { trackReads: true }).place("bank", key("a")), InvariantError);
});

Deno.test("page() over many entries that are deleted asks for few pages, and for no more than is allowed", () => {
  const COUNT = 5_000;
  const all = Array.from({ length: COUNT }, (_, n) => [Uint8Array.of(n >> 8, n & 255), value] as const);
  let pages = 0;
  const below: StateReader = {
    get: () => undefined,
    page(_store, { start, end, reverse, limit }) {
      pages++;
      assert(limit <= PAGE_ENTRIES_MAX, `a page of ${limit}`);
      const number = (key: Uint8Array) => (key[0]! << 8) + key[1]! + (key.length > 2 ? 1 : 0);
      const inside = all.slice(start && number(start), end && number(end));
      return (reverse === true ? inside.reverse() : inside).slice(0, limit);
    },
  };
  for (const reverse of [false, true]) {
    const journal = new Journal(below);
    const left = reverse ? 0 : COUNT - 1;
    for (let n = 0; n < COUNT; n++) if (n !== left) journal.delete("wasm", all[n]![0]);
    pages = 0;
    assertEquals(journal.page("wasm", { reverse, limit: 1 }), [all[left]!]);
    assert(pages <= 20, `${pages} pages`);
    // Nobody pays for that. So it is done once, also after one of them was there for a while.
    for (const again of [false, true]) {
      pages = 0;
      const checkpoint = journal.checkpoint();
      if (again) {
        journal.set("wasm", all[2_000]![0], value);
        assertEquals(journal.page("wasm", { reverse, limit: 1 }), [all[2_000]!]);
      }
      journal.revert(checkpoint);
      for (let times = 0; times < 100; times++) {
        assertEquals(journal.page("wasm", { reverse, limit: 1 }), [all[left]!]);
      }
      assert(pages <= 210, `${pages} pages`);
    }
  }
});

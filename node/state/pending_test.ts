/** What reading over waiting writes costs, counted: what goes between the threads, and what is read where the writes are. */
import { assert, assertEquals } from "@std/assert";
import { FakeStorage } from "../../tests/bad_input/harness.ts";
import { bytesToU64, u64ToBytes } from "../core/bytes.ts";
import { sha256 } from "../core/crypto/mod.ts";
import type { LoadKeys, LoadNodes, LoadRange, Reply } from "../core/work.ts";
import { answerPending, FollowingState, Journal, MultiStore, PendingState, type StateReader } from "./mod.ts";

const COMMITTED = 3_000;
const WAITING = 1_500;
const keyOf = (n: number) => new Uint8Array([3, ...sha256(u64ToBytes(BigInt(n))).slice(0, 20)]);
const EVERY: { readonly start: Uint8Array; readonly end: Uint8Array } = {
  start: Uint8Array.of(3),
  end: Uint8Array.of(4),
};

/** Entries 1 … each name the next. Every other one of the first {@linkcode COMMITTED} waits to be written again, or to be deleted. */
class Waiting {
  readonly #storage = new FakeStorage();
  readonly #state = new MultiStore({ stores: ["bank", "wasm"], cacheBytesMax: 1 << 24 });
  readonly #journal = new Journal(this.#state.committed);
  requests = 0;
  entries = 0;

  constructor(deleting: boolean) {
    const all = Array.from({ length: COMMITTED }, (_, i) => i + 1);
    const value = (n: number) => u64ToBytes(BigInt(n === COMMITTED ? 0 : n + 1));
    const changes = all.map((n) => ({ store: "wasm", key: keyOf(n), value: value(n) }));
    const staged = this.#storage.run(this.#state.stage(0n, changes), -1n);
    this.#storage.write(staged);
    this.#state.adopt(staged);
    for (let n = 1; n <= 2 * WAITING; n += 2) {
      if (deleting) this.#journal.delete("wasm", keyOf(n));
      else this.#journal.set("wasm", keyOf(n), value(n));
    }
  }

  /** Another transaction waits. */
  write(n: number): void {
    this.#journal.set("wasm", keyOf(n), new Uint8Array(8));
  }

  /** As one simulation reads. */
  read<T>(read: (reader: StateReader) => T): { readonly value: T; readonly attempts: number } {
    [this.requests, this.entries] = [0, 0];
    let attempts = 0;
    const thread = new FollowingState(0n, 0, (request) => this.#answer(request));
    const pending = new PendingState(thread, this.#journal.written);
    const work = pending.resident(() => {
      attempts++;
      return read(pending.reader);
    });
    const step = work.next();
    assert(step.done, "it yielded");
    return { value: step.value, attempts };
  }

  #answer(request: LoadKeys | LoadRange | LoadNodes): Reply {
    this.requests++;
    const { written } = this.#journal;
    const reply = this.#storage.run(answerPending(this.#journal, written, () => this.#state.at(0n), request), 0n);
    if (request.type === "load_range") this.entries += reply!.length;
    return reply;
  }
}

/** Page by page, as a contract does that iterates. */
function walk(state: StateReader, reverse: boolean, limit: number): number {
  let { start, end } = EVERY;
  for (let seen = 0;;) {
    const entries = state.page("wasm", { start, end, reverse, limit });
    seen += entries.length;
    const last = entries.at(-1)?.[0];
    if (last === undefined || entries.length < limit) return seen;
    if (reverse) end = last;
    else start = new Uint8Array([...last, 0]);
  }
}

for (const deleting of [false, true]) {
  Deno.test(`iterating over ${COMMITTED} entries, half of which wait to be ${deleting ? "deleted" : "written"}, takes one run and few loads`, () => {
    const waiting = new Waiting(deleting);
    const there = deleting ? COMMITTED - WAITING : COMMITTED;
    for (const reverse of [false, true]) {
      for (const limit of [1, 8, 128]) {
        assertEquals(waiting.read((state) => walk(state, reverse, limit)), { value: there, attempts: 1 });
        assert(waiting.requests <= 60, `${waiting.requests} requests`);
        assert(waiting.entries <= 1.2 * there, `${waiting.entries} entries`);
      }
    }
  });
}

Deno.test("following a list all over what waits takes one run, and no more loads than entries", () => {
  const waiting = new Waiting(false);
  const follow = (state: StateReader) => {
    let [n, seen] = [1, 0];
    for (; n !== 0; seen++) n = Number(bytesToU64(state.get("wasm", keyOf(n))!));
    return seen;
  };
  assertEquals(waiting.read(follow), { value: COMMITTED, attempts: 1 });
  assert(waiting.requests <= COMMITTED / 10, `${waiting.requests} requests`);
  assert(waiting.entries <= 1.2 * COMMITTED, `${waiting.entries} entries`);
});

Deno.test("each of many simulations in a row sees what was written before it, and costs what it reads", () => {
  const waiting = new Waiting(false);
  for (let i = 1; i <= 50; i++) {
    waiting.write(COMMITTED + i);
    const first = waiting.read((state) => state.page("wasm", { ...EVERY, limit: 8 }).length);
    assertEquals([first, waiting.requests, waiting.entries], [{ value: 8, attempts: 1 }, 1, 8]);
    const own = waiting.read((state) => state.get("wasm", keyOf(COMMITTED + i))?.length);
    assertEquals([own.value, waiting.requests], [8, 1]);
  }
});

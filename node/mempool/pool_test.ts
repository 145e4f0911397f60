import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { dataBytes, Pool } from "./pool.ts";
import type { PoolCandidate, PoolLimits } from "./types.ts";

const LIMITS: PoolLimits = { countMax: 100, bytesMax: 10_000, txBytesMax: 1_000, seenCountMax: 200 };

function candidate(sender: number, sequence: number, priority: number, size = 10, gas = 1): PoolCandidate {
  const tx = new Uint8Array(size);
  new DataView(tx.buffer).setUint32(0, sender);
  new DataView(tx.buffer).setUint32(4, sequence);
  return {
    key: `${sender}/${sequence}/${priority}`,
    tx,
    sender: new Uint8Array([sender]),
    sequence: BigInt(sequence),
    priority: BigInt(priority),
    gasWanted: BigInt(gas),
  };
}

const names = (txs: readonly Uint8Array[]) =>
  txs.map((tx) => {
    const view = new DataView(tx.buffer, tx.byteOffset);
    return `${view.getUint32(0)}/${view.getUint32(4)}`;
  });

function filled(...candidates: PoolCandidate[]): Pool {
  const pool = new Pool(LIMITS);
  for (const each of candidates) assert(pool.insert(each).ok);
  return pool;
}

const reapAll = (pool: Pool) => names(pool.reap(1_000_000, -1n));

Deno.test("reap() takes the best sender first and keeps each sender's sequence order", () => {
  const pool = filled(candidate(1, 0, 5), candidate(1, 1, 90), candidate(2, 7, 10), candidate(3, 0, 10));
  assertEquals(reapAll(pool), ["2/7", "3/0", "1/0", "1/1"]);
  assertEquals(pool.count, 4, "reaping changes nothing");
});

Deno.test("reap() keeps within bytes and gas, and a misfit does not stop other senders", () => {
  const pool = filled(candidate(1, 0, 9, 500, 50), candidate(1, 1, 9, 8, 1), candidate(2, 0, 5, 100, 10));
  assertEquals(names(pool.reap(dataBytes(100), -1n)), ["2/0"]);
  assertEquals(names(pool.reap(10_000, 50n)), ["1/0"]);
  assertEquals(names(pool.reap(10_000, 51n)), ["1/0", "1/1"]);
});

Deno.test("dataBytes() counts tag, length and payload as protobuf does", () => {
  assertEquals([0, 127, 128, 16383, 16384].map(dataBytes), [2, 129, 131, 16386, 16388]);
});

Deno.test("insert() refuses a gap, a taken sequence and a copy", () => {
  const pool = filled(candidate(1, 3, 1));
  const refusal = (c: PoolCandidate) => {
    const result = pool.insert(c);
    return result.ok ? undefined : result.reason;
  };
  assertEquals(refusal(candidate(1, 5, 1)), "sequence_gap");
  assertEquals(refusal(candidate(1, 3, 99)), "sequence_gap");
  assertEquals(refusal(candidate(1, 3, 1)), "seen");
  assertEquals(refusal(candidate(1, 4, 1)), undefined);
});

Deno.test("insert() pushes out the tail that pays least, and only for a newcomer that pays more", () => {
  const pool = new Pool({ ...LIMITS, countMax: 3 });
  for (const c of [candidate(1, 0, 5), candidate(1, 1, 2), candidate(2, 0, 3)]) assert(pool.insert(c).ok);
  assertEquals(pool.insert(candidate(3, 0, 2)).ok, false, "equal pay pushes nobody out");
  pool.update([]);
  const result = pool.insert(candidate(3, 0, 4));
  assert(result.ok);
  assertEquals(result.evicted.map((e) => e.key), ["1/1/2"]);
  assertEquals(pool.seen("1/1/2"), false, "it may come again");
  const later = pool.insert(candidate(1, 2, 100));
  assertEquals(!later.ok && later.reason, "sequence_gap");
});

Deno.test("insert() never pushes out the newcomer's own predecessor", () => {
  const pool = new Pool({ ...LIMITS, countMax: 2 });
  assert(pool.insert(candidate(1, 0, 1)).ok);
  assert(pool.insert(candidate(2, 0, 5)).ok);
  const result = pool.insert(candidate(1, 1, 9));
  assert(result.ok);
  assertEquals(result.evicted.map((e) => e.key), ["2/0/5"]);
});

Deno.test("insert() that cannot make enough room leaves the pool as it was", () => {
  const pool = new Pool({ ...LIMITS, bytesMax: 100 });
  for (const c of [candidate(1, 0, 1, 40), candidate(2, 0, 9, 60)]) assert(pool.insert(c).ok);
  const before = reapAll(pool);
  assertEquals(pool.insert(candidate(3, 0, 5, 80)).ok, false);
  assertEquals(reapAll(pool), before);
  assertEquals(pool.bytes, 100);
});

Deno.test("update() forgets what failed and remembers what succeeded", () => {
  const pool = filled(candidate(1, 0, 1), candidate(1, 1, 1), candidate(2, 0, 1));
  pool.update([{ key: "1/0/1", succeeded: true }, { key: "2/0/1", succeeded: false }]);
  assertEquals([pool.seen("1/0/1"), pool.seen("2/0/1")], [true, false]);
  assertEquals(pool.pending().map((e) => e.key), ["1/1/1"]);
});

Deno.test("the seen cache is bounded and drops the longest unseen", () => {
  const pool = new Pool({ ...LIMITS, seenCountMax: 3 });
  for (const key of ["a", "b", "c"]) assert(pool.remember(key));
  assertEquals(pool.remember("a"), false);
  assert(pool.remember("d"));
  assertEquals(["a", "b", "c", "d"].map((key) => pool.seen(key)), [false, true, true, true]);
});

Deno.test("refusals for want of room are bounded: the pool says when it is congested", () => {
  const pool = new Pool({ ...LIMITS, countMax: 2 });
  assert(pool.insert(candidate(1, 0, 9)).ok);
  assert(pool.insert(candidate(2, 0, 9)).ok);
  for (const sender of [3, 4]) {
    assertEquals(pool.congested, false);
    assertEquals(pool.insert(candidate(sender, 0, 1)).ok, false);
  }
  assert(pool.congested);
  pool.update([]);
  assertEquals(pool.congested, false);
});

Deno.test("50 000 transactions of 200 senders go in and come out in order", () => {
  const pool = new Pool({ countMax: 50_000, bytesMax: 1 << 30, txBytesMax: 1_000, seenCountMax: 100_000 });
  for (let i = 0; i < 50_000; i++) assert(pool.insert(candidate(i % 200, Math.floor(i / 200), i % 13)).ok);
  let left = 50_000;
  while (left > 0) {
    const block = names(pool.reap(20_000, -1n));
    const next = new Map<string, number>();
    for (const name of block) {
      const [sender, sequence] = name.split("/") as [string, string];
      const expected = next.get(sender);
      if (expected !== undefined) assertEquals(Number(sequence), expected);
      next.set(sender, Number(sequence) + 1);
    }
    const keys = block.map((name) => {
      const [sender, sequence] = name.split("/").map(Number) as [number, number];
      return { key: `${name}/${(sequence * 200 + sender) % 13}`, succeeded: true };
    });
    assertEquals(pool.update(keys), []);
    left -= block.length;
    assertEquals(pool.count, left);
  }
});

/** The same rules, told in the plainest way. */
class Model {
  entries: (PoolCandidate & { arrival: number })[] = [];
  arrivals = 0;
  missing = new Map<number, bigint>();
  constructor(readonly limits: PoolLimits) {}

  of = (sender: number) => this.entries.filter((e) => e.sender[0] === sender);
  bytes = () => this.entries.reduce((sum, e) => sum + e.tx.length, 0);
  miss(e: PoolCandidate) {
    const known = this.missing.get(e.sender[0]!);
    if (known === undefined || e.sequence < known) this.missing.set(e.sender[0]!, e.sequence);
  }

  insert(c: PoolCandidate): string {
    if (this.entries.some((e) => e.key === c.key)) return "seen";
    const arrival = this.arrivals++;
    const sender = c.sender[0]!;
    const missing = this.missing.get(sender);
    if (missing !== undefined && missing !== c.sequence) return "sequence_gap";
    const own = this.of(sender);
    if (own.length > 0 && own.at(-1)!.sequence + 1n !== c.sequence) return "sequence_gap";
    const before = [...this.entries];
    const out: PoolCandidate[] = [];
    while (this.entries.length + 1 > this.limits.countMax || this.bytes() + c.tx.length > this.limits.bytesMax) {
      const tails = [...new Set(this.entries.map((e) => e.sender[0]!))].filter((s) => s !== sender)
        .map((s) => this.of(s).at(-1)!)
        .sort((a, b) => a.priority !== b.priority ? Number(a.priority - b.priority) : b.arrival - a.arrival);
      const worst = tails[0];
      if (worst === undefined || worst.priority >= c.priority) {
        this.entries = before;
        this.miss(c);
        return "full";
      }
      out.push(worst);
      this.entries = this.entries.filter((e) => e !== worst);
    }
    out.forEach((e) => this.miss(e));
    this.missing.delete(sender);
    this.entries.push({ ...c, arrival });
    return "ok";
  }

  order(): string[] {
    const left = [...this.entries];
    const out: string[] = [];
    while (left.length > 0) {
      const heads = left.filter((e) => !left.some((o) => o.sender[0] === e.sender[0] && o.sequence < e.sequence));
      heads.sort((a, b) => a.priority !== b.priority ? Number(b.priority - a.priority) : a.arrival - b.arrival);
      out.push(heads[0]!.key);
      left.splice(left.indexOf(heads[0]!), 1);
    }
    return out;
  }

  removeFrom(key: string) {
    const entry = this.entries.find((e) => e.key === key);
    if (entry === undefined) return;
    this.entries = this.entries.filter((e) => e.sender[0] !== entry.sender[0] || e.sequence < entry.sequence);
  }

  update(keys: string[]) {
    this.missing.clear();
    const gone = new Set(keys);
    for (const sender of new Set(this.entries.map((e) => e.sender[0]!))) {
      const own = this.of(sender);
      let start = 0;
      while (start < own.length && gone.has(own[start]!.key)) start++;
      let end = start;
      while (end < own.length && !gone.has(own[end]!.key)) end++;
      const kept = new Set(own.slice(start, end));
      this.entries = this.entries.filter((e) => e.sender[0] !== sender || kept.has(e));
    }
  }
}

type Action =
  | { do: "insert"; sender: number; ahead: number; priority: number; size: number }
  | { do: "update"; picks: number[] }
  | { do: "remove"; pick: number };

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("insert" as const),
      sender: fc.nat(5),
      ahead: fc.constantFrom(0, 0, 0, 0, 1, -1),
      priority: fc.nat(6),
      size: fc.integer({ min: 8, max: 60 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("update" as const), picks: fc.array(fc.nat(30)) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("remove" as const), pick: fc.nat(30) }) },
);

Deno.test("the pool does what the plain model does, whatever comes", () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60, size: "max" }), (actions) => {
      const limits = { countMax: 12, bytesMax: 400, txBytesMax: 100, seenCountMax: 1_000 };
      const pool = new Pool(limits);
      const model = new Model(limits);
      for (const a of actions) {
        if (a.do === "insert") {
          const tail = model.of(a.sender).at(-1);
          const sequence = Math.max(0, (tail === undefined ? 0 : Number(tail.sequence) + 1) + a.ahead);
          const c = candidate(a.sender, sequence, a.priority, a.size);
          const result = pool.insert(c);
          assertEquals(result.ok ? "ok" : result.reason, model.insert(c));
        } else if (a.do === "update") {
          const order = model.order();
          const keys = [...new Set(a.picks.map((p) => order[p] ?? `unknown ${p}`))];
          pool.update(keys.map((key) => ({ key, succeeded: true })));
          model.update(keys);
        } else {
          const key = model.order()[a.pick] ?? "unknown";
          pool.remove(key);
          model.removeFrom(key);
        }
        const order = model.order().map((key) => key.split("/").slice(0, 2).join("/"));
        assertEquals(reapAll(pool), order);
        assertEquals([pool.count, pool.bytes], [model.entries.length, model.bytes()]);
        assertEquals(names(pool.peek(3)), order.slice(0, 3));
      }
    }),
    { numRuns: 400 },
  );
});

Deno.test("pendingFrom() goes through what is pending in order of arrival, in portions, each time once", () => {
  const sizes = fc.array(fc.integer({ min: 8, max: 40 }), { maxLength: 30 });
  fc.assert(fc.property(sizes, fc.integer({ min: 10, max: 100 }), fc.array(fc.nat(29)), (sizes, bytesMax, gone) => {
    const pool = filled(...sizes.map((size, i) => candidate(i, 0, i % 3, size)));
    for (const i of gone) pool.remove(`${i}/0/${i % 3}`);
    const all: string[] = [];
    for (let place: number | undefined = 0; place !== undefined;) {
      const { txs, next } = pool.pendingFrom(place, bytesMax);
      const bytes = txs.reduce((sum, tx) => sum + tx.length, 0);
      assert(txs.length <= 1 || bytes <= bytesMax);
      all.push(...names(txs));
      place = next;
    }
    assertEquals(all, sizes.map((_, i) => `${i}/0`).filter((_, i) => !gone.includes(i)));
  }));
});

import { assert, assertEquals, assertRejects } from "@std/assert";
import type { CheckKind, CheckTxResult } from "../app/ports.ts";
import { sha256 } from "../core/crypto/mod.ts";
import { IoError } from "../core/errors.ts";
import { runResident, type Work } from "../core/work.ts";
import { type CheckRunner, Mempool } from "./service.ts";
import type { PoolLimits } from "./types.ts";

const LIMITS: PoolLimits = { countMax: 100, bytesMax: 10_000, txBytesMax: 16, seenCountMax: 1_000 };

/** Transactions are [sender, sequence, priority]; the check state counts sequences, as a real one does. */
class FakeApp {
  committed = new Map<number, number>();
  checks: string[] = [];
  #expected = new Map<number, number>();

  reset() {
    this.#expected = new Map(this.committed);
  }

  *checkTx(tx: Uint8Array, kind: CheckKind): Work<CheckTxResult> {
    const [sender, sequence, priority] = tx as unknown as [number, number, number];
    yield { type: "pause" };
    this.checks.push(`${kind} ${sender}/${sequence}`);
    if (sender === 254 && sequence > 0 && sequence === this.#expected.get(sender)) return { ...refusal(tx), code: 4 };
    if (sender === 255) throw new IoError("disk", "read: gone");
    const expected = this.#expected.get(sender) ?? 0;
    const code = sequence === expected ? 0 : 32;
    if (code === 0) this.#expected.set(sender, expected + 1);
    return {
      code,
      codespace: code === 0 ? "" : "sdk",
      log: code === 0 ? "" : `expected ${expected}, got ${sequence}`,
      data: new Uint8Array(),
      gasWanted: 1n,
      gasUsed: 1n,
      events: [],
      sender: new Uint8Array([sender]),
      sequence: BigInt(sequence),
      ...(code !== 0 && { awaited: BigInt(expected) }),
      priority: BigInt(priority),
    };
  }
}

const refusal = ([sender, sequence]: Uint8Array): CheckTxResult => ({
  code: 4,
  codespace: "sdk",
  log: "a bad signature",
  data: new Uint8Array(),
  gasWanted: 1n,
  gasUsed: 1n,
  events: [],
  sender: new Uint8Array([sender!]),
  sequence: BigInt(sequence!),
  priority: 0n,
});

class FakeRunner implements CheckRunner {
  slices = 0;
  running = 0;
  #tail: Promise<unknown> = Promise.resolve();

  lane<T>(slice: () => T | Promise<T>): Promise<T> {
    const run = this.#tail.then(async () => {
      assertEquals(this.running++, 0, "slices do not overlap");
      this.slices++;
      try {
        return await slice();
      } finally {
        this.running--;
      }
    });
    this.#tail = run.catch(() => {});
    return run;
  }
  run<T>(work: Work<T>): T {
    return runResident(work);
  }
  breathe = () => Promise.resolve();
}

function setup(sliceMs = 1000) {
  const app = new FakeApp();
  const runner = new FakeRunner();
  const failures: unknown[] = [];
  const mempool = new Mempool({ app, runner, limits: LIMITS, sliceMs, onFailure: (e) => failures.push(e) });
  const commit = async (txs: Uint8Array[]) => {
    await runner.lane(() => {
      for (const [sender, sequence] of txs as unknown as [number, number][]) app.committed.set(sender, sequence + 1);
      app.reset();
      mempool.afterCommit(txs.map((tx) => ({ hash: sha256(tx), succeeded: true })));
    });
  };
  return { app, runner, mempool, failures, commit };
}

const tx = (...bytes: number[]) => new Uint8Array(bytes);

Deno.test("admit() checks in one slice what came together, and keeps order within a sender", async () => {
  const { mempool, runner } = setup();
  const results = await Promise.all([tx(1, 0, 1), tx(1, 1, 9), tx(2, 0, 5)].map((t) => mempool.admit(t)));
  assert(results.every((r) => r.admitted));
  assertEquals(runner.slices, 1);
  assertEquals(mempool.reap(1000, -1n), [tx(2, 0, 5), tx(1, 0, 1), tx(1, 1, 9)]);
  assertEquals([mempool.count, mempool.bytes, mempool.backlog], [3, 9, 0]);
});

Deno.test("admit() refuses what is too large, seen before, or refused by the application", async () => {
  const { mempool } = setup();
  const outcome = async (t: Uint8Array) => {
    const result = await mempool.admit(t);
    return result.admitted ? "admitted" : `${result.reason} ${result.check?.code}`;
  };
  assertEquals(await outcome(new Uint8Array(17)), "too_large undefined");
  assertEquals(await outcome(tx(1, 3, 0)), "checked 32");
  assertEquals(await outcome(tx(1, 3, 0)), "checked 32", "a refused one may come again");
  assertEquals(await outcome(tx(1, 0, 0)), "admitted");
  assertEquals(await outcome(tx(1, 0, 0)), "seen undefined");
});

Deno.test("afterCommit() rechecks what stays before anything new, and drops what no longer passes", async () => {
  const { mempool, app, commit } = setup();
  await Promise.all([tx(1, 0, 1), tx(1, 1, 1), tx(2, 0, 1), tx(2, 1, 1)].map((t) => mempool.admit(t)));
  app.checks.length = 0;
  // Someone else's block: sequence 0 of sender 2 was used by another transaction, so ours of that sender are void.
  await commit([tx(1, 0, 1), tx(2, 0, 77)]);
  const late = await mempool.admit(tx(1, 2, 1));
  assert(late.admitted);
  assertEquals(app.checks, ["recheck 1/1", "recheck 2/0", "new 1/2"]);
  assertEquals(mempool.reap(1000, -1n), [tx(1, 1, 1), tx(1, 2, 1)]);
});

Deno.test("a committed transaction is not admitted again", async () => {
  const { mempool, commit } = setup();
  await mempool.admit(tx(1, 0, 1));
  await commit([tx(1, 0, 1)]);
  const again = await mempool.admit(tx(1, 0, 1));
  assertEquals(!again.admitted && again.reason, "seen");
});

Deno.test("a slice ends when its time is used up, and the next one goes on", async () => {
  const { mempool, runner } = setup(0);
  await Promise.all([0, 1, 2, 3].map((sequence) => mempool.admit(tx(1, sequence, 1))));
  assertEquals([runner.slices, mempool.count], [4, 4]);
});

Deno.test("onTransactionsAvailable() tells once per height, and again after a commit that leaves some", async () => {
  const { mempool, commit } = setup();
  let told = 0;
  mempool.onTransactionsAvailable(() => told++);
  await Promise.all([mempool.admit(tx(1, 0, 1)), mempool.admit(tx(1, 1, 1))]);
  assertEquals(told, 1);
  await commit([tx(1, 0, 1)]);
  await mempool.admit(tx(9, 9, 9));
  assertEquals(told, 2);
  await commit([tx(1, 1, 1)]);
  assertEquals(told, 2, "nothing is left");
});

Deno.test("admit() rejects when the world fails, and goes on with the next", async () => {
  const { mempool, failures } = setup();
  const failing = assertRejects(() => mempool.admit(tx(255, 0, 1)), IoError);
  const next = await mempool.admit(tx(1, 0, 1));
  await failing;
  assert(next.admitted);
  assertEquals(failures, []);
});

Deno.test("stop() answers what still waits", async () => {
  const { mempool } = setup(0);
  const results = Promise.all([0, 1, 2].map((sequence) => mempool.admit(tx(1, sequence, 1))));
  await mempool.stop();
  assert((await results).some((r) => !r.admitted && r.reason === "full"));
  const after = await mempool.admit(tx(2, 0, 1));
  assertEquals(!after.admitted && after.reason, "full");
});

Deno.test("onAdmitted() tells of what entered, with the bytes that were handed in, and of nothing else", async () => {
  const { mempool } = setup();
  const told: Uint8Array[] = [];
  const forget = mempool.onAdmitted((tx) => told.push(tx));
  const good = tx(1, 0, 1);
  await Promise.all([good, tx(1, 5, 1), tx(1, 0, 1)].map((t) => mempool.admit(t)));
  assertEquals(told.length, 1);
  assert(told[0] === good);
  assertEquals(mempool.pendingFrom(0, 1000), { txs: [good], next: undefined });
  forget();
  await mempool.admit(tx(1, 1, 1));
  assertEquals(told.length, 1);
});

Deno.test("what a peer sends before what it follows enters when that is there; a client has to send it again", async () => {
  const { mempool } = setup();
  const entered: number[] = [];
  mempool.onAdmitted(([, sequence]) => entered.push(sequence!));
  for (const sequence of [3, 1, 2]) {
    const answer = await mempool.admit(tx(1, sequence, 1), "p");
    assertEquals(!answer.admitted && answer.reason, "checked");
  }
  assertEquals((await mempool.admit(tx(2, 1, 1))).admitted, false);
  assertEquals(mempool.count, 0);
  await Promise.all([mempool.admit(tx(1, 0, 1)), mempool.admit(tx(2, 0, 1))]);
  await mempool.stop();
  assertEquals(mempool.reap(1000, -1n), [[1, 0, 1], [2, 0, 1], [1, 1, 1], [1, 2, 1], [1, 3, 1]].map((t) => tx(...t)));
  assertEquals(entered.toSorted(), [0, 0, 1, 2, 3]);
});

Deno.test("what a peer sent too early enters when a block has brought what it follows", async () => {
  const { mempool, commit, app } = setup();
  for (const sequence of [3, 4, 6]) await mempool.admit(tx(1, sequence, 1), "p");
  await mempool.admit(tx(2, 5, 1), "p");
  await commit([tx(1, 0, 1), tx(1, 1, 1)]);
  // This one is not what was kept, but takes its place.
  await commit([tx(1, 2, 1), tx(1, 3, 99)]);
  await mempool.admit(tx(3, 0, 1));
  assertEquals(mempool.reap(1000, -1n), [tx(1, 4, 1), tx(3, 0, 1)]);
  await commit([tx(1, 4, 1), tx(1, 5, 1), tx(1, 6, 1)]);
  app.checks.length = 0;
  await commit([]);
  await mempool.admit(tx(3, 1, 1));
  assertEquals(app.checks, ["recheck 3/0", "new 2/5", "new 3/1"], "what is in a block is not tried again");
});

Deno.test("who sent too early what turns out to be bad is named", async () => {
  const { mempool } = setup();
  const named: string[] = [];
  mempool.onRefusedLate((from, answer) => named.push(`${from} ${!answer.admitted && answer.check?.code}`));
  await mempool.admit(tx(254, 1, 1), "liar");
  assertEquals(named, []);
  await mempool.admit(tx(254, 0, 1), "p");
  await mempool.stop();
  assertEquals(named, ["liar 4"]);
});

import { assertEquals, assertRejects } from "@std/assert";
import { AppGate, breathe } from "./mod.ts";

/** A task that begins when the gate lets it and ends when told. */
function task(log: string[], name: string) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const run = async () => {
    log.push(`${name} begins`);
    await promise;
    log.push(`${name} ends`);
  };
  return { run, end: resolve };
}

Deno.test("checks and executions run one after another, in order of asking", async () => {
  const gate = new AppGate();
  const log: string[] = [];
  const [a, b, c] = [task(log, "check"), task(log, "block"), task(log, "check 2")];
  const all = [gate.lane(a.run), gate.execute(b.run), gate.lane(c.run)];
  for (const each of [c, b, a]) {
    each.end();
    await breathe();
  }
  await Promise.all(all);
  const expected = ["check", "block", "check 2"].flatMap((name) => [`${name} begins`, `${name} ends`]);
  assertEquals(log, expected);
});

Deno.test("a commit waits for checks and queries under way, and holds back later ones", async () => {
  const gate = new AppGate();
  const log: string[] = [];
  const [query, check, late, lateCheck] = ["query", "check", "late", "late check"].map((name) => task(log, name));
  const all = [gate.query(query!.run), gate.lane(check!.run)];
  await breathe();
  const commit = gate.commit(() => log.push("commit"));
  await breathe();
  check!.end();
  await breathe();
  all.push(gate.query(late!.run), gate.lane(lateCheck!.run));
  await breathe();
  assertEquals(log, ["query begins", "check begins", "check ends"]);
  query!.end();
  late!.end();
  lateCheck!.end();
  await Promise.all([...all, commit]);
  assertEquals(log.slice(3, 5), ["query ends", "commit"]);
  assertEquals(log.length, 9);
});

Deno.test("queries go on while checks run, and many at once", async () => {
  const gate = new AppGate();
  const log: string[] = [];
  const [check, one, two] = ["check", "one", "two"].map((name) => task(log, name));
  const all = [gate.lane(check!.run), gate.query(one!.run), gate.query(two!.run)];
  await breathe();
  assertEquals(log.length, 3);
  for (const each of [two, one, check]) each!.end();
  await Promise.all(all);
});

Deno.test("a failure is its own: what comes after runs", async () => {
  const gate = new AppGate();
  const fail = () => {
    throw new RangeError("broken");
  };
  await assertRejects(() => gate.lane(fail), RangeError);
  await assertRejects(() => gate.query(fail), RangeError);
  await assertRejects(() => gate.commit(fail), RangeError);
  assertEquals([await gate.lane(() => 1), await gate.query(() => 2), await gate.commit(() => 3)], [1, 2, 3]);
});

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Percentiles, watchEventLoopLag } from "./mod.ts";

Deno.test("percentiles are at most a twentieth above the exact ones [property]", () =>
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.01, max: 100_000, noNaN: true }), { minLength: 1, maxLength: 200 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (values, share) => {
        const percentiles = new Percentiles();
        for (const value of values) percentiles.add(value);
        const sorted = values.toSorted((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil(share * values.length)) - 1]!;
        const found = percentiles.at(share);
        assert(found >= exact * 0.999999 && found <= exact * 1.050001, `${found} for ${exact}`);
      },
    ),
  ));

/** Time stands still unless told. */
function fakeWorld() {
  let now = 0;
  let pending: { at: number; callback: () => void } | undefined;
  return {
    nowMs: () => now,
    after(ms: number, callback: () => void) {
      pending = { at: now + ms, callback };
      return () => pending = undefined;
    },
    isArmed: () => pending !== undefined,
    /** The timer fires `late` milliseconds after its time. */
    fire(late: number) {
      const due = pending!;
      now = due.at + late;
      due.callback();
    },
  };
}

Deno.test("a blocked loop counts for every tick it swallowed", () => {
  const world = fakeWorld();
  const samples: number[] = [];
  const lag = watchEventLoopLag((ms) => samples.push(ms), 10, world);
  for (let i = 0; i < 90; i++) world.fire(0);
  assertEquals(lag.p99Ms(), 0);
  world.fire(100);
  assertEquals([samples.at(-1), lag.maxMs()], [100, 100]);
  // 90 samples of zero and ten from 100 ms down to 10 ms.
  assert(lag.p99Ms() >= 90 && lag.p99Ms() <= 95, String(lag.p99Ms()));
  assert(lag.p50Ms() <= 0.01);
  lag.reset();
  assertEquals([lag.p99Ms(), lag.maxMs()], [0, 0]);
  lag.stop();
  assertEquals(world.isArmed(), false);
});

Deno.test("a process ends although its loop is watched", async () => {
  const url = new URL("./event_loop_lag.ts", import.meta.url);
  const code = `import { watchEventLoopLag } from "${url}";
    const lag = watchEventLoopLag(() => console.log("ticked"));
    await new Promise((resolve) => setTimeout(resolve, 50));`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--quiet", "--no-config", "-"],
    stdin: "piped",
    stdout: "piped",
    // Far beyond what it takes: a process that hangs is killed, which is the failure.
    signal: AbortSignal.timeout(30_000),
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(code));
  await writer.close();
  const { success, stdout } = await child.output();
  assert(success);
  assert(new TextDecoder().decode(stdout).startsWith("ticked"));
});

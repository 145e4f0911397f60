import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createLogger, Metrics, watchLag } from "./mod.ts";

Deno.test("a chain's words cannot pretend to be lines or fields of the log", () => {
  const lines: string[] = [];
  const options = { level: "info", sink: (line: string) => lines.push(line), nowMs: () => 0 } as const;
  createLogger({ ...options, format: "text" }).info("a\nb", {
    log: "x level=error\n2026 ERROR",
    n: 5n,
    none: undefined,
  });
  assertEquals(lines.pop(), '1970-01-01T00:00:00.000Z INFO  a b log="x level=error\\n2026 ERROR" n=5');
  createLogger({ ...options, format: "json" }).warn("m", {
    error: new Error("e", { cause: "c" }),
    big: "z".repeat(5000),
  });
  const { error, level, big } = JSON.parse(lines.pop()!);
  assertEquals([error, level, big.length], ["e: c", "warn", 1001]);
  createLogger({ ...options, format: "json" }).debug("too quiet");
  const round: Record<string, unknown> = {};
  round.self = round;
  createLogger({ ...options, format: "json" }).error("round", { round });
  assertEquals(lines.length, 1);
});

Deno.test("metrics have one family name and bounded labels", async () => {
  const metrics = new Metrics();
  metrics.messages("a-b", "recv", 3);
  metrics.received("a-b", 1200, 2);
  metrics.batch("a", "refused", "channel/5");
  metrics.fault("x".repeat(500));
  for (let i = 0; i < 1000; i++) metrics.fault(`code ${i}`);
  metrics.pending(7);
  const text = await metrics.render();
  assertStringIncludes(text, 'catenary_relayer_packets_total{kind="recv",path="a-b"} 3');
  assertStringIncludes(text, 'catenary_relayer_tx_failures_total{chain="a",code="channel/5"} 1');
  assertStringIncludes(text, "catenary_relayer_pending_packets 7");
  assert(text.split("\n").every((line) => line === "" || line.startsWith("#") || line.startsWith("catenary_relayer_")));
  assert(text.split("\n").filter((line) => line.startsWith("catenary_relayer_faults_total")).length <= 201);
});

Deno.test("a blocked loop counts for every sample it swallowed", () => {
  let now = 0;
  let next = () => {};
  const world = {
    nowMs: () => now,
    after(_ms: number, run: () => void) {
      next = run;
      return () => next = () => {};
    },
  };
  const samples: number[] = [];
  const stop = watchLag((lag) => samples.push(lag), 20, world);
  now = 20;
  next();
  now = 40 + 50;
  next();
  assertEquals(samples, [0, 50, 30, 10]);
  stop();
});

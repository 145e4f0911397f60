import { assertEquals } from "@std/assert";
import { createLogger, type LogOptions, SILENT } from "./mod.ts";

function record(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const logger = createLogger({
    level: "info",
    format: "text",
    sink: (line) => lines.push(line),
    nowMs: () => 1_700_000_000_123,
    ...options,
  });
  return { lines, logger };
}

Deno.test("text lines have time, level, message and fields", () => {
  const { lines, logger } = record();
  logger.info("committed block", { height: 5n, hash: new Uint8Array([0xab, 1]), txs: 2, note: "two words", ok: true });
  logger.child({ room: "rpc" }).warn("slow", { error: new Error("outer", { cause: new Error("inner") }) });
  assertEquals(lines, [
    '2023-11-14T22:13:20.123Z INFO  committed block height=5 hash=AB01 txs=2 note="two words" ok=true',
    '2023-11-14T22:13:20.123Z WARN  slow room=rpc error="outer: inner"',
  ]);
});

Deno.test("JSON lines parse, and fields cannot take the place of time, level or message", () => {
  const { lines, logger } = record({ format: "json" });
  logger.error("halt", { height: 2n ** 63n, level: "info", nested: { bytes: new Uint8Array([255]), big: 1n } });
  assertEquals(JSON.parse(lines[0]!), {
    time: "2023-11-14T22:13:20.123Z",
    level: "error",
    message: "halt",
    height: "9223372036854775808",
    field_level: "info",
    nested: { bytes: "FF", big: "1" },
  });
});

Deno.test("levels below the chosen one are silent", () => {
  const { lines, logger } = record({ level: "warn" });
  logger.debug("a");
  logger.info("b");
  logger.warn("c");
  logger.error("d");
  SILENT.child({}).error("e");
  assertEquals(lines.map((line) => line.slice(25)), ["WARN  c", "ERROR d"]);
});

Deno.test("what comes from outside cannot make lines of its own", () => {
  const { lines, logger } = record();
  logger.info("peer said\nINFO fake\u001b[2J", { name: "x\n2023 ERROR y=1", long: "z".repeat(5000) });
  assertEquals(lines.length, 1);
  assertEquals(lines[0]!.includes("\n") || lines[0]!.includes("\u001b"), false);
  assertEquals(lines[0]!.length < 2300, true);
});

Deno.test("what refers to itself can be logged", () => {
  const loop: Record<string, unknown> = {};
  loop["self"] = loop;
  const { lines, logger } = record({ format: "json" });
  logger.info("loop", { loop });
  assertEquals(JSON.parse(lines[0]!).loop, "[object Object]");
});

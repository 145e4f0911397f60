import { assertEquals } from "@std/assert";
import { ContractEngine } from "../contracts/wasm/mod.ts";
import { type ContractLine, ContractReports, ENGINES_MAX } from "./contracts.ts";

const NOTHING = new ContractEngine().statistics;

Deno.test("engines of threads are summed as of their last report; of those that are gone, what they did stays", () => {
  const said: ContractLine[] = [];
  const reports = new ContractReports((line) => said.push(line));
  assertEquals(reports.sum, undefined);
  const report = (engine: string, calls: number, bytes: number, lines: ContractLine[] = []) =>
    reports.take({ engine, statistics: { ...NOTHING, calls, bytes }, lines });
  report("a", 5, 100);
  report("b", 1, 10, [{ contract: "cat1x", text: "hello" }]);
  report("a", 7, 120);
  assertEquals([reports.sum!.calls, reports.sum!.bytes], [8, 130]);
  for (let i = 0; i < ENGINES_MAX; i++) report(`later ${i}`, 1, 1);
  assertEquals([reports.sum!.calls, reports.sum!.bytes], [8 + ENGINES_MAX, ENGINES_MAX]);
  assertEquals(said, [{ contract: "cat1x", text: "hello" }]);
});

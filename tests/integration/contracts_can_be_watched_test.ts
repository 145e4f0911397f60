/** What an operator and a developer see of contracts: lines in the log, numbers on the metrics page. @module */
import { assert, assertEquals } from "@std/assert";
import { buildContract } from "../helpers/built_contract.ts";
import { catenary } from "../helpers/command_line.ts";
import { parseExposition, valueOf } from "../helpers/exposition.ts";
import { withNode } from "../helpers/local_node.ts";

Deno.test("a contract that says something is heard, and its calls are counted", async () => {
  const folder = await Deno.makeTempDir();
  const lines: string[] = [];
  const config = { contracts: { debug: true }, logging: { level: "debug", format: "json" } } as const;
  try {
    const wasm = await buildContract(new URL("../../contracts/sdk/assembly/testing/probe.ts", import.meta.url));
    await Deno.writeFile(`${folder}/probe.wasm`, wasm);
    await withNode({ config, metricsListen: "127.0.0.1:0", log: (line) => lines.push(line) }, async (node) => {
      const run = async (...args: string[]) => {
        const { code, out, err } = await catenary("contract", ...args, "--rpc", node.rpcAddress, "--from", "dev0");
        assertEquals([code, err], [0, ""]);
        return out;
      };
      await run("upload", `${folder}/probe.wasm`);
      const [address] = (await run("instantiate", "1", "{}", "--label", "probe")).split("\n");
      const message = { call: { message: { note: { line: "x", data: null } }, on: "never", id: 7 } };
      await run("execute", address!, JSON.stringify(message));
      const said = lines.map((line) => JSON.parse(line)).filter(({ message }) => message === "contract says");
      const { level, contract, text } = said[0];
      assertEquals({ level, contract, text }, { level: "debug", contract: address, text: "call 7" });
      const page = parseExposition(await (await fetch(node.metricsAddress!)).text());
      const number = (name: string, engine = "node") => valueOf(page, `catenary_contracts_${name}{engine="${engine}"}`);
      assert(number("calls_total")! >= 3, "instantiate, execute, and what that called");
      assert(number("fuel_used_total")! > 0);
      assert(number("cache_bytes")! > 0);
      assert(number("calls_total", "queries")! >= 3, "the same, simulated");
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

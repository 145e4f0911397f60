/** `catenary wal`: the write-ahead log of consensus. @module */
import type { Command } from "commander";
import { parseHeight } from "../args.ts";
import { print, standardOutput } from "../output.ts";
import { homeOption, jsonOption } from "./_options.ts";

interface DumpOptions {
  home: string;
  height?: bigint;
  json: boolean;
}

/** Adds `wal dump` to the program. */
export function addWalCommands(program: Command): void {
  program.command("wal").description("the write-ahead log of consensus")
    .command("dump")
    .description("print the records of a stopped node's log, oldest first")
    .option("--height <n>", "only this height", parseHeight)
    .addOption(homeOption()).addOption(jsonOption())
    .action(dump);
}

async function dump(options: DumpOptions): Promise<void> {
  const { dumpWal } = await import("../../node/home.ts");
  const output = standardOutput(options.json);
  for await (const record of dumpWal(options.home, options.height)) {
    print(output, record, `height ${record.height}  #${record.index}  ${record.text}`);
  }
}

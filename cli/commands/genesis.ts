/** `catenary genesis`: the state as a genesis document. @module */
import type { Command } from "commander";
import { standardOutput } from "../output.ts";
import { homeOption } from "./_options.ts";

/** Adds `genesis export` to the program. */
export function addGenesisCommands(program: Command): void {
  program.command("genesis").description("genesis documents")
    .command("export")
    .description("print the state of a stopped node as a genesis document for a new chain")
    .addOption(homeOption())
    .action(async (options: { home: string }) => {
      const { exportGenesis } = await import("../../node/home.ts");
      standardOutput(true).line(JSON.stringify(await exportGenesis(options.home), null, 2));
    });
}

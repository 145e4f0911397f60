/** `catenary genesis`: the state as a genesis document. @module */
import type { Command } from "commander";
import { standardOutput } from "../output.ts";
import { homeOption, jsonOption } from "./_options.ts";

/** Adds `genesis export` to the program. */
export function addGenesisCommands(program: Command): void {
  program.command("genesis").description("genesis documents")
    .command("export")
    .description("print the state of a stopped node as a genesis document for a new chain (see init --genesis)")
    .addOption(homeOption()).addOption(jsonOption("print it on one line"))
    .action(async ({ home, json }: { home: string; json: boolean }) => {
      const { exportGenesis } = await import("../../node/home.ts");
      standardOutput(json).line(JSON.stringify(await exportGenesis(home), null, json ? 0 : 2));
    });
}

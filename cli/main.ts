/** The `catenary` command. @module */
import { Command, CommanderError } from "commander";
import { addContractCommands } from "./commands/contract.ts";
import { addGenesisCommands } from "./commands/genesis.ts";
import { addInitCommand } from "./commands/init.ts";
import { addKeysCommands } from "./commands/keys.ts";
import { addLightCommands } from "./commands/light.ts";
import { addNodeCommands } from "./commands/node.ts";
import { addQueryCommands } from "./commands/query.ts";
import { addRelayerCommands } from "./commands/relayer.ts";
import { addTestnetCommands } from "./commands/testnet.ts";
import { addSignerCommands } from "./commands/signer.ts";
import { addTxCommands } from "./commands/tx.ts";
import { addUpCommand } from "./commands/up.ts";
import { addWalCommands } from "./commands/wal.ts";
import { printError } from "./output.ts";
import { VERSION } from "../node/version.ts";

/** The whole command tree. Actions import what they need when they run, so that `--help` is quick. */
export function buildProgram(): Command {
  const program = new Command("catenary")
    .description("A blockchain node that speaks the Cosmos ecosystem's formats, and the tools around it")
    .version(VERSION, "-V, --version", "print the version")
    .showHelpAfterError("(add --help for what is possible)")
    .configureHelp({ showGlobalOptions: true })
    .exitOverride();
  addUpCommand(program);
  addTestnetCommands(program);
  addInitCommand(program);
  addNodeCommands(program);
  addRelayerCommands(program);
  addSignerCommands(program);
  addKeysCommands(program);
  addTxCommands(program);
  addQueryCommands(program);
  addContractCommands(program);
  addGenesisCommands(program);
  addWalCommands(program);
  addLightCommands(program);
  return program;
}

/** Runs the command line; resolves to the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const program = buildProgram();
  try {
    await program.parseAsync([...args], { from: "user" });
    return 0;
  } catch (error) {
    // Commander has printed its own errors and help already.
    if (error instanceof CommanderError) return error.exitCode;
    return printError(error, args.includes("--json"));
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));

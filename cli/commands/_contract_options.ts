/** Options of the commands that send messages to contracts. @module */
import type { Command } from "commander";
import { parseCoins } from "../args.ts";
import { homeOption, jsonOption, rpcOption } from "./_options.ts";

/** Adds the options of `SigningOptions`, as `tx send` has them. */
export const withSigning = (command: Command): Command =>
  command
    .requiredOption("--from <name>", "key that signs (dev0 … dev9: the development accounts)")
    .option("--fees <coins>", "fee to pay", parseCoins)
    .option("--gas <units>", "gas limit; default: simulated, with a margin")
    .option("--memo <text>", "memo", "")
    .addOption(homeOption()).addOption(rpcOption()).addOption(jsonOption());

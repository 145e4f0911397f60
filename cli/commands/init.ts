/** `catenary init`: writes a home. @module */
import type { Command } from "commander";
import { CommandError, print, standardOutput } from "../output.ts";
import { homeOption, jsonOption } from "./_options.ts";

interface InitOptions {
  home: string;
  chainId: string;
  json: boolean;
}

/** Adds `init` to the program. */
export function addInitCommand(program: Command): void {
  program.command("init")
    .description("write the home of a new development chain: configuration, keys and genesis")
    .addOption(homeOption())
    .option("--chain-id <id>", "chain id, at most 50 characters", "catenary-local-1")
    .addOption(jsonOption())
    .action(init);
}

async function init(options: InitOptions): Promise<void> {
  const { homeState } = await import("../../node/config/mod.ts");
  const { initDevelopmentHome } = await import("../../node/home.ts");
  const state = await homeState(options.home);
  if (state === "ready") {
    throw new CommandError(
      `init ${options.home}: a chain lives there already; start it with: catenary node start --home ${options.home}`,
    );
  }
  const paths = await initDevelopmentHome(options.home, { chainId: options.chainId });
  print(
    standardOutput(options.json),
    { home: paths.root, chainId: options.chainId, genesis: paths.genesis, config: paths.config },
    `wrote ${paths.root}\nstart it with: catenary node start --home ${paths.root}`,
  );
}

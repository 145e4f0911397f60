/** `catenary init`: writes a home. @module */
import type { Command } from "commander";
import { CommandError, print, standardOutput } from "../output.ts";
import { homeOption, jsonOption } from "./_options.ts";

interface InitOptions {
  home: string;
  chainId?: string;
  genesis?: string;
  validatorKey?: string;
  json: boolean;
}

/** Adds `init` to the program. */
export function addInitCommand(program: Command): void {
  program.command("init")
    .description("write the home of a new chain: configuration, keys and genesis (a development chain's unless given)")
    .addOption(homeOption())
    .option("--chain-id <id>", "chain id, at most 50 characters (default: catenary-local-1)")
    .option("--genesis <file>", "begin from this genesis, for example one that genesis export printed")
    .option("--validator-key <file>", "with --genesis: use this priv_validator_key.json instead of a new key")
    .addOption(jsonOption())
    .action(init);
}

async function init(options: InitOptions): Promise<void> {
  const { homeState } = await import("../../node/config/mod.ts");
  const { home, genesis } = options;
  if (await homeState(home) === "ready") {
    throw new CommandError(
      `init ${home}: a chain lives there already; start it with: catenary node start --home ${home}`,
      "home_exists",
    );
  }
  const made = genesis === undefined ? await development(options) : await fromGenesis(options, genesis);
  const { paths, chainId, notes } = made;
  print(
    standardOutput(options.json),
    { home: paths.root, chainId, genesis: paths.genesis, config: paths.config, notes },
    [`wrote ${paths.root}`, ...notes, `start it with: catenary node start --home ${paths.root}`].join("\n"),
  );
}

async function development({ home, chainId = "catenary-local-1", validatorKey }: InitOptions) {
  if (validatorKey !== undefined) throw new CommandError("init: --validator-key goes together with --genesis");
  const { initDevelopmentHome } = await import("../../node/home.ts");
  return { paths: await initDevelopmentHome(home, { chainId }), chainId, notes: [] };
}

async function fromGenesis({ home, chainId, validatorKey }: InitOptions, file: string) {
  const { initHomeWithGenesis } = await import("../../node/home.ts");
  const json = await readJsonFile(file);
  // Another name for the new chain, so that nothing signed for the old one counts on it.
  const genesis = chainId === undefined || typeof json !== "object" ? json : { ...json, chain_id: chainId };
  const made = await initHomeWithGenesis(home, { genesis, validatorKeyFile: validatorKey });
  const notes = made.validates ? [] : [
    "this home's validator key is not in the genesis: alone it will make no blocks; " +
    "for the key of the home that was exported use --validator-key OLD_HOME/config/priv_validator_key.json",
  ];
  return { paths: made.paths, chainId: made.chainId, notes };
}

async function readJsonFile(file: string): Promise<unknown> {
  try {
    return JSON.parse(await Deno.readTextFile(file));
  } catch (error) {
    throw new CommandError(`read ${file}: ${(error as Error).message}`, "file_invalid");
  }
}

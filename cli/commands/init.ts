/** `catenary init`: writes a home. @module */
import type { Command } from "commander";
import { parsePeerMultiaddr } from "../args.ts";
import { CommandError, print, standardOutput } from "../output.ts";
import { homeOption, jsonOption } from "./_options.ts";

interface InitOptions {
  home: string;
  chainId?: string;
  genesis?: string;
  validatorKey?: string;
  full: boolean;
  bootstrap?: readonly string[];
  json: boolean;
}

const HELP = `
A home for a node of an existing network (for several new ones at once: catenary testnet init --help):
  catenary init --genesis genesis.json --home DIR --bootstrap /ip4/192.168.10.2/tcp/26656/p2p/12D3Koo…
  catenary node start --home DIR
Without --full it has a validator key, which counts for nothing until an admin lets it in
(catenary tx update-validator --help).`;

/** Adds `init` to the program. */
export function addInitCommand(program: Command): void {
  program.command("init")
    .description("write the home of a new chain: configuration, keys and genesis (a development chain's unless given)")
    .addOption(homeOption())
    .option("--chain-id <id>", "chain id, at most 50 characters (default: catenary-local-1)")
    .option("--genesis <file>", "begin from this genesis, for example one that genesis export printed")
    .option("--validator-key <file>", "with --genesis: use this priv_validator_key.json instead of a new key")
    .option("--full", "with --genesis: a full node, without a validator key", false)
    .option(
      "--bootstrap <multiaddr>",
      "with --genesis: a node of the network to meet first, with /p2p/ID; may be given again",
      parsePeerMultiaddr,
    )
    .addOption(jsonOption())
    .addHelpText("after", HELP)
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

async function development({ home, chainId = "catenary-local-1", validatorKey, full, bootstrap }: InitOptions) {
  if (validatorKey !== undefined || full || bootstrap !== undefined) {
    throw new CommandError("init: --validator-key, --full and --bootstrap go together with --genesis", "usage");
  }
  const { initDevelopmentHome } = await import("../../node/home.ts");
  return { paths: await initDevelopmentHome(home, { chainId }), chainId, notes: [] };
}

async function fromGenesis(options: InitOptions, file: string) {
  const { home, chainId, validatorKey, full, bootstrap } = options;
  if (full && validatorKey !== undefined) {
    throw new CommandError("init: a full node (--full) has no use for a --validator-key", "usage");
  }
  const { initHomeWithGenesis } = await import("../../node/home.ts");
  const json = await readJsonFile(file);
  // Another name for the new chain, so that nothing signed for the old one counts on it.
  const genesis = chainId === undefined || typeof json !== "object" ? json : { ...json, chain_id: chainId };
  const made = await initHomeWithGenesis(home, {
    genesis,
    validatorKeyFile: validatorKey,
    full,
    ...(bootstrap !== undefined && { config: { p2p: { bootstrap: [...bootstrap] } } }),
  });
  return { paths: made.paths, chainId: made.chainId, notes: made.validates ? [] : notesFor(options) };
}

/** What a home cannot do by itself. */
function notesFor({ full, bootstrap }: InitOptions): string[] {
  const meet = bootstrap === undefined ? "; to follow the others of its chain start it with --bootstrap MULTIADDR" : "";
  if (full) return [`a full node: it signs nothing${meet}`];
  return [
    `this home's validator key is not in the genesis: alone it will make no blocks${meet}; ` +
    "for the key of the home that was exported use --validator-key OLD_HOME/config/priv_validator_key.json",
  ];
}

async function readJsonFile(file: string): Promise<unknown> {
  try {
    return JSON.parse(await Deno.readTextFile(file));
  } catch (error) {
    throw new CommandError(`read ${file}: ${(error as Error).message}`, "file_invalid");
  }
}

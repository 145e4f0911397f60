/** `catenary relayer init`: writes a `relayer.toml`. @module */
import { findDevelopmentChains, probeChain, type ProbedChain } from "../chain_probe.ts";
import { CommandError, print, standardOutput, table } from "../output.ts";
import { DEFAULT_CONFIG } from "../relayer_door.ts";
import { configFor, namesOf } from "../relayer_text.ts";
import { relayerToml } from "../../relayer/config/mod.ts";

export interface InitOptions {
  readonly config?: string;
  readonly rpc: readonly string[];
  readonly apiListen?: string;
  readonly force: boolean;
  readonly json: boolean;
}

export async function init(options: InitOptions): Promise<void> {
  const file = options.config ?? DEFAULT_CONFIG;
  if (!options.force && await exists(file)) {
    throw new CommandError(`write ${file}: it is there already; overwrite it with --force`, "config_exists");
  }
  const chains = options.rpc.length > 0
    ? await Promise.all(options.rpc.map(probeChain))
    : await findDevelopmentChains();
  if (chains.length === 0) throw new CommandError(`write ${file}: ${NO_CHAINS}`, "no_chains");
  const twice = chains.find(({ chainId }, index) => chains.findIndex((other) => other.chainId === chainId) < index);
  if (twice !== undefined) {
    throw new CommandError(`write ${file}: two of the addresses are of the chain ${twice.chainId}`, "usage");
  }
  await writeConfig(file, chains, options.apiListen);
  const names = namesOf(chains);
  const notes = notesOn(chains, names);
  print(
    standardOutput(options.json),
    { config: file, chains: chains.map((chain, index) => ({ name: names[index], ...chain })), notes },
    [
      `wrote ${file}`,
      chainsTable(chains),
      ...notes,
      `start it with: catenary relayer start --config ${file}`,
    ].join("\n"),
  );
}

/** What to do where no chain was found. */
export const NO_CHAINS =
  "no development chains were found on this machine; start three and a relayer with: catenary up, " +
  "or one with: catenary node start, or name the nodes of other chains with --rpc ADDRESS";

/** Chains that were found, one a line. */
export function chainsTable(chains: readonly ProbedChain[]): string {
  const names = namesOf(chains);
  return table(chains.map((chain, index) => [`  ${names[index]!}`, chain.chainId, chain.rpc]));
}

export async function writeConfig(file: string, chains: readonly ProbedChain[], apiListen?: string): Promise<void> {
  await Deno.writeTextFile(file, relayerToml(configFor(chains, apiListen)));
}

/** What is still to do before the relayer can work. */
function notesOn(chains: readonly ProbedChain[], names: readonly string[]): string[] {
  const notes = chains.flatMap((chain, index) =>
    chain.development ? [] : [
      `put the mnemonic of a funded account of ${chain.chainId} into ${names[index]}.mnemonic beside the file, ` +
      "and check gas_price",
    ]
  );
  if (chains.length === 1) notes.push("there is one chain only: add another under [[chains]], and a path to it");
  return notes;
}

const exists = (file: string) => Deno.stat(file).then(() => true, () => false);

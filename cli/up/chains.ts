/** The three chains of `catenary up`. @module */
import { join } from "node:path";
import type { CatenaryNode, NodeOptions } from "../../node/node.ts";
import { CommandError } from "../output.ts";

/** Names of the chains, as the relayer calls them; their ids are `catenary-<name>`. */
export const CHAIN_NAMES = ["a", "b", "c"] as const;

export interface UpChain {
  readonly name: string;
  readonly chainId: string;
  readonly node: CatenaryNode;
}

export interface ChainsOptions {
  /** Folder of the homes; undefined: in memory. */
  readonly home: string | undefined;
  readonly blockTimeMs: number;
  /** RPC of the first chain; the others follow. 0: free ones. */
  readonly basePort: number;
  readonly log: (line: string) => void;
  /** Called when a chain gives up. */
  readonly onHalt: (error: CommandError) => void;
  /** Called for each chain that runs. */
  readonly onStarted: (chain: UpChain) => void;
}

/** Starts all of them at the same time. When one fails, none is left running. */
export async function startChains(options: ChainsOptions): Promise<readonly UpChain[]> {
  const { createNode } = await import("../../node/node.ts");
  const chains = CHAIN_NAMES.map((name, index): UpChain => {
    const node = createNode(nodeOptions(name, index, options));
    node.events.addEventListener("halt", (event) => {
      const { reason } = (event as CustomEvent<{ reason: string }>).detail;
      options.onHalt(new CommandError(`run the chain ${name}: halted: ${reason}`, "halted"));
    });
    return { name, chainId: chainIdOf(name), node };
  });
  const starts = await Promise.allSettled(chains.map(async (chain) => {
    await chain.node.start();
    options.onStarted(chain);
  }));
  const failed = starts.find((start) => start.status === "rejected");
  if (failed === undefined) return chains;
  await stopChains(chains);
  throw failed.reason;
}

export async function stopChains(chains: readonly UpChain[]): Promise<void> {
  await Promise.all(chains.map(({ node }) => node.stop()));
}

const chainIdOf = (name: string) => `catenary-${name}`;

function nodeOptions(name: string, index: number, options: ChainsOptions): NodeOptions {
  const { home, basePort, blockTimeMs, log } = options;
  return {
    ...(home !== undefined && { home: join(home, name) }),
    chainId: chainIdOf(name),
    rpcListen: `127.0.0.1:${basePort === 0 ? 0 : basePort + index}`,
    blockTimeMs,
    config: { logging: { level: "warn" }, node: { moniker: chainIdOf(name) } },
    log: (line) => log(`${name}: ${line}`),
  };
}

/** What a home of `catenary up` consists of. */
const HOME_ENTRIES = /^([abc]|relayer\.db.*)$/;

/** Refuses a folder that holds other things: nothing may be mixed into it. */
export async function checkUpHome(home: string): Promise<void> {
  try {
    for await (const { name } of Deno.readDir(home)) {
      if (HOME_ENTRIES.test(name)) continue;
      throw new CommandError(
        `keep the chains in ${home}: the folder holds other things (${name}); choose an empty or new one with --home`,
        "home_foreign",
      );
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

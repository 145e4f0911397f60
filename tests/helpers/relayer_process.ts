/** A relayer in a process of its own, as a user starts it, and the development chains it joins. @module */
import { fileURLToPath } from "node:url";
import { relayerToml } from "../../relayer/config/mod.ts";
import { type NodeProcess, startNodeProcess } from "./node_process.ts";
import { writeBenchHome } from "./bench_home.ts";

const MAIN = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));

/** A chain with a home of its own, started. */
export interface ChainProcess {
  readonly name: string;
  readonly chainId: string;
  readonly node: NodeProcess;
  /** Number of the first account beside the development ones. */
  readonly firstNumber: bigint;
}

/** Makes a home under `folder` that funds `addresses`, and starts its node. */
export async function startChain(
  folder: string,
  name: string,
  addresses: readonly string[],
  blockTimeMs: number,
): Promise<ChainProcess> {
  const chainId = `catenary-${name}`;
  const home = `${folder}/${name}`;
  const firstNumber = await writeBenchHome(home, chainId, addresses);
  const node = await startNodeProcess({ home, args: ["--block-time-ms", `${blockTimeMs}`] });
  return { name, chainId, node, firstNumber };
}

export interface RelayerProcess {
  readonly api: string;
  readonly pid: number;
  stop(signal?: Deno.Signal): Promise<number | string>;
}

/** Which chains a relayer joins, in the form of `relayer.toml`. */
export function relayerConfig(
  chains: readonly ChainProcess[],
  options: { readonly wallets: number; readonly paths: readonly (readonly [string, string])[] },
): string {
  return relayerToml({
    relayer: { store: "relayer.db", log_level: "warn" },
    api: { listen: "127.0.0.1:0" },
    chains: chains.map(({ name, chainId, node }) => ({
      name,
      chain_id: chainId,
      rpc: [node.rpcUrl],
      account_prefix: "cat",
      gas_price: "0ucat",
      gas_max: 200_000_000,
      wallets: Array.from({ length: options.wallets }, (_, i) => ({ development_account: i })),
      development: true,
    })),
    paths: options.paths.map(([a, b]) => ({
      id: `${a}-${b}`,
      a: { chain: a },
      b: { chain: b },
      channels: [{ port_a: "transfer", port_b: "transfer" }],
    })),
  });
}

/** Starts `catenary relayer start --json`; resolves when its interface answers. */
export async function startRelayerProcess(config: string): Promise<RelayerProcess> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--quiet", "-A", MAIN, "relayer", "start", "--json", "--config", config],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const started = Promise.withResolvers<string>();
  const errors = new Response(child.stderr).text();
  const reading = (async () => {
    let rest = "";
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + text).split("\n");
      rest = parts.pop()!;
      const line = parts.find((part) => part.startsWith('{"event":"started"'));
      if (line !== undefined) started.resolve(JSON.parse(line).api);
    }
  })();
  const ended = child.status.then(async (status) => {
    started.reject(new Error(`relayer ended with ${status.code}: ${await errors}`));
    return status.signal ?? status.code;
  });
  return {
    api: await started.promise,
    pid: child.pid,
    async stop(signal = "SIGTERM") {
      try {
        child.kill(signal);
      } catch {
        // It has ended already.
      }
      const end = await ended;
      await reading;
      await errors;
      return end;
    },
  };
}

/** One open channel, with the end of each chain. */
export interface OpenChannel {
  readonly a: string;
  readonly b: string;
}

/** Waits until a path has an open channel; rejects when it failed. */
export async function openChannel(api: string, path: string): Promise<OpenChannel> {
  for (;;) {
    const paths = await (await fetch(`${api}/paths`)).json();
    const found = paths.find(({ id }: { id: string }) => id === path);
    if (found?.state === "failed") throw new Error(`open ${path}: ${found.fault}`);
    const channel = found?.channels?.[0];
    if (found?.state === "open" && channel !== undefined) return { a: channel.a.channelId, b: channel.b.channelId };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

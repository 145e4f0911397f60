/** `catenary up`, from the first line to the last. @module */
import { resolve } from "node:path";
import type { RelayerControl } from "../../relayer/api/ports.ts";
import { CommandError, commandName, standardOutput } from "../output.ts";
import { announce } from "../running.ts";
import { type Ending, untilSignal } from "../signals.ts";
import { checkUpHome, startChains, stopChains, type UpChain } from "./chains.ts";
import { Report } from "./report.ts";

export interface UpOptions {
  readonly once: boolean;
  readonly home?: string;
  readonly blockTimeMs: number;
  readonly basePort?: number;
  readonly json: boolean;
}

/** What was started, to be ended in reverse. */
class Started {
  readonly #ends: (() => Promise<void> | void)[] = [];

  add(end: () => Promise<void> | void): void {
    this.#ends.push(end);
  }
  async end(): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await end();
  }
}

export async function up(options: UpOptions): Promise<void> {
  const report = new Report(standardOutput(options.json));
  const home = options.home === undefined ? undefined : resolve(options.home);
  report.say("starting", { home }, `three chains and a relayer, ${home === undefined ? "in memory" : `in ${home}`}`);
  if (home !== undefined) await checkUpHome(home);
  const ending = untilSignal();
  const started = new Started();
  try {
    // A signal during any of it ends the rest.
    await Promise.race([
      ending.over,
      run({ ...options, ...(home !== undefined && { home }) }, report, started, ending),
    ]);
  } finally {
    ending.release();
    await started.end();
  }
  // Who waits for the round trip must not take a signal for it.
  if (options.once && ending.isOver) {
    throw new CommandError("go around: told to end before that was done", "interrupted");
  }
}

async function run(options: UpOptions, report: Report, started: Started, ending: Ending): Promise<void> {
  const log = (line: string) => console.error(line);
  const chains = await startChains({
    home: options.home,
    blockTimeMs: options.blockTimeMs,
    basePort: options.basePort ?? 0,
    log,
    onHalt: ending.fail,
    onStarted: ({ name, chainId, node }) =>
      report.say(
        "chain",
        { name, chainId, rpcAddress: node.rpcAddress, height: node.height },
        `chain ${name}  ${chainId}  rpc ${node.rpcAddress}`,
      ),
  });
  started.add(() => stopChains(chains));
  for (const { chainId, node } of chains) started.add(announce({ kind: "node", url: node.rpcAddress, chainId }));
  const { control, api } = await startRelayer(chains, options, report, started, log);
  const { packetsSettled, pathsOpened } = await import("./relayer.ts");
  const paths = await pathsOpened(control, report);
  await packetsSettled(control, report);
  const { roundTrip } = await import("./round_trip.ts");
  await roundTrip(chains, control, report);
  report.say("done", { seconds: report.elapsedMs / 1000, paths }, "there and back: every balance is what it was");
  if (options.once) return;
  report.say(
    "up",
    { chains: chains.map(({ name, node }) => ({ name, rpcAddress: node.rpcAddress })), api },
    banner(chains, api, options),
  );
  await ending.over;
}

async function startRelayer(
  chains: readonly UpChain[],
  options: UpOptions,
  report: Report,
  started: Started,
  log: (line: string) => void,
): Promise<{ readonly control: RelayerControl; readonly api: string }> {
  const { createRelayer } = await import("../../relayer/relayer.ts");
  const { tellHandshakes, upRelayerConfig } = await import("./relayer.ts");
  const apiPort = options.basePort === undefined ? 0 : options.basePort + chains.length;
  const relayer = createRelayer(upRelayerConfig(chains, options.home, apiPort), {
    log: (line: string) => log(`relayer: ${line}`),
  });
  started.add(() => relayer.stop());
  tellHandshakes(relayer.control, report);
  await relayer.start();
  const api = relayer.apiAddress;
  if (api === undefined) throw new CommandError("start the relayer: it has no address", "internal");
  started.add(announce({ kind: "relayer", url: api }));
  report.say("relayer", { api, docs: `${api}/docs` }, `relayer  api ${api}  docs ${api}/docs`);
  return { control: relayer.control, api };
}

function banner(chains: readonly UpChain[], api: string, { home }: UpOptions): string {
  const [a] = chains;
  const name = commandName();
  return [
    "everything stays up until Ctrl-C",
    ...chains.map(({ name, chainId, node }) => `  ${name}  ${chainId}  rpc ${node.rpcAddress}`),
    `  relayer      api ${api}  docs ${api}/docs`,
    `  home         ${home ?? "in memory; --home DIR keeps it"}`,
    "accounts dev0 … dev9 have 1000000000000 ucat on each chain; from another terminal:",
    `  ${name} tx ibc-transfer --from dev0 --amount 5ucat --to-chain c --receiver ADDRESS --rpc ${a!.node.rpcAddress}`,
    `  ${name} relayer status`,
  ].join("\n");
}

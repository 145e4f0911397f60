/**
 * Validators in processes of their own over libp2p: what they finalise under load, how soon at low load, and what that costs.
 * Prints figures, judges nothing.
 * @module
 */
import { parseArgs } from "node:util";
import { DEVELOPMENT_ACCOUNTS } from "../../node/development.ts";
import { makeAccount } from "../helpers/accounts.ts";
import { type TestnetProcesses, withTestnet } from "../helpers/testnet_processes.ts";
import { type LatencyFigures, measureLatency } from "./network_latency.ts";
import { measureLoad, presign } from "./network_load.ts";

interface Options {
  readonly validators: number;
  readonly seconds: number;
  readonly lowSeconds: number;
  readonly senders: number;
  readonly inFlightMax: number;
  readonly batch: number;
  readonly rateMax: number;
  readonly blockTimeMs: number;
  readonly parts: readonly string[];
}

function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      validators: { type: "string", default: "4" },
      seconds: { type: "string", default: "30" },
      "low-seconds": { type: "string", default: "15" },
      senders: { type: "string", default: "200" },
      "in-flight": { type: "string", default: "8000" },
      batch: { type: "string", default: "50" },
      "rate-max": { type: "string", default: "4000" },
      "block-time-ms": { type: "string", default: "200" },
      parts: { type: "string", default: "load,low,instant,on-demand" },
    },
  });
  return {
    validators: Number(values.validators),
    seconds: Number(values.seconds),
    lowSeconds: Number(values["low-seconds"]),
    senders: Number(values.senders),
    inFlightMax: Number(values["in-flight"]),
    batch: Number(values.batch),
    rateMax: Number(values["rate-max"]),
    blockTimeMs: Number(values["block-time-ms"]),
    parts: values.parts.split(","),
  };
}

/**
 * `--validators 4 --seconds 30 --low-seconds 15 --senders 200 --in-flight 8000 --batch 50 --rate-max 4000
 * --block-time-ms 200 --parts load,low,instant,on-demand`. `instant`: timeout_commit is 0; `on-demand`: that, and blocks only
 * when there are transactions.
 */
export async function benchNetwork(args: string[]): Promise<unknown> {
  const options = readOptions(args);
  const figures: Record<string, unknown> = { bench: "network", validators: options.validators };
  const has = (part: string) => options.parts.includes(part);
  if (has("load")) figures.load = await runLoad(options);
  if (has("low")) figures.low = await runLow(options, options.blockTimeMs, true);
  if (has("instant")) figures.instant = await runLow(options, 0, true);
  if (has("on-demand")) figures.on_demand = await runLow(options, 0, false);
  return figures;
}

/** Runs `use` with a network that has made its first blocks. */
async function withNetwork<T>(
  options: Options,
  network: { readonly accounts: readonly string[]; readonly blockTimeMs: number; readonly emptyBlocks: boolean },
  use: (net: TestnetProcesses) => Promise<T>,
): Promise<T> {
  const { validators } = options;
  const { accounts, blockTimeMs, emptyBlocks } = network;
  const config = { consensus: { create_empty_blocks: emptyBlocks }, logging: { level: "warn" as const } };
  let result: T | undefined;
  await withTestnet({ validators, chainId: "catenary-bench-net-1", blockTimeMs, accounts, config }, async (net) => {
    await net.startAll();
    await net.untilReady();
    if (emptyBlocks) await net.untilHeight(2n);
    result = await use(net);
  });
  return result!;
}

function runLoad(options: Options): Promise<unknown> {
  const accounts = Array.from({ length: options.senders }, (_, i) => makeAccount("ed25519", i));
  const network = {
    accounts: accounts.map(({ address }) => address),
    blockTimeMs: options.blockTimeMs,
    emptyBlocks: true,
  };
  const load = { ...options, accounts, firstNumber: BigInt(DEVELOPMENT_ACCOUNTS) };
  const lanes = presign("catenary-bench-net-1", options.validators, load);
  return withNetwork(options, network, async (net) => ({
    block_time_ms: options.blockTimeMs,
    ...await measureLoad(net, lanes, load),
  }));
}

function runLow(options: Options, blockTimeMs: number, emptyBlocks: boolean): Promise<LatencyFigures> {
  const account = makeAccount("ed25519", 0);
  const accountNumber = BigInt(DEVELOPMENT_ACCOUNTS);
  const network = { accounts: [account.address], blockTimeMs, emptyBlocks };
  const { lowSeconds: seconds } = options;
  return withNetwork(
    options,
    network,
    (net) => measureLatency(net, { seconds, blockTimeMs, emptyBlocks, account, accountNumber }),
  );
}

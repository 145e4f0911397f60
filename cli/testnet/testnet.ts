/** `catenary testnet`, from the first line to the last. @module */
import { join, resolve } from "node:path";
import { CommandError, commandName, standardOutput } from "../output.ts";
import { type Ending, untilSignal } from "../signals.ts";
import { Report } from "../up/report.ts";
import { readTestnetNodes, type TestnetNode, writeTestnetHomes } from "./homes.ts";
import { checkBasePort, DEFAULT_BASE_PORT, readTestnet, TESTNET_CHAIN_ID, type TestnetFile } from "./layout.ts";
import { checkPorts } from "./ports.ts";
import { Validators } from "./validators.ts";

export interface TestnetOptions {
  readonly validators?: number;
  readonly home?: string;
  readonly basePort?: number;
  readonly chainId?: string;
  readonly blockTimeMs?: number;
  /** End after so many heights that were final in all. */
  readonly heights?: number;
  readonly json: boolean;
}

const VALIDATORS = 4;

export async function testnet(options: TestnetOptions): Promise<void> {
  const report = new Report(standardOutput(options.json));
  // A signal that comes while homes are written is not lost, and nothing is left behind.
  const ending = untilSignal();
  const home = options.home === undefined
    ? await Deno.makeTempDir({ prefix: "catenary-testnet-" })
    : resolve(options.home);
  try {
    await run(home, options, report, ending);
  } finally {
    ending.release();
    if (options.home === undefined) await Deno.remove(home, { recursive: true }).catch(() => {});
  }
  if (options.heights !== undefined && ending.isOver) {
    throw new CommandError("run the testnet: told to end before it had made its heights", "interrupted");
  }
}

async function run(home: string, options: TestnetOptions, report: Report, ending: Ending): Promise<void> {
  const { file, nodes } = await openTestnet(home, options);
  await checkPorts(nodes);
  report.say(
    "starting",
    { chainId: file.chain_id, home, validators: file.validators },
    `${file.validators} ${file.validators === 1 ? "validator" : "validators"} of ${file.chain_id} in ${home}${
      options.home === undefined ? " (until the end)" : ""
    }`,
  );
  const validators = new Validators({
    nodes,
    report,
    onFailure: ending.fail,
    args: options.blockTimeMs === undefined ? [] : ["--block-time-ms", `${options.blockTimeMs}`],
    logFile: (name) => join(home, `${name}.log`),
  });
  try {
    // A signal during any of it ends the rest.
    await Promise.race([ending.over, validators.start()]);
    if (ending.isOver) return;
    report.say("up", { rpcAddress: validators.rpcAddress(0) }, banner(home, options, validators));
    const enough = options.heights === undefined ? [] : [validators.untilFinalInAll(options.heights)];
    await Promise.race([ending.over, ...enough]);
  } finally {
    await validators.stop();
  }
  report.say("stopped", { heights: validators.heights }, `stopped; ${validators.heights} heights were final`);
}

/** The testnet that is there, or a new one. */
async function openTestnet(
  home: string,
  options: TestnetOptions,
): Promise<{ readonly file: TestnetFile; readonly nodes: readonly TestnetNode[] }> {
  const found = await readTestnet(home);
  if (found !== undefined) {
    checkFound(home, found, options);
    return { file: found, nodes: await readTestnetNodes(home, found.validators) };
  }
  const { validators = VALIDATORS, basePort = DEFAULT_BASE_PORT, chainId = TESTNET_CHAIN_ID } = options;
  checkBasePort(basePort, validators);
  const nodes = await writeTestnetHomes({
    home,
    chainId,
    validators,
    place: { basePort },
    ...(options.blockTimeMs !== undefined && { config: { consensus: { block_time_ms: options.blockTimeMs } } }),
  });
  return { file: { chain_id: chainId, validators, base_port: basePort }, nodes };
}

/** What was asked for must be what is there. */
function checkFound(home: string, found: TestnetFile, { validators, basePort, chainId }: TestnetOptions): void {
  const refuse = (option: string, state: string) =>
    new CommandError(
      `go on with the testnet in ${home}: it ${state}; leave ${option} away, or choose another --home`,
      "home_of_other_testnet",
    );
  if (found.base_port === null) {
    throw new CommandError(
      `run the testnet in ${home}: its homes were made for machines of their own; start each there with: ` +
        "catenary node start --home DIR",
      "home_of_other_testnet",
    );
  }
  if (validators !== undefined && validators !== found.validators) {
    throw refuse("--validators", `has ${found.validators} validators`);
  }
  if (basePort !== undefined && basePort !== found.base_port) {
    throw refuse("--base-port", `uses ports from ${found.base_port} on`);
  }
  if (chainId !== undefined && chainId !== found.chain_id) throw refuse("--chain-id", `is ${found.chain_id}`);
}

function banner(home: string, options: TestnetOptions, validators: Validators): string {
  return [
    "everything runs until Ctrl-C; a line for each height that is final in all",
    `  home      ${home}${options.home === undefined ? ", gone at the end; --home DIR keeps it" : ""}`,
    `  logs      ${join(home, "node0.log")} …`,
    "  accounts  dev0 … dev9 have 1000000000000 ucat; dev0 may change the validators; from another terminal:",
    `    ${commandName()} tx send dev0 ADDRESS 5ucat --rpc ${validators.rpcAddress(0)}`,
    `    ${commandName()} query validators --rpc ${validators.rpcAddress(0)}`,
  ].join("\n");
}

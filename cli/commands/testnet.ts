/** `catenary testnet`: several validators on this machine; `testnet init`: the homes for running them anywhere. @module */
import { type Command, InvalidArgumentError } from "commander";
import { parseCount, parseMs, parsePort } from "../args.ts";
import { DEFAULT_BASE_PORT, TESTNET_CHAIN_ID, VALIDATORS_MAX } from "../testnet/layout.ts";
import type { InitTestnetOptions } from "../testnet/init.ts";
import type { TestnetOptions } from "../testnet/testnet.ts";
import { jsonOption } from "./_options.ts";

const HELP = `
Ports: node0 takes the base port for peers, the next one for RPC and the fourth after it for metrics (26656, 26657,
26660); each further node takes those ten higher.
Kill one (kill -9 PID) and blocks go on as long as more than two thirds are left; the line that tells of it says how to
start it again from another terminal.
Homes to carry to other machines: testnet init --help.`;

const INIT_HELP = `
Each on a machine of its own, at 192.168.10.2, …3, …4, …5 (or --hosts a.example,b.example,…):
  catenary testnet init --validators 4 --home DIR --starting-ip 192.168.10.2
All on this machine, to be started one by one:
  catenary testnet init --validators 4 --home DIR --base-port 26656`;

function parseValidators(text: string): number {
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > VALIDATORS_MAX) {
    throw new InvalidArgumentError(`expected a number of validators, 1 to ${VALIDATORS_MAX}`);
  }
  return count;
}

function parseHosts(text: string): string[] {
  const hosts = text.split(",").map((host) => host.trim().replace(/^\[|\]$/g, ""));
  if (hosts.some((host) => !/^[A-Za-z0-9_.:-]+$/.test(host))) {
    throw new InvalidArgumentError("expected hosts with commas between, for example 10.0.0.1,10.0.0.2,b.example");
  }
  if (new Set(hosts).size < hosts.length) throw new InvalidArgumentError("expected each host once");
  return hosts;
}

function parseIp4(text: string): string {
  const parts = text.split(".").map(Number);
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(text) && parts.every((part) => part < 256)) return text;
  throw new InvalidArgumentError("expected an IPv4 address, for example 192.168.10.2");
}

/** Adds `testnet` and `testnet init` to the program. */
export function addTestnetCommands(program: Command): void {
  const testnet = program.command("testnet")
    .description("run several validators on this machine and tell of each height that is final in all of them")
    // The options of both commands have the same names: what stands behind `init` belongs to `init`.
    .enablePositionalOptions();
  program.enablePositionalOptions();
  testnet
    .option("--validators <n>", "how many; default: 4, or those of --home", parseValidators)
    .option("--home <dir>", "keep them there, and go on with them next time; default: gone at the end")
    .option("--base-port <port>", `the first port; default: ${DEFAULT_BASE_PORT}`, parsePort)
    .option("--chain-id <id>", `of a new testnet; default: ${TESTNET_CHAIN_ID}`)
    .option("--block-time-ms <ms>", "wait after a block before the next height; default: 1000", parseMs)
    .option("--heights <n>", "end after so many heights that were final in all: code 0", parseCount)
    .addOption(jsonOption("print JSON, one event a line"))
    .addHelpText("after", HELP)
    .action(async (options: TestnetOptions) => (await import("../testnet/testnet.ts")).testnet(options));
  testnet.command("init")
    .description("write the homes of validators that share a genesis: node0, node1, …, with keys and configuration")
    .requiredOption("--home <dir>", "folder to write them to; new or empty")
    .option("--validators <n>", "how many; default: 4, or as many as --hosts", parseValidators)
    .option("--hosts <hosts>", "addresses or names of their machines, in order, with commas between", parseHosts)
    .option("--starting-ip <ip>", "address of the first one's machine; each further one has the next", parseIp4)
    .option("--base-port <port>", "all on this machine, from this port on (the default)", parsePort)
    .option("--chain-id <id>", "at most 50 characters", TESTNET_CHAIN_ID)
    .option("--block-time-ms <ms>", "wait after a block before the next height", parseMs, 1000)
    .addOption(jsonOption())
    .addHelpText("after", INIT_HELP)
    .action(async (options: InitTestnetOptions) => (await import("../testnet/init.ts")).initTestnet(options));
}

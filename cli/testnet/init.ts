/** `catenary testnet init`: writes the homes, and says what to do with them. @module */
import { resolve } from "node:path";
import { CommandError, commandName, print, standardOutput, table } from "../output.ts";
import { genesisFile, type TestnetNode, type TestnetPlan, writeTestnetHomes } from "./homes.ts";
import { checkBasePort, DEFAULT_BASE_PORT, readTestnet } from "./layout.ts";

export interface InitTestnetOptions {
  readonly home: string;
  readonly validators?: number;
  readonly hosts?: readonly string[];
  readonly startingIp?: string;
  readonly basePort?: number;
  readonly chainId: string;
  readonly blockTimeMs: number;
  readonly json: boolean;
}

const VALIDATORS = 4;

const testnetCommand = (): string => Deno.build.standalone ? "catenary testnet" : "deno task testnet";

export async function initTestnet(options: InitTestnetOptions): Promise<void> {
  const home = resolve(options.home);
  if (await readTestnet(home) !== undefined) {
    const command = `${testnetCommand()} --home ${home}`;
    throw new CommandError(
      `write a testnet to ${home}: there is one already; start it with: ${command}`,
      "home_exists",
    );
  }
  const validators = options.validators ?? options.hosts?.length ?? VALIDATORS;
  const place = placeOf(options, validators);
  const nodes = await writeTestnetHomes({
    home,
    chainId: options.chainId,
    validators,
    place,
    config: { consensus: { block_time_ms: options.blockTimeMs } },
  });
  const genesis = genesisFile(home);
  const told = { home, chainId: options.chainId, genesis, nodes };
  print(standardOutput(options.json), told, describe(home, nodes, place, genesis));
}

function placeOf({ hosts, startingIp, basePort }: InitTestnetOptions, validators: number): TestnetPlan["place"] {
  const given = [hosts && "--hosts", startingIp && "--starting-ip", basePort && "--base-port"].filter(Boolean);
  if (given.length > 1) {
    throw new CommandError(`testnet init: ${given.join(" and ")} say different things; give one of them`, "usage");
  }
  if (hosts !== undefined) {
    if (hosts.length === validators) return { hosts };
    throw new CommandError(`testnet init: ${validators} validators need as many --hosts, not ${hosts.length}`, "usage");
  }
  if (startingIp !== undefined) return { hosts: addressesFrom(startingIp, validators) };
  checkBasePort(basePort ?? DEFAULT_BASE_PORT, validators);
  return { basePort: basePort ?? DEFAULT_BASE_PORT };
}

function addressesFrom(first: string, count: number): string[] {
  const number = first.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  if (number + count > 2 ** 32) throw new CommandError(`testnet init: no ${count} addresses from ${first} on`, "usage");
  return Array.from({ length: count }, (_, index) => {
    const address = number + index;
    return [24, 16, 8, 0].map((bits) => Math.floor(address / 2 ** bits) % 256).join(".");
  });
}

function describe(home: string, nodes: readonly TestnetNode[], place: TestnetPlan["place"], genesis: string): string {
  const start = `${commandName()} node start --home`;
  const how = "hosts" in place
    ? [
      "copy each home to its machine (it holds the keys: to nobody else) and start it there:",
      ...nodes.map((node, index) => `  ${place.hosts[index]}  ${start} ${node.name}   # after: scp -r ${node.home} …`),
      "their machines must let each other reach port 26656; RPC and metrics listen on 127.0.0.1 until their node.toml " +
      "says something else",
    ]
    : [
      `start them all:   ${testnetCommand()} --home ${home}`,
      `or one by one:    ${start} ${nodes[0]!.home}`,
    ];
  return [
    `wrote ${home}`,
    table(nodes.map(({ name, validator, peerAddress }) => [`  ${name}`, `validator ${validator}`, peerAddress])),
    ...how,
    "another node joins with the genesis and one of the addresses above:",
    `  ${commandName()} init --genesis ${genesis} --home DIR --bootstrap ${nodes[0]!.peerAddress}`,
    `  ${start} DIR`,
  ].join("\n");
}

/** Which validators a testnet has, and where each listens. @module */
import { join } from "node:path";
import { CommandError } from "../output.ts";

/** Ports of one node when each has a machine of its own: CometBFT's. */
export const DEFAULT_BASE_PORT = 26_656;
/** From the ports of one node to those of the next, on one machine. */
const PORT_STEP = 10;
/** More signatures than this in each commit no engine here was made for. */
export const VALIDATORS_MAX = 100;
/** Chain id unless another is given. */
export const TESTNET_CHAIN_ID = "catenary-testnet-1";

export interface NodePorts {
  readonly p2p: number;
  readonly rpc: number;
  readonly metrics: number;
}

/** Peers at `base`, RPC at the next one, metrics at the fourth after it; the next node ten further on. */
export function portsOf(base: number, index: number): NodePorts {
  const first = base + PORT_STEP * index;
  return { p2p: first, rpc: first + 1, metrics: first + 4 };
}

/** Refuses a base port from which not all nodes find one. */
export function checkBasePort(base: number, validators: number): void {
  const last = portsOf(base, validators - 1).metrics;
  if (last <= 65_535) return;
  throw new CommandError(
    `give ports to ${validators} nodes from ${base} on: the last one would be ${last}; ` +
      `choose a --base-port of at most ${base - (last - 65_535)}`,
    "usage",
  );
}

export const nodeName = (index: number): string => `node${index}`;
export const nodeHome = (home: string, index: number): string => join(home, nodeName(index));

/** What a folder of homes was made as; stands in `testnet.json`, written last. */
export interface TestnetFile {
  readonly chain_id: string;
  readonly validators: number;
  /** The first port of node0 when all run on one machine; null: each has a machine of its own. */
  readonly base_port: number | null;
}

const filePath = (home: string) => join(home, "testnet.json");

/** What is at `home`: undefined when nothing is. Throws a CommandError where something else is. */
export async function readTestnet(home: string): Promise<TestnetFile | undefined> {
  let names: string[];
  try {
    names = (await Array.fromAsync(Deno.readDir(home))).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  if (names.length === 0) return undefined;
  if (names.includes("testnet.json")) return parseTestnet(home, await Deno.readTextFile(filePath(home)));
  const foreign = names.find((name) => !/^node\d+$/.test(name));
  throw new CommandError(
    foreign === undefined
      ? `open the testnet in ${home}: it was not finished when it was made; remove the folder and begin again`
      : `keep a testnet in ${home}: the folder holds other things (${foreign}); choose an empty or new one with --home`,
    foreign === undefined ? "home_unfinished" : "home_foreign",
  );
}

function parseTestnet(home: string, text: string): TestnetFile {
  try {
    const { chain_id, validators, base_port } = JSON.parse(text);
    const local = Number.isInteger(base_port) && base_port > 0 && base_port <= 65_535;
    const counted = Number.isInteger(validators) && validators >= 1 && validators <= VALIDATORS_MAX;
    if (typeof chain_id === "string" && counted && (local || base_port === null)) {
      return { chain_id, validators, base_port };
    }
  } catch {
    // Refused below.
  }
  throw new CommandError(`read ${filePath(home)}: not what this command wrote`, "file_invalid");
}

/** Makes the homes beside it a testnet. */
export async function writeTestnet(home: string, file: TestnetFile): Promise<void> {
  await Deno.writeTextFile(filePath(home), JSON.stringify(file, null, 2) + "\n");
}

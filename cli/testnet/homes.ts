/** Writes the homes of a network of validators, and the genesis that they share. @module */
import { isIP } from "node:net";
import {
  defaultNodeToml,
  generateKeyPair,
  homePaths,
  type KeyPair,
  type NodeConfigInput,
  readHome,
  writeHome,
} from "../../node/config/mod.ts";
import { parseGenesis } from "../../node/chain/mod.ts";
import { type DevelopmentAllocation, developmentGenesis } from "../../node/development.ts";
import { peerIdOf } from "../../node/network/mod.ts";
import { CommandError } from "../output.ts";
import { DEFAULT_BASE_PORT, nodeHome, nodeName, portsOf, writeTestnet } from "./layout.ts";

export interface TestnetPlan {
  /** Folder of the homes; there is no testnet in it yet. */
  readonly home: string;
  readonly chainId: string;
  readonly validators: number;
  /** All on this machine, from `basePort` on; or each on the host of its number, at the usual ports. */
  readonly place: { readonly basePort: number } | { readonly hosts: readonly string[] };
  /** For each `node.toml`, beside what the network needs. */
  readonly config?: NodeConfigInput;
  /** Accounts beside those of the development mnemonic, for load tests. */
  readonly extraAccounts?: readonly DevelopmentAllocation[];
}

/** A node of a testnet as its home says. */
export interface TestnetNode {
  readonly name: string;
  readonly home: string;
  /** 20 bytes in upper-case hexadecimal. */
  readonly validator: string;
  /** Where peers connect, with the peer id. */
  readonly peerAddress: string;
  /** `HOST:PORT`. */
  readonly rpcListen: string;
  readonly metricsListen: string;
}

/** Each validator has this power. More than 1, so that no single one of four can set the time of a block. */
const POWER = 10n;

/** Writes them all, and at last what makes them a testnet. Throws a CommandError `usage` when the plan makes no valid chain. */
export async function writeTestnetHomes(plan: TestnetPlan): Promise<readonly TestnetNode[]> {
  const keys = Array.from(
    { length: plan.validators },
    () => ({ validator: generateKeyPair(), node: generateKeyPair() }),
  );
  const genesis = genesisOf(plan, keys.map(({ validator }) => validator));
  const addresses = keys.map(({ node }, index) => peerAddress(plan, index, node));
  for (const [index, { validator, node }] of keys.entries()) {
    await writeHome(nodeHome(plan.home, index), {
      validator: true,
      validatorKey: validator,
      nodeKey: node,
      genesis: () => genesis,
      toml: defaultNodeToml(configOf(plan, index, addresses.filter((_, other) => other !== index))),
    });
  }
  const { chainId: chain_id, validators, place } = plan;
  await writeTestnet(plan.home, { chain_id, validators, base_port: "basePort" in place ? place.basePort : null });
  return readTestnetNodes(plan.home, plan.validators);
}

function genesisOf({ chainId, extraAccounts }: TestnetPlan, [first, ...others]: KeyPair[]): Record<string, unknown> {
  const genesis = developmentGenesis({
    chainId,
    genesisTimeNanos: BigInt(Date.now()) * 1_000_000n,
    validator: first!,
    otherValidators: others,
    power: POWER,
    ...(extraAccounts !== undefined && { extraAccounts }),
  });
  const parsed = parseGenesis(genesis);
  if (!parsed.ok) throw new CommandError(`make the genesis: ${parsed.error.message}`, "usage");
  return genesis;
}

/** The part of a multiaddr that names a host. */
function hostPart(host: string): string {
  const version = isIP(host);
  return version === 4 ? `/ip4/${host}` : version === 6 ? `/ip6/${host}` : `/dns4/${host}`;
}

function placeOf({ place }: TestnetPlan, index: number): { host: string; ports: ReturnType<typeof portsOf> } {
  return "basePort" in place
    ? { host: "127.0.0.1", ports: portsOf(place.basePort, index) }
    : { host: place.hosts[index]!, ports: portsOf(DEFAULT_BASE_PORT, 0) };
}

function peerAddress(plan: TestnetPlan, index: number, nodeKey: KeyPair): string {
  const { host, ports } = placeOf(plan, index);
  return `${hostPart(host)}/tcp/${ports.p2p}/p2p/${peerIdOf(nodeKey.publicKey)}`;
}

function configOf(plan: TestnetPlan, index: number, others: readonly string[]): NodeConfigInput {
  const { host, ports } = placeOf(plan, index);
  const local = "basePort" in plan.place;
  const address = `${hostPart(host)}/tcp/${ports.p2p}`;
  const everywhere = `${isIP(host) === 6 ? "/ip6/::" : "/ip4/0.0.0.0"}/tcp/${ports.p2p}`;
  const { config = {} } = plan;
  return {
    ...config,
    node: { moniker: nodeName(index), ...config.node },
    p2p: {
      listen: [local ? address : everywhere],
      // The host may have other addresses too, and only this one is known to be reachable.
      ...(!local && { announce: [address] }),
      bootstrap: [...others],
      ...config.p2p,
    },
    rpc: { listen: `127.0.0.1:${ports.rpc}`, ...config.rpc },
    observability: { metrics_listen: `127.0.0.1:${ports.metrics}`, ...config.observability },
  };
}

/** What the homes say: whoever runs a testnet may have changed them. */
export async function readTestnetNodes(home: string, validators: number): Promise<readonly TestnetNode[]> {
  return await Promise.all(Array.from({ length: validators }, async (_, index) => {
    const root = nodeHome(home, index);
    const { config, validatorKey, nodeKey } = await readHome(root);
    const own = config.p2p.announce[0] ?? config.p2p.listen[0] ?? "";
    return {
      name: nodeName(index),
      home: root,
      validator: validatorKey?.address.toHex().toUpperCase() ?? "",
      peerAddress: `${own}/p2p/${peerIdOf(nodeKey.publicKey)}`,
      rpcListen: config.rpc.listen,
      metricsListen: config.observability.metrics_listen,
    };
  }));
}

/** The genesis file of a testnet; all its homes have the same. */
export const genesisFile = (home: string): string => homePaths(nodeHome(home, 0)).genesis;

/**
 * A network of nodes in processes of their own over libp2p on 127.0.0.1, as users run them: started, killed, paused, wiped
 * and started again. Everything is waited for by asking; what stalls for long fails with everybody's log.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import type { NodeConfigInput } from "../../node/config/mod.ts";
import { homePaths } from "../../node/config/mod.ts";
import { readTestnetNodes, writeTestnetHomes } from "../../cli/testnet/homes.ts";
import { BlockLedger } from "./block_ledger.ts";
import { auditChain } from "./chain_audit.ts";
import { catenary } from "./command_line.ts";
import { freePorts } from "./free_ports.ts";
import { type NodeProcess, startNodeProcess } from "./node_process.ts";
import { rpc } from "./rpc_client.ts";

/** Nothing at all happened for so long: not a verdict on speed. */
const STALL_MS = 120_000;
const LOOK_MS = 100;
/** What has not happened while the chain grew by so much does not happen: the chain's own measure of time. */
export const PATIENCE_HEIGHTS = 200n;
/** Lines of each log that a failure shows. */
const LOG_LINES_SHOWN = 60;

export interface TestnetOptions {
  readonly validators: number;
  readonly chainId?: string;
  readonly blockTimeMs?: number;
  /** For each `node.toml`. */
  readonly config?: NodeConfigInput;
  /** Funded beside the development accounts; in the order of their account numbers. */
  readonly accounts?: readonly string[];
}

/** A home, and the process that runs it now. */
export interface NetworkNode {
  readonly name: string;
  readonly home: string;
  /** Address of its validator key in upper-case hexadecimal; empty: a full node. */
  readonly validator: string;
  readonly peerAddress: string;
  process: NodeProcess | undefined;
  /** Not waited for: it is stopped (SIGSTOP). */
  paused: boolean;
  /** Logs of its earlier processes. */
  readonly logs: string[];
}

export class TestnetProcesses {
  readonly folder: string;
  readonly chainId: string;
  readonly ledger = new BlockLedger();
  readonly nodes: NetworkNode[];
  readonly #blockTimeMs: number;

  private constructor(folder: string, chainId: string, blockTimeMs: number, nodes: NetworkNode[]) {
    this.folder = folder;
    this.chainId = chainId;
    this.#blockTimeMs = blockTimeMs;
    this.nodes = nodes;
  }

  /** Writes the homes of `node0` and so on; nothing runs yet. */
  static async create(options: TestnetOptions): Promise<TestnetProcesses> {
    const { validators, chainId = "catenary-net-1", blockTimeMs = 200, config = {} } = options;
    const folder = await Deno.makeTempDir({ prefix: "catenary-net-" });
    const home = `${folder}/net`;
    const plan = { home, chainId, validators, place: { basePort: 40_000 } };
    const extraAccounts = (options.accounts ?? []).map((address) => ({ address, amount: 1_000_000_000_000n }));
    await writeTestnetHomes({ ...plan, config, extraAccounts });
    // Again with ports that are free: nothing but the addresses changes.
    await moveToFreePorts(home, validators);
    const nodes = (await readTestnetNodes(home, validators)).map(newNode);
    return new TestnetProcesses(folder, chainId, blockTimeMs, nodes);
  }

  node(name: string): NetworkNode {
    const found = this.nodes.find((node) => node.name === name);
    assert(found !== undefined, `no node ${name}`);
    return found;
  }

  url(name: string): string {
    const { process } = this.node(name);
    assert(process !== undefined, `${name} does not run`);
    return process.rpcUrl;
  }

  /** Names of those that run and are not paused. */
  get running(): string[] {
    return this.nodes.filter(({ process, paused }) => process !== undefined && !paused).map(({ name }) => name);
  }

  async start(name: string, ...args: string[]): Promise<void> {
    const node = this.node(name);
    node.process = await startNodeProcess({
      home: node.home,
      args: ["--block-time-ms", `${this.#blockTimeMs}`, "--metrics-listen", "127.0.0.1:0", ...args],
      onBlock: (block) => this.ledger.tell(name, block),
    });
  }

  async startAll(): Promise<void> {
    await Promise.all(this.nodes.map(({ name }) => this.start(name)));
  }

  /** Ends it, in order or not; resolves when it is gone. */
  async stop(name: string, signal: Deno.Signal = "SIGTERM"): Promise<void> {
    const node = this.node(name);
    const { process } = node;
    if (process === undefined) return;
    if (node.paused) this.resume(name);
    await process.stop(signal);
    node.logs.push(...process.log);
    node.process = undefined;
  }

  pause(name: string): void {
    const node = this.node(name);
    node.process!.signal("SIGSTOP");
    node.paused = true;
  }

  resume(name: string): void {
    const node = this.node(name);
    node.process!.signal("SIGCONT");
    node.paused = false;
  }

  /** Takes everything but the keys and the configuration from a node that does not run. */
  async wipe(name: string): Promise<void> {
    const { data } = homePaths(this.node(name).home);
    await Deno.remove(data, { recursive: true });
    await Deno.mkdir(data);
  }

  /** Makes a home that joins by the genesis and the address of `by`, as a user does; starts nothing. */
  async addHome(name: string, by: string, ...args: string[]): Promise<void> {
    const home = `${this.folder}/${name}`;
    const genesis = homePaths(this.nodes[0]!.home).genesis;
    const bootstrap = this.node(by).peerAddress;
    const made = await catenary("init", "--home", home, "--genesis", genesis, "--bootstrap", bootstrap, ...args);
    assertEquals([made.code, made.err], [0, ""]);
    const [port] = await freePorts(1);
    await editToml(home, (toml) => toml.replace("/ip4/127.0.0.1/tcp/26656", `/ip4/127.0.0.1/tcp/${port}`));
    this.nodes.push(await joinedNode(name, home, port!));
  }

  /** Undefined when it does not answer. */
  async heightOf(name: string): Promise<bigint | undefined> {
    return (await this.#statusOf(name))?.height;
  }

  async #statusOf(name: string): Promise<{ height: bigint; catchingUp: boolean } | undefined> {
    const { process } = this.node(name);
    if (process === undefined) return undefined;
    try {
      const signal = AbortSignal.timeout(2000);
      const { result } = await (await fetch(`${process.rpcUrl}/status`, { signal })).json();
      const { latest_block_height, catching_up } = result.sync_info;
      return { height: BigInt(latest_block_height), catchingUp: catching_up };
    } catch {
      return undefined;
    }
  }

  /** Waits until `done`; fails when `progress` stays the same for long, or two nodes disagree. */
  async until(what: string, done: () => Promise<boolean>, progress: () => Promise<unknown>): Promise<void> {
    let [last, since] = ["", performance.now()];
    while (!await done()) {
      assertEquals(this.ledger.faults, []);
      const now = String(await progress());
      if (now !== last) [last, since] = [now, performance.now()];
      if (performance.now() - since > STALL_MS) {
        throw new Error(`wait until ${what}: nothing happened for ${STALL_MS / 1000} s at ${now}`);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    assertEquals(this.ledger.faults, []);
  }

  /** Waits until each of `names` has `height`. */
  async untilHeight(height: bigint, names: readonly string[] = this.running): Promise<void> {
    const heights = () => Promise.all(names.map((name) => this.heightOf(name)));
    const done = async () => (await heights()).every((found) => found !== undefined && found >= height);
    await this.until(`${names.join()} have height ${height}`, done, heights);
  }

  /** Waits until all that run have `count` blocks more than the highest has now. */
  async untilMore(count: bigint, names: readonly string[] = this.running): Promise<bigint> {
    const height = await this.highest(names) + count;
    await this.untilHeight(height, names);
    return height;
  }

  /** Waits until a node says it has caught up, and has what the others had when that began. */
  async untilCaughtUp(name: string): Promise<bigint> {
    const height = await this.highest(this.running.filter((other) => other !== name));
    await this.untilHeight(height, [name]);
    const status = () => this.#statusOf(name);
    const text = async () => JSON.stringify(await status(), (_, value) => String(value));
    const done = async () => {
      const now = await status();
      const since = (now?.height ?? height) - height;
      assert(since < PATIENCE_HEIGHTS, `${name} says it is catching up, ${since} heights after it had what others had`);
      return now?.catchingUp === false;
    };
    await this.until(`${name} has caught up`, done, text);
    return height;
  }

  /** Waits until all that run have caught up with each other and take transactions. */
  async untilReady(names: readonly string[] = this.running): Promise<void> {
    const statuses = () => Promise.all(names.map((name) => this.#statusOf(name)));
    const ready = async () => (await statuses()).every((status) => status?.catchingUp === false);
    const text = async () => JSON.stringify(await statuses(), (_, value) => String(value));
    await this.until(`${names.join()} are ready`, ready, text);
  }

  async highest(names: readonly string[] = this.running): Promise<bigint> {
    const heights = await Promise.all(names.map((name) => this.heightOf(name)));
    return heights.reduce<bigint>((max, height) => height !== undefined && height > max ? height : max, 0n);
  }

  /** Addresses of those whose precommits for the block stand in the commit of `height`. */
  async signersOf(height: bigint, by: string): Promise<string[]> {
    const { signed_header } = await rpc(this.url(by), "commit", { height: `${height}` });
    const signatures: { block_id_flag: number; validator_address: string }[] = signed_header.commit.signatures;
    return signatures.filter(({ block_id_flag }) => block_id_flag === 2).map(({ validator_address }) =>
      validator_address
    );
  }

  /** Waits until the validator of `name` signed a block above `from`; answers its height. Commits are complete a block later. */
  async untilSigned(name: string, from: bigint, by: string): Promise<bigint> {
    const { validator } = this.node(name);
    let [looked, found] = [from, 0n];
    const look = async () => {
      assert(looked - from < PATIENCE_HEIGHTS, `${name} signed none of ${looked - from} blocks above ${from}`);
      const top = (await this.heightOf(by) ?? 0n) - 1n;
      for (; looked < top && found === 0n; looked++) {
        if ((await this.signersOf(looked + 1n, by)).includes(validator)) found = looked + 1n;
      }
      return found > 0n;
    };
    await this.until(`${name} signs a block above ${from}`, look, () => Promise.resolve(looked));
    return found;
  }

  /** Judges all that runs, as {@linkcode auditChain} does. */
  async audit(): Promise<number> {
    const compared = await auditChain(this.running.map((name) => ({ name, url: this.url(name) })));
    assertEquals(this.ledger.faults, []);
    return compared;
  }

  /** Ends every process. */
  async close(): Promise<void> {
    await Promise.all(this.nodes.map(({ name }) => this.stop(name)));
  }

  /** The ends of all logs. */
  report(): string {
    return this.nodes.map(({ name, logs, process }) =>
      [`--- ${name}`, ...[...logs, ...process?.log ?? []].slice(-LOG_LINES_SHOWN)].join("\n")
    ).join("\n");
  }
}

/** Runs `use` with a network; ends it and removes it whatever happens. A failure shows what everybody logged. */
export async function withTestnet(
  options: TestnetOptions,
  use: (net: TestnetProcesses) => Promise<void>,
): Promise<void> {
  const net = await TestnetProcesses.create(options);
  try {
    await use(net);
  } catch (error) {
    console.error(net.report());
    throw error;
  } finally {
    await net.close();
    await Deno.remove(net.folder, { recursive: true });
  }
}

const newNode = (node: Omit<NetworkNode, "process" | "paused" | "logs">): NetworkNode => ({
  ...node,
  process: undefined,
  paused: false,
  logs: [],
});

async function editToml(home: string, edit: (toml: string) => string): Promise<void> {
  const path = homePaths(home).config;
  await Deno.writeTextFile(path, edit(await Deno.readTextFile(path)));
}

/** Ports of peers, in all configurations; RPC and metrics take free ones when they start. */
async function moveToFreePorts(home: string, validators: number): Promise<void> {
  const ports = await freePorts(validators);
  for (let index = 0; index < validators; index++) {
    await editToml(
      `${home}/node${index}`,
      (toml) =>
        toml.replaceAll(
          /\/ip4\/127\.0\.0\.1\/tcp\/40(\d\d)0\b/g,
          (_, number) => `/ip4/127.0.0.1/tcp/${ports[Number(number)]}`,
        ),
    );
  }
}

async function joinedNode(name: string, home: string, port: number): Promise<NetworkNode> {
  const { peerIdOf } = await import("../../node/network/mod.ts");
  const { readHome } = await import("../../node/config/mod.ts");
  const { validatorKey, nodeKey } = await readHome(home);
  return newNode({
    name,
    home,
    validator: validatorKey?.address.toHex().toUpperCase() ?? "",
    peerAddress: `/ip4/127.0.0.1/tcp/${port}/p2p/${peerIdOf(nodeKey.publicKey)}`,
  });
}

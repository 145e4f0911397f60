/** Validators in one process that meet over the memory network, each with a home on disk. @module */
import type { BlockEventDetail, CatenaryNode, NodeOptions } from "../../node/node.ts";
import { createMemoryHub, type MemoryDelivery, type MemoryHub } from "../../node/network/mod.ts";
import { createPatientNode } from "./local_node.ts";
import { type TestnetNode, type TestnetPlan, writeTestnetHomes } from "../../cli/testnet/homes.ts";

export interface MemoryTestnetOptions {
  readonly validators: number;
  readonly config?: TestnetPlan["config"];
  readonly extraAccounts?: TestnetPlan["extraAccounts"];
  /** False loses a message between nodes. */
  readonly deliver?: (delivery: MemoryDelivery) => boolean;
}

/** A running node with what it committed, by height. */
export interface MemoryNode {
  readonly node: CatenaryNode;
  readonly blocks: Map<bigint, BlockEventDetail>;
  readonly log: string[];
}

/** Fast, and without ports that anybody else could hold. */
const CONFIG: TestnetPlan["config"] = {
  consensus: { block_time_ms: 10, timeout_propose_ms: 500, timeout_prevote_ms: 100, timeout_precommit_ms: 100 },
  rpc: { listen: "127.0.0.1:0" },
  observability: { metrics_listen: "" },
};

export class MemoryTestnet {
  readonly hub: MemoryHub;
  readonly homes: readonly TestnetNode[];
  readonly nodes = new Map<number, MemoryNode>();
  readonly #folder: string;
  readonly #waits = new Set<() => void>();

  private constructor(folder: string, homes: readonly TestnetNode[], hub: MemoryHub) {
    this.#folder = folder;
    this.hub = hub;
    this.homes = homes;
  }

  static async make(options: MemoryTestnetOptions): Promise<MemoryTestnet> {
    const folder = await Deno.makeTempDir();
    const homes = await writeTestnetHomes({
      home: folder,
      chainId: "memory-testnet",
      validators: options.validators,
      place: { basePort: 26_656 },
      config: { ...CONFIG, ...options.config },
      ...(options.extraAccounts && { extraAccounts: options.extraAccounts }),
    });
    return new MemoryTestnet(folder, homes, createMemoryHub({ deliver: options.deliver }));
  }

  /** Starts the node of a home: of validator `index`, or another one under a number of its own. */
  async start(index: number, options: NodeOptions = {}): Promise<MemoryNode> {
    const log: string[] = [];
    const home = options.home ?? this.homes[index]!.home;
    const node = createPatientNode({ home, hub: this.hub, log: (line) => void log.push(line), ...options });
    const blocks = new Map<bigint, BlockEventDetail>();
    node.events.addEventListener("block", (event) => {
      const { detail } = event as CustomEvent<BlockEventDetail>;
      blocks.set(detail.height, detail);
      for (const look of [...this.#waits]) look();
    });
    const started = { node, blocks, log };
    this.nodes.set(index, started);
    await node.start();
    return started;
  }

  async startAll(): Promise<void> {
    await Promise.all(this.homes.map((_, index) => this.start(index)));
  }

  async stop(index: number): Promise<void> {
    const running = this.nodes.get(index);
    this.nodes.delete(index);
    await running?.node.stop();
  }

  /** Resolves when every running node of `indices` (all unless given) has `height`. */
  reach(height: bigint, indices: readonly number[] = [...this.nodes.keys()]): Promise<void> {
    return this.until(() => indices.every((index) => (this.nodes.get(index)?.node.height ?? 0n) >= height));
  }

  /** Resolves when `holds`, which is asked after every block of anybody. */
  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!holds()) return;
        this.#waits.delete(look);
        resolve();
      };
      this.#waits.add(look);
      look();
    });
  }

  /** The height of who is furthest. */
  get highest(): bigint {
    return [...this.nodes.values()].reduce((max, { node }) => (node.height > max ? node.height : max), 0n);
  }

  async close(): Promise<void> {
    await Promise.all([...this.nodes.keys()].map((index) => this.stop(index)));
    await Deno.remove(this.#folder, { recursive: true });
  }
}

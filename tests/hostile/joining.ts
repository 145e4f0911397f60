/** Nodes that join a chain while somebody lies to them about it. @module */
import { assert, assertEquals } from "@std/assert";
import { readHome } from "../../node/config/mod.ts";
import { initHomeWithGenesis } from "../../node/home.ts";
import { createNode, type NodeOptions } from "../../node/node.ts";
import { peerIdOfSeed } from "../../node/network/mod.ts";
import { MemoryTestnet } from "../helpers/memory_testnet.ts";
import { rpc } from "../helpers/rpc_client.ts";
import { type Lie, startLiar } from "./liar.ts";
import { until } from "./scene.ts";

const CHAIN = "memory-testnet";

/** With one bit changed. */
export const flipped = (bytes: Uint8Array, at: number) => bytes.with(at, bytes.at(at)! ^ 1);

/** A chain of one validator that goes on, and homes for those who join it. */
export class Chain {
  readonly net: MemoryTestnet;
  readonly #folder: string;
  #count = 0;

  private constructor(net: MemoryTestnet, folder: string) {
    this.net = net;
    this.#folder = folder;
  }

  static async open(height: bigint, options: NodeOptions = {}): Promise<Chain> {
    const net = await MemoryTestnet.make({ validators: 1 });
    await net.start(0, options);
    await net.reach(height);
    return new Chain(net, await Deno.makeTempDir());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.net.close();
    await Deno.remove(this.#folder, { recursive: true });
  }

  get honest() {
    return this.net.nodes.get(0)!.node;
  }

  /** Somebody joins who at first can see only the liar; then, when that one has been caught, the honest node too. */
  async join(
    liar: { readonly name: string; readonly height?: bigint; readonly lie: Lie },
    caught: RegExp,
    config: NodeOptions["config"] = {},
  ): Promise<void> {
    const { hub } = this.net;
    const home = `${this.#folder}/${this.#count++}`;
    const { genesis } = await readHome(this.net.homes[0]!.home);
    await initHomeWithGenesis(home, { genesis, full: true });
    const network = await startLiar({ hub, chainId: CHAIN, honest: this.honest.peerId, ...liar });
    const log: string[] = [];
    const node = createNode({
      home,
      hub,
      rpcListen: "127.0.0.1:0",
      metricsListen: "127.0.0.1:0",
      log: (line) => void log.push(line),
      config,
    });
    const isCaught = () => node.bans.length > 0 || node.peers.some(({ id, score }) => id === network.self && score < 0);
    hub.disconnect(peerIdOfSeed((await readHome(home)).nodeKey.seed), this.honest.peerId);
    const starting = node.start();
    try {
      await Promise.race([until(`a report of ${caught}`, isCaught), starting]);
      hub.heal();
      await starting;
      const height = this.honest.height + 2n;
      await until("the height of the others", () => node.height >= height);
      const hashes = await Promise.all(
        [node, this.honest].map(async ({ rpcAddress }) =>
          (await rpc(rpcAddress, "commit", { height: `${height}` })).signed_header.commit.block_id.hash
        ),
      );
      assertEquals(hashes[0], hashes[1]);
      const page = await (await fetch(node.metricsAddress!)).text();
      const codes = [...page.matchAll(/^catenary_p2p_reports_total\{code="(\w+)"\}/gm)].map(([, code]) => code!);
      assert(codes.some((code) => caught.test(code)), codes.join());
      for (const { peer, reason } of node.bans) {
        assertEquals([peer, caught.test(reason)], [network.self, true], reason);
        assert(log.some((line) => line.includes("peer banned") && line.includes(peer)));
      }
    } catch (error) {
      throw new Error(`the newcomer said: ${log.slice(-8).join("\n")}`, { cause: error });
    } finally {
      hub.heal();
      await node.stop();
      await network.stop();
    }
  }
}

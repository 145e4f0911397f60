/** A node in a process of its own, so that its memory and its pace are its own: what attacks that cost something are measured at. @module */
import { assert } from "@std/assert";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import { sha256 } from "../../node/core/crypto/mod.ts";
import { initDevelopmentHome } from "../../node/home.ts";
import { readHome } from "../../node/config/mod.ts";
import { peerIdOfSeed } from "../../node/network/mod.ts";
import { freePorts } from "../helpers/free_ports.ts";
import { type NodeProcess, startNodeProcess } from "../helpers/node_process.ts";
import { HostilePeer } from "./peer.ts";
import { figuresOf } from "./scene.ts";

/** Heights that have to come while an attack goes on. */
const BLOCKS = 40n;
/** Nothing came for so long: it does not stand up to the attack. */
const STALL_MS = 120_000;
const LOOK_MS = 200;
const MIB = 1024 * 1024;
/** A node of this size on an idle chain takes 200 MiB; what V8 puts off collecting is in this as well. */
const RSS_BYTES_MAX = 1500 * MIB;

export class Victim {
  readonly chainId: string;
  readonly address: string;
  readonly process: NodeProcess;
  readonly #folder: string;
  #height = 0n;
  #names = 0;

  private constructor(folder: string, chainId: string, address: string, process: NodeProcess) {
    this.#folder = folder;
    this.chainId = chainId;
    this.address = address;
    this.process = process;
  }

  /** A validator that is alone, with a block every 50 ms. */
  static async start(): Promise<Victim> {
    const folder = await Deno.makeTempDir({ prefix: "catenary-victim-" });
    const home = `${folder}/home`;
    await initDevelopmentHome(home, { chainId: "victim-1" });
    const [port] = await freePorts(1);
    const listen = `/ip4/127.0.0.1/tcp/${port}`;
    let victim: Victim | undefined;
    const process = await startNodeProcess({
      home,
      args: ["--block-time-ms", "50", "--metrics-listen", "127.0.0.1:0", "--p2p-listen", listen],
      onBlock: ({ height }) => {
        if (victim !== undefined) victim.#height = BigInt(height);
      },
    });
    const { nodeKey } = await readHome(home);
    return victim = new Victim(folder, "victim-1", `${listen}/p2p/${peerIdOfSeed(nodeKey.seed)}`, process);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process.stop();
    await Deno.remove(this.#folder, { recursive: true });
  }

  get height(): bigint {
    return this.#height;
  }

  /** Somebody new. */
  peer(): Promise<HostilePeer> {
    return HostilePeer.start(this.address, this.chainId, sha256(utf8ToBytes(`nobody ${this.#names++}`)));
  }

  async figures(): Promise<Map<string, number>> {
    return figuresOf(await (await fetch(this.process.metricsUrl!)).text());
  }

  /** Reports by their codes. */
  async reports(): Promise<Record<string, number>> {
    const found: Record<string, number> = {};
    for (const [name, value] of await this.figures()) {
      const code = /^catenary_p2p_reports_total\{code="(\w+)"\}/.exec(name)?.[1];
      if (code !== undefined) found[code] = value;
    }
    return found;
  }

  /** What blocks the log names as banned, with the reasons. */
  bans(): string[] {
    return this.process.log.filter((line) => line.includes("peer banned"));
  }

  /**
   * Runs an attack until so many blocks have come while it went on, and at least for `seconds`. Prints what it cost; fails when
   * no block comes, or memory is not bounded.
   */
  async stands(name: string, seconds: number, attack: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const begun = performance.now();
    const [from, before] = [this.#height, await this.#rss()];
    const over = new AbortController();
    let peak = before;
    const attacking = attack(over.signal);
    // Its failure is looked at below.
    attacking.catch(() => {});
    let [last, since] = [this.#height, performance.now()];
    const elapsed = () => (performance.now() - begun) / 1000;
    while (this.#height < from + BLOCKS || elapsed() < seconds) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      peak = Math.max(peak, await this.#rss());
      if (this.#height > last) [last, since] = [this.#height, performance.now()];
      assert(performance.now() - since < STALL_MS, `${name}: no block after ${last}`);
    }
    const [blocks, took] = [this.#height - from, elapsed()];
    over.abort();
    await attacking;
    const mib = (bytes: number) => Math.round(bytes / MIB);
    const figures = await this.figures();
    const lag = Math.round(1000 * (figures.get("catenary_event_loop_lag_p99_seconds") ?? 0));
    console.log(
      `${name}: ${blocks} blocks in ${took.toFixed(1)} s, ${mib(before)} MiB before and ${
        mib(peak)
      } at most, lag p99 ${lag} ms`,
    );
    assert(peak < RSS_BYTES_MAX, `${name}: ${mib(peak)} MiB`);
  }

  async #rss(): Promise<number> {
    return (await this.figures()).get("catenary_process_resident_memory_bytes") ?? 0;
  }
}

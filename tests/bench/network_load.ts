/**
 * How many transfers a network finalises when it gets as many as it takes. Everything is signed and put into requests before
 * the clock starts; while it runs, requests are sent and blocks counted, nothing else: the machine is the nodes'.
 * @module
 */
import { cpuUsage } from "node:process";
import { type Account, signTransfer } from "../helpers/accounts.ts";
import { rpc } from "../helpers/rpc_client.ts";
import type { TestnetProcesses } from "../helpers/testnet_processes.ts";
import { percentile, readNodes, round, type Usage, usageBetween } from "./network_figures.ts";
import { watchEvents } from "./network_watch.ts";

export interface LoadOptions {
  readonly seconds: number;
  readonly accounts: readonly Account[];
  readonly firstNumber: bigint;
  /** Transfers signed for each second. */
  readonly rateMax: number;
  /** Transfers submitted and not in a block yet. */
  readonly inFlightMax: number;
  /** Transfers in one request. */
  readonly batch: number;
}

export interface LoadFigures extends Usage {
  readonly seconds: number;
  readonly submitted: number;
  readonly refused: number;
  /** In a block, with code 0. */
  readonly finalised: number;
  readonly finalised_per_second: number;
  readonly cpu_seconds_per_1000_txs: number | undefined;
  readonly generator_cpu_seconds: number;
  readonly blocks: number;
  readonly block_txs_mean: number;
  readonly block_interval_ms: { readonly p50: number | undefined; readonly p99: number | undefined };
  /** Heights that the last node lacks of what the first has, at the end. */
  readonly behind_at_end: number;
}

/** One request: a batch of `broadcast_tx_sync` as it goes over the wire. */
interface Request {
  readonly body: Uint8Array;
  readonly count: number;
}

/** Requests for each node, in order: an account always at the same node, its sequences ascending. */
export function presign(chainId: string, nodes: number, options: LoadOptions): Request[][] {
  const { accounts, firstNumber, batch } = options;
  const total = Math.ceil(options.seconds * options.rateMax);
  const lanes: string[][] = Array.from({ length: nodes }, () => []);
  for (let i = 0; i < total; i++) {
    const sender = i % accounts.length;
    const tx = signTransfer(accounts[sender]!, {
      chainId,
      accountNumber: firstNumber + BigInt(sender),
      sequence: BigInt(Math.floor(i / accounts.length)),
      to: accounts[(sender + 1 + i % 7) % accounts.length]!.address,
      amount: "1",
      fee: "1",
    });
    lanes[sender % nodes]!.push(tx.toBase64());
    if (i % 50_000 === 0) console.error(`signing ${i} of ${total}`);
  }
  const encoder = new TextEncoder();
  return lanes.map((txs) => {
    const requests: Request[] = [];
    for (let at = 0; at < txs.length; at += batch) {
      const calls = txs.slice(at, at + batch).map((tx, id) =>
        `{"jsonrpc":"2.0","id":${id},"method":"broadcast_tx_sync","params":{"tx":"${tx}"}}`
      );
      requests.push({ body: encoder.encode(`[${calls.join()}]`), count: calls.length });
    }
    return requests;
  });
}

/** Sends what was signed, as fast as it is taken. */
export async function measureLoad(
  net: TestnetProcesses,
  lanes: readonly (readonly Request[])[],
  options: LoadOptions,
): Promise<LoadFigures> {
  const names = net.running;
  const processes = names.map((name) => net.node(name).process!);
  const counts = { submitted: 0, refused: 0, inBlocks: 0 };
  const blocks: { readonly height: string; readonly txs: number; readonly atMs: number }[] = [];
  let waiting: (() => void)[] = [];
  const watch = await watchEvents(net.url(names[0]!), "NewBlockEvents", ({ height, num_txs }, atMs) => {
    const txs = Number(num_txs);
    blocks.push({ height, txs, atMs });
    counts.inBlocks += txs;
    const woken = waiting;
    waiting = [];
    for (const wake of woken) wake();
  });
  const [before, cpuBefore] = [await readNodes(processes), cpuUsage()];
  const began = performance.now();
  const until = began + options.seconds * 1000;
  const sendLane = async (url: string, requests: readonly Request[]) => {
    for (const { body, count } of requests) {
      while (performance.now() < until && counts.submitted - counts.inBlocks >= options.inFlightMax) {
        await Promise.race([new Promise<void>((resolve) => waiting.push(resolve)), watch.lost]);
      }
      if (performance.now() >= until) return;
      counts.submitted += count;
      const taken = await post(url, body);
      counts.refused += count - taken;
      counts.submitted -= count - taken;
    }
    console.error("a lane ran dry: sign more with --rate-max");
  };
  await Promise.all(lanes.map((requests, index) => sendLane(net.url(names[index % names.length]!), requests)));
  const [after, cpuAfter, ended] = [await readNodes(processes), cpuUsage(cpuBefore), performance.now()];
  const heights = await Promise.all(names.map((name) => net.heightOf(name)));
  watch.close();
  const inWindow = blocks.filter(({ atMs }) => atMs >= began && atMs <= ended);
  const finalised = await succeededIn(net.url(names[0]!), inWindow.map(({ height }) => height));
  const usage = usageBetween(before, after, inWindow.length);
  const intervals = inWindow.slice(1).map(({ atMs }, index) => atMs - inWindow[index]!.atMs);
  return {
    seconds: round((ended - began) / 1000, 1),
    submitted: counts.submitted,
    refused: counts.refused,
    finalised,
    finalised_per_second: Math.round(finalised / ((ended - began) / 1000)),
    cpu_seconds_per_1000_txs: usage.cpu_seconds === undefined
      ? undefined
      : round(usage.cpu_seconds / Math.max(1, finalised) * 1000, 3),
    generator_cpu_seconds: round((cpuAfter.user + cpuAfter.system) / 1e6, 2),
    blocks: inWindow.length,
    block_txs_mean: Math.round(finalised / Math.max(1, inWindow.length)),
    block_interval_ms: { p50: percentile(intervals, 0.5), p99: percentile(intervals, 0.99) },
    behind_at_end: spread(heights),
    ...usage,
  };
}

function spread(heights: readonly (bigint | undefined)[]): number {
  const known = heights.filter((height) => height !== undefined).map(Number);
  return Math.max(...known) - Math.min(...known);
}

/** How many of a batch were taken, without reading the answer as JSON. */
async function post(url: string, body: Uint8Array): Promise<number> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: body as Uint8Array<ArrayBuffer>,
  });
  return (await response.text()).split('"code":0,').length - 1;
}

/** Transactions of these blocks that succeeded. */
async function succeededIn(url: string, heights: readonly string[]): Promise<number> {
  let count = 0;
  for (const height of heights) {
    const { txs_results } = await rpc(url, "block_results", { height });
    for (const { code } of txs_results ?? []) if (code === 0) count++;
  }
  return count;
}

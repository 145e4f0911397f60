/** How soon a transfer is final on another node than the one that took it, while there is little to do. @module */
import { type Account, signTransfer } from "../helpers/accounts.ts";
import { rpc } from "../helpers/rpc_client.ts";
import { percentile, readNodes, type Usage, usageBetween } from "./network_figures.ts";
import { watchEvents } from "./network_watch.ts";
import type { TestnetProcesses } from "../helpers/testnet_processes.ts";

/** Between two transfers, in milliseconds. Odd, so that it does not walk in step with blocks. */
const PAUSE_MS = 237;
/** How long the last ones are waited for. */
const LAST_WAIT_MS = 10_000;

export interface LatencyFigures extends Usage {
  readonly block_time_ms: number;
  readonly empty_blocks: boolean;
  readonly blocks: number;
  readonly block_interval_ms: { readonly p50: number | undefined; readonly p99: number | undefined };
  readonly transfers: number;
  /** From submission to one node to its event on another. */
  readonly finality_ms: { readonly p50: number | undefined; readonly p99: number | undefined };
}

export interface LatencyOptions {
  readonly seconds: number;
  readonly blockTimeMs: number;
  readonly emptyBlocks: boolean;
  readonly account: Account;
  readonly accountNumber: bigint;
}

/** Sends one transfer after another to one node after another. The account has sent nothing before. */
export async function measureLatency(net: TestnetProcesses, options: LatencyOptions): Promise<LatencyFigures> {
  const names = net.running;
  const urls = names.map((name) => net.url(name));
  const sent = new Map<string, { readonly atMs: number; readonly on: number }>();
  const [latencies, blockTimes]: [number[], number[]] = [[], []];
  const onTx = (node: number) => (value: { TxResult: { tx: string } }, atMs: number) => {
    const found = sent.get(value.TxResult.tx);
    if (found?.on !== node) return;
    sent.delete(value.TxResult.tx);
    latencies.push(atMs - found.atMs);
  };
  const watches = await Promise.all([
    watchEvents(urls[0]!, "NewBlockEvents", (_, atMs) => blockTimes.push(atMs)),
    ...urls.map((url, node) => watchEvents(url, "Tx", onTx(node))),
  ]);
  const processes = names.map((name) => net.node(name).process!);
  const before = await readNodes(processes);
  const until = performance.now() + options.seconds * 1000;
  let count = 0;
  for (; performance.now() < until; count++) {
    const from = count % urls.length;
    const tx = transfer(net.chainId, options, BigInt(count));
    sent.set(tx, { atMs: performance.now(), on: (from + 1 + count % (urls.length - 1 || 1)) % urls.length });
    const { code, log } = await rpc(urls[from]!, "broadcast_tx_sync", { tx });
    if (code !== 0) throw new Error(`a transfer was refused: ${log}`);
    // The next goes to another node, which must know of this one: in the order of sequences.
    await settled(() => sent.size === 0, LAST_WAIT_MS);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  const after = await readNodes(processes);
  for (const watch of watches) watch.close();
  const intervals = blockTimes.slice(1).map((at, index) => at - blockTimes[index]!);
  return {
    block_time_ms: options.blockTimeMs,
    empty_blocks: options.emptyBlocks,
    blocks: blockTimes.length,
    block_interval_ms: { p50: percentile(intervals, 0.5), p99: percentile(intervals, 0.99) },
    transfers: count,
    finality_ms: { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) },
    ...usageBetween(before, after, blockTimes.length),
  };
}

function transfer(chainId: string, { account, accountNumber }: LatencyOptions, sequence: bigint): string {
  const { address: to } = account;
  return signTransfer(account, { chainId, accountNumber, sequence, to, amount: "1", fee: "1" }).toBase64();
}

async function settled(done: () => boolean, waitMs: number): Promise<void> {
  const until = performance.now() + waitMs;
  while (!done()) {
    if (performance.now() > until) throw new Error("a transfer did not become final");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

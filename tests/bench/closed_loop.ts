/**
 * A closed-loop load on a node: signed transactions through RPC, a bounded number in flight, and what became of them.
 * @module
 */
import { rpc, rpcBatch } from "../helpers/rpc_client.ts";

export interface LoadOptions {
  readonly seconds: number;
  readonly inFlightMax: number;
  readonly batch: number;
}

export interface LoadFigures {
  readonly submitted: number;
  readonly refused: number;
  readonly finalised: number;
  readonly finalised_per_second: number;
  readonly latency_ms: { p50: number; p99: number };
  readonly blocks: { count: number; txs_mean: number; txs_max: number; interval_ms_mean: number };
  readonly rss_mib: number | undefined;
  readonly event_loop_lag_ms_p99: number | undefined;
  readonly seconds: number;
}

/** What a lane sends, in the order it is sent, in base64. */
export type Lane = readonly string[];

/** Sends until the time is over. Each lane is a connection. */
export async function loadNode(
  rpcUrl: string,
  metricsUrl: string | undefined,
  lanes: readonly Lane[],
  options: LoadOptions,
): Promise<LoadFigures> {
  const sentAt = new Map<string, number>();
  const latencies: number[] = [];
  const blockTxs: number[] = [];
  const blockTimes: number[] = [];
  let wake: (() => void)[] = [];
  const { socket, lost } = await followBlocks(rpcUrl, (blockTxsBase64) => {
    const now = performance.now();
    blockTxs.push(blockTxsBase64.length);
    blockTimes.push(now);
    for (const tx of blockTxsBase64) {
      const at = sentAt.get(tx);
      if (at === undefined) continue;
      sentAt.delete(tx);
      latencies.push(now - at);
    }
    const waiting = wake;
    wake = [];
    for (const resume of waiting) resume();
  });
  let submitted = 0;
  let refused = 0;
  const began = performance.now();
  const until = began + options.seconds * 1000;
  const sendLane = async (txs: readonly string[]) => {
    let next = 0;
    while (performance.now() < until && next < txs.length) {
      if (sentAt.size >= options.inFlightMax) {
        await Promise.race([new Promise<void>((resolve) => wake.push(resolve)), lost]);
        continue;
      }
      const batch = txs.slice(next, next + options.batch);
      next += batch.length;
      const now = performance.now();
      for (const tx of batch) sentAt.set(tx, now);
      const answers = await rpcBatch(rpcUrl, "broadcast_tx_sync", batch.map((tx) => ({ tx })));
      for (const [i, answer] of answers.entries()) {
        if (answer.error === undefined && answer.result.code === 0) submitted++;
        else {
          refused++;
          if (refused <= 3) console.error(`refused: ${JSON.stringify(answer.error ?? answer.result)}`);
          sentAt.delete(batch[i]!);
        }
      }
    }
  };
  await Promise.all(lanes.map(sendLane));
  const elapsed = (performance.now() - began) / 1000;
  const finalised = latencies.length;
  const metrics = metricsUrl === undefined ? undefined : await (await fetch(metricsUrl)).text();
  const inWindow = blockTimes.filter((t) => t >= began);
  socket.close();
  latencies.sort((a, b) => a - b);
  const at = (q: number) =>
    Math.round(latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * q))] ?? 0);
  return {
    submitted,
    refused,
    finalised,
    finalised_per_second: Math.round(finalised / elapsed),
    latency_ms: { p50: at(0.5), p99: at(0.99) },
    blocks: {
      count: blockTxs.length,
      txs_mean: Math.round(finalised / Math.max(1, blockTxs.length)),
      txs_max: Math.max(0, ...blockTxs),
      interval_ms_mean: Math.round((inWindow.at(-1)! - inWindow[0]!) / Math.max(1, inWindow.length - 1)),
    },
    rss_mib: metricValue(metrics, "catenary_process_resident_memory_bytes", 1 / 1024 / 1024),
    event_loop_lag_ms_p99: metricValue(metrics, "catenary_event_loop_lag_p99_seconds", 1000),
    seconds: Math.round(elapsed * 10) / 10,
  };
}

/** A gauge of a Prometheus text page, times `scale`. */
function metricValue(page: string | undefined, name: string, scale: number): number | undefined {
  const line = page?.split("\n").find((text) => text.startsWith(name + " ") || text.startsWith(name + "{"));
  return line === undefined ? undefined : Math.round(Number(line.slice(line.lastIndexOf(" "))) * scale * 10) / 10;
}

/**
 * Follows headers by websocket and reads each block by RPC, in order; the callback gets its transactions in base64. `lost`
 * rejects when the node closes the connection.
 */
async function followBlocks(
  rpcUrl: string,
  onBlock: (txs: readonly string[]) => void,
): Promise<{ socket: WebSocket; lost: Promise<never> }> {
  const socket = new WebSocket(rpcUrl.replace(/^http/, "ws") + "/websocket");
  const subscribed = Promise.withResolvers<void>();
  const { promise: lost, reject } = Promise.withResolvers<never>();
  lost.catch(() => {});
  let reading: Promise<void> = Promise.resolve();
  const query = "tm.event='NewBlockHeader'";
  socket.onopen = () => socket.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "subscribe", params: { query } }));
  socket.onerror = () => subscribed.reject(new Error("websocket failed"));
  socket.onclose = ({ code, reason }) => reject(new Error(`the node closed the websocket: ${code} ${reason}`));
  socket.onmessage = (message) => {
    const result = JSON.parse(message.data).result;
    if (result?.data === undefined) return subscribed.resolve();
    const { height } = result.data.value.header;
    reading = reading.then(async () => onBlock((await rpc(rpcUrl, "block", { height })).block.data.txs ?? []));
    reading.catch(reject);
  };
  await subscribed.promise;
  return { socket, lost };
}

/** Every block of a node in order, with what became of its transactions, as an outsider reads them by RPC. @module */
import { TxBody, TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { rpc } from "./rpc_client.ts";

/** A block as {@linkcode followBlocks} tells it. */
export interface FollowedBlock {
  readonly height: bigint;
  /** Milliseconds since the Unix epoch, by its header. */
  readonly timeMs: number;
  /** `performance.now()` when it was known here. */
  readonly seenMs: number;
  /** Transactions that succeeded, by their messages. */
  readonly succeeded: readonly (readonly { readonly typeUrl: string; readonly value: Uint8Array }[])[];
  readonly failed: number;
}

/** Ends the following; `lost` rejects when the node closes the connection. */
export interface Following {
  close(): void;
  readonly lost: Promise<never>;
}

/** Calls `onBlock` for each block from now on, and for those between that a websocket did not tell. */
export async function followBlocks(rpcUrl: string, onBlock: (block: FollowedBlock) => void): Promise<Following> {
  const socket = new WebSocket(rpcUrl.replace(/^http/, "ws") + "/websocket");
  const subscribed = Promise.withResolvers<void>();
  const { promise: lost, reject } = Promise.withResolvers<never>();
  lost.catch(() => {});
  let reading: Promise<void> = Promise.resolve();
  let next: bigint | undefined;
  let closed = false;
  const query = "tm.event='NewBlockHeader'";
  socket.onopen = () => socket.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "subscribe", params: { query } }));
  socket.onerror = () => subscribed.reject(new Error("websocket failed"));
  socket.onclose = ({ code, reason }) =>
    closed || reject(new Error(`the node closed the websocket: ${code} ${reason}`));
  socket.onmessage = (message) => {
    const result = JSON.parse(message.data).result;
    if (result?.data === undefined) return subscribed.resolve();
    const last = BigInt(result.data.value.header.height);
    reading = reading.then(async () => {
      for (next ??= last; next <= last && !closed; next++) onBlock(await readBlock(rpcUrl, next));
    });
    reading.catch((error) => closed || reject(error));
  };
  await subscribed.promise;
  return {
    lost,
    close() {
      closed = true;
      socket.close();
    },
  };
}

async function readBlock(rpcUrl: string, height: bigint): Promise<FollowedBlock> {
  const [{ block }, { txs_results }] = await Promise.all([
    rpc(rpcUrl, "block", { height: `${height}` }),
    rpc(rpcUrl, "block_results", { height: `${height}` }),
  ]);
  const txs: string[] = block.data.txs ?? [];
  const succeeded = txs.filter((_, i) => txs_results[i].code === 0).map((tx) =>
    TxBody.decode(TxRaw.decode(Uint8Array.fromBase64(tx)).bodyBytes).messages
  );
  return {
    height,
    timeMs: Date.parse(block.header.time),
    seenMs: performance.now(),
    succeeded,
    failed: txs.length - succeeded.length,
  };
}

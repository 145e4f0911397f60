/** Follows a node that somebody else runs, by its RPC: whether it is there, and each block it commits. @module */
import type { BlockReport } from "./heights.ts";

/** How often it is looked for while it is away. */
const LOOK_MS = 500;
const ANSWER_WAIT_MS = 2000;

export interface OutsiderOptions {
  /** `http://HOST:PORT`. */
  readonly rpcAddress: string;
  /** CometBFT's id of the node, so that nobody else at that address is taken for it. */
  readonly nodeId: string;
  /** It answers, and has `height` blocks. */
  readonly onUp: (height: bigint) => void;
  readonly onBlock: (block: BlockReport) => void;
  /** It answered, and answers no more. */
  readonly onDown: () => void;
}

/** Begins to look for it; answers how to end that. */
export function followOutsider(options: OutsiderOptions): () => Promise<void> {
  const ending = new AbortController();
  const looking = look(options, ending.signal);
  return async () => {
    ending.abort();
    await looking;
  };
}

async function look(options: OutsiderOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const height = await heightOf(options, signal);
    if (height !== undefined) {
      options.onUp(height);
      await untilGone(options, signal);
      if (!signal.aborted) options.onDown();
    }
    await pause(LOOK_MS, signal);
  }
}

/** Undefined when nobody answers, or somebody else does. */
async function heightOf({ rpcAddress, nodeId }: OutsiderOptions, signal: AbortSignal): Promise<bigint | undefined> {
  try {
    const waited = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WAIT_MS)]);
    const { result } = await (await fetch(`${rpcAddress}/status`, { signal: waited })).json();
    return result.node_info.id === nodeId ? BigInt(result.sync_info.latest_block_height) : undefined;
  } catch {
    return undefined;
  }
}

const SUBSCRIBE = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "subscribe",
  params: { query: "tm.event='NewBlock'" },
});

/** Resolves when its websocket closes. */
function untilGone({ rpcAddress, onBlock }: OutsiderOptions, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${rpcAddress.replace(/^http/, "ws")}/websocket`);
    const close = () => socket.close();
    signal.addEventListener("abort", close);
    socket.onopen = () => socket.send(SUBSCRIBE);
    socket.onmessage = ({ data }) => {
      const block = blockOf(data);
      if (block !== undefined) onBlock(block);
    };
    socket.onclose = () => {
      signal.removeEventListener("abort", close);
      resolve();
    };
  });
}

function blockOf(text: string): BlockReport | undefined {
  const value = JSON.parse(text).result?.data?.value;
  if (value === undefined) return undefined;
  return {
    height: BigInt(value.block.header.height),
    hash: value.block_id.hash,
    appHash: Uint8Array.fromBase64(value.result_finalize_block.app_hash ?? "").toHex().toUpperCase(),
    txs: value.block.data.txs?.length ?? 0,
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}

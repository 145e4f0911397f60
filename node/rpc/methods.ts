import type { CommitWaiters } from "./commit_waiters.ts";
import type { RpcConfig, RpcHooks } from "./config.ts";
import { grpcQueries } from "./grpc_queries.ts";
import type { Method } from "./method.ts";
import { abciMethods } from "./methods_abci.ts";
import { blockMethods } from "./methods_blocks.ts";
import { eventMethods } from "./methods_events.ts";
import { infoMethods } from "./methods_info.ts";
import { plainMethods } from "./methods_plain.ts";
import { txMethods } from "./methods_txs.ts";
import type { RpcBackend } from "./ports.ts";

/** Every method by its name. */
export function rpcMethods(
  backend: RpcBackend,
  waiters: CommitWaiters,
  config: RpcConfig,
  hooks: RpcHooks,
): ReadonlyMap<string, Method> {
  const txs = txMethods(backend, waiters, config.queryBytesMax, hooks);
  return new Map(Object.entries({
    ...infoMethods(backend),
    ...blockMethods(backend, config.queryBytesMax),
    ...txs,
    ...abciMethods(backend, grpcQueries(backend)),
    ...eventMethods(),
    ...plainMethods(backend, txs["broadcast_tx_sync"]!),
  }));
}

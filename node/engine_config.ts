/** From the words of `node.toml` to the words of the rooms. @module */
import type { NodeConfig } from "./config/mod.ts";
import type { EngineConfig } from "./consensus/mod.ts";
import { parseListen } from "./listening.ts";
import { RPC_CONFIG_DEFAULT, type RpcConfig } from "./rpc/mod.ts";

/** The `[consensus]` section for an engine. */
export function engineConfig({ consensus }: NodeConfig): EngineConfig {
  return {
    propose: { baseMs: consensus.timeout_propose_ms, deltaMs: consensus.timeout_propose_delta_ms },
    prevote: { baseMs: consensus.timeout_prevote_ms, deltaMs: consensus.timeout_prevote_delta_ms },
    precommit: { baseMs: consensus.timeout_precommit_ms, deltaMs: consensus.timeout_precommit_delta_ms },
    commitMs: consensus.block_time_ms,
    createEmptyBlocks: consensus.create_empty_blocks,
  };
}

/** The `[rpc]` section for the server. */
export function rpcConfig({ rpc }: NodeConfig): RpcConfig {
  return {
    ...RPC_CONFIG_DEFAULT,
    ...parseListen(rpc.listen),
    bodyBytesMax: rpc.body_bytes_max,
    batchRequestsMax: rpc.batch_requests_max,
    jsonDepthMax: rpc.json_depth_max,
    queryBytesMax: rpc.query_bytes_max,
    requestsPerSecondMax: rpc.requests_per_second_max,
    requestTimeoutMs: rpc.request_timeout_ms,
    broadcastCommitTimeoutMs: rpc.broadcast_commit_timeout_ms,
    subscriptionClientsMax: rpc.subscription_clients_max,
    subscriptionsPerClientMax: rpc.subscriptions_per_client_max,
    corsOrigins: rpc.cors_origins,
  };
}

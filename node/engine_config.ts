/** From the words of `node.toml` to the words of the rooms. @module */
import type { NodeConfig } from "./config/mod.ts";
import type { EngineConfig } from "./consensus/mod.ts";
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

/** `HOST:PORT` in parts; the brackets of an IPv6 host go. */
export function parseListen(listen: string): { hostname: string; port: number } {
  const colon = listen.lastIndexOf(":");
  return { hostname: listen.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(listen.slice(colon + 1)) };
}

/** A bound address as a URL that clients can use. */
export function urlOf({ hostname, port }: { hostname: string; port: number }): string {
  const reachable = hostname === "0.0.0.0" ? "127.0.0.1" : hostname === "::" ? "::1" : hostname;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}

/** What a node is made from, and what becomes of it: options win over the configuration of the home. @module */
import { generateKeyPair, type Home, type NodeConfig, type NodeConfigInput, parseNodeConfig } from "./config/mod.ts";
import { SYSTEM_CLOCK } from "./clock.ts";
import { IoError } from "./core/errors.ts";
import { DENOM, developmentGenesis } from "./development.ts";
import type { MemoryHub } from "./network/mod.ts";

/** What a node is made from. Everything has a default. */
export interface NodeOptions {
  /** Its folder; an empty one becomes a development chain. Absent: a development chain in memory, gone when it stops. */
  readonly home?: string;
  /** Chain id of the development chain that an empty home, or memory, becomes. A home of another chain is refused. */
  readonly chainId?: string;
  /** Wins over `node.toml` field by field. */
  readonly config?: NodeConfigInput;
  /** `HOST:PORT`; port 0 takes a free one. */
  readonly rpcListen?: string;
  /** Multiaddr where peers connect, as `/ip4/127.0.0.1/tcp/0`; turns the network on. */
  readonly p2pListen?: string;
  /** `HOST:PORT` of `/metrics`. */
  readonly metricsListen?: string;
  /** Wait after a block before the next height, in milliseconds. */
  readonly blockTimeMs?: number;
  /** Takes each log line. Standard error when absent. */
  readonly log?: (line: string) => void;
  /** Meets the other nodes of this process there, instead of by sockets. */
  readonly hub?: Pick<MemoryHub, "join">;
}

/** What a node starts from, on disk or not. */
export type NodeHome = Omit<Home, "paths"> & { readonly paths?: Home["paths"] };

/** Options win over `config`, which wins over the file. */
export function configOf(file: NodeConfig, options: NodeOptions): NodeConfig {
  const { config = {}, rpcListen, p2pListen, metricsListen, blockTimeMs } = options;
  const merged: Record<string, Record<string, unknown>> = structuredClone(file);
  for (const [section, fields] of Object.entries(config)) merged[section] = { ...merged[section], ...fields };
  if (rpcListen !== undefined) merged.rpc!.listen = rpcListen;
  if (p2pListen !== undefined) merged.p2p = { ...merged.p2p, enabled: "on", listen: [p2pListen] };
  if (metricsListen !== undefined) merged.observability!.metrics_listen = metricsListen;
  if (blockTimeMs !== undefined) merged.consensus!.block_time_ms = blockTimeMs;
  const parsed = parseNodeConfig(merged, "the node's options");
  if (!parsed.ok) throw new IoError("config_invalid", parsed.error.message);
  return parsed.value;
}

/** A development chain that lives as long as the process. */
export function memoryHome(chainId: string | undefined): NodeHome {
  const validatorKey = generateKeyPair();
  const config = parseNodeConfig({ observability: { metrics_listen: "" } });
  if (!config.ok) throw new IoError("config_invalid", config.error.message);
  const genesisTimeNanos = SYSTEM_CLOCK.nowNanos();
  return {
    config: config.value,
    genesis: developmentGenesis({
      validator: validatorKey,
      genesisTimeNanos,
      denom: DENOM,
      ...(chainId !== undefined && { chainId }),
    }),
    validatorKey,
    nodeKey: generateKeyPair(),
  };
}

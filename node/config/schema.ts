/**
 * The fields of `<home>/config/node.toml`. Every field has a default; an unknown section or key is refused and named.
 * @module
 */
import { z } from "zod";
import type { CodedError } from "../core/errors.ts";
import { err, ok, type Result } from "../core/result.ts";

/** A file that does not say what a configuration may say. */
export const CONFIG_CODESPACE = "config";

const hostPort = z.string().regex(/^(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}$/, "must be HOST:PORT").refine(
  (text) => Number(text.slice(text.lastIndexOf(":") + 1)) <= 65535,
  "port must be at most 65535",
);
const ms = z.int().min(0).max(86_400_000);
const count = z.int().min(0);

const nodeSection = z.strictObject({
  moniker: z.string().max(70).default("catenary").describe("Name shown to peers and in /status"),
});

const consensusSection = z.strictObject({
  engine: z.enum(["tendermint"]).default("tendermint").describe("Consensus engine"),
  block_time_ms: ms.default(1000).describe("Wait after a commit before the next height starts (timeout_commit)"),
  timeout_propose_ms: ms.default(3000).describe("How long to wait for a proposal in round 0"),
  timeout_propose_delta_ms: ms.default(500).describe("... and how much longer in each further round"),
  timeout_prevote_ms: ms.default(1000),
  timeout_prevote_delta_ms: ms.default(500),
  timeout_precommit_ms: ms.default(1000),
  timeout_precommit_delta_ms: ms.default(500),
  create_empty_blocks: z.boolean().default(true).describe("false: blocks only when there are transactions"),
});

const p2pSection = z.strictObject({
  enabled: z.enum(["auto", "on", "off"]).default("auto")
    .describe("auto: on when the genesis has several validators, or bootstrap or --p2p-listen is given"),
  // A single one stands in files that were written before there was a network.
  listen: z.preprocess(
    (value) => typeof value === "string" ? [value] : value,
    z.array(z.string().max(256)).max(16),
  ).default(["/ip4/127.0.0.1/tcp/26656"])
    .describe("Multiaddrs, TCP or WebSocket (/ip4/0.0.0.0/tcp/26656, /ip4/0.0.0.0/tcp/26666/ws)"),
  announce: z.array(z.string().max(256)).max(16).default([])
    .describe("Multiaddrs told to peers instead of those listened on, behind a port forwarding"),
  bootstrap: z.array(z.string().max(256)).max(256).default([])
    .describe("Multiaddrs with /p2p/ID of nodes to meet first; they are dialed again and again"),
  peers_max: z.int().min(1).max(1000).default(50).describe("Connections in all"),
  peers_wanted: z.int().min(0).max(1000).default(12).describe("Others are looked for while there are fewer"),
  peers_per_address_max: z.int().min(1).max(1000).default(64).describe("Connections from one IP address"),
  dht: z.boolean().default(true).describe("Find peers by Kademlia"),
  relay: z.boolean().default(false).describe("Carry connections for peers behind NAT (circuit relay)"),
  nat: z.boolean().default(false).describe("This host is behind NAT: be reached by relays, try hole punching"),
  prove_validator: z.boolean().default(true).describe("Tell peers, with proof, which validator this is"),
  ban_ms: ms.default(600_000).describe("How long a misbehaving peer is kept out"),
});

const syncSection = z.strictObject({
  snapshot_interval: z.int().min(0).max(1_000_000).default(1000)
    .describe("Blocks between snapshots served to others; 0: none"),
  snapshots_kept: z.int().min(1).max(100).default(2),
  state_sync: z.boolean().default(false).describe("Begin a new home from a snapshot of others"),
  trust_height: z.int().min(0).default(0).describe("Height and hash of a block known from outside ..."),
  trust_hash: z.string().regex(/^([0-9a-fA-F]{64})?$/, "must be 64 hexadecimal digits").default(""),
  trust_period_ms: z.int().min(0).default(14 * 24 * 3_600_000).describe("... and how long its validators are believed"),
});

const signerSection = z.strictObject({
  listen: z.string().max(256).default("")
    .describe(
      "unix:///PATH or tcp://HOST:PORT where a remote signer connects (priv_validator_laddr); empty: the key file",
    ),
  timeout_ms: ms.default(5000).describe("How long to wait for a signature"),
  peer_keys: z.array(z.string().regex(/^[0-9a-fA-F]{64}$/)).default([])
    .describe("tcp: ed25519 keys of the signers let in; empty: any"),
});

const rpcSection = z.strictObject({
  listen: hostPort.default("127.0.0.1:26657").describe("HOST:PORT; port 0 takes a free one and prints it"),
  body_bytes_max: z.int().min(1024).max(64 * 1024 * 1024).default(2_250_000)
    .describe("Longest request; the longest transaction has 1 MiB, and clients simulate it in hexadecimal"),
  batch_requests_max: z.int().min(1).max(10_000).default(100),
  json_depth_max: z.int().min(4).max(1000).default(32),
  query_bytes_max: z.int().min(64).max(65_536).default(4096).describe("Longest event query"),
  requests_per_second_max: count.default(0).describe("Per client address; 0: no limit"),
  request_timeout_ms: ms.default(10_000),
  query_timeout_ms: z.int().min(100).max(600_000).default(8000)
    .describe(
      "How long a contract may take to answer a query or a simulation; with request_timeout_ms a little longer",
    ),
  broadcast_commit_timeout_ms: ms.default(10_000),
  subscription_clients_max: z.int().min(0).max(100_000).default(100),
  subscriptions_per_client_max: z.int().min(0).max(1000).default(10),
  cors_origins: z.array(z.string()).default(["*"]),
});

const storageSection = z.strictObject({
  cache_bytes_max: z.int().min(1 << 20).max(64 * 1024 ** 3).default(256 * 1024 * 1024)
    .describe("State and tree nodes kept in memory"),
  index_transactions: z.boolean().default(true).describe("Index transactions and events for tx_search"),
});

const executionSection = z.strictObject({
  threads: z.union([z.literal("auto"), z.int().min(0).max(64)]).default("auto")
    .describe(
      "Threads that run a block's transactions ahead of their turn; auto: when blocks are long and it is faster",
    ),
  query_threads: z.int().min(0).max(16).default(2)
    .describe("Threads for queries and simulations that run contracts; 0: none, whoever asks much holds up the blocks"),
});

/** Two contracts as large as they get, compiled. */
export const CONTRACT_CACHE_BYTES_MIN = 64 * 1024 * 1024;

const contractsSection = z.strictObject({
  cache_bytes_max: z.int().min(CONTRACT_CACHE_BYTES_MIN).max(64 * 1024 ** 3).default(256 * 1024 * 1024)
    .describe(
      "Compiled contracts kept in memory, about, and as much of pinned ones; a quarter of it in each further thread",
    ),
  debug: z.boolean().default(false)
    .describe('Log what contracts say with debug(), at level "debug": for developing them'),
});

const mempoolSection = z.strictObject({
  txs_max: z.int().min(1).max(10_000_000).default(50_000),
  bytes_max: z.int().min(1024).default(256 * 1024 * 1024),
  tx_bytes_max: z.int().min(128).max(16 * 1024 * 1024).default(1024 * 1024),
  cache_txs_max: z.int().min(1).max(10_000_000).default(100_000),
  min_gas_prices: z.string().regex(
    /^$|^(\d+(\.\d{1,18})?[a-zA-Z][a-zA-Z0-9/:._-]{2,127})(,|$)/,
    "must be like 0.001ucat",
  )
    .default("").describe("Lowest gas price this node accepts; empty: any"),
});

const observabilitySection = z.strictObject({
  metrics_listen: z.union([z.literal(""), hostPort]).default("127.0.0.1:26660")
    .describe("HOST:PORT for /metrics; empty: off. When the port is taken, the node runs without"),
});

const loggingSection = z.strictObject({
  level: z.enum(["debug", "info", "warn", "error"]).default("info"),
  format: z.enum(["text", "json"]).default("text"),
});

/** The whole file. `prefault({})` fills absent sections with their defaults. */
export const nodeConfigSchema = z.strictObject({
  node: nodeSection.prefault({}),
  consensus: consensusSection.prefault({}),
  p2p: p2pSection.prefault({}),
  sync: syncSection.prefault({}),
  signer: signerSection.prefault({}),
  rpc: rpcSection.prefault({}),
  storage: storageSection.prefault({}),
  execution: executionSection.prefault({}),
  contracts: contractsSection.prefault({}),
  mempool: mempoolSection.prefault({}),
  observability: observabilitySection.prefault({}),
  logging: loggingSection.prefault({}),
});

/** A complete configuration. */
export type NodeConfig = z.output<typeof nodeConfigSchema>;
/** What a user may write: everything optional. */
export type NodeConfigInput = z.input<typeof nodeConfigSchema>;

/** Fills in defaults and refuses what does not belong, naming the key. */
export function parseNodeConfig(input: unknown, source = "configuration"): Result<NodeConfig> {
  const parsed = nodeConfigSchema.safeParse(input);
  if (parsed.success) return ok(parsed.data);
  return err({ codespace: CONFIG_CODESPACE, code: 1, message: `read ${source}: ${describe(parsed.error)}` });
}

function describe(error: z.ZodError): string {
  return error.issues.map((issue) => {
    const at = issue.path.join(".");
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => `unknown key ${at === "" ? key : `${at}.${key}`}`).join("; ");
    }
    return `${at}: ${issue.message}`;
  }).join("; ");
}

/** A refusal in the codespace `config`. */
export const configError = (code: number, message: string): CodedError => ({
  codespace: CONFIG_CODESPACE,
  code,
  message,
});

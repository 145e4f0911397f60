/** `relayer.toml`: every field, its bounds, its default and what it is for. Durations say their unit: `500ms`, `10s`, `14d`. @module */
import { z } from "zod";
import { type IdentifierKind, validateIdentifier } from "../../node/core/ibc/mod.ts";
import { CHANNEL_PATTERN } from "../path/mod.ts";
import { parseDuration } from "./duration.ts";

const duration = (least = 0) =>
  z.string().transform((text, context) => {
    const ms = parseDuration(text);
    if (ms !== undefined && ms >= least) return ms;
    const bound = least === 0 ? "" : ` of at least ${least}ms`;
    context.addIssue({ code: "custom", message: `must be a duration${bound} with its unit, like 500ms, 10s or 14d` });
    return z.NEVER;
  });

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const name = z.string().regex(NAME, "must be 1 to 64 of letters, digits, '.', '_' and '-'");
const identifier = (kind: IdentifierKind) =>
  z.string().refine((id) => validateIdentifier(kind, id), `must be a ${kind} identifier`);
const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, "must be the name of an environment variable");
const fileName = z.string().min(1).max(4096);

/** A URL of an RPC server. Credentials in it are refused: they would end up in logs. */
const rpcUrl = z.string().max(2048).refine((text) => {
  const url = URL.parse(text.replace(/^tcp:/, "http:"));
  return url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "";
}, "must be an address like http://127.0.0.1:26657, without user and password").transform((text) =>
  text.replace(/^tcp:/, "http:").replace(/\/+$/, "")
);

const hostPort = z.string().regex(/^(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}$/, "must be HOST:PORT").refine(
  (text) => Number(text.slice(text.lastIndexOf(":") + 1)) <= 65535,
  "port must be at most 65535",
);

const gasPrice = z.string().regex(
  /^\d{1,18}(\.\d{1,18})?[a-zA-Z][a-zA-Z0-9/:._-]{2,127}$/,
  "must be like 0.025ucat",
);

const fraction = z.string().regex(/^[1-9]\d{0,8}\/[1-9]\d{0,8}$/, "must be like 1/3").refine((text) => {
  const [numerator, denominator] = text.split("/").map(Number);
  return numerator! * 3 >= denominator! && numerator! <= denominator!;
}, "must be from 1/3 to 1/1");

const hdPath = z.string().regex(/^m(\/\d{1,10}'?){1,10}$/, "must be like m/44'/118'/0'/0/0").default(
  "m/44'/118'/0'/0/0",
);

/** One of the four, with what belongs to it. */
const wallet = z.union([
  z.strictObject({ mnemonic_file: fileName, hd_path: hdPath }),
  z.strictObject({ key_file: fileName }),
  z.strictObject({ env: variable, hd_path: hdPath }),
  z.strictObject({ development_account: z.int().min(0).max(9) }),
], {
  error:
    "must be one of { mnemonic_file = … }, { key_file = … }, { env = … } (both mnemonics with hd_path if need be) " +
    "or { development_account = 0 … 9 }; secrets themselves do not belong here",
});

const relayerSection = z.strictObject({
  store: z.string().max(4096).default("relayer.db").describe(
    "File of the relayer's own memory, beside this file unless absolute; empty: in memory only",
  ),
  log_level: z.enum(["debug", "info", "warn", "error"]).default("info"),
  log_format: z.enum(["text", "json"]).default("text"),
});

const apiSection = z.strictObject({
  enabled: z.boolean().default(true),
  listen: hostPort.default("127.0.0.1:26670").describe("HOST:PORT; port 0 takes a free one and prints it"),
  token: z.string().min(16, "must have at least 16 characters").max(1024).optional().describe(
    "Bearer token of whoever may change something; without one, only this machine may",
  ),
  token_file: fileName.optional().describe("... or a file that holds it"),
  token_env: variable.optional().describe("... or an environment variable"),
  hosts: z.array(z.string().max(253)).max(100).default([]).describe(
    "Host names that requests may be for, besides localhost and addresses",
  ),
  cors_origins: z.array(z.string().max(2048)).max(100).default([]).describe(
    'Pages of these origins may read answers; "*": all',
  ),
  body_bytes_max: z.int().min(1024).max(16 * 1024 * 1024).default(65_536).describe("Longest body of a request"),
  events_kept: z.int().min(0).max(1_000_000).default(1000).describe("Events that a client of /events can catch up on"),
  event_clients_max: z.int().min(0).max(10_000).default(100),
}).refine(
  (api) => [api.token, api.token_file, api.token_env].filter((given) => given !== undefined).length <= 1,
  "only one of token, token_file and token_env",
);

const telemetrySection = z.strictObject({
  metrics: z.boolean().default(true).describe("Serve /metrics for Prometheus with the API"),
});

const workSection = z.strictObject({
  slice: duration(10).prefault("500ms").describe("How long one slice of work may take"),
  poll: duration(10).prefault("1s").describe("How often chains are asked for blocks when nothing wakes the relayer"),
  lease: duration(1000).prefault("15s").describe("How long another relayer on the same store waits for a silent one"),
  backlog_batch: z.int().min(1).max(10_000).default(100).describe("Old packets between two looks at live ones"),
  clear_every: duration().prefault("10m").describe("How often to search for packets nobody saw; 0s: when asked only"),
  clear_on_start: z.boolean().default(true),
  retry_first: duration(10).prefault("500ms").describe("Wait after a first failure; doubles up to retry_max"),
  retry_max: duration(10).prefault("1m"),
  transfer_timeout: duration(1000).prefault("10m").describe("Timeout of each hop of transfers that name none"),
  memo_bytes_max: z.int().min(0).max(1 << 20).default(32_768).describe("Transfers with longer memos are left alone"),
  receiver_bytes_max: z.int().min(0).max(1 << 20).default(2048),
});

const clientsSection = z.strictObject({
  refresh_at: z.number().min(0.05).max(0.95).default(0.66).describe(
    "Clients are refreshed when this share of their trusting period has passed",
  ),
  check_every: duration(100).prefault("1m"),
});

const misbehaviourSection = z.strictObject({
  check_every: duration().prefault("1m").describe(
    "How often clients are compared with their chains; 0s: when asked only",
  ),
  submit: z.boolean().default(true).describe("Freeze a client when there is proof that its chain signed two histories"),
});

const chainSection = z.strictObject({
  name: name.describe("What the relayer, its API and its commands call this chain"),
  chain_id: z.string().min(1).max(50),
  rpc: z.array(rpcUrl).min(1, "must have an address").max(16).describe("RPC addresses; the first that answers serves"),
  websocket: z.boolean().default(true).describe("Be woken by new blocks; the events themselves are always asked for"),
  rpc_timeout: duration(100).prefault("10s"),
  account_prefix: z.string().regex(/^[a-z][a-z0-9]{0,30}$/, "must be lower-case letters and digits"),
  store_prefix: z.string().min(1).max(64).default("ibc"),
  gas_price: gasPrice.describe("Offered per unit of gas"),
  gas_adjustment: z.number().min(1).max(10).default(1.3).describe(
    "Limit of a transaction: what simulation says times this",
  ),
  gas_max: z.int().min(100_000).default(10_000_000).describe("Most gas of one transaction"),
  gas_default: z.int().min(50_000).default(1_000_000).describe("Limit where the chain cannot simulate"),
  max_msgs: z.int().min(2).max(10_000).default(50).describe("Most messages of one transaction"),
  max_bytes: z.int().min(4096).max(4 * 1024 * 1024).default(180_000).describe("Most bytes of one transaction"),
  confirm_timeout: duration(500).prefault("30s").describe("How long to look for a transaction in blocks"),
  wallets: z.array(wallet).max(64).default([]).describe(
    "Several work in parallel; without one nothing can be submitted",
  ),
  trusting_period: duration(10_000).prefault("14d").describe("Of new clients that follow this chain"),
  unbonding_period: duration(10_000).prefault("21d").describe("... whose validators can be punished for this long"),
  clock_drift: duration().prefault("40s").describe("... and how far this chain's clock may be ahead"),
  trust_level: fraction.default("1/3"),
  development: z.boolean().default(false).describe("A chain on this machine whose keys everybody knows"),
}).refine(({ trusting_period, unbonding_period }) => trusting_period < unbonding_period, {
  path: ["trusting_period"],
  message: "must be less than unbonding_period",
}).refine(({ gas_default, gas_max }) => gas_default <= gas_max, { path: ["gas_default"], message: "is over gas_max" })
  .superRefine((chain, context) => {
    const open = chain.wallets.findIndex((one) => "development_account" in one);
    if (open >= 0 && !chain.development) {
      context.addIssue({
        code: "custom",
        path: ["wallets", open],
        message: "development_account needs development = true; everybody has that key",
      });
    }
    const away = chain.development ? chain.rpc.find((url) => !isLoopback(URL.parse(url)?.hostname ?? "")) : undefined;
    if (away !== undefined) {
      context.addIssue({
        code: "custom",
        path: ["development"],
        message: `${away} is not on this machine; development chains are`,
      });
    }
  });

/** Whether a host name of a URL means this machine whatever a name server says. */
export const isLoopback = (hostname: string): boolean =>
  hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);

const pathEnd = z.strictObject({
  chain: name,
  client: identifier("client").optional(),
  connection: identifier("connection").optional(),
}).refine((end) => end.connection === undefined || end.client !== undefined, "a connection needs its client named too");

const filter = z.strictObject({
  policy: z.enum(["allow", "deny"]),
  channels: z.array(
    z.string().regex(
      CHANNEL_PATTERN,
      "must be like transfer/channel-0 or transfer/*",
    ),
  )
    .max(1000),
});

const channel = z.strictObject({
  port_a: identifier("port").default("transfer"),
  port_b: identifier("port").default("transfer"),
  order: z.enum(["unordered", "ordered"]).default("unordered"),
  version: z.string().max(4096).default(""),
});

const pathSection = z.strictObject({
  id: name.optional().describe("Default: the names of the two chains, a-b"),
  a: pathEnd.describe("Chain, and its client and connection when there are such already"),
  b: pathEnd,
  channels: z.array(channel).max(100).default([]).describe("Opened where the path has none of these ports"),
  filter: filter.default({ policy: "deny", channels: [] }).describe(
    "Channels of end a that are served: allow some, or deny some",
  ),
  paused: z.boolean().default(false),
}).refine(({ a, b }) => a.chain !== b.chain, { path: ["b", "chain"], message: "must be another chain than a" });

/** The whole file. `prefault({})` fills absent sections with their defaults. */
export const relayerConfigSchema = z.strictObject({
  relayer: relayerSection.prefault({}),
  api: apiSection.prefault({}),
  telemetry: telemetrySection.prefault({}),
  work: workSection.prefault({}),
  clients: clientsSection.prefault({}),
  misbehaviour: misbehaviourSection.prefault({}),
  chains: z.array(chainSection).min(1, "must name a chain").max(100),
  paths: z.array(pathSection).max(1000).default([]),
}).superRefine(({ chains, paths }, context) => {
  const names = new Set<string>();
  const say = (path: (string | number)[], message: string) => context.addIssue({ code: "custom", path, message });
  chains.forEach(({ name }, index) => {
    if (names.has(name)) say(["chains", index, "name"], `${name} is there twice`);
    names.add(name);
  });
  const ids = new Set<string>();
  paths.forEach((path, index) => {
    for (const end of ["a", "b"] as const) {
      const chain = path[end].chain;
      if (!names.has(chain)) say(["paths", index, end, "chain"], `${chain} is none of the chains`);
    }
    const id = path.id ?? `${path.a.chain}-${path.b.chain}`;
    if (ids.has(id)) say(["paths", index, "id"], `${id} is there twice`);
    ids.add(id);
  });
});

/** The shapes of the sections, for the text that `init` writes. */
export const SECTIONS = {
  relayer: relayerSection,
  api: apiSection,
  telemetry: telemetrySection,
  work: workSection,
  clients: clientsSection,
  misbehaviour: misbehaviourSection,
} as const;
export const CHAIN_SHAPE = chainSection.shape;
export const PATH_SHAPE = pathSection.shape;

/** What a user may write. */
export type RelayerConfigInput = z.input<typeof relayerConfigSchema>;
/** With defaults filled in. */
export type RelayerToml = z.output<typeof relayerConfigSchema>;

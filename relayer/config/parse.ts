/** From what a user wrote to what the relayer works with. @module */
import { parse } from "@std/toml";
import type { z } from "zod";
import type { CodedError } from "../../node/core/errors.ts";
import { err, ok, type Result } from "../../node/core/result.ts";
import type { PathSpec } from "../api/ports.ts";
import { relayerConfigSchema, type RelayerToml } from "./schema.ts";
import type { ApiConfig, ChainConfig, RelayerConfig, TokenConfig, WalletConfig, WorkConfig } from "./types.ts";

/** A configuration that does not say what it may say: code 1 by its content, 2 by its form. */
export const CONFIG_CODESPACE = "relayer_config";

const refuse = (code: number, message: string): Result<never> =>
  err<CodedError>({ codespace: CONFIG_CODESPACE, code, message });

/** Reads the text of a `relayer.toml`. `source` is how errors name it; `resolve` completes the names of files in it. */
export function parseRelayerToml(
  text: string,
  source: string,
  resolve: (file: string) => string = (file) => file,
): Result<RelayerConfig> {
  let raw: unknown;
  try {
    raw = parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    return refuse(2, `read ${source}: not TOML: ${reason}`);
  }
  return parseRelayerConfig(raw, source, resolve);
}

/** Fills in defaults and refuses what does not belong, naming the key. `input` has the shape of the file. */
export function parseRelayerConfig(
  input: unknown,
  source = "configuration",
  resolve: (file: string) => string = (file) => file,
): Result<RelayerConfig> {
  const parsed = relayerConfigSchema.safeParse(input);
  if (parsed.success) return ok(fromToml(parsed.data, resolve));
  return refuse(1, `read ${source}: ${describeIssues(parsed.error)}`);
}

/** All faults in one line, each with its key. */
export function describeIssues(error: z.ZodError): string {
  return error.issues.map((issue) => {
    const at = issue.path.map((part, index) =>
      typeof part === "number" ? `[${part}]` : `${index ? "." : ""}${String(part)}`
    )
      .join("");
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => `unknown key ${at === "" ? key : `${at}.${key}`}`).join("; ");
    }
    const missing = issue.code === "invalid_type" && issue.message.endsWith("received undefined");
    const message = missing ? "is missing" : issue.message;
    return at === "" ? message : `${at}: ${message}`;
  }).join("; ");
}

function fromToml(toml: RelayerToml, resolve: (file: string) => string): RelayerConfig {
  const { relayer, clients, misbehaviour } = toml;
  return {
    storePath: relayer.store === "" ? "" : resolve(relayer.store),
    log: { level: relayer.log_level, format: relayer.log_format },
    api: toml.api.enabled ? apiOf(toml.api, resolve) : undefined,
    work: workOf(toml.work),
    clients: { refreshAt: clients.refresh_at, checkEveryMs: clients.check_every },
    misbehaviour: { checkEveryMs: misbehaviour.check_every, submit: misbehaviour.submit },
    metrics: toml.telemetry.metrics,
    chains: toml.chains.map((chain) => chainOf(chain, resolve)),
    paths: toml.paths.map(pathOf),
  };
}

function apiOf(api: RelayerToml["api"], resolve: (file: string) => string): ApiConfig {
  const colon = api.listen.lastIndexOf(":");
  return {
    hostname: api.listen.slice(0, colon).replace(/^\[|\]$/g, ""),
    port: Number(api.listen.slice(colon + 1)),
    token: tokenOf(api, resolve),
    bodyBytesMax: api.body_bytes_max,
    eventsKept: api.events_kept,
    eventClientsMax: api.event_clients_max,
    hosts: api.hosts,
    corsOrigins: api.cors_origins,
  };
}

function tokenOf(api: RelayerToml["api"], resolve: (file: string) => string): TokenConfig | undefined {
  if (api.token !== undefined) return { tag: "value", token: api.token };
  if (api.token_file !== undefined) return { tag: "file", file: resolve(api.token_file) };
  if (api.token_env !== undefined) return { tag: "environment", variable: api.token_env };
  return undefined;
}

const workOf = (work: RelayerToml["work"]): WorkConfig => ({
  sliceMs: work.slice,
  pollMs: work.poll,
  leaseMs: work.lease,
  backlogBatch: work.backlog_batch,
  clearEveryMs: work.clear_every,
  clearOnStart: work.clear_on_start,
  retryFirstMs: work.retry_first,
  retryMaxMs: work.retry_max,
  transferTimeoutMs: work.transfer_timeout,
  memoBytesMax: work.memo_bytes_max,
  receiverBytesMax: work.receiver_bytes_max,
});

function chainOf(chain: RelayerToml["chains"][number], resolve: (file: string) => string): ChainConfig {
  const [, amount, denom] = /^([\d.]+)(.+)$/.exec(chain.gas_price)!;
  const [numerator, denominator] = chain.trust_level.split("/");
  return {
    name: chain.name,
    chainId: chain.chain_id,
    rpc: chain.rpc,
    websocket: chain.websocket,
    rpcTimeoutMs: chain.rpc_timeout,
    accountPrefix: chain.account_prefix,
    storePrefix: chain.store_prefix,
    gasPrice: { amount: amount!, denom: denom! },
    gasAdjustment: chain.gas_adjustment,
    gasMax: BigInt(chain.gas_max),
    gasDefault: BigInt(chain.gas_default),
    messagesMax: chain.max_msgs,
    txBytesMax: chain.max_bytes,
    confirmTimeoutMs: chain.confirm_timeout,
    wallets: chain.wallets.map((wallet) => walletOf(wallet, resolve)),
    trustingPeriodMs: chain.trusting_period,
    unbondingPeriodMs: chain.unbonding_period,
    clockDriftMs: chain.clock_drift,
    trustLevel: { numerator: BigInt(numerator!), denominator: BigInt(denominator!) },
    development: chain.development,
  };
}

function walletOf(
  wallet: RelayerToml["chains"][number]["wallets"][number],
  resolve: (file: string) => string,
): WalletConfig {
  if ("mnemonic_file" in wallet) {
    return { tag: "mnemonic_file", file: resolve(wallet.mnemonic_file), hdPath: wallet.hd_path };
  }
  if ("key_file" in wallet) return { tag: "key_file", file: resolve(wallet.key_file) };
  if ("env" in wallet) return { tag: "environment", variable: wallet.env, hdPath: wallet.hd_path };
  return { tag: "development", index: wallet.development_account };
}

function pathOf(path: RelayerToml["paths"][number]): PathSpec & { readonly id: string } {
  const endOf = (end: typeof path.a) => ({ chain: end.chain, clientId: end.client, connectionId: end.connection });
  return {
    id: path.id ?? `${path.a.chain}-${path.b.chain}`,
    a: endOf(path.a),
    b: endOf(path.b),
    channels: path.channels.map(({ port_a, port_b, order, version }) => ({
      portA: port_a,
      portB: port_b,
      order,
      version,
    })),
    filter: path.filter,
    paused: path.paused,
  };
}

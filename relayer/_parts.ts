/** From a configuration to the parts of a relayer: chains, wallets, the store, rules. @module */
import { IoError } from "../node/core/errors.ts";
import { NANOS_PER_MS } from "../node/core/time.ts";
import {
  ChainSubmitter,
  type Clock,
  type Endpoint,
  openWallet,
  parseGasPrice,
  RpcEndpoint,
  SUBMIT_POLICY,
  systemClock,
  type Wallet,
  walletOfKey,
} from "./chain/mod.ts";
import { type ChainConfig, readWallet, type RelayerConfig } from "./config/mod.ts";
import { memoryStore, openStore, type RelayerStore } from "./store/mod.ts";
import { WORKER_POLICY, type WorkerChain, type WorkerPolicy } from "./worker/mod.ts";

/** A chain with everything that is known of it from outside. */
export interface RelayerChain extends WorkerChain {
  readonly config: ChainConfig;
  /** RPC addresses without credentials. */
  readonly addresses: readonly string[];
  readonly wallets: readonly Wallet[];
  close(): Promise<void>;
}

/** What tests put in place of the world. */
export interface WorldOptions {
  readonly clock?: Clock;
  /** Undefined: by RPC. */
  readonly endpoint?: (chain: ChainConfig) => Endpoint | undefined;
  readonly store?: RelayerStore;
}

async function openWallets(config: ChainConfig): Promise<Wallet[]> {
  return await Promise.all(config.wallets.map(async (wallet) => {
    const secret = await readWallet(wallet, config);
    return secret.tag === "key"
      ? walletOfKey(secret.privateKey, config.accountPrefix)
      : await openWallet({ mnemonic: secret.mnemonic, hdPath: secret.hdPath }, config.accountPrefix);
  }));
}

/** Opens a chain; nothing is asked of it yet. Throws an IoError when a wallet cannot be opened. */
export async function openChain(config: ChainConfig, options: WorldOptions = {}): Promise<RelayerChain> {
  const { clock = systemClock } = options;
  const wallets = await openWallets(config);
  const gasPrice = parseGasPrice(`${config.gasPrice.amount}${config.gasPrice.denom}`);
  if (gasPrice === undefined) throw new IoError("gas_price", `open chain ${config.name}: its gas price does not read`);
  const rpc = options.endpoint?.(config) ?? new RpcEndpoint({
    chainId: config.chainId,
    addresses: config.rpc,
    timeoutMs: config.rpcTimeoutMs,
    websocket: config.websocket,
    clock,
  });
  const submitter = wallets.length === 0 ? undefined : new ChainSubmitter({
    endpoint: rpc,
    wallets,
    gasPrice,
    clock,
    policy: {
      messagesMax: config.messagesMax,
      bytesMax: config.txBytesMax,
      gasMax: config.gasMax,
      gasDefault: config.gasDefault,
      gasAdjustment: config.gasAdjustment,
      inclusionTimeoutMs: config.confirmTimeoutMs,
    },
  });
  return {
    name: config.name,
    config,
    endpoint: rpc,
    addresses: rpc instanceof RpcEndpoint ? rpc.addresses : config.rpc,
    wallets,
    submitter,
    storePrefix: config.storePrefix,
    messagesMax: config.messagesMax,
    bytesMax: config.txBytesMax,
    batchesMax: Math.max(1, wallets.length) * SUBMIT_POLICY.inFlightMax,
    clientSettings: {
      unbondingNs: BigInt(config.unbondingPeriodMs) * NANOS_PER_MS,
      trustingNs: BigInt(config.trustingPeriodMs) * NANOS_PER_MS,
      clockDriftNs: BigInt(config.clockDriftMs) * NANOS_PER_MS,
      trustLevel: config.trustLevel,
    },
    async close() {
      submitter?.close();
      await rpc.close();
    },
  };
}

/** Opens all chains, or none. */
export async function openChains(
  config: RelayerConfig,
  options: WorldOptions,
): Promise<ReadonlyMap<string, RelayerChain>> {
  const opened = await Promise.allSettled(config.chains.map((chain) => openChain(chain, options)));
  const chains = opened.flatMap((one) => one.status === "fulfilled" ? [one.value] : []);
  const failed = opened.find((one) => one.status === "rejected");
  if (failed !== undefined) {
    await Promise.all(chains.map((chain) => chain.close()));
    throw failed.reason;
  }
  return new Map(chains.map((chain) => [chain.name, chain]));
}

/** The store of the configuration. */
export async function openRelayerStore(config: RelayerConfig, options: WorldOptions): Promise<RelayerStore> {
  if (options.store !== undefined) return options.store;
  return config.storePath === "" ? memoryStore() : await openStore(config.storePath);
}

/** The rules of the worker as the configuration has them. */
export function policyOf({ work, clients, misbehaviour }: RelayerConfig): WorkerPolicy {
  return {
    ...WORKER_POLICY,
    retryFirstMs: work.retryFirstMs,
    retryMaxMs: work.retryMaxMs,
    pollMs: work.pollMs,
    leaseMs: work.leaseMs,
    backlogBatch: work.backlogBatch,
    clearEveryMs: work.clearEveryMs,
    clearOnStart: work.clearOnStart,
    refreshAt: clients.refreshAt,
    clientCheckMs: clients.checkEveryMs,
    misbehaviourCheckMs: misbehaviour.checkEveryMs,
    misbehaviourSubmit: misbehaviour.submit,
    memoBytesMax: work.memoBytesMax,
    receiverBytesMax: work.receiverBytesMax,
  };
}

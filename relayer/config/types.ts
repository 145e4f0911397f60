/** What a relayer is made from. Durations are milliseconds; file paths are as the process can open them. @module */
import type { PathSpec } from "../api/ports.ts";

/** Where the private key of a wallet is. The key itself is read when it is needed ({@linkcode readWallet}). */
export type WalletConfig =
  /** A file with a BIP-39 mnemonic, in plain text. */
  | { readonly tag: "mnemonic_file"; readonly file: string; readonly hdPath: string }
  /** A file with a private key of secp256k1, 64 hexadecimal digits. */
  | { readonly tag: "key_file"; readonly file: string }
  /** An environment variable with a mnemonic or 64 hexadecimal digits. */
  | { readonly tag: "environment"; readonly variable: string; readonly hdPath: string }
  /** An account of the mnemonic that development tools share; only on chains that say `development`. */
  | { readonly tag: "development"; readonly index: number };

export interface GasPrice {
  /** Decimal, for example `0.025`. */
  readonly amount: string;
  readonly denom: string;
}

export interface ChainConfig {
  /** What the relayer calls it everywhere. */
  readonly name: string;
  readonly chainId: string;
  /** URLs; the first that answers serves. */
  readonly rpc: readonly string[];
  readonly websocket: boolean;
  readonly rpcTimeoutMs: number;
  readonly accountPrefix: string;
  /** Store that holds IBC, `ibc` everywhere. */
  readonly storePrefix: string;
  readonly gasPrice: GasPrice;
  /** What simulation says times this is the limit. */
  readonly gasAdjustment: number;
  /** Most gas of a transaction; what would need more is split or left. */
  readonly gasMax: bigint;
  /** Limit without simulation. */
  readonly gasDefault: bigint;
  readonly messagesMax: number;
  readonly txBytesMax: number;
  /** How long to look for a transaction in blocks before it counts as lost. */
  readonly confirmTimeoutMs: number;
  readonly wallets: readonly WalletConfig[];
  /** For new clients of this chain. */
  readonly trustingPeriodMs: number;
  readonly unbondingPeriodMs: number;
  readonly clockDriftMs: number;
  readonly trustLevel: { readonly numerator: bigint; readonly denominator: bigint };
  readonly development: boolean;
}

/** Where the token of the API is; undefined in {@linkcode ApiConfig} when there is none. */
export type TokenConfig =
  | { readonly tag: "value"; readonly token: string }
  | { readonly tag: "file"; readonly file: string }
  | { readonly tag: "environment"; readonly variable: string };

export interface ApiConfig {
  readonly hostname: string;
  /** 0: any free one. */
  readonly port: number;
  readonly token: TokenConfig | undefined;
  readonly bodyBytesMax: number;
  readonly eventsKept: number;
  readonly eventClientsMax: number;
  /** Host names besides addresses and `localhost` that a request may be for. */
  readonly hosts: readonly string[];
  /** Pages of other origins that may read answers. */
  readonly corsOrigins: readonly string[];
}

export interface WorkConfig {
  /** How long one slice of work may take. */
  readonly sliceMs: number;
  /** How often chains are asked for new blocks when nothing wakes the relayer. */
  readonly pollMs: number;
  /** How long a slice's lease on the store holds. */
  readonly leaseMs: number;
  /** Packets of a backlog that go into one batch of work, so that live ones keep their turn. */
  readonly backlogBatch: number;
  /** How often channels are searched for packets that nobody saw; 0: only at the start and when asked. */
  readonly clearEveryMs: number;
  readonly clearOnStart: boolean;
  /** Wait after the first failure of a packet; doubles up to `retryMaxMs`. */
  readonly retryFirstMs: number;
  readonly retryMaxMs: number;
  /** Timeout of each hop of transfers that name none. */
  readonly transferTimeoutMs: number;
  /** Transfers with more are skipped: they would be paid by the relayer. */
  readonly memoBytesMax: number;
  readonly receiverBytesMax: number;
}

export interface ClientsConfig {
  /** A client is refreshed when this share of its trusting period has passed, in (0, 1). */
  readonly refreshAt: number;
  /** How often clients are looked at. */
  readonly checkEveryMs: number;
}

export interface MisbehaviourConfig {
  /** 0: never by itself. */
  readonly checkEveryMs: number;
  /** Freeze a client when there is proof. */
  readonly submit: boolean;
}

export interface LogConfig {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly format: "text" | "json";
}

export interface RelayerConfig {
  /** Path of the store; empty: in memory, forgotten at the end. */
  readonly storePath: string;
  readonly log: LogConfig;
  /** Undefined: no HTTP interface. */
  readonly api: ApiConfig | undefined;
  readonly work: WorkConfig;
  readonly clients: ClientsConfig;
  readonly misbehaviour: MisbehaviourConfig;
  /** Whether `/metrics` is served. */
  readonly metrics: boolean;
  readonly chains: readonly ChainConfig[];
  /** Paths to begin with. What was changed at run time is in the store and wins; every `id` is set. */
  readonly paths: readonly (PathSpec & { readonly id: string })[];
}

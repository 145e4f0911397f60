/** What the server is told from outside: the `[rpc]` section of the node's configuration, in this folder's own words. */
export interface RpcConfig {
  readonly hostname: string;
  /** 0 takes a free one; `start()` says which. */
  readonly port: number;
  /** Longest HTTP body and longest websocket message: CosmJS simulates a transaction in hexadecimal, and the longest has 1 MiB. */
  readonly bodyBytesMax: number;
  readonly batchRequestsMax: number;
  /** Nesting of arrays and objects in a request. */
  readonly jsonDepthMax: number;
  /** Longest event query, and longest query string of a GET after the transaction sizes are taken off. */
  readonly queryBytesMax: number;
  /** Token bucket for each remote address, as large as two seconds' worth; 0: no limit. */
  readonly requestsPerSecondMax: number;
  readonly requestTimeoutMs: number;
  /** How long `broadcast_tx_commit` waits for the block. */
  readonly broadcastCommitTimeoutMs: number;
  /** Websockets open at once. */
  readonly subscriptionClientsMax: number;
  readonly subscriptionsPerClientMax: number;
  /** Bytes waiting in a websocket before its client counts as too slow and is dropped. */
  readonly socketBufferBytesMax: number;
  /** Answers of one batch together; what comes after is refused. */
  readonly responseBytesMax: number;
  /** `*` allows every page; empty allows none. */
  readonly corsOrigins: readonly string[];
}

/** The defaults, on the port CometBFT uses. */
export const RPC_CONFIG_DEFAULT: RpcConfig = {
  hostname: "127.0.0.1",
  port: 26657,
  bodyBytesMax: 2_250_000,
  batchRequestsMax: 100,
  jsonDepthMax: 32,
  queryBytesMax: 4096,
  requestsPerSecondMax: 0,
  requestTimeoutMs: 10_000,
  broadcastCommitTimeoutMs: 10_000,
  subscriptionClientsMax: 100,
  subscriptionsPerClientMax: 10,
  socketBufferBytesMax: 64 * 1024 * 1024,
  responseBytesMax: 64 * 1024 * 1024,
  corsOrigins: ["*"],
};

/** What the server tells the outside. All optional; none may throw. */
export interface RpcHooks {
  /** After each call. `method` is "unknown" for names that do not exist; `code` is 0 or the JSON-RPC error code. */
  readonly onCall?: (method: string, code: number, seconds: number) => void;
  /** A handler threw: a failing world (IoError) or our own bug (anything else). */
  readonly onError?: (method: string, error: unknown) => void;
}

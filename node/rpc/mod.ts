/**
 * JSON-RPC 2.0 and CometBFT v0.38's methods by POST, GET and websocket, over what {@linkcode RpcBackend} gives. The only
 * room here that names hono, and it does so for what is not hot: routing of GET.
 *
 * `createRpcServer(backend, { ...RPC_CONFIG_DEFAULT, port: 0 }).start()` answers the bound address.
 * @module
 */
export { createRpcServer, type RpcServer } from "./server.ts";
export { RPC_CONFIG_DEFAULT, type RpcConfig, type RpcHooks } from "./config.ts";
export { RPC_CODE } from "./fault.ts";
export { evidenceJson } from "./json/block.ts";
export type {
  AdmitResult,
  CommittedBlock,
  IndexedTx,
  NodeStatus,
  RpcBackend,
  SearchPage,
  StoredBlock,
} from "./ports.ts";

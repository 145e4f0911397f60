/** Codes of JSON-RPC 2.0 section 5.1, and ours from the range it leaves to servers. Append-only. */
export const RPC_CODE = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  serverError: -32000,
  /** The caller's share of requests is used up. */
  rateLimited: -32005,
} as const;

const MESSAGE: Readonly<Record<number, string>> = {
  [RPC_CODE.parseError]: "Parse error. Invalid JSON",
  [RPC_CODE.invalidRequest]: "Invalid Request",
  [RPC_CODE.methodNotFound]: "Method not found",
  [RPC_CODE.invalidParams]: "Invalid params",
  [RPC_CODE.internalError]: "Internal error",
  [RPC_CODE.serverError]: "Server error",
  [RPC_CODE.rateLimited]: "Too many requests",
};

/**
 * A refusal that becomes a JSON-RPC error object, in CometBFT's shape: a fixed message for each code, and what was wrong
 * in `data`. Handlers return it; nothing throws it.
 */
export class RpcFault {
  constructor(readonly code: number, readonly data: string = "") {}

  toJSON(): { code: number; message: string; data?: string } {
    const message = MESSAGE[this.code] ?? "Server error";
    return this.data === "" ? { code: this.code, message } : { code: this.code, message, data: this.data };
  }
}

/** What CometBFT answers when a handler returns an error. */
export const internalFault = (data: string): RpcFault => new RpcFault(RPC_CODE.internalError, data);
/** An argument that does not fit its parameter. */
export const paramsFault = (data: string): RpcFault => new RpcFault(RPC_CODE.invalidParams, data);

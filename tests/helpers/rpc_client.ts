/** The smallest JSON-RPC client, for tests that want to see the wire. @module */

export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: string;
}

/** Calls `method`; throws the error object's text. */
// deno-lint-ignore no-explicit-any
export async function rpc(url: string, method: string, params: Record<string, unknown> = {}): Promise<any> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  const answer = await response.json();
  if (answer.error) {
    throw new Error(`${method}: ${answer.error.code} ${answer.error.message} ${answer.error.data ?? ""}`);
  }
  return answer.result;
}

/** Many calls of one method in one batch; results in order. */
export async function rpcBatch(
  url: string,
  method: string,
  params: readonly Record<string, unknown>[],
  // deno-lint-ignore no-explicit-any
): Promise<{ result?: any; error?: RpcError }[]> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(params.map((one, id) => ({ jsonrpc: "2.0", id, method, params: one }))),
  });
  const answers = await response.json();
  if (!Array.isArray(answers)) throw new Error(`${method} batch: ${JSON.stringify(answers).slice(0, 300)}`);
  return answers.sort((a, b) => a.id - b.id);
}

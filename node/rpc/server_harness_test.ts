/** A server over the fake backend for one test. Holds no tests of its own. @module */
import { assertEquals } from "@std/assert";
import type { RpcConfig, RpcHooks } from "./config.ts";
import { FakeBackend } from "./fake_backend_test.ts";
import { createRpcServer, RPC_CONFIG_DEFAULT } from "./mod.ts";

// deno-lint-ignore no-explicit-any
export type Json = any;

/** What a test has of a running server. */
export interface Harness {
  readonly backend: FakeBackend;
  readonly url: string;
  /** Sends a body, or a value as JSON. */
  post(body: unknown, init?: RequestInit): Promise<{ status: number; text: string; json: Json; headers: Headers }>;
  /** The result of a method called by POST. */
  call(method: string, params?: unknown): Promise<Json>;
  /** The error of a method called by POST. */
  fault(method: string, params?: unknown): Promise<Json>;
  get(path: string): Promise<{ status: number; text: string; json: Json; headers: Headers }>;
}

async function read(response: Response) {
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json") && text !== "";
  return { status: response.status, text, json: isJson ? JSON.parse(text) : undefined, headers: response.headers };
}

/** Starts a server on a free port, runs `test`, stops it. */
export async function withServer(
  test: (harness: Harness) => Promise<void>,
  config: Partial<RpcConfig> = {},
  hooks: RpcHooks = {},
): Promise<void> {
  const backend = new FakeBackend();
  const server = createRpcServer(backend, { ...RPC_CONFIG_DEFAULT, port: 0, ...config }, hooks);
  const { address } = await server.start();
  const url = `http://127.0.0.1:${address.port}`;
  const post: Harness["post"] = async (body, init = {}) =>
    read(
      await fetch(url, {
        method: "POST",
        body: typeof body === "string" || body instanceof Uint8Array ? body as BodyInit : JSON.stringify(body),
        ...init,
      }),
    );
  const exchange = async (method: string, params?: unknown) => {
    const request = { jsonrpc: "2.0", id: 7, method, ...(params === undefined ? {} : { params }) };
    const { status, json } = await post(request);
    assertEquals([status, json.id], [200, 7]);
    return json;
  };
  const harness: Harness = {
    backend,
    url,
    post,
    call: async (method, params) => {
      const json = await exchange(method, params);
      assertEquals(json.error, undefined);
      return json.result;
    },
    fault: async (method, params) => (await exchange(method, params)).error,
    get: async (path) => read(await fetch(url + path)),
  };
  try {
    await test(harness);
  } finally {
    await server.stop();
  }
  assertEquals(backend.listeners.size, 0);
}

/** One endpoint of the API as data: what it takes, what it answers, who may call it. @module */
import type { z } from "@hono/zod-openapi";
import type { Result } from "../../node/core/result.ts";
import type { Fault } from "./fault.ts";

/** A call whose parts have passed their schemas. */
export interface Call<P = unknown, Q = unknown, B = unknown> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly headers: Headers;
  /** The body as it came. */
  readonly bodyText: string;
}

export interface Endpoint<P = unknown, Q = unknown, B = unknown> {
  readonly method: "get" | "post" | "patch";
  /** With `{name}` for parameters. */
  readonly path: string;
  readonly tag: "State" | "Packets" | "Transfers" | "Changes";
  readonly summary: string;
  readonly description?: string;
  readonly params?: z.ZodType<P>;
  readonly query: z.ZodType<Q>;
  readonly body?: z.ZodType<B>;
  readonly answer: z.ZodType;
  /** What success is called. */
  readonly status: 200 | 201 | 202;
  /** Headers that it looks at, with their meanings. */
  readonly headers?: Readonly<Record<string, string>>;
  run(call: Call<P, Q, B>): Promise<Result<unknown, Fault>>;
}

/** An endpoint with its parts inferred; the types stay inside. */
export function endpoint<P, Q, B>(spec: Endpoint<P, Q, B>): Endpoint {
  return spec as unknown as Endpoint;
}

import { BadParam, type Param } from "./params.ts";
import { paramsFault, RpcFault } from "./fault.ts";

/** A client that can be sent to after its call has been answered. */
export interface Subscriber {
  /** `idText`: the JSON of the id under which events are sent. */
  subscribe(query: string, idText: string): RpcFault | undefined;
  unsubscribe(query: string): RpcFault | undefined;
  unsubscribeAll(): RpcFault | undefined;
}

/** Who asks. */
export interface Caller {
  readonly remote: string;
  /** Only over a websocket. */
  readonly subscriber?: Subscriber;
}

/** A result for `JSON.stringify`, or a refusal. */
export type Answer = unknown | RpcFault;

/** What JSON-RPC may carry as `params`. */
export type RawParams = readonly unknown[] | Readonly<Record<string, unknown>> | undefined;

/** One name of the RPC surface. */
export interface Method {
  /** Parameters in positional order. */
  readonly names: readonly string[];
  /** Absent from HTTP: it needs a connection that stays. */
  readonly socketOnly: boolean;
  /** It waits on purpose and ends by itself: the request timeout does not apply. */
  readonly ownTimeout: boolean;
  invoke(params: RawParams, caller: Caller, idText: string): Answer | Promise<Answer>;
  invokeUri(query: URLSearchParams, caller: Caller): Answer | Promise<Answer>;
}

type Spec = Readonly<Record<string, Param<unknown>>>;
type Args<S extends Spec> = { readonly [K in keyof S]: S[K] extends Param<infer T> ? T : never };

function readParams(entries: readonly (readonly [string, Param<unknown>])[], params: RawParams) {
  const args: Record<string, unknown> = {};
  const list = Array.isArray(params) ? params as readonly unknown[] : undefined;
  if (list !== undefined && list.length > entries.length) {
    const names = entries.map(([name]) => name).join(", ");
    return paramsFault(`expected ${entries.length} parameters (${names}), got ${list.length}`);
  }
  const named = list === undefined && params !== undefined ? params as Readonly<Record<string, unknown>> : undefined;
  for (let i = 0; i < entries.length; i++) {
    const [name, param] = entries[i]!;
    const raw = list !== undefined
      ? list[i]
      : named !== undefined && Object.hasOwn(named, name)
      ? named[name]
      : undefined;
    const value = raw === undefined || raw === null ? param.absent() : param.fromJson(raw);
    if (value instanceof BadParam) return paramsFault(`${name}: ${value.message}`);
    args[name] = value;
  }
  return args;
}

function readUri(entries: readonly (readonly [string, Param<unknown>])[], query: URLSearchParams) {
  const args: Record<string, unknown> = {};
  for (const [name, param] of entries) {
    const text = query.get(name);
    const value = text === null || text === "" ? param.absent() : param.fromUri(text);
    if (value instanceof BadParam) {
      return paramsFault(`error converting http params to arguments: ${name}: ${value.message}`);
    }
    args[name] = value;
  }
  return args;
}

/**
 * A method from its parameters (in positional order) and what to do with them. Parameters of other names are ignored, as
 * CometBFT does.
 */
export function defineMethod<S extends Spec>(
  spec: S,
  handle: (args: Args<S>, caller: Caller, idText: string) => Answer | Promise<Answer>,
  options: { readonly socketOnly?: boolean; readonly ownTimeout?: boolean } = {},
): Method {
  const entries = Object.entries(spec);
  return {
    names: Object.keys(spec),
    socketOnly: options.socketOnly ?? false,
    ownTimeout: options.ownTimeout ?? false,
    invoke(params, caller, idText) {
      const args = readParams(entries, params);
      return args instanceof RpcFault ? args : handle(args as Args<S>, caller, idText);
    },
    invokeUri(query, caller) {
      const args = readUri(entries, query);
      return args instanceof RpcFault ? args : handle(args as Args<S>, caller, "-1");
    },
  };
}

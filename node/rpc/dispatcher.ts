/**
 * JSON-RPC 2.0 (https://www.jsonrpc.org/specification), from the text of a request or batch to the text of its answer. Knows
 * nothing of HTTP, of websockets or of what the methods do.
 * @module
 */
import { Deadlines } from "./deadlines.ts";
import type { RpcHooks } from "./config.ts";
import { internalFault, RPC_CODE, RpcFault } from "./fault.ts";
import { isDeeperThan, numericIdTexts } from "./json_scan.ts";
import type { Answer, Caller, Method, RawParams } from "./method.ts";

/** Requests of one batch that run at once. They start in order, so transactions of one sender stay in sequence. */
const BATCH_RUNNING_MAX = 16;

/** Bounds of one text. */
export interface DispatchLimits {
  readonly batchRequestsMax: number;
  readonly jsonDepthMax: number;
  /** Characters of all answers to a batch together. */
  readonly responseBytesMax: number;
}

/** The answer to a text; undefined when there is nothing to say (notifications). */
export type Reply = string | undefined;

const failure = (idText: string, fault: RpcFault): string =>
  `{"jsonrpc":"2.0","id":${idText},"error":${JSON.stringify(fault)}}`;
const success = (idText: string, result: unknown): string =>
  `{"jsonrpc":"2.0","id":${idText},"result":${JSON.stringify(result) ?? "null"}}`;

/** The text of an answer. */
export const answerText = (idText: string, answer: Answer): string =>
  answer instanceof RpcFault ? failure(idText, answer) : success(idText, answer);

interface Request {
  readonly jsonrpc?: unknown;
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
}

const refuse = (idText: string | undefined, why: string): string =>
  failure(idText ?? "null", new RpcFault(RPC_CODE.invalidRequest, why));

/** The JSON of an id; undefined when there is none, null when what stands there is no id. */
function idTextOf(request: Request, numericText: string | undefined): string | undefined | null {
  if (!Object.hasOwn(request, "id")) return undefined;
  const { id } = request;
  if (typeof id === "string") return JSON.stringify(id);
  if (typeof id === "number") return numericText ?? String(id);
  return id === null ? "null" : null;
}

/** Runs methods for texts. One for a server; each call names its caller. */
export class Dispatcher {
  /** Calls that keep their own time. */
  readonly #open = new Deadlines(0);

  constructor(
    readonly methods: ReadonlyMap<string, Method>,
    readonly limits: DispatchLimits,
    readonly deadlines: Deadlines,
    readonly hooks: RpcHooks = {},
  ) {}

  /** Answers every call that still runs. */
  close(): void {
    this.deadlines.close();
    this.#open.close();
  }

  /** `allow(n)` is asked for n - 1 further requests of a batch; false refuses all of it. */
  dispatch(text: string, caller: Caller, allow?: (more: number) => boolean): Reply | Promise<Reply> {
    let parsed: unknown;
    const parseFault = (why: string) => failure("null", new RpcFault(RPC_CODE.parseError, why));
    if (isDeeperThan(text, this.limits.jsonDepthMax)) {
      return parseFault(`nested deeper than ${this.limits.jsonDepthMax}`);
    }
    try {
      parsed = JSON.parse(text);
    } catch (error) {
      return parseFault((error as Error).message.slice(0, 200));
    }
    const ids = numericIdTexts(text);
    if (!Array.isArray(parsed)) return this.#one(parsed, ids?.[0], caller);
    if (parsed.length === 0) return refuse(undefined, "empty batch");
    if (parsed.length > this.limits.batchRequestsMax) {
      return refuse(undefined, `batch of ${parsed.length} requests: at most ${this.limits.batchRequestsMax}`);
    }
    if (allow !== undefined && !allow(parsed.length - 1)) return failure("null", new RpcFault(RPC_CODE.rateLimited));
    return this.#batch(parsed, ids, caller);
  }

  async #batch(requests: readonly unknown[], ids: readonly (string | undefined)[] | undefined, caller: Caller) {
    const answers = new Array<Reply>(requests.length);
    let next = 0;
    let characters = 0;
    const worker = async () => {
      while (next < requests.length) {
        const i = next++;
        const request = requests[i];
        const full = characters > this.limits.responseBytesMax;
        const answer = full ? this.#overflow(request, ids?.[i]) : this.#one(request, ids?.[i], caller);
        answers[i] = typeof answer === "object" ? await answer : answer;
        characters += answers[i]?.length ?? 0;
      }
    };
    const workers: Promise<void>[] = [];
    for (let i = Math.min(BATCH_RUNNING_MAX, requests.length); i > 0; i--) workers.push(worker());
    await Promise.all(workers);
    const said = answers.filter((answer) => answer !== undefined);
    return said.length === 0 ? undefined : `[${said.join(",")}]`;
  }

  #overflow(request: unknown, numericText: string | undefined): Reply {
    const isObject = typeof request === "object" && request !== null;
    const idText = isObject ? idTextOf(request, numericText) : null;
    if (idText === undefined) return undefined;
    return failure(idText ?? "null", new RpcFault(RPC_CODE.serverError, "the answers to this batch are too large"));
  }

  #one(request: unknown, numericText: string | undefined, caller: Caller): Reply | Promise<Reply> {
    if (typeof request !== "object" || request === null || Array.isArray(request)) {
      return refuse(undefined, "a request is an object");
    }
    const { jsonrpc, method, params } = request as Request;
    const idText = idTextOf(request, numericText);
    if (idText === null) return refuse(undefined, "id is a string, a number or null");
    if (jsonrpc !== "2.0") return refuse(idText, 'jsonrpc is "2.0"');
    if (typeof method !== "string") return refuse(idText, "method is a string");
    if (params !== undefined && (typeof params !== "object" || params === null)) {
      return refuse(idText, "params is an array or an object");
    }
    const answer = this.call(method, (found) => found.invoke(params as RawParams, caller, idText ?? "null"), caller);
    if (!(answer instanceof Promise)) return idText === undefined ? undefined : answerText(idText, answer);
    return answer.then((settled) => idText === undefined ? undefined : answerText(idText, settled));
  }

  /** One call: finds the method, keeps the time, and turns what is thrown into an answer that tells nothing inner. */
  call(
    name: string,
    run: (method: Method) => Answer | Promise<Answer>,
    caller: Caller,
  ): Answer | Promise<Answer> {
    const method = this.methods.get(name);
    const { onCall } = this.hooks;
    if (method === undefined || (method.socketOnly && caller.subscriber === undefined)) {
      onCall?.("unknown", RPC_CODE.methodNotFound, 0);
      return new RpcFault(RPC_CODE.methodNotFound);
    }
    const started = onCall === undefined ? 0 : performance.now();
    const finish = (answer: Answer): Answer => {
      onCall?.(name, answer instanceof RpcFault ? answer.code : 0, (performance.now() - started) / 1000);
      return answer;
    };
    const failed = (error: unknown): Answer => {
      this.hooks.onError?.(name, error);
      return finish(
        internalFault(error instanceof Error && error.name === "IoError" ? error.message : "unexpected failure"),
      );
    };
    try {
      const answer = run(method);
      if (!(answer instanceof Promise)) return finish(answer);
      const deadlines = method.ownTimeout ? this.#open : this.deadlines;
      return deadlines.race(answer, () => internalFault(`timed out after ${deadlines.timeoutMs} ms`)).then(
        finish,
        failed,
      );
    } catch (error) {
      return failed(error);
    }
  }
}

/**
 * JSON-RPC 2.0 over HTTP to one chain: over several addresses, calls of the same moment in one batch, every answer bounded
 * in bytes and time. Knows no methods.
 * @module
 */
import { IoError } from "../../node/core/errors.ts";
import { type Address, Addresses, parseAddress } from "./_addresses.ts";
import { type HttpLimits, postJson } from "./_http.ts";
import type { Clock } from "./clock.ts";
import { chainFault, type ChainFaultCode, codeOfWords } from "./faults.ts";

export interface RpcClientOptions extends HttpLimits {
  /** In order of preference. */
  readonly addresses: readonly string[];
  /** Calls in one batch at first; less where an address says so. */
  readonly batchMax: number;
  /** Requests under way at once, a batch being one. */
  readonly requestsMax: number;
  /** Asked once of each address before it is used, with what its `status` answers; throws if it is not to be used. */
  readonly identify: (status: unknown) => void;
  readonly clock: Clock;
}

/** What to make of an answer. Both may throw an `IoError`; all codes but `chain_refused` let another address try. */
export interface Reading<T> {
  result(value: unknown): T;
  /** The words of an error answer. Without this, {@linkcode codeOfWords} decides and it is thrown. */
  refusal?(words: string): T;
}

interface Call {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly batched: boolean;
  readonly tried: Set<Address>;
  fault: IoError | undefined;
  read(answer: unknown): void;
  fail(error: unknown): void;
}

interface RpcAnswer {
  readonly id?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code?: unknown; readonly message?: unknown; readonly data?: unknown } | null;
}

const wordsOf = ({ message, data }: NonNullable<RpcAnswer["error"]>): string =>
  typeof data === "string" && data !== "" ? data : String(message);

function asAnswer(value: unknown): RpcAnswer {
  return typeof value === "object" && value !== null ? value : {};
}

function readAnswer<T>(answer: unknown, method: string, reading: Reading<T>): T {
  const { result, error } = asAnswer(answer);
  if (error === undefined || error === null) {
    if (result === undefined || result === null) throw chainFault("chain_bad_answer", `ask ${method}`, "no result");
    return reading.result(result);
  }
  const words = wordsOf(error);
  if (reading.refusal !== undefined) return reading.refusal(words);
  throw chainFault(codeOfWords(words), `ask ${method}`, words);
}

/** How many calls an address takes at once, by the words with which it refuses `sent`. */
function batchMaxOf(answer: unknown, sent: number): number {
  const { error } = asAnswer(answer);
  const said = /(?:maximum \(|at most )(\d{1,6})/.exec(error ? wordsOf(error) : "")?.[1];
  return Math.max(1, Math.min(said === undefined ? sent : Number(said), sent >> 1));
}

/** The connection to one chain. */
export class RpcClient {
  readonly #addresses: Addresses;
  readonly #closing = new AbortController();
  readonly #http: Deno.HttpClient | undefined;
  readonly #waiting: Call[] = [];
  #running = 0;
  #scheduled = false;

  /** Throws a `TypeError` when an address is no URL. */
  constructor(readonly options: RpcClientOptions) {
    const { addresses, batchMax, requestsMax, clock } = options;
    this.#addresses = new Addresses(addresses.map((text) => parseAddress(text, batchMax)), clock);
    // A pool of our own can be closed; where the runtime has none, its common one is used.
    this.#http = typeof Deno.createHttpClient === "function"
      ? Deno.createHttpClient({ poolMaxIdlePerHost: requestsMax })
      : undefined;
  }

  /** The addresses as people may see them. */
  get shown(): readonly string[] {
    return this.#addresses.all.map(({ shown }) => shown);
  }

  /**
   * One call. Small ones of the same moment share a request; `alone` keeps one out that is slow or large, so that others do
   * not wait for it.
   */
  ask<T>(
    method: string,
    params: Readonly<Record<string, unknown>>,
    reading: Reading<T>,
    options: { readonly alone?: boolean } = {},
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#enqueue({
        method,
        params,
        batched: options.alone !== true,
        tried: new Set(),
        fault: undefined,
        read: (answer) => resolve(readAnswer(answer, method, reading)),
        fail: reject,
      });
    });
  }

  /** Calls under way fail. */
  close(): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    for (const call of this.#waiting.splice(0)) call.fail(chainFault("chain_unreachable", "ask", "closed"));
    this.#http?.close();
  }

  #enqueue(call: Call): void {
    if (this.#closing.signal.aborted) return call.fail(chainFault("chain_unreachable", "ask", "closed"));
    this.#waiting.push(call);
    if (this.#scheduled) return;
    this.#scheduled = true;
    // After everything that is ready to run now, so that its calls come into the same batch.
    queueMicrotask(() => queueMicrotask(() => this.#flush()));
  }

  #flush(): void {
    this.#scheduled = false;
    while (this.#waiting.length > 0 && this.#running < this.options.requestsMax) {
      const first = this.#waiting[0]!;
      const address = this.#addresses.choose(first.tried);
      if (address === undefined) {
        this.#waiting.shift();
        first.fail(first.fault);
        continue;
      }
      this.#running++;
      this.#send(address, this.#take(address)).finally(() => {
        this.#running--;
        this.#flush();
      });
    }
  }

  /** The first waiting call and, unless it goes alone, others that may go with it to the same address. */
  #take(address: Address): Call[] {
    const first = this.#waiting.shift()!;
    const taken = [first];
    if (!first.batched || address.batchMax === 1) return taken;
    for (let i = 0; i < this.#waiting.length && taken.length < address.batchMax;) {
      const call = this.#waiting[i]!;
      if (call.batched && !call.tried.has(address)) taken.push(...this.#waiting.splice(i, 1));
      else i++;
    }
    return taken;
  }

  async #send(address: Address, calls: readonly Call[]): Promise<void> {
    let answers: unknown;
    try {
      await (address.identity ??= this.#identify(address));
      answers = await this.#post(address, calls);
    } catch (error) {
      if (error instanceof IoError) this.#addresses.failed(address);
      for (const call of calls) this.#elsewhere(call, address, error);
      return;
    }
    this.#addresses.served(address);
    if (calls.length === 1) return this.#settle(calls[0]!, address, answers);
    if (!Array.isArray(answers)) {
      address.batchMax = Math.min(address.batchMax, batchMaxOf(answers, calls.length));
      for (const call of calls) this.#enqueue(call);
      return;
    }
    const byId = new Map(answers.map((answer) => [asAnswer(answer).id, answer]));
    calls.forEach((call, id) => this.#settle(call, address, byId.get(id)));
  }

  #settle(call: Call, address: Address, answer: unknown): void {
    try {
      call.read(answer);
    } catch (error) {
      if (error instanceof IoError && error.code === "chain_bad_answer") this.#addresses.failed(address);
      this.#elsewhere(call, address, error);
    }
  }

  async #identify(address: Address): Promise<void> {
    try {
      const call = { method: "status", params: {} };
      const { identify } = this.options;
      readAnswer(await this.#post(address, [call]), "status", { result: identify });
    } catch (error) {
      address.identity = undefined;
      throw error;
    }
  }

  async #post(address: Address, calls: readonly Pick<Call, "method" | "params">[]): Promise<unknown> {
    const requests = calls.map(({ method, params }, id) => ({ jsonrpc: "2.0", id, method, params }));
    const body = JSON.stringify(requests.length === 1 ? requests[0] : requests);
    const { clock } = this.options;
    const target = { url: address.url, headers: address.headers, client: this.#http };
    const { status, text } = await postJson(target, body, this.options, clock, this.#closing.signal);
    try {
      const answer: unknown = JSON.parse(text);
      // Proxies answer their own errors in their own JSON.
      if (Array.isArray(answer) || "jsonrpc" in asAnswer(answer)) return answer;
    } catch {
      // Told below.
    }
    const code: ChainFaultCode = status === 200 ? "chain_bad_answer" : "chain_unreachable";
    throw chainFault(code, "ask", `status ${status} and no JSON-RPC`);
  }

  /** Another address may know better, unless the chain itself has said no. */
  #elsewhere(call: Call, address: Address, error: unknown): void {
    if (!(error instanceof IoError) || error.code === "chain_refused") return call.fail(error);
    const fault = new IoError(error.code, `${address.shown}: ${error.message}`, { cause: error });
    call.tried.add(address);
    // What one address has pruned says more than that another one does not answer.
    if (call.fault === undefined || fault.code === "chain_pruned") call.fault = fault;
    this.#enqueue(call);
  }
}

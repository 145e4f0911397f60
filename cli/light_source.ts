/** Light blocks from the RPC of any CometBFT v0.38 chain. Answers are bounded in bytes and time, and none is believed. @module */
import type { LightClientAttackEvidence } from "cosmjs-types/tendermint/types/evidence";
import { type LightBlock, signedHeaderFromJson, validatorsFromJson } from "../node/core/light/mod.ts";
import { VOTES_MAX } from "../node/core/types/mod.ts";
import { CommandError } from "./output.ts";

/** Room for a commit of the most signatures there may be. */
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;
const ANSWER_TIMEOUT_MS = 15_000;
/** The most that CometBFT gives at once. */
const VALIDATORS_PER_PAGE = 100;

const badAnswer = (url: string, state: string) => new CommandError(`ask ${url}: ${state}`, "bad_answer");

async function readBounded(url: string, response: Response): Promise<string> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.length;
    if (length > ANSWER_BYTES_MAX) throw badAnswer(url, `more than ${ANSWER_BYTES_MAX} bytes`);
    parts.push(part);
  }
  return await new Blob(parts).text();
}

/** The `result` of a JSON-RPC answer; an error of the node is thrown with its text. */
function resultOf(url: string, text: string): Record<string, unknown> {
  let answer: { result?: unknown; error?: { message?: unknown; data?: unknown } } | null;
  try {
    answer = JSON.parse(text);
  } catch {
    throw badAnswer(url, "the answer is not JSON");
  }
  const { result, error } = answer ?? {};
  if (error) throw new CommandError(`ask ${url}: ${String(error.data || error.message).slice(0, 300)}`, "refused");
  if (typeof result !== "object" || result === null) throw badAnswer(url, "the answer has no result");
  return result as Record<string, unknown>;
}

/** The blocks that one node serves. */
export class LightSource {
  /** `rpc` is a URL without a slash at the end. */
  constructor(readonly rpc: string) {}

  #ask(method: string, parameters: Record<string, string>): Promise<Record<string, unknown>> {
    return this.#fetch(`${this.rpc}/${method}?${new URLSearchParams(parameters)}`);
  }

  async #fetch(url: string, request: RequestInit = {}): Promise<Record<string, unknown>> {
    try {
      const response = await fetch(url, { ...request, signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
      return resultOf(url, await readBounded(url, response));
    } catch (error) {
      if (error instanceof CommandError) throw error;
      throw new CommandError(`ask ${url}: ${(error as Error).message}`, "unreachable");
    }
  }

  async #signedHeader(height?: bigint) {
    const answer = await this.#ask("commit", height === undefined ? {} : { height: `${height}` });
    const read = signedHeaderFromJson(answer.signed_header);
    if (!read.ok) throw badAnswer(`${this.rpc}/commit`, read.error);
    return read.value;
  }

  /** The height of the newest sealed block. */
  async latestHeight(): Promise<bigint> {
    return (await this.#signedHeader()).header.height;
  }

  /** The block at `height` (0: the newest), with its validators from all pages. */
  async lightBlock(wanted: bigint): Promise<LightBlock> {
    const signedHeader = await this.#signedHeader(wanted === 0n ? undefined : wanted);
    const { height } = signedHeader.header;
    const validators = [];
    for (let page = 1, total = 1; validators.length < total; page++) {
      const query = { height: `${height}`, page: `${page}`, per_page: `${VALIDATORS_PER_PAGE}` };
      const answer = await this.#ask("validators", query);
      const read = validatorsFromJson(answer.validators);
      if (!read.ok) throw badAnswer(`${this.rpc}/validators`, read.error);
      total = Number(answer.total);
      if (!(total <= VOTES_MAX) || read.value.length === 0) {
        throw badAnswer(`${this.rpc}/validators`, `page ${page} has ${read.value.length} of ${answer.total}`);
      }
      validators.push(...read.value);
    }
    return { signedHeader, validatorSet: { validators } };
  }

  /** Hands evidence over (`broadcast_evidence`); the hash by which the node knows it. */
  async submitEvidence(attack: LightClientAttackEvidence): Promise<string> {
    const { evidenceJson } = await import("../node/rpc/mod.ts");
    const params = { evidence: evidenceJson({ lightClientAttackEvidence: attack }) };
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "broadcast_evidence", params });
    const headers = { "content-type": "application/json" };
    const { hash } = await this.#fetch(this.rpc, { method: "POST", headers, body });
    if (typeof hash !== "string" || !/^[A-Za-z0-9+/]{43}=$/.test(hash)) {
      throw badAnswer(this.rpc, "no hash of evidence");
    }
    return Uint8Array.fromBase64(hash).toHex().toUpperCase();
  }
}

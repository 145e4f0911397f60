/**
 * Any chain of CometBFT v0.38 with a cosmos-sdk application, by its RPC: nothing but CometBFT's standard methods, and of
 * the application only `abci_query`. Tendermint v0.34's `block_results` are read too.
 * @module
 */
import type { Validator } from "cosmjs-types/tendermint/types/validator";
import { SimulateRequest, SimulateResponse } from "cosmjs-types/cosmos/tx/v1beta1/service";
import { bytesToHex, equalBytes, hexToBytes } from "../../node/core/bytes.ts";
import { encode } from "../../node/core/codec/mod.ts";
import { SDK_CODE } from "../../node/core/errors.ts";
import { nextHeight, revisionOfChainId } from "../../node/core/ibc/mod.ts";
import { type LightBlock, signedHeaderFromJson, validatorsFromJson } from "../../node/core/light/mod.ts";
import { VOTES_MAX } from "../../node/core/types/mod.ts";
import { hashValidatorSet } from "../../node/core/validators/mod.ts";
import { type AbciAnswer, readAbciAnswer, readBlockEvents, readHead, readTx, readVerdict } from "./_answers.ts";
import { badAnswer, count, expectBytes, fields, list } from "./_shape.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { BlockEvents, ChainHead, CommittedTx, Endpoint, Proven, TxVerdict } from "./endpoint.ts";
import { chainFault, chainFaultCode, codeOfWords } from "./faults.ts";
import { merkleProofOfOps } from "./proof_ops.ts";
import { RpcClient } from "./rpc_client.ts";
import { socketOf, WakeUps } from "./wake_ups.ts";

export interface RpcEndpointOptions {
  readonly chainId: string;
  /** RPC addresses (`http://127.0.0.1:26657`), in order of preference; a name and a password may be in them. */
  readonly addresses: readonly string[];
  /** For one answer. */
  readonly timeoutMs?: number;
  readonly answerBytesMax?: number;
  readonly batchMax?: number;
  readonly requestsMax?: number;
  /** Hear of blocks by websocket; true unless said. */
  readonly websocket?: boolean;
  /** Silence after which `onBlock` wakes anyway. */
  readonly pollMs?: number;
  readonly clock?: Clock;
}

const DEFAULTS = {
  timeoutMs: 15_000,
  answerBytesMax: 64 * 1024 * 1024,
  batchMax: 50,
  requestsMax: 8,
  websocket: true,
  pollMs: 1_000,
  clock: systemClock,
};

/** The most that CometBFT gives at once. */
const PER_PAGE = 100;
/** Validator sets remembered, by their hash. */
const SETS_MAX = 16;

const asIs = { result: (value: unknown) => value };

/** One chain by RPC. See {@linkcode Endpoint} for what its methods throw. */
export class RpcEndpoint implements Endpoint {
  readonly chainId: string;
  readonly #rpc: RpcClient;
  readonly #wakeUps: WakeUps;
  readonly #revisionNumber: bigint;
  readonly #sets = new Map<string, readonly Validator[]>();

  /** Throws a `TypeError` when an address is no URL of HTTP. */
  constructor(options: RpcEndpointOptions) {
    const { chainId, addresses } = options;
    const settings = { ...DEFAULTS, ...options };
    this.chainId = chainId;
    this.#revisionNumber = revisionOfChainId(chainId);
    this.#rpc = new RpcClient({ ...settings, identify: (status) => checkIdentity(status, chainId) });
    const sockets = settings.websocket ? addresses.map(socketOf).filter((socket) => socket !== undefined) : [];
    this.#wakeUps = new WakeUps({ sockets, pollMs: settings.pollMs, clock: settings.clock });
  }

  /** RPC addresses without credentials. */
  get addresses(): readonly string[] {
    return this.#rpc.shown;
  }

  latest(): Promise<ChainHead> {
    return this.#rpc.ask("status", {}, { result: readHead }, { alone: true });
  }

  async lightBlock(height: bigint): Promise<LightBlock> {
    const signedHeader = await this.#rpc.ask("commit", { height: `${height}` }, {
      result: (value) => this.#readCommit(value, height),
    });
    const { validatorsHash, nextValidatorsHash } = signedHeader.header;
    const [validators, nextValidators] = await Promise.all([
      this.#validators(height, validatorsHash),
      equalBytes(validatorsHash, nextValidatorsHash) ? undefined : this.#validators(height + 1n, nextValidatorsHash),
    ]);
    return { signedHeader, validators, nextValidators: nextValidators ?? validators };
  }

  #readCommit(value: unknown, height: bigint) {
    const read = signedHeaderFromJson(fields(value, "commit").signed_header);
    if (!read.ok) throw badAnswer(read.error);
    const { header } = read.value;
    if (header.height !== height) throw badAnswer(`asked for height ${height}, it has ${header.height}`);
    if (header.chainId !== this.chainId) throw badAnswer(`a header of chain ${header.chainId.slice(0, 60)}`);
    return read.value;
  }

  /** The set with that hash: nearly always one that is known, and whoever serves another one is caught here. */
  async #validators(height: bigint, hash: Uint8Array): Promise<readonly Validator[]> {
    const name = bytesToHex(hash);
    const known = this.#sets.get(name);
    if (known !== undefined) return known;
    const validators: Validator[] = [];
    for (let page = 1, total = 1; validators.length < total; page++) {
      const params = { height: `${height}`, page: `${page}`, per_page: `${PER_PAGE}` };
      const part = await this.#rpc.ask("validators", params, { result: readValidatorPage });
      total = part.total;
      validators.push(...part.validators);
    }
    expectBytes(hashValidatorSet({ validators }), hash, "the hash of the validators");
    if (this.#sets.size >= SETS_MAX) this.#sets.delete(this.#sets.keys().next().value!);
    this.#sets.set(name, validators);
    return validators;
  }

  async blockEvents(height: bigint): Promise<BlockEvents> {
    const params = { height: `${height}` };
    const [results, block] = await Promise.all(
      ["block_results", "block"].map((method) => this.#rpc.ask(method, params, asIs, { alone: true })),
    );
    return readBlockEvents(results, block, height);
  }

  async prove(store: string, key: Uint8Array, height: bigint): Promise<Proven> {
    try {
      return await this.#prove(store, key, height);
    } catch (error) {
      // The cosmos-sdk has the same words for a height that it has no more and one that it has not yet.
      if (chainFaultCode(error) !== "chain_pruned" || (await this.latest()).height > height) throw error;
      throw chainFault("chain_unreachable", `ask for a proof at height ${height}`, "the chain is not there yet", error);
    }
  }

  #prove(store: string, key: Uint8Array, height: bigint): Promise<Proven> {
    const params = { path: `/store/${store}/key`, data: bytesToHex(key), height: `${height}`, prove: true };
    return this.#abci(params, {
      answer: (answer) => {
        if (answer.height !== height) throw badAnswer(`asked for height ${height}, it is of ${answer.height}`);
        // Some versions leave the key out; where there is one, it must be ours.
        if (answer.key.length > 0) expectBytes(answer.key, key, "the key");
        // Stores hold no empty values: it stands for nothing there.
        const value = answer.value.length === 0 ? undefined : answer.value;
        const proof = merkleProofOfOps(answer.proofOps, store, key, value);
        const revisionNumber = this.#revisionNumber;
        return { value, proof, height: nextHeight({ revisionNumber, revisionHeight: height }) };
      },
    });
  }

  query(path: string, request: Uint8Array, height?: bigint): Promise<Uint8Array> {
    const params = { path, data: bytesToHex(request), ...(height !== undefined && { height: `${height}` }) };
    return this.#abci(params, { answer: ({ value }) => value });
  }

  simulate(tx: Uint8Array): Promise<{ readonly gasUsed: bigint } | TxVerdict> {
    const request = encode(SimulateRequest, SimulateRequest.fromPartial({ txBytes: tx }));
    const params = { path: "/cosmos.tx.v1beta1.Service/Simulate", data: bytesToHex(request) };
    return this.#abci<{ readonly gasUsed: bigint } | TxVerdict>(params, {
      answer: ({ value }) => ({ gasUsed: gasUsedOf(value) }),
      refusal: ({ code, codespace, log }) => ({ code, codespace, log }),
      alone: true,
    });
  }

  broadcast(tx: Uint8Array): Promise<TxVerdict> {
    return this.#rpc.ask("broadcast_tx_sync", { tx: tx.toBase64() }, {
      result: readVerdict,
      refusal: verdictOfWords,
    }, { alone: true });
  }

  transaction(hash: string): Promise<CommittedTx | undefined> {
    return this.#rpc.ask<CommittedTx | undefined>("tx", { hash: hexToBytes(hash).toBase64(), prove: false }, {
      result: (value) => {
        const tx = readTx(value);
        if (tx.hash !== hash.toUpperCase()) throw badAnswer("it is another transaction");
        return tx;
      },
      refusal: (words) => {
        if (/not found/i.test(words)) return undefined;
        throw chainFault(codeOfWords(words), "ask tx", words);
      },
    });
  }

  async searchTransactions(query: string, limit: number): Promise<readonly CommittedTx[]> {
    const found: CommittedTx[] = [];
    for (let page = 1; found.length < limit; page++) {
      const params = { query, prove: false, page: `${page}`, per_page: `${PER_PAGE}`, order_by: "asc" };
      const { txs, total } = await this.#rpc.ask("tx_search", params, { result: readTxPage }, { alone: true });
      found.push(...txs);
      if (txs.length === 0 || found.length >= total) break;
    }
    return found.slice(0, limit);
  }

  onBlock(wake: () => void): () => void {
    return this.#wakeUps.add(wake);
  }

  close(): Promise<void> {
    this.#wakeUps.close();
    this.#rpc.close();
    return Promise.resolve();
  }

  #abci<T>(
    params: Readonly<Record<string, unknown>>,
    read: { answer(answer: AbciAnswer): T; refusal?(answer: AbciAnswer): T; readonly alone?: boolean },
  ): Promise<T> {
    return this.#rpc.ask("abci_query", params, {
      result: (value) => {
        const answer = readAbciAnswer(value);
        if (answer.code === 0) return read.answer(answer);
        const code = codeOfWords(answer.log);
        if (read.refusal !== undefined && code === "chain_refused") return read.refusal(answer);
        throw chainFault(code, `ask ${params.path}`, `code ${answer.code} of ${answer.codespace}: ${answer.log}`);
      },
    }, read);
  }
}

/** An address that serves another chain is not used. */
function checkIdentity(status: unknown, chainId: string): void {
  const network = fields(fields(status, "status").node_info, "node_info").network;
  if (network !== chainId) throw badAnswer(`it serves chain ${String(network).slice(0, 60)}, not ${chainId}`);
}

function readValidatorPage(value: unknown): { total: number; validators: Validator[] } {
  const page = fields(value, "validators");
  const read = validatorsFromJson(page.validators);
  if (!read.ok) throw badAnswer(read.error);
  const total = count(page.total, "total");
  if (total > VOTES_MAX || read.value.length === 0) throw badAnswer(`${read.value.length} of ${total} validators`);
  return { total, validators: read.value };
}

function readTxPage(value: unknown): { total: number; txs: CommittedTx[] } {
  const page = fields(value, "transactions");
  return { total: count(page.total_count, "total_count"), txs: list(page.txs, "txs").map(readTx) };
}

function gasUsedOf(value: Uint8Array): bigint {
  try {
    const gas = SimulateResponse.decode(value).gasInfo?.gasUsed;
    if (gas !== undefined && gas > 0n) return gas;
  } catch {
    // Told below.
  }
  throw badAnswer("the simulation says no gas");
}

/** The mempool's refusals, which are errors of the call, under the codes that the cosmos-sdk has for them. */
function verdictOfWords(words: string): TxVerdict {
  const verdict = (code: number) => ({ code, codespace: "sdk", log: words });
  if (/already exists in cache/.test(words)) return verdict(SDK_CODE.txInMempoolCache);
  if (/mempool is full/.test(words)) return verdict(SDK_CODE.mempoolIsFull);
  if (/tx too large/i.test(words)) return verdict(SDK_CODE.txTooLarge);
  throw chainFault(codeOfWords(words), "ask broadcast_tx_sync", words);
}

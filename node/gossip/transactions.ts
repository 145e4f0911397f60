/**
 * Transactions between mempools, without the world: batches as bytes, when a batch is full, and what is thought of one that was
 * heard.
 *
 * Wire: `{ version, message }` with CometBFT v0.38's `tendermint.mempool.Message { Txs { repeated bytes } }`.
 * @module
 */
import { encode, fields, messageCodec } from "../core/codec/mod.ts";
import { type CodedError, SDK_CODE } from "../core/errors.ts";
import type { GossipVerdict } from "../core/peer.ts";
import { err, ok, type Result } from "../core/result.ts";
import { decodeVersioned, GOSSIP_CODE, WIRE_VERSION } from "./_versioned.ts";

/** A batch goes out when it has so many bytes of transactions; a longer transaction goes alone. */
export const BATCH_BYTES = 64 * 1024;
/** Transactions of a batch, so that many short ones do not take long to look at. */
export const BATCH_COUNT_MAX = 1_000;
/** Longest frame that is read: that of the network's topic and channel `transactions`. */
const FRAME_BYTES_MAX = 2 * 1024 * 1024;
/** Longest transaction that goes out: there is room for an almost full batch before it. */
export const GOSSIPED_TX_BYTES_MAX = FRAME_BYTES_MAX - BATCH_BYTES - 8 * BATCH_COUNT_MAX;

const txsCodec = messageCodec("/tendermint.mempool.Txs", { txs: fields.bytesList(1, BATCH_COUNT_MAX) });
const messageCodecOfMempool = messageCodec("/tendermint.mempool.Message", { txs: fields.message(1, txsCodec) });
const batchCodec = messageCodec("/catenary.gossip.v1.Transactions", {
  version: fields.uint32(1),
  message: fields.message(2, messageCodecOfMempool),
});

export const encodeBatch = (txs: readonly Uint8Array[]): Uint8Array =>
  encode(batchCodec, { version: WIRE_VERSION, message: { txs: { txs } } });

/** The transactions of a batch, each with its own bytes: a mempool that keeps one does not keep the frame. */
export function decodeBatch(bytes: Uint8Array): Result<Uint8Array[], CodedError> {
  const decoded = decodeVersioned(batchCodec, bytes, "transactions", FRAME_BYTES_MAX);
  if (!decoded.ok) return decoded;
  const txs = decoded.value.message?.txs?.txs ?? [];
  if (txs.length === 0 || txs.length > BATCH_COUNT_MAX) {
    return err({
      codespace: "gossip",
      code: GOSSIP_CODE.count,
      message: `decode transactions: there are ${txs.length}`,
    });
  }
  return ok(txs.map((tx) => tx.slice()));
}

/** Collects what goes out together. */
export class Batcher {
  #txs: Uint8Array[] = [];
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#txs.length === 0;
  }

  /** Adds one; true: the batch is full and is to be taken before the next is added. */
  add(tx: Uint8Array): boolean {
    this.#txs.push(tx);
    this.#bytes += tx.length;
    return this.#bytes >= BATCH_BYTES || this.#txs.length >= BATCH_COUNT_MAX;
  }

  take(): readonly Uint8Array[] {
    const txs = this.#txs;
    this.#txs = [];
    this.#bytes = 0;
    return txs;
  }
}

/** What became of a transaction that was handed to the mempool: the part of its answer that gossip reads. */
export type AdmitAnswer = { readonly admitted: true } | {
  readonly admitted: false;
  readonly reason: "checked" | "seen" | "full" | "too_large" | "sequence_gap";
  /** When the application refused it. */
  readonly check: { readonly code: number; readonly codespace: string } | undefined;
};

/**
 * Refusals that rest on the transaction alone, and on who owns an account, which never changes: whoever passed it on did not
 * check it. All others depend on where a node stands: sequence, balance, height, its own minimum fee.
 */
const PEERS_FAULT: ReadonlySet<number> = new Set([SDK_CODE.txDecode, SDK_CODE.unauthorized, SDK_CODE.noSignatures]);

/** Whether no honest node could have passed a transaction on. */
export function isPeersFault(answer: AdmitAnswer): boolean {
  if (answer.admitted || answer.check === undefined || answer.reason !== "checked") return false;
  return answer.check.codespace === "sdk" && PEERS_FAULT.has(answer.check.code);
}

/** What is thought of a batch whose transactions were answered so. */
export function verdictOn(answers: readonly AdmitAnswer[]): GossipVerdict {
  if (answers.some(isPeersFault)) return "reject";
  return answers.some(({ admitted }) => admitted) ? "accept" : "ignore";
}

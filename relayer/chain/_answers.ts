/** The answers of CometBFT's methods as the relayer's own types. @module */
import type { Event } from "cosmjs-types/tendermint/abci/types";
import { sha256 } from "../../node/core/crypto/mod.ts";
import { readEventLists } from "./_events.ts";
import { badAnswer, base64, bigint, count, fields, height, list, text, timeNanos } from "./_shape.ts";
import type { BlockEvents, ChainHead, CommittedTx, TxVerdict } from "./endpoint.ts";

/** `status`. */
export function readHead(value: unknown): ChainHead {
  const info = fields(fields(value, "status").sync_info, "sync_info");
  const read = height(info.latest_block_height, "latest_block_height");
  // Before its first block a node shows Go's zero time.
  return { height: read, timeNanos: read === 0n ? 0n : timeNanos(info.latest_block_time, "latest_block_time") };
}

/** `response` of `abci_query`. */
export interface AbciAnswer {
  readonly code: number;
  readonly codespace: string;
  readonly log: string;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly height: bigint;
  readonly proofOps: unknown;
}

export function readAbciAnswer(value: unknown): AbciAnswer {
  const response = fields(fields(value, "abci_query").response, "response");
  return {
    code: count(response.code, "code"),
    codespace: text(response.codespace, "codespace"),
    log: text(response.log, "log"),
    key: base64(response.key, "key"),
    value: base64(response.value, "value"),
    height: height(response.height, "height"),
    proofOps: response.proofOps ?? response.proof_ops,
  };
}

/** `broadcast_tx_sync`. */
export function readVerdict(value: unknown): TxVerdict {
  const { code, codespace, log } = fields(value, "verdict");
  return { code: count(code, "code"), codespace: text(codespace, "codespace"), log: text(log, "log") };
}

/** `tx`, and each of `tx_search`. */
export function readTx(value: unknown): CommittedTx {
  const tx = fields(value, "transaction");
  const result = fields(tx.tx_result, "tx_result");
  const hash = text(tx.hash, "hash").toUpperCase();
  if (!/^[0-9A-F]{64}$/.test(hash)) throw badAnswer("the hash of a transaction is malformed");
  return {
    hash,
    height: height(tx.height, "height"),
    code: count(result.code, "code"),
    codespace: text(result.codespace, "codespace"),
    log: text(result.log, "log"),
    gasUsed: bigint(result.gas_used, "gas_used"),
    events: readEventLists([result.events])[0]!,
  };
}

/** `block_results` and `block` of one height. Tendermint v0.34 has the events of a block in two lists. */
export function readBlockEvents(results: unknown, block: unknown, wanted: bigint): BlockEvents {
  const answer = fields(results, "block_results");
  const { header, data } = fields(fields(block, "block").block, "block");
  for (const found of [answer.height, fields(header, "header").height]) {
    const at = height(found, "height");
    if (at !== wanted) throw badAnswer(`asked for height ${wanted}, it is of ${at}`);
  }
  const outcomes = list(answer.txs_results, "txs_results").map((one) => fields(one, "tx_result"));
  const txs = list(fields(data, "data").txs, "txs");
  if (txs.length !== outcomes.length) throw badAnswer(`${txs.length} transactions have ${outcomes.length} results`);
  const { finalize_block_events, begin_block_events, end_block_events } = answer;
  const ofBlock = [finalize_block_events, begin_block_events, end_block_events];
  const lists = readEventLists([...outcomes.map(({ events }) => events), ...ofBlock]);
  const entries: { hash: string; events: Event[] }[] = [];
  for (const [index, { code }] of outcomes.entries()) {
    if (count(code, "code") !== 0) continue;
    const hash = sha256(base64(txs[index], "transaction")).toHex().toUpperCase();
    entries.push({ hash, events: lists[index]! });
  }
  return { height: wanted, txs: entries, block: lists.slice(outcomes.length).flat() };
}

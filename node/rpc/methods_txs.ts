/** Transactions: sending them, finding them, and what waits in the mempool. @module */
import { parseQuery, type Query } from "../core/event_query/mod.ts";
import { sha256 } from "../core/crypto/mod.ts";
import type { CommitWaiters } from "./commit_waiters.ts";
import type { RpcHooks } from "./config.ts";
import { type CommittedTx, CommittedTxs } from "./committed_txs.ts";
import { internalFault, RpcFault } from "./fault.ts";
import { isDescending, pageOf, perPageOf } from "./heights.ts";
import { checkTxJson, execTxResultJson } from "./json/abci.ts";
import { txProofJson } from "./json/block.ts";
import { base64, hex, int64 } from "./json/scalars.ts";
import { defineMethod, type Method } from "./method.ts";
import { indexPage } from "./methods_blocks.ts";
import { BOOL, BYTES, HASH, INT64, required, STRING } from "./params.ts";
import type { AdmitResult, IndexedTx, RpcBackend, SearchPage } from "./ports.ts";

const NOT_INDEXED = "transaction indexing is disabled";
const CATCHING_UP = "endpoint is closed while node is catching up";

/** What ExecTxResult is before there is one. */
const RESULT_EMPTY = {
  code: 0,
  data: null,
  log: "",
  info: "",
  gas_wanted: "0",
  gas_used: "0",
  events: [],
  codespace: "",
};

type Refused = Extract<AdmitResult, { admitted: false }>;

/** The mempool's refusals are errors of the call, in CometBFT's words; the application's are results with a code. */
function mempoolFault({ reason, log }: Refused): RpcFault {
  if (reason === "seen") return internalFault("tx already exists in cache");
  if (log !== "") return internalFault(log);
  return internalFault(reason === "full" ? "mempool is full" : `tx was not admitted: ${reason}`);
}

function syncJson(hash: Uint8Array, check: { code: number; data: Uint8Array; log: string; codespace: string }) {
  return { code: check.code, data: hex(check.data), log: check.log, codespace: check.codespace, hash: hex(hash) };
}

function admitAnswer(admitted: AdmitResult): unknown {
  if (admitted.admitted || admitted.check !== undefined) return syncJson(admitted.hash, admitted.check!);
  return mempoolFault(admitted);
}

async function broadcastCommit(backend: RpcBackend, waiters: CommitWaiters, tx: Uint8Array): Promise<unknown> {
  const wait = waiters.wait(sha256(tx));
  if (wait === undefined) return internalFault("too many broadcast_tx_commit calls are waiting");
  try {
    const admitted = await backend.broadcastTx(tx);
    if (admitted.check === undefined) return mempoolFault(admitted as Refused);
    const answer = {
      check_tx: checkTxJson(admitted.check),
      tx_result: RESULT_EMPTY as unknown,
      hash: hex(admitted.hash),
    };
    if (!admitted.admitted) return { ...answer, height: "0" };
    const inclusion = await wait.included;
    if (inclusion === undefined) return internalFault("timed out waiting for tx to be included in a block");
    return { ...answer, tx_result: execTxResultJson(inclusion.result), height: int64(inclusion.height) };
  } finally {
    wait.cancel();
  }
}

function broadcastMethods(backend: RpcBackend, waiters: CommitWaiters, hooks: RpcHooks): Record<string, Method> {
  const tx = { tx: required(BYTES) };
  const open = () => backend.status().catchingUp ? internalFault(CATCHING_UP) : undefined;
  return {
    broadcast_tx_sync: defineMethod(tx, (args) => open() ?? backend.broadcastTx(args.tx).then(admitAnswer)),
    broadcast_tx_async: defineMethod(tx, (args) => {
      const closed = open();
      if (closed !== undefined) return closed;
      // Refusals go unreported, as in CometBFT.
      backend.broadcastTx(args.tx).catch((error) => hooks.onError?.("broadcast_tx_async", error));
      return { code: 0, data: "", log: "", codespace: "", hash: hex(sha256(args.tx)) };
    }),
    broadcast_tx_commit: defineMethod(tx, (args) => open() ?? broadcastCommit(backend, waiters, args.tx), {
      ownTimeout: true,
    }),
    check_tx: defineMethod(tx, async (args) => checkTxJson(await backend.checkTx(args.tx))),
  };
}

async function txJson(reader: CommittedTxs, found: CommittedTx, prove: boolean, hash: Uint8Array) {
  return {
    hash: hex(hash),
    height: int64(found.at.height),
    index: found.at.index,
    tx_result: execTxResultJson(found.result),
    tx: base64(found.tx),
    ...(prove ? { proof: txProofJson(await reader.prove(found)) } : {}),
  };
}

/** The hash a query asks for. Other conditions beside it are not looked at, as in CometBFT's index. */
function hashOf({ conditions }: Query): Uint8Array | undefined {
  const condition = conditions.find(({ key, operator }) => key === "tx.hash" && operator === "=");
  const text = condition?.operand?.text;
  return text !== undefined && /^[0-9a-fA-F]{64}$/.test(text) ? Uint8Array.fromHex(text) : undefined;
}

async function searchByHash(backend: RpcBackend, hash: Uint8Array): Promise<SearchPage<IndexedTx>> {
  const found = await backend.findTx(hash);
  return found === undefined ? { total: 0, items: [] } : { total: 1, items: [found] };
}

function txSearchMethod(backend: RpcBackend, queryBytesMax: number): Method {
  const spec = { query: STRING, prove: BOOL, page: INT64, per_page: INT64, order_by: STRING };
  return defineMethod(spec, async (args) => {
    if (!backend.status().indexing) return internalFault(NOT_INDEXED);
    if (args.query.length > queryBytesMax) return internalFault("maximum query length exceeded");
    const descending = isDescending(args.order_by, false);
    if (descending instanceof RpcFault) return descending;
    const query = parseQuery(args.query);
    if (!query.ok) return internalFault(`failed to parse query: ${query.error.message}`);
    const perPage = perPageOf(args.per_page);
    const wanted = indexPage(args.page);
    if (wanted instanceof RpcFault) return wanted;
    const hash = hashOf(query.value);
    const { total, items, refused } = hash === undefined
      ? await backend.searchTxs(query.value, wanted, perPage, descending)
      : await searchByHash(backend, hash);
    if (refused !== undefined) return internalFault(refused.message);
    const page = pageOf(args.page, perPage, total);
    if (page instanceof RpcFault) return page;
    const reader = new CommittedTxs(backend);
    const txs: unknown[] = [];
    for (const at of items.slice(0, perPage)) {
      const found = await reader.load(at);
      if (found !== undefined) txs.push(await txJson(reader, found, args.prove, sha256(found.tx)));
    }
    return { txs, total_count: int64(total) };
  });
}

function unconfirmedMethods(backend: RpcBackend): Record<string, Method> {
  const sizes = (listed: number, count: number, bytes: number) => ({
    n_txs: int64(listed),
    total: int64(count),
    total_bytes: int64(bytes),
  });
  return {
    unconfirmed_txs: defineMethod({ limit: INT64 }, ({ limit }) => {
      const { count, bytes, txs } = backend.unconfirmed(perPageOf(limit));
      return { ...sizes(txs.length, count, bytes), txs: txs.map(base64) };
    }),
    num_unconfirmed_txs: defineMethod({}, () => {
      const { count, bytes } = backend.unconfirmed(0);
      return { ...sizes(count, count, bytes), txs: null };
    }),
  };
}

/** The methods about transactions. */
export function txMethods(
  backend: RpcBackend,
  waiters: CommitWaiters,
  queryBytesMax: number,
  hooks: RpcHooks,
): Record<string, Method> {
  return {
    ...broadcastMethods(backend, waiters, hooks),
    ...unconfirmedMethods(backend),
    tx: defineMethod({ hash: required(HASH), prove: BOOL }, async ({ hash, prove }) => {
      if (!backend.status().indexing) return internalFault(NOT_INDEXED);
      const at = await backend.findTx(hash);
      const reader = new CommittedTxs(backend);
      const found = at === undefined ? undefined : await reader.load(at);
      if (found === undefined) return internalFault(`tx (${hex(hash)}) not found`);
      return txJson(reader, found, prove, hash);
    }),
    tx_search: txSearchMethod(backend, queryBytesMax),
  };
}

/** GetTx and GetTxsEvent of `cosmos.tx.v1beta1.Service`, in the shapes of the cosmos-sdk's. @module */
import type { TxResponse } from "cosmjs-types/cosmos/base/abci/v1beta1/abci";
import {
  GetTxRequest,
  GetTxResponse,
  GetTxsEventRequest,
  GetTxsEventResponse,
  OrderBy,
} from "cosmjs-types/cosmos/tx/v1beta1/service";
import { Tx } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { sha256 } from "../core/crypto/mod.ts";
import { parseQuery } from "../core/event_query/mod.ts";
import { type CommittedTx, CommittedTxs } from "./committed_txs.ts";
import { decodeRequest, GrpcFault, malformedRequest } from "./grpc_fault.ts";
import { hex, time } from "./json/scalars.ts";
import type { RpcBackend } from "./ports.ts";

const PER_PAGE_DEFAULT = 100;
const PER_PAGE_MAX = 100;
const PAGE_MAX = 1_000_000_000n;
const notIndexed = new GrpcFault("Unavailable", "transaction indexing is disabled");
const QUERY_CHARACTERS_MAX = 4096;
const HASH_HEX = /^[0-9a-fA-F]{64}$/;

/** The protobuf transaction, if it decodes: a block may hold what does not. */
function decodeTx(bytes: Uint8Array): Tx | undefined {
  try {
    return Tx.decode(bytes);
  } catch {
    return undefined;
  }
}

function txResponse({ at, tx, result, stored }: CommittedTx): TxResponse {
  return {
    height: at.height,
    txhash: hex(sha256(tx)),
    codespace: result.codespace,
    code: result.code,
    data: hex(result.data),
    rawLog: result.log,
    logs: [],
    info: result.info,
    gasWanted: result.gasWanted,
    gasUsed: result.gasUsed,
    tx: { typeUrl: "/cosmos.tx.v1beta1.Tx", value: tx },
    timestamp: time(stored.block.header.time),
    events: result.events,
  };
}

/** `GetTx` by a hexadecimal hash. */
export async function getTx(backend: RpcBackend, data: Uint8Array): Promise<Uint8Array | GrpcFault> {
  const request = decodeRequest(GetTxRequest, data);
  if (request === undefined) return malformedRequest;
  if (!backend.status().indexing) return notIndexed;
  if (request.hash === "") return new GrpcFault("InvalidArgument", "tx hash cannot be empty");
  if (!HASH_HEX.test(request.hash)) return new GrpcFault("InvalidArgument", "tx hash is not 64 hexadecimal digits");
  const at = await backend.findTx(Uint8Array.fromHex(request.hash));
  const found = at === undefined ? undefined : await new CommittedTxs(backend).load(at);
  if (found === undefined) return new GrpcFault("NotFound", `tx not found: ${request.hash}`);
  const tx = decodeTx(found.tx);
  return GetTxResponse.encode({ txResponse: txResponse(found), ...(tx === undefined ? {} : { tx }) }).finish();
}

/** `GetTxsEvent`: `query`, or the older list of events joined by AND. */
export async function getTxsEvent(backend: RpcBackend, data: Uint8Array): Promise<Uint8Array | GrpcFault> {
  const request = decodeRequest(GetTxsEventRequest, data);
  if (request === undefined) return malformedRequest;
  if (!backend.status().indexing) return notIndexed;
  const text = request.query !== "" ? request.query : request.events.join(" AND ");
  if (text === "") return new GrpcFault("InvalidArgument", "must declare at least one event to search");
  if (text.length > QUERY_CHARACTERS_MAX) return new GrpcFault("InvalidArgument", "query too long");
  const query = parseQuery(text);
  if (!query.ok) return new GrpcFault("InvalidArgument", `failed to parse query: ${query.error.message}`);
  const page = request.page < 1n ? 1 : Number(request.page > PAGE_MAX ? PAGE_MAX : request.page);
  const perPage = request.limit < 1n
    ? PER_PAGE_DEFAULT
    : request.limit > BigInt(PER_PAGE_MAX)
    ? PER_PAGE_MAX
    : Number(request.limit);
  const descending = request.orderBy === OrderBy.ORDER_BY_DESC;
  const { total, items, refused } = await backend.searchTxs(query.value, page, perPage, descending);
  if (refused !== undefined) return new GrpcFault("InvalidArgument", refused.message);
  const reader = new CommittedTxs(backend);
  const txs: Tx[] = [];
  const txResponses: TxResponse[] = [];
  for (const at of items.slice(0, perPage)) {
    const found = await reader.load(at);
    if (found === undefined) continue;
    txResponses.push(txResponse(found));
    txs.push(decodeTx(found.tx) ?? Tx.fromPartial({}));
  }
  return GetTxsEventResponse.encode({ txs, txResponses, total: BigInt(total) }).finish();
}

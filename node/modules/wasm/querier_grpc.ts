/**
 * `GrpcQuery` and the older `StargateQuery`: any query of the chain that is on a list. wasmd's list is empty until a chain fills
 * it. Here it holds what reads a few keys, depends on nothing but the state and the block, and will keep its answers' bytes.
 * @module
 */
import {
  QueryBalanceResponse,
  QueryDenomMetadataResponse,
  QueryParamsResponse as BankParamsResponse,
  QuerySpendableBalanceByDenomResponse,
  QuerySupplyOfResponse,
} from "cosmjs-types/cosmos/bank/v1beta1/query";
import {
  QueryDenomHashResponse,
  QueryDenomResponse,
  QueryEscrowAddressResponse,
  QueryParamsResponse as TransferParamsResponse,
  QueryTotalEscrowForDenomResponse,
} from "cosmjs-types/ibc/applications/transfer/v1/query";
import type { CodedError } from "../../core/errors.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Fields } from "./fields.ts";
import { writeJson } from "./querier_json.ts";
import type { QuerierCall, QuerierSources } from "./querier_sources.ts";
import { type SystemError, unsupported } from "./querier_system.ts";

const BANK = "/cosmos.bank.v1beta1.Query/";
const TRANSFER = "/ibc.applications.transfer.v1.Query/";

/** Reads an answer so that it can be told in JSON. */
interface Response {
  decode(bytes: Uint8Array): object;
}

/** Queries whose answers are texts, numbers and lists of them: in protobuf for `grpc`, in JSON for `stargate`. */
const IN_JSON: ReadonlyMap<string, Response> = new Map<string, Response>([
  [BANK + "Balance", QueryBalanceResponse],
  [BANK + "SpendableBalanceByDenom", QuerySpendableBalanceByDenomResponse],
  [BANK + "SupplyOf", QuerySupplyOfResponse],
  [BANK + "DenomMetadata", QueryDenomMetadataResponse],
  [BANK + "Params", BankParamsResponse],
  [TRANSFER + "Denom", QueryDenomResponse],
  [TRANSFER + "DenomHash", QueryDenomHashResponse],
  [TRANSFER + "EscrowAddress", QueryEscrowAddressResponse],
  [TRANSFER + "TotalEscrowForDenom", QueryTotalEscrowForDenomResponse],
  [TRANSFER + "Params", TransferParamsResponse],
]);

/** Queries with other messages in their answers (`Any`): `grpc` only. */
const IN_PROTOBUF: ReadonlySet<string> = new Set([
  "/cosmos.auth.v1beta1.Query/Account",
  "/cosmos.auth.v1beta1.Query/AccountInfo",
  "/cosmos.auth.v1beta1.Query/Params",
  "/cosmos.auth.v1beta1.Query/Bech32Prefix",
  "/ibc.core.client.v1.Query/ClientState",
  "/ibc.core.client.v1.Query/ClientStatus",
  "/ibc.core.connection.v1.Query/Connection",
  "/ibc.core.channel.v1.Query/Channel",
  "/ibc.core.channel.v1.Query/ChannelClientState",
  "/ibc.core.channel.v1.Query/NextSequenceSend",
  "/ibc.core.channel.v1.Query/NextSequenceReceive",
]);

/** What contracts may ask by path. */
export const ACCEPTED_QUERIES: readonly string[] = [...IN_JSON.keys(), ...IN_PROTOBUF];

type Answer = Result<Uint8Array, CodedError | SystemError>;

/** The answer in protobuf, as clients get it. */
export function answerGrpc(sources: QuerierSources, call: QuerierCall, query: Fields): Answer {
  const [path, data] = [query.text("path"), query.bytes("data") ?? new Uint8Array()];
  return IN_JSON.has(path) || IN_PROTOBUF.has(path) ? ask(sources, call, path, data) : err(notAllowed(path));
}

/** The answer in the JSON form of protobuf, with every field. */
export function answerStargate(sources: QuerierSources, call: QuerierCall, query: Fields): Answer {
  const [path, data] = [query.text("path"), query.bytes("data") ?? new Uint8Array()];
  const response = IN_JSON.get(path);
  if (response === undefined) return err(notAllowed(path));
  const answer = ask(sources, call, path, data);
  return answer.ok ? ok(writeJson(protobufJson(response.decode(answer.value)))) : answer;
}

const notAllowed = (path: string) => unsupported(`'${path}' path is not allowed from the contract`);

function ask(sources: QuerierSources, call: QuerierCall, path: string, data: Uint8Array): Answer {
  const handler = sources.query(path);
  return handler === undefined ? err(unsupported(`No route to query '${path}'`)) : handler.handle(call, data);
}

/** A decoded message as protobuf JSON: names as in the `.proto`, 64-bit integers as strings, nothing left out. */
function protobufJson(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(protobufJson);
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      protobufJson(item),
    ]),
  );
}

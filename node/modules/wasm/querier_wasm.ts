/** `WasmQuery`: other contracts, and what they store. @module */
import { type CodedError, sdkRefusal } from "../../core/errors.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { empty, invalid } from "./errors.ts";
import { isJson } from "./json.ts";
import { addressOf } from "./querier_bank.ts";
import { type Fields, writeJson } from "./querier_json.ts";
import { readRaw, readRawRange } from "./querier_raw.ts";
import type { QuerierCall, QuerierSources } from "./querier_sources.ts";
import { type SystemError, unsupported } from "./querier_system.ts";

type Answer = Result<Uint8Array, CodedError | SystemError>;

const U16_MAX = 0xffffn;
const U64_MAX = 2n ** 64n - 1n;
/** wasmd `ErrNoSuchContractFn`. */
const CODE_NO_SUCH_CONTRACT = 22;

export function answerWasm(sources: QuerierSources, call: QuerierCall, query: Fields): Answer {
  const smart = query.object("smart");
  if (smart !== undefined) return answerSmart(sources, call, smart);
  const raw = query.object("raw");
  if (raw !== undefined) return answerRaw(sources, call, raw);
  const contract = query.object("contract_info");
  if (contract !== undefined) return contractInfo(sources, call, contract.text("contract_addr"));
  const code = query.object("code_info");
  if (code !== undefined) return codeInfo(sources, call, code.integer("code_id", U64_MAX));
  const range = query.object("raw_range");
  if (range !== undefined) return rawRange(sources, call, range);
  return err(unsupported("unknown WasmQuery variant"));
}

function answerSmart(sources: QuerierSources, call: QuerierCall, query: Fields): Answer {
  const message = query.bytes("msg") ?? new Uint8Array();
  const address = addressOf(sources, query.text("contract_addr"));
  if (!address.ok) return address;
  if (!isJson(message)) return err(invalid("json msg"));
  const answer = call.ask(address.value, message);
  if (answer.ok || answer.error.codespace !== "wasm" || answer.error.code !== CODE_NO_SUCH_CONTRACT) return answer;
  return err({ no_such_contract: { addr: address.value.text } });
}

/** Also of addresses without a contract, which store nothing. */
function answerRaw(sources: QuerierSources, { view }: QuerierCall, query: Fields): Answer {
  const key = query.bytes("key");
  const address = addressOf(sources, query.text("contract_addr"));
  if (!address.ok) return address;
  return ok((key && readRaw(view, address.value.bytes, key)) ?? new Uint8Array());
}

function contractInfo(sources: QuerierSources, { view }: QuerierCall, text: string): Answer {
  const address = addressOf(sources, text);
  if (!address.ok) return address;
  const info = sources.contracts.contractInfo(view, address.value.bytes);
  if (info === undefined) return err({ no_such_contract: { addr: text } });
  return ok(writeJson({
    code_id: info.codeId,
    creator: info.creator,
    admin: info.admin || undefined,
    pinned: sources.contracts.isPinned(view, info.codeId),
    ibc_port: info.ibcPortId || undefined,
    ibc2_port: info.ibc2PortId || undefined,
  }));
}

function codeInfo({ contracts }: QuerierSources, { view }: QuerierCall, codeId: bigint): Answer {
  if (codeId === 0n) return err(empty("code id"));
  const info = contracts.codeInfo(view, codeId);
  if (info === undefined) return err({ no_such_code: { code_id: codeId } });
  return ok(writeJson({ code_id: codeId, creator: info.creator, checksum: info.codeHash.toHex() }));
}

function rawRange(sources: QuerierSources, { view }: QuerierCall, query: Fields): Answer {
  const [start, end] = [query.bytes("start"), query.bytes("end")];
  const limit = Number(query.integer("limit", U16_MAX));
  const order = query.text("order");
  const address = addressOf(sources, query.text("contract_addr"));
  if (!address.ok) return address;
  if (order !== "ascending" && order !== "descending") {
    return err(sdkRefusal("invalidRequest", `unknown order ${order.slice(0, 100)}`));
  }
  const range = { start, end, reverse: order === "descending", limit };
  const { entries, next } = readRawRange(view, address.value.bytes, range);
  return ok(writeJson({ data: entries, next_key: next ?? null }));
}

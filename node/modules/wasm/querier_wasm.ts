/** `WasmQuery`: other contracts, and what they store. @module */
import { type CodedError, sdkRefusal } from "../../core/errors.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { empty, invalid } from "./errors.ts";
import { isJson } from "./json.ts";
import { addressOf } from "./querier_bank.ts";
import type { Fields } from "./fields.ts";
import { integer, writeJson } from "./querier_json.ts";
import { readRawRange } from "./querier_raw.ts";
import type { QuerierCall, QuerierSources } from "./querier_sources.ts";
import { type SystemError, unsupported } from "./querier_system.ts";

type Answer = Result<Uint8Array, CodedError | SystemError>;

const U16_MAX = 0xffffn;
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
  if (code !== undefined) return codeInfo(sources, call, code.uint64("code_id"));
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
  return ok((key && sources.contracts.raw(view, address.value.bytes, key)) ?? new Uint8Array());
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
  const limit = Number(integer(query, "limit", U16_MAX));
  const order = query.text("order");
  const address = addressOf(sources, query.text("contract_addr"));
  if (!address.ok) return address;
  if (order !== "ascending" && order !== "descending") {
    return err(sdkRefusal("invalidRequest", `unknown order ${order.slice(0, 100)}`));
  }
  const range = { start, end, reverse: order === "descending", limit };
  const { entries, next } = readRawRange(sources.contracts, view, address.value.bytes, range);
  return ok(writeJson({ data: entries, next_key: next ?? null }));
}

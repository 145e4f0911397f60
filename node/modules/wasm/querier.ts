/**
 * What contracts ask the chain (`query_chain`): a `QueryRequest` in JSON, answered with the JSON of a
 * `SystemResult<ContractResult<Binary>>`, as wasmd v0.61 and wasmvm v3 answer it. A part of block execution: every word of an
 * answer is the same on every node.
 * @module
 */
import { FUEL_PER_GAS } from "../../../contracts/engine.ts";
import { type CodedError, sdkError } from "../../core/errors.ts";
import { err, type Result } from "../../core/result.ts";
import { redacted } from "./errors.ts";
import type { ContractQuerier } from "./expected.ts";
import { Fields, JsonFault } from "./fields.ts";
import { type Json, readJson } from "./json.ts";
import type { WasmKeeper } from "./keeper.ts";
import { answerBank } from "./querier_bank.ts";
import { answerGrpc, answerStargate } from "./querier_grpc.ts";
import { answerIbc } from "./querier_ibc.ts";
import { writeJson } from "./querier_json.ts";
import type { QuerierCall, QuerierSources } from "./querier_sources.ts";
import { answerDistribution, answerStaking } from "./querier_staking.ts";
import { isSystemError, type SystemError, unsupported } from "./querier_system.ts";
import { answerWasm } from "./querier_wasm.ts";
import { querySmart } from "./smart.ts";

/**
 * The querier of a chain. It runs in a part of `context` that is taken back, with no more gas than the contract has fuel; who
 * passes that has used up its fuel, and ends as if its own limit had been passed.
 */
export function contractQuerier(sources: QuerierSources): ContractQuerier {
  return (context, caller, request, { fuel, stack, depth }) => {
    const branch = context.branch(Number(fuel / FUEL_PER_GAS));
    const { view, block: { height, chainId, time } } = branch.context;
    const call: QuerierCall = {
      view,
      height,
      chainId,
      time,
      caller,
      ask: (address, message) => sources.contracts.querySmart(branch.context, address, message, { stack, depth }),
    };
    try {
      return answerContract(sources, call, request);
    } catch (thrown) {
      if (!branch.ranOut(thrown)) throw thrown;
    } finally {
      branch.drop();
    }
    return context.gas.exhaust("contract query");
  };
}

/** The querier over a keeper; it is bound to that keeper while the chain is put together. */
export const wasmQuerier = (keeper: WasmKeeper, others: Omit<QuerierSources, "codec" | "contracts">): ContractQuerier =>
  contractQuerier({
    ...others,
    codec: keeper.parts.codec,
    contracts: {
      contractInfo: (view, address) => keeper.contractInfo(view, address),
      codeInfo: (view, codeId) => keeper.codeInfo(view, codeId),
      isPinned: (view, codeId) => keeper.isPinned(view, codeId),
      raw: (view, address, key) => keeper.raw(view, address, key),
      rawRange: (view, address, range) => keeper.rawRange(view, address, range),
      querySmart: (context, address, message, { depth, stack }) =>
        querySmart(keeper, context, address, message, stack === undefined ? { depth } : { depth, stack }),
    },
  });

/** Answers one request. Only what `call.view` and `call.ask` throw is thrown. */
export function answerContract(sources: QuerierSources, call: QuerierCall, request: Uint8Array): Uint8Array {
  const parsed = readJson(request);
  if (!parsed.ok) return failed({ invalid_request: { error: parsed.error, request } });
  try {
    const answer = route(sources, call, parsed.value);
    return answer.ok ? writeJson({ ok: { ok: answer.value } }) : refused(answer.error);
  } catch (thrown) {
    if (!(thrown instanceof JsonFault)) throw thrown;
    return failed({ invalid_request: { error: thrown.message, request } });
  }
}

/** The variants in the order in which wasmd looks for them. */
function route(sources: QuerierSources, call: QuerierCall, json: Json): Result<Uint8Array, CodedError | SystemError> {
  const request = new Fields(json, "QueryRequest");
  const bank = request.object("bank");
  if (bank !== undefined) return answerBank(sources, call, bank);
  if (request.value("custom") !== undefined) return err(unsupported("custom"));
  const ibc = request.object("ibc");
  if (ibc !== undefined) return answerIbc(sources, call, ibc);
  const staking = request.object("staking");
  if (staking !== undefined) return answerStaking(sources, staking);
  const stargate = request.object("stargate");
  if (stargate !== undefined) return answerStargate(sources, call, stargate);
  const grpc = request.object("grpc");
  if (grpc !== undefined) return answerGrpc(sources, call, grpc);
  const wasm = request.object("wasm");
  if (wasm !== undefined) return answerWasm(sources, call, wasm);
  const distribution = request.object("distribution");
  if (distribution !== undefined) return answerDistribution(sources, distribution);
  return err({ unknown: {} });
}

const failed = (error: SystemError): Uint8Array => writeJson({ error });

/** A refusal of the chain's own is known by its code alone; what a contract said goes through. */
function refused(error: CodedError | SystemError): Uint8Array {
  if (isSystemError(error)) return failed(error);
  // Of requests in protobuf that do not decode.
  const coded = error.codespace === "codec" ? sdkError("invalidRequest", error.message) : error;
  return writeJson({ ok: { error: redacted(coded) } });
}

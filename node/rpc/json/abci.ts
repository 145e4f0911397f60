/**
 * What the application says, in CometBFT v0.38's JSON. Its ABCI types have a marshaller of their own (every field written,
 * nil bytes as null); a result inside an event is written by field tags instead (zeros left out).
 * @module
 */
import type { Event, ExecTxResult, ResponseFinalizeBlock, ValidatorUpdate } from "cosmjs-types/tendermint/abci/types";
import type { ProofOps } from "cosmjs-types/tendermint/crypto/proof";
import type { ConsensusParams } from "cosmjs-types/tendermint/types/params";
import type { CheckTxResult, QueryOutput } from "../../app/ports.ts";
import { durationToNanos } from "../../core/time.ts";
import { protoPubKeyJson } from "./keys.ts";
import { base64, base64OrNull, int64 } from "./scalars.ts";

export const eventJson = ({ type, attributes }: Event) => ({
  type,
  attributes: attributes.map(({ key, value, index }) => ({ key, value, index })),
});

export const execTxResultJson = (result: ExecTxResult) => ({
  code: result.code,
  data: base64OrNull(result.data),
  log: result.log,
  info: result.info,
  gas_wanted: int64(result.gasWanted),
  gas_used: int64(result.gasUsed),
  events: result.events.map(eventJson),
  codespace: result.codespace,
});

/** The form inside a Tx event. */
export const execTxResultTaggedJson = (result: ExecTxResult) => ({
  ...(result.code === 0 ? {} : { code: result.code }),
  ...(result.data.length === 0 ? {} : { data: base64(result.data) }),
  ...(result.log === "" ? {} : { log: result.log }),
  ...(result.info === "" ? {} : { info: result.info }),
  ...(result.gasWanted === 0n ? {} : { gas_wanted: int64(result.gasWanted) }),
  ...(result.gasUsed === 0n ? {} : { gas_used: int64(result.gasUsed) }),
  ...(result.events.length === 0 ? {} : { events: result.events.map(eventJson) }),
  ...(result.codespace === "" ? {} : { codespace: result.codespace }),
});

/** A check in the shape of ResponseCheckTx, which has no sender, sequence or priority since v0.38. */
export const checkTxJson = (check: CheckTxResult) => ({
  code: check.code,
  data: base64OrNull(check.data),
  log: check.log,
  info: "",
  gas_wanted: int64(check.gasWanted),
  gas_used: int64(check.gasUsed),
  events: check.events.map(eventJson),
  codespace: check.codespace,
});

const proofOpsJson = ({ ops }: ProofOps) => ({
  ops: ops.map(({ type, key, data }) => ({ type, key: base64(key), data: base64(data) })),
});

/** ResponseQuery; the camel case of `proofOps` is its protobuf JSON name. */
export const queryJson = (output: QueryOutput) => ({
  code: output.code,
  log: output.log,
  info: "",
  index: "0",
  key: base64OrNull(output.key),
  value: base64OrNull(output.value),
  proofOps: output.proofOps === undefined ? null : proofOpsJson(output.proofOps),
  height: int64(output.height),
  codespace: output.codespace,
});

export const validatorUpdateJson = ({ pubKey, power }: ValidatorUpdate) => ({
  pub_key: protoPubKeyJson(pubKey),
  ...(power === 0n ? {} : { power: int64(power) }),
});

/** Consensus parameters as `consensus_params` shows them: every field. */
export const consensusParamsJson = (params: ConsensusParams) => ({
  block: {
    max_bytes: int64(params.block?.maxBytes ?? 0n),
    max_gas: int64(params.block?.maxGas ?? 0n),
  },
  evidence: {
    max_age_num_blocks: int64(params.evidence?.maxAgeNumBlocks ?? 0n),
    max_age_duration: params.evidence === undefined ? "0" : int64(durationToNanos(params.evidence.maxAgeDuration)),
    max_bytes: int64(params.evidence?.maxBytes ?? 0n),
  },
  validator: { pub_key_types: params.validator?.pubKeyTypes ?? [] },
  version: { app: int64(params.version?.app ?? 0n) },
  abci: { vote_extensions_enable_height: int64(params.abci?.voteExtensionsEnableHeight ?? 0n) },
});

/** Consensus parameters as an update in `block_results`: the sections that change; null when none does. */
export function consensusParamUpdatesJson(params: ConsensusParams | undefined) {
  if (params === undefined) return null;
  const all = consensusParamsJson(params);
  return {
    ...(params.block === undefined ? {} : { block: all.block }),
    ...(params.evidence === undefined ? {} : { evidence: all.evidence }),
    ...(params.validator === undefined ? {} : { validator: all.validator }),
    ...(params.version === undefined ? {} : { version: params.version.app === 0n ? {} : all.version }),
    ...(params.abci === undefined ? {} : { abci: params.abci.voteExtensionsEnableHeight === 0n ? {} : all.abci }),
  };
}

const listOrNull = <T>(list: readonly T[]): readonly T[] | null => list.length === 0 ? null : list;

/** `block_results`. */
export const blockResultsJson = (height: bigint, results: ResponseFinalizeBlock) => ({
  height: int64(height),
  txs_results: listOrNull(results.txResults.map(execTxResultJson)),
  finalize_block_events: results.events.map(eventJson),
  validator_updates: listOrNull(results.validatorUpdates.map(validatorUpdateJson)),
  consensus_param_updates: consensusParamUpdatesJson(results.consensusParamUpdates),
  app_hash: base64OrNull(results.appHash),
});

/** ResponseFinalizeBlock inside a NewBlock event. */
export const finalizeBlockJson = (results: ResponseFinalizeBlock) => ({
  ...(results.events.length === 0 ? {} : { events: results.events.map(eventJson) }),
  ...(results.txResults.length === 0 ? {} : { tx_results: results.txResults.map(execTxResultJson) }),
  validator_updates: results.validatorUpdates.map(validatorUpdateJson),
  ...(results.consensusParamUpdates === undefined
    ? {}
    : { consensus_param_updates: consensusParamUpdatesJson(results.consensusParamUpdates) }),
  ...(results.appHash.length === 0 ? {} : { app_hash: base64(results.appHash) }),
});

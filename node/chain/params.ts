/** Consensus parameters: CometBFT v0.38 `types/params.go`. @module */
import type { ConsensusParams } from "cosmjs-types/tendermint/types/params";
import { ok, type Result } from "../core/result.ts";
import { durationToNanos } from "../core/time.ts";
import { BLOCK_BYTES_MAX } from "../core/types/mod.ts";
import { refuse } from "./errors.ts";
import type { ChainParams } from "./types.ts";

/** `DefaultConsensusParams` of v0.38. */
export const DEFAULT_CONSENSUS_PARAMS: ChainParams = {
  block: { maxBytes: 22_020_096n, maxGas: -1n },
  evidence: {
    maxAgeNumBlocks: 100_000n,
    maxAgeDuration: { seconds: 172_800n, nanos: 0 },
    maxBytes: 1_048_576n,
  },
  validator: { pubKeyTypes: ["ed25519"] },
  version: { app: 0n },
  abci: { voteExtensionsEnableHeight: 0n },
};

/** How old evidence may be, in nanoseconds. */
export const evidenceAgeNanosMax = (params: ChainParams): bigint => durationToNanos(params.evidence.maxAgeDuration);

/** Bytes an encoded block may have under `params`. */
export const blockBytesMax = (params: ChainParams): number =>
  params.block.maxBytes === -1n ? BLOCK_BYTES_MAX : Number(params.block.maxBytes);

/** `ConsensusParams.ValidateBasic`. Beyond it: only ed25519 validators and no vote extensions, which this node lacks. */
export function validateConsensusParams(params: ChainParams): Result<void> {
  const { block, evidence, validator, abci } = params;
  const bad = (field: string, found: unknown, rule: string) =>
    refuse("consensusParams", `check consensus parameter ${field}: found ${found}, ${rule}`);
  if (block.maxBytes === 0n || block.maxBytes < -1n || block.maxBytes > BigInt(BLOCK_BYTES_MAX)) {
    return bad("block.max_bytes", block.maxBytes, `must be -1 or from 1 to ${BLOCK_BYTES_MAX}`);
  }
  if (block.maxGas < -1n) return bad("block.max_gas", block.maxGas, "must be -1 or more");
  if (evidence.maxAgeNumBlocks <= 0n) {
    return bad("evidence.max_age_num_blocks", evidence.maxAgeNumBlocks, "must be positive");
  }
  const age = evidenceAgeNanosMax(params);
  if (age <= 0n) return bad("evidence.max_age_duration", age, "must be positive");
  if (evidence.maxBytes < 0n || evidence.maxBytes > BigInt(blockBytesMax(params))) {
    return bad("evidence.max_bytes", evidence.maxBytes, `must be from 0 to ${blockBytesMax(params)} (block.max_bytes)`);
  }
  if (validator.pubKeyTypes.length !== 1 || validator.pubKeyTypes[0] !== "ed25519") {
    return bad("validator.pub_key_types", JSON.stringify(validator.pubKeyTypes), `only ["ed25519"] is supported`);
  }
  if (abci.voteExtensionsEnableHeight !== 0n) {
    const found = abci.voteExtensionsEnableHeight;
    return bad("abci.vote_extensions_enable_height", found, "vote extensions are not supported: must be 0");
  }
  return ok(undefined);
}

/** `ConsensusParams.Update`: what the application sends replaces whole sections. The result is checked. */
export function updateConsensusParams(params: ChainParams, updates: ConsensusParams): Result<ChainParams> {
  const next: ChainParams = {
    block: updates.block ?? params.block,
    evidence: updates.evidence ?? params.evidence,
    validator: updates.validator ?? params.validator,
    version: updates.version ?? params.version,
    abci: updates.abci ?? params.abci,
  };
  const valid = validateConsensusParams(next);
  return valid.ok ? ok(next) : valid;
}

/** Whether a block may follow: CometBFT v0.38 `state/validation.go`. @module */
import type { Block } from "cosmjs-types/tendermint/types/block";
import { EvidenceList } from "cosmjs-types/tendermint/types/evidence";
import type { BlockID } from "cosmjs-types/tendermint/types/types";
import { bytesToHex, equalBytes } from "../core/bytes.ts";
import { ok, type Result } from "../core/result.ts";
import { timestampToNanos } from "../core/time.ts";
import {
  BLOCK_PROTOCOL,
  equalBlockIds,
  hashConsensusParams,
  hashHeader,
  validateBlock as validateBlockForm,
} from "../core/types/mod.ts";
import { hashValidatorSet, verifyCommit } from "../core/validators/mod.ts";
import { runResident, type Work } from "../core/work.ts";
import { refuse } from "./errors.ts";
import { nextHeight } from "./make_block.ts";
import { medianTime } from "./median_time.ts";
import type { ChainState } from "./types.ts";
import { type EvidenceHistory, evidenceKey, judgeEvidenceWork, resultOf } from "./validate_evidence.ts";

/** Pieces of evidence that are judged between two offers to let others run. */
const EVIDENCE_PER_PAUSE = 8;

/**
 * Every rule by which a block is valid on top of `state`, but for its encoded size and for what the application says of
 * its transactions. `blockId.hash` must be the block's own; that its part set is that of the encoding is for who has the
 * bytes.
 */
export function validateBlock(
  state: ChainState,
  block: Block,
  blockId: BlockID,
  history: EvidenceHistory,
): Result<void> {
  return runResident(validateBlockWork(state, block, blockId, history));
}

/** As {@linkcode validateBlock}, with pauses where there is much evidence. */
export function* validateBlockWork(
  state: ChainState,
  block: Block,
  blockId: BlockID,
  history: EvidenceHistory,
): Work<Result<void>> {
  const checks = [
    () => checkId(block, blockId),
    () => validateBlockForm(block),
    () => checkHeader(state, block),
    () => checkLastCommit(state, block),
    () => checkProposer(state, block),
    () => checkTime(state, block),
  ];
  for (const check of checks) {
    const result = check();
    if (!result.ok) return result;
  }
  return yield* checkEvidence(state, block, history);
}

function checkId(block: Block, blockId: BlockID): Result<void> {
  const hash = hashHeader(block.header);
  if (hash.length > 0 && equalBytes(hash, blockId.hash)) return ok(undefined);
  return refuse("blockHeader", `validate block: its hash is ${bytesToHex(hash)}, not that of the block id`);
}

function checkHeader(state: ChainState, { header }: Block): Result<void> {
  const bad = (field: string, found: unknown, expected: unknown) =>
    refuse("blockHeader", `validate block header: ${field} is ${found}, expected ${expected}`);
  const { version } = header;
  if (version.block !== BLOCK_PROTOCOL || version.app !== state.appVersion) {
    return bad("version", `${version.block}/${version.app}`, `${BLOCK_PROTOCOL}/${state.appVersion}`);
  }
  if (header.chainId !== state.chainId) return bad("chain id", header.chainId, state.chainId);
  const height = nextHeight(state);
  if (header.height !== height) return bad("height", header.height, height);
  if (!equalBlockIds(header.lastBlockId, state.lastBlockId)) {
    return bad("last block id", bytesToHex(header.lastBlockId.hash), bytesToHex(state.lastBlockId.hash));
  }
  const hashes: readonly [name: string, found: Uint8Array, expected: Uint8Array][] = [
    ["app hash", header.appHash, state.appHash],
    ["consensus hash", header.consensusHash, hashConsensusParams(state.consensusParams)],
    ["last results hash", header.lastResultsHash, state.lastResultsHash],
    ["validators hash", header.validatorsHash, hashValidatorSet(state.validators)],
    ["next validators hash", header.nextValidatorsHash, hashValidatorSet(state.nextValidators)],
  ];
  for (const [name, found, expected] of hashes) {
    if (!equalBytes(found, expected)) return bad(name, bytesToHex(found), bytesToHex(expected));
  }
  return ok(undefined);
}

function checkLastCommit(state: ChainState, { header, lastCommit }: Block): Result<void> {
  if (lastCommit === undefined) return refuse("lastCommit", "validate last commit: there is none");
  if (header.height === state.initialHeight) {
    if (lastCommit.signatures.length === 0) return ok(undefined);
    return refuse("lastCommit", "validate last commit: the initial block carries signatures");
  }
  return verifyCommit(state.chainId, state.lastValidators, state.lastBlockId, header.height - 1n, lastCommit);
}

/** The round of the proposal is not in the block, so only that the proposer is a validator can be checked. */
function checkProposer(state: ChainState, { header }: Block): Result<void> {
  if (state.validators.validators.some((each) => equalBytes(each.address, header.proposerAddress))) {
    return ok(undefined);
  }
  return refuse("proposer", `validate proposer: ${bytesToHex(header.proposerAddress)} is no validator`);
}

function checkTime(state: ChainState, { header, lastCommit }: Block): Result<void> {
  const time = timestampToNanos(header.time);
  if (header.height === state.initialHeight) {
    if (time === state.lastBlockTime) return ok(undefined);
    return refuse("blockTime", `validate block time: ${time} is not the genesis time ${state.lastBlockTime}`);
  }
  if (time <= state.lastBlockTime) {
    return refuse("blockTime", `validate block time: ${time} is not after ${state.lastBlockTime}`);
  }
  const median = medianTime(lastCommit!, state.lastValidators);
  if (time === median) return ok(undefined);
  return refuse("blockTime", `validate block time: ${time} is not the median ${median} of the last commit`);
}

function* checkEvidence(state: ChainState, block: Block, history: EvidenceHistory): Work<Result<void>> {
  const list = block.evidence.evidence;
  if (list.length === 0) return ok(undefined);
  const size = EvidenceList.encode(block.evidence).finish().length;
  const { maxBytes } = state.consensusParams.evidence;
  if (BigInt(size) > maxBytes) return refuse("evidence", `validate evidence: ${size} bytes, limit ${maxBytes}`);
  const seen = new Set<string>();
  for (const [i, evidence] of list.entries()) {
    if (i % EVIDENCE_PER_PAUSE === EVIDENCE_PER_PAUSE - 1) yield { type: "pause" };
    const result = resultOf(yield* judgeEvidenceWork(state, evidence, history), history);
    if (!result.ok) return result;
    const key = evidenceKey(evidence);
    if (seen.has(key)) return refuse("evidence", "validate evidence: the same evidence twice");
    seen.add(key);
  }
  return ok(undefined);
}

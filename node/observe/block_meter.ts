/** From committed blocks to numbers, lines and spans, whether consensus or sync brought them. @module */
import type { Block } from "cosmjs-types/tendermint/types/block";
import type { Evidence } from "cosmjs-types/tendermint/types/evidence";
import { BlockIDFlag } from "cosmjs-types/tendermint/types/validator";
import type { Validator, ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import { equalBytes } from "../core/bytes.ts";
import { timestampToNanos } from "../core/time.ts";
import { findValidator, totalVotingPower } from "../core/validators/mod.ts";
import type { BlockLine, LogLines } from "../log_lines.ts";
import type { CommittedBlock } from "../rpc/ports.ts";
import type { CommitTimings } from "../runtime/mod.ts";
import type { Metrics } from "../telemetry/mod.ts";

/** Blocks whose timings are known and whose results were not told yet: the event bus is at most 16 behind. */
const UNTOLD_MAX = 32;

const hexOf = (bytes: Uint8Array): string => bytes.toHex().toUpperCase();

export class BlockMeter {
  readonly #metrics: Metrics;
  readonly #log: () => LogLines;
  readonly #peers: () => number;
  readonly #untold = new Map<bigint, CommitTimings>();
  #lastTime: bigint | undefined;
  #missed = 0;
  /** Address of this node's validator. */
  self: Uint8Array | undefined;

  constructor(metrics: Metrics, log: () => LogLines, peers: () => number) {
    this.#metrics = metrics;
    this.#log = log;
    this.#peers = peers;
  }

  /** A block is durable. */
  committed(timings: CommitTimings): void {
    const { state } = this.#metrics;
    state.blockCommitted(timings.totalMs / 1000);
    state.persisted("block", timings.persistMs / 1000);
    state.persisted("state", (timings.persistMs - timings.publishMs) / 1000);
    state.persisted("head", timings.publishMs / 1000);
    this.#untold.set(timings.height, timings);
    if (this.#untold.size > UNTOLD_MAX) this.#untold.delete(this.#untold.keys().next().value!);
  }

  /** Its results are known. `round`: in which it was decided. */
  told({ height, block, blockId, results }: CommittedBlock): void {
    const timings = this.#untold.get(height);
    this.#untold.delete(height);
    let succeeded = 0;
    let gasUsed = 0n;
    for (const { code, gasUsed: gas } of results.txResults) {
      if (code === 0) succeeded++;
      gasUsed += gas;
    }
    const txs = results.txResults.length;
    const time = timestampToNanos(block.header.time);
    const intervalSeconds = this.#lastTime === undefined ? undefined : Number(time - this.#lastTime) / 1e9;
    this.#lastTime = time;
    this.#metrics.blocks.blockCommitted({ height, txs, bytes: timings?.bytes ?? 0, intervalSeconds });
    this.#metrics.state.blockExecuted({
      seconds: (timings?.executeMs ?? 0) / 1000,
      succeeded,
      failed: txs - succeeded,
      gasUsed,
      changesValidators: results.validatorUpdates.length > 0,
      changesParams: results.consensusParamUpdates !== undefined,
    });
    if (timings === undefined) return;
    this.#signers(height, block, timings);
    this.#log().blockCommitted(lineOf(timings, blockId.hash, txs - succeeded), this.#peers());
  }

  /** Who signed the block before, as this one says. */
  #signers(height: bigint, { lastCommit, evidence }: Block, { validators, lastValidators }: CommitTimings): void {
    const accused = evidence.evidence.flatMap((each) => accusedOf(each, validators));
    const missing: Validator[] = [];
    const signatures = lastCommit?.signatures ?? [];
    signatures.forEach(({ blockIdFlag }, i) => {
      const validator = lastValidators?.validators[i];
      if (validator !== undefined && blockIdFlag === BlockIDFlag.BLOCK_ID_FLAG_ABSENT) missing.push(validator);
    });
    const power = (of: readonly Validator[]) => of.reduce((sum, { votingPower }) => sum + votingPower, 0n);
    this.#metrics.blocks.signersCounted({
      validators: validators.validators.length,
      power: totalVotingPower(validators),
      missing: missing.length,
      missingPower: power(missing),
      byzantine: accused.length,
      byzantinePower: power(accused),
    });
    if (accused.length > 0) {
      this.#log().evidenceCommitted(height, evidence.evidence.length, accused.map(({ address }) => address));
    }
    if (signatures.length > 0 && lastValidators !== undefined) this.#own(height, signatures, lastValidators);
  }

  #own(height: bigint, signatures: readonly { readonly blockIdFlag: BlockIDFlag }[], set: ValidatorSet): void {
    const found = this.self && findValidator(set, this.self);
    if (found === undefined) return;
    const signed = signatures[found.index]?.blockIdFlag === BlockIDFlag.BLOCK_ID_FLAG_COMMIT;
    const { address, votingPower } = found.validator;
    this.#metrics.blocks.ownCounted({ address: hexOf(address), power: votingPower, signed }, height);
    if (!signed) this.#log().ownPrecommitMissing(height, ++this.#missed);
  }
}

function lineOf(timings: CommitTimings, hash: Uint8Array, failed: number): BlockLine {
  const { height, round, txs, bytes, executeMs, persistMs, totalMs } = timings;
  return { height, round, hash, txs, failed, bytes, executeMs, persistMs, totalMs };
}

/** Those that evidence is about, with their power where they still are validators. */
function accusedOf({ duplicateVoteEvidence, lightClientAttackEvidence }: Evidence, set: ValidatorSet): Validator[] {
  const vote = duplicateVoteEvidence?.voteA;
  if (vote !== undefined) {
    const found = set.validators.find(({ address }) => equalBytes(address, vote.validatorAddress));
    return [found ?? nobody(vote.validatorAddress, duplicateVoteEvidence?.validatorPower ?? 0n)];
  }
  return lightClientAttackEvidence?.byzantineValidators ?? [];
}

const nobody = (address: Uint8Array, votingPower: bigint): Validator => ({
  address,
  pubKey: {},
  votingPower,
  proposerPriority: 0n,
});

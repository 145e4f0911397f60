/** What a block makes of the chain state: CometBFT v0.38 `state/execution.go`, `updateState`. @module */
import type { ValidatorUpdate } from "cosmjs-types/tendermint/abci/types";
import type { Block } from "cosmjs-types/tendermint/types/block";
import type { BlockID } from "cosmjs-types/tendermint/types/types";
import type { Validator, ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import { ok, type Result } from "../core/result.ts";
import { timestampToNanos } from "../core/time.ts";
import { hashResults } from "../core/types/mod.ts";
import { ProposerRotation, updateValidators, validatorOfUpdate } from "../core/validators/mod.ts";
import { refuse } from "./errors.ts";
import { updateConsensusParams } from "./params.ts";
import type { ChainState, ExecutedBlock } from "./types.ts";

/**
 * The state after `block`, which must have been validated against `state`. Validator updates take force two heights
 * later, parameter updates at the next. Fails when the application asked for what CometBFT refuses; the caller halts.
 */
export function applyBlock(
  state: ChainState,
  block: Block,
  blockId: BlockID,
  executed: ExecutedBlock,
): Result<ChainState> {
  const { height } = block.header;
  const changesValidators = executed.validatorUpdates.length > 0;
  const changed = changesValidators
    ? changeValidators(state.nextValidators, executed.validatorUpdates)
    : ok(state.nextValidators);
  if (!changed.ok) return changed;
  const updates = executed.consensusParamUpdates;
  const params = updates === undefined
    ? ok(state.consensusParams)
    : updateConsensusParams(state.consensusParams, updates);
  if (!params.ok) return params;
  return ok({
    ...state,
    appVersion: updates === undefined ? state.appVersion : params.value.version.app,
    lastHeight: height,
    lastBlockId: blockId,
    lastBlockTime: timestampToNanos(block.header.time),
    nextValidators: rotated(changed.value),
    validators: state.nextValidators,
    lastValidators: state.validators,
    lastHeightValidatorsChanged: changesValidators ? height + 2n : state.lastHeightValidatorsChanged,
    consensusParams: params.value,
    lastHeightConsensusParamsChanged: updates === undefined ? state.lastHeightConsensusParamsChanged : height + 1n,
    appHash: executed.appHash,
    lastResultsHash: executed.resultsHash ?? hashResults(executed.txResults),
  });
}

/** The set with its priorities one increment on. */
export function rotated(set: ValidatorSet): ValidatorSet {
  const rotation = ProposerRotation.of(set);
  rotation.increment(1);
  return rotation.toValidatorSet();
}

/** The validators that updates name; only ed25519 keys are known here. */
export function validatorsOfUpdates(updates: readonly ValidatorUpdate[]): Result<Validator[]> {
  const validators: Validator[] = [];
  for (const update of updates) {
    if (update.pubKey.ed25519 === undefined) {
      return refuse("validatorUpdate", "update validators: a key is not ed25519");
    }
    const validator = validatorOfUpdate(update);
    if (!validator.ok) return validator;
    validators.push(validator.value);
  }
  return ok(validators);
}

function changeValidators(set: ValidatorSet, updates: readonly ValidatorUpdate[]): Result<ValidatorSet> {
  const changes = validatorsOfUpdates(updates);
  return changes.ok ? updateValidators(set, changes.value) : changes;
}

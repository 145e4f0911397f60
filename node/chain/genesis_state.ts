/** The chain state before the first block: CometBFT v0.38 `MakeGenesisState` and the handshake's InitChain. @module */
import type { ValidatorUpdate } from "cosmjs-types/tendermint/abci/types";
import { bytesToHex } from "../core/bytes.ts";
import { ok, type Result } from "../core/result.ts";
import { EMPTY_BLOCK_ID, hashResults } from "../core/types/mod.ts";
import { newValidatorSet } from "../core/validators/mod.ts";
import { rotated, validatorsOfUpdates } from "./apply_block.ts";
import { refuse } from "./errors.ts";
import type { ChainState, GenesisDoc } from "./types.ts";

/** What the application makes of a genesis; `GenesisOutput` has it. */
export interface InitializedChain {
  readonly validators: readonly ValidatorUpdate[];
  readonly appHash: Uint8Array;
}

/** The validators of the file, as the application is told of them. */
export const genesisValidatorUpdates = (doc: GenesisDoc): ValidatorUpdate[] =>
  doc.validators.map(({ publicKey, power }) => ({ pubKey: { ed25519: publicKey }, power }));

/**
 * The state on which the first block is built. Fails when nobody validates, and when the application names other
 * validators than the file does: then one of the two is wrong.
 */
export function chainStateFromGenesis(doc: GenesisDoc, initialized: InitializedChain): Result<ChainState> {
  const updates = initialized.validators.length > 0 ? initialized.validators : genesisValidatorUpdates(doc);
  if (updates.length === 0) {
    return refuse("genesis", "start the chain: neither genesis nor application name a validator");
  }
  if (doc.validators.length > 0 && !namesTheSame(updates, genesisValidatorUpdates(doc))) {
    return refuse("genesis", "start the chain: the application's validators are not those of the genesis file");
  }
  const named = validatorsOfUpdates(updates);
  if (!named.ok) return named;
  const validators = newValidatorSet(named.value);
  if (!validators.ok) return validators;
  return ok({
    chainId: doc.chainId,
    initialHeight: doc.initialHeight,
    appVersion: doc.consensusParams.version.app,
    lastHeight: 0n,
    lastBlockId: EMPTY_BLOCK_ID,
    lastBlockTime: doc.genesisTime,
    nextValidators: rotated(validators.value),
    validators: validators.value,
    lastValidators: { validators: [], totalVotingPower: 0n },
    lastHeightValidatorsChanged: doc.initialHeight,
    consensusParams: doc.consensusParams,
    lastHeightConsensusParamsChanged: doc.initialHeight,
    appHash: initialized.appHash.length > 0 ? initialized.appHash : doc.appHash,
    lastResultsHash: hashResults([]),
  });
}

function namesTheSame(a: readonly ValidatorUpdate[], b: readonly ValidatorUpdate[]): boolean {
  const names = (updates: readonly ValidatorUpdate[]) =>
    updates.map(({ pubKey, power }) => `${bytesToHex(pubKey.ed25519 ?? new Uint8Array())}/${power}`).sort().join();
  return names(a) === names(b);
}

/** The words of the chain room. @module */
import type { ExecTxResult, ValidatorUpdate } from "cosmjs-types/tendermint/abci/types";
import type { ConsensusParams } from "cosmjs-types/tendermint/types/params";
import type { BlockID } from "cosmjs-types/tendermint/types/types";
import type { ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import type { Nanos } from "../core/time.ts";

/** Consensus parameters with nothing left out: defaults stand where a genesis file is silent. */
export type ChainParams = Readonly<Required<ConsensusParams>>;

/**
 * Everything that decides whether the next block is valid: CometBFT's `state.State`. Never changed in place; each block
 * makes a new one.
 */
export interface ChainState {
  readonly chainId: string;
  readonly initialHeight: bigint;
  /** Application version: what the header's `version.app` must be. */
  readonly appVersion: bigint;
  /** 0 before the first block, whatever the initial height. */
  readonly lastHeight: bigint;
  readonly lastBlockId: BlockID;
  /** Genesis time before the first block. */
  readonly lastBlockTime: Nanos;
  /** Of height `lastHeight + 2`. */
  readonly nextValidators: ValidatorSet;
  /** Of the next height to decide. */
  readonly validators: ValidatorSet;
  /** Of `lastHeight`: who signed its commit. Empty before the first block. */
  readonly lastValidators: ValidatorSet;
  /** The first height the newest change of validators is in force. */
  readonly lastHeightValidatorsChanged: bigint;
  readonly consensusParams: ChainParams;
  readonly lastHeightConsensusParamsChanged: bigint;
  /** After executing `lastHeight`: stands in the next header. */
  readonly appHash: Uint8Array;
  /** Of the transactions of `lastHeight`: stands in the next header. */
  readonly lastResultsHash: Uint8Array;
}

/** What of an executed block the chain state needs; `BlockOutput` of the application has it all. */
export interface ExecutedBlock {
  readonly txResults: readonly ExecTxResult[];
  readonly validatorUpdates: readonly ValidatorUpdate[];
  readonly consensusParamUpdates: ConsensusParams | undefined;
  readonly appHash: Uint8Array;
  /** The hash of `txResults`, by who has computed it in slices. */
  readonly resultsHash?: Uint8Array;
}

/** A validator as a genesis file lists it. */
export interface GenesisValidator {
  /** 20 bytes. */
  readonly address: Uint8Array;
  /** ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly power: bigint;
  readonly name: string;
}

/** A genesis file, read and checked. */
export interface GenesisDoc {
  readonly chainId: string;
  readonly genesisTime: Nanos;
  readonly initialHeight: bigint;
  readonly consensusParams: ChainParams;
  readonly validators: readonly GenesisValidator[];
  readonly appHash: Uint8Array;
  /** Module name → its JSON. */
  readonly appState: Readonly<Record<string, unknown>>;
}

/** The consensus parameters as a part of the state, so that every node bounds the gas of a block alike. @module */
import { ConsensusParams } from "cosmjs-types/tendermint/types/params";
import { invariant } from "../core/invariant.ts";
import type { StateReader, StateView } from "../state/view.ts";

/** Name of the store. */
export const CONSENSUS_STORE = "consensus";
const PARAMS_KEY: Uint8Array = Uint8Array.of(0x01);
/** Where they are: for who has the state and not the application. */
export const CONSENSUS_PARAMS_AT: { readonly store: string; readonly key: Uint8Array } = {
  store: CONSENSUS_STORE,
  key: PARAMS_KEY,
};

export function saveConsensusParams(view: StateView, params: ConsensusParams): void {
  view.set(CONSENSUS_STORE, PARAMS_KEY, ConsensusParams.encode(params).finish());
}

/** Gas that the transactions of a block may want together; -1: no bound. */
export function loadBlockGasMax(view: StateReader): bigint {
  const bytes = view.get(CONSENSUS_STORE, PARAMS_KEY);
  invariant(bytes !== undefined, "read consensus params: the genesis wrote none");
  return ConsensusParams.decode(bytes).block?.maxGas ?? -1n;
}

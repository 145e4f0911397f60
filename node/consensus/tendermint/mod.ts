/**
 * Tendermint consensus (arXiv 1807.04938) with CometBFT v0.38's votes, proposer rotation, BFT time and evidence.
 *
 * Three layers: the vote keeper counts votes, the round machine is Algorithm 1 and nothing else, and the rest of the folder
 * connects them to blocks, signatures, the log and peers.
 * @module
 */
export { createTendermintEngine, type TendermintEngine, tendermintEngine, type TendermintOptions } from "./engine.ts";
export type { RoundSnapshot, TendermintMessage, TendermintRecord } from "./messages.ts";
export {
  applyRoundInput,
  INITIAL_ROUND_STATE,
  type RoundInput,
  type RoundOutput,
  type RoundState,
  type RoundStep,
  type RoundTransition,
} from "./round_machine.ts";
export type { HeightState, KnownBlock, TendermintState } from "./state.ts";

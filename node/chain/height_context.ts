import type { Commit, Header } from "cosmjs-types/tendermint/types/types";
import type { HeightContext } from "../consensus/input.ts";
import { equalBytes } from "../core/bytes.ts";
import { nextHeight } from "./make_block.ts";
import type { ChainState } from "./types.ts";

/**
 * What a consensus engine must know to decide the next height. `seenCommit` seals the last block and `lastHeader` is its
 * header; both undefined before the first. A proof block is due first of all, and when the last block changed the
 * application hash (CometBFT `needProofBlock`).
 */
export function heightContext(
  state: ChainState,
  seenCommit: Commit | undefined,
  lastHeader: Header | undefined,
): HeightContext {
  const isFirst = state.lastHeight === 0n;
  return {
    height: nextHeight(state),
    validators: state.validators,
    lastCommit: isFirst ? undefined : seenCommit,
    lastValidators: isFirst ? undefined : state.lastValidators,
    nextValidators: state.nextValidators,
    lastBlockTime: state.lastBlockTime,
    proofBlock: lastHeader === undefined || !equalBytes(lastHeader.appHash, state.appHash),
  };
}

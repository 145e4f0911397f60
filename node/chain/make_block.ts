/** Making a block on top of a chain state: CometBFT v0.38 `state.MakeBlock`. @module */
import type { Block } from "cosmjs-types/tendermint/types/block";
import type { Evidence } from "cosmjs-types/tendermint/types/evidence";
import type { Commit } from "cosmjs-types/tendermint/types/types";
import { invariant } from "../core/invariant.ts";
import { nanosToTimestamp } from "../core/time.ts";
import {
  BLOCK_PROTOCOL,
  EMPTY_BLOCK_ID,
  hashCommit,
  hashConsensusParams,
  hashData,
  hashEvidence,
} from "../core/types/mod.ts";
import { hashValidatorSet } from "../core/validators/mod.ts";
import { medianTime } from "./median_time.ts";
import { blockBytesMax } from "./params.ts";
import type { ChainState } from "./types.ts";

/** What the first block carries where later ones carry the seal of the block before. */
export const EMPTY_COMMIT: Commit = Object.freeze({
  height: 0n,
  round: 0,
  blockId: EMPTY_BLOCK_ID,
  signatures: [],
});

export interface BlockContents {
  readonly height: bigint;
  readonly txs: readonly Uint8Array[];
  /** The hash of `txs`, by who has computed it in slices. */
  readonly dataHash?: Uint8Array;
  /** The seal of the block before; undefined at the initial height. */
  readonly lastCommit: Commit | undefined;
  readonly evidence: readonly Evidence[];
  /** 20 bytes. */
  readonly proposerAddress: Uint8Array;
}

/** The height that comes next. */
export const nextHeight = (state: ChainState): bigint =>
  state.lastHeight === 0n ? state.initialHeight : state.lastHeight + 1n;

/** The block that `proposerAddress` may propose at the next height. Its time is BFT time: nobody chooses it. */
export function makeBlock(state: ChainState, contents: BlockContents): Block {
  const { height, txs, evidence, proposerAddress } = contents;
  invariant(height === nextHeight(state), `make a block: height ${height} does not follow ${state.lastHeight}`);
  const isFirst = height === state.initialHeight;
  invariant(isFirst === (contents.lastCommit === undefined), `make block ${height}: commit of the block before`);
  const lastCommit = contents.lastCommit ?? EMPTY_COMMIT;
  const time = isFirst ? state.lastBlockTime : medianTime(lastCommit, state.lastValidators);
  return {
    header: {
      version: { block: BLOCK_PROTOCOL, app: state.appVersion },
      chainId: state.chainId,
      height,
      time: nanosToTimestamp(time),
      lastBlockId: state.lastBlockId,
      lastCommitHash: hashCommit(lastCommit),
      dataHash: contents.dataHash ?? hashData(txs),
      validatorsHash: hashValidatorSet(state.validators),
      nextValidatorsHash: hashValidatorSet(state.nextValidators),
      consensusHash: hashConsensusParams(state.consensusParams),
      appHash: state.appHash,
      lastResultsHash: state.lastResultsHash,
      evidenceHash: hashEvidence(evidence),
      proposerAddress,
    },
    data: { txs: [...txs] },
    evidence: { evidence: [...evidence] },
    lastCommit,
  };
}

/** CometBFT `types/block.go`: the most that an encoded header, commit and the block's own fields take. */
const HEADER_BYTES_MAX = 626;
const BLOCK_OVERHEAD_BYTES = 11;
const COMMIT_OVERHEAD_BYTES = 94;
const COMMIT_SIGNATURE_BYTES_MAX = 109 + 2;

/** `MaxDataBytes`: bytes left for transactions beside the header, a full commit and `evidenceBytes`; never negative. */
export function dataBytesMax(state: ChainState, evidenceBytes: number): number {
  const commit = COMMIT_OVERHEAD_BYTES + COMMIT_SIGNATURE_BYTES_MAX * state.lastValidators.validators.length;
  const left = blockBytesMax(state.consensusParams) - BLOCK_OVERHEAD_BYTES - HEADER_BYTES_MAX - commit - evidenceBytes;
  return Math.max(0, left);
}

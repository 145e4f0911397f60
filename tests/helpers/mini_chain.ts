/**
 * A chain without a network, consensus or storage: validators whose keys are here, blocks made and sealed by hand. For tests
 * of what makes, judges and executes blocks.
 * @module
 */
import type { ExecTxResult, ValidatorUpdate } from "cosmjs-types/tendermint/abci/types";
import { Block } from "cosmjs-types/tendermint/types/block";
import { type BlockID, type Commit, SignedMsgType, type Vote } from "cosmjs-types/tendermint/types/types";
import { BlockIDFlag, type ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import { bytesToHex } from "../../node/core/bytes.ts";
import {
  ed25519Address,
  type Ed25519Key,
  ed25519KeyFromSeed,
  sha256,
  signEd25519,
} from "../../node/core/crypto/mod.ts";
import type { Result } from "../../node/core/result.ts";
import { type Nanos, NANOS_PER_MS, nanosToTimestamp, timestampToNanos } from "../../node/core/time.ts";
import { blockIdOf, EMPTY_BLOCK_ID, voteSignBytes, ZERO_TIME } from "../../node/core/types/mod.ts";
import {
  applyBlock,
  type BlockContents,
  type ChainState,
  chainStateFromGenesis,
  DEFAULT_CONSENSUS_PARAMS,
  type EvidenceHistory,
  type GenesisDoc,
  makeBlock,
  nextHeight,
} from "../../node/chain/mod.ts";

/** 2024-01-01T00:00:00Z. */
export const GENESIS_TIME: Nanos = 1_704_067_200_000_000_000n;

/** The value of a Result that must be there. */
export function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

/** The n-th test key. */
export const keyOf = (index: number): Ed25519Key => ed25519KeyFromSeed(sha256(new Uint8Array([7, index])));

export const updateOf = (index: number, power: bigint): ValidatorUpdate => ({
  pubKey: { ed25519: keyOf(index).publicKey },
  power,
});

/** A genesis whose n-th validator has the n-th key and the n-th of `powers`. */
export function genesisOf(powers: readonly bigint[], more: Partial<GenesisDoc> = {}): GenesisDoc {
  return {
    chainId: "mini-1",
    genesisTime: GENESIS_TIME,
    initialHeight: 1n,
    consensusParams: DEFAULT_CONSENSUS_PARAMS,
    validators: powers.map((power, i) => {
      const { publicKey } = keyOf(i);
      return { address: ed25519Address(publicKey), publicKey, power, name: `v${i}` };
    }),
    appHash: new Uint8Array(),
    appState: {},
    ...more,
  };
}

const KEYS = new Map(
  Array.from({ length: 16 }, (_, i) => [bytesToHex(ed25519Address(keyOf(i).publicKey)), keyOf(i)]),
);

/** Signs with the test key that has the vote's validator address. */
export function signVote(chainId: string, vote: Vote): Vote {
  const key = KEYS.get(bytesToHex(vote.validatorAddress))!;
  return { ...vote, signature: signEd25519(key, voteSignBytes(chainId, vote)) };
}

export interface SealOptions {
  readonly round?: number;
  /** Indices of validators that did not vote. */
  readonly absent?: readonly number[];
  /** Indices of validators that voted for nil. */
  readonly nil?: readonly number[];
  /** When validator i voted. */
  readonly time?: (index: number) => Nanos;
  /** Instead of {@linkcode signVote}. */
  readonly sign?: (chainId: string, vote: Vote) => Vote;
}

/** Precommits of `validators` for a block, as a commit. */
export function seal(
  chainId: string,
  validators: ValidatorSet,
  height: bigint,
  blockId: BlockID,
  blockTime: Nanos,
  options: SealOptions = {},
): Commit {
  const { round = 0, absent = [], nil = [], sign = signVote } = options;
  const time = options.time ?? ((i: number) => blockTime + (1_000n + BigInt(i)) * NANOS_PER_MS);
  const signatures = validators.validators.map((validator, i) => {
    if (absent.includes(i)) {
      return {
        blockIdFlag: BlockIDFlag.BLOCK_ID_FLAG_ABSENT,
        validatorAddress: new Uint8Array(),
        timestamp: ZERO_TIME,
        signature: new Uint8Array(),
      };
    }
    const forNil = nil.includes(i);
    const { signature, timestamp } = sign(chainId, {
      type: SignedMsgType.SIGNED_MSG_TYPE_PRECOMMIT,
      height,
      round,
      blockId: forNil ? EMPTY_BLOCK_ID : blockId,
      timestamp: nanosToTimestamp(time(i)),
      validatorAddress: validator.address,
      validatorIndex: i,
      signature: new Uint8Array(),
      extension: new Uint8Array(),
      extensionSignature: new Uint8Array(),
    });
    const blockIdFlag = forNil ? BlockIDFlag.BLOCK_ID_FLAG_NIL : BlockIDFlag.BLOCK_ID_FLAG_COMMIT;
    return { blockIdFlag, validatorAddress: validator.address, timestamp, signature };
  });
  return { height, round, blockId, signatures };
}

/** Nothing is known of earlier heights. */
export const NO_HISTORY: EvidenceHistory = { at: () => undefined, committed: () => false };

export interface Made {
  readonly block: Block;
  readonly bytes: Uint8Array;
  readonly blockId: BlockID;
}

export function encoded(block: Block): Made {
  const bytes = Block.encode(block).finish();
  return { block, bytes, blockId: blockIdOf(block, bytes) };
}

export class MiniChain {
  state: ChainState;
  lastCommit: Commit | undefined;
  readonly blocks: Made[] = [];

  constructor(genesis: GenesisDoc) {
    this.state = valueOf(chainStateFromGenesis(genesis, { validators: [], appHash: sha256(new Uint8Array([1])) }));
  }

  make(contents: Partial<BlockContents> = {}): Made {
    return encoded(makeBlock(this.state, {
      height: nextHeight(this.state),
      txs: [],
      lastCommit: this.lastCommit,
      evidence: [],
      proposerAddress: this.state.validators.proposer!.address,
      ...contents,
    }));
  }

  /** Seals and applies a block. */
  take(made: Made, updates: readonly ValidatorUpdate[] = [], options: SealOptions = {}): void {
    const { block, blockId } = made;
    const time = timestampToNanos(block.header.time);
    this.lastCommit = seal(this.state.chainId, this.state.validators, block.header.height, blockId, time, options);
    const result = (data: Uint8Array): ExecTxResult => ({
      code: 0,
      data,
      log: "",
      info: "",
      gasWanted: 1n,
      gasUsed: 1n,
      events: [],
      codespace: "",
    });
    this.state = valueOf(applyBlock(this.state, block, blockId, {
      txResults: block.data.txs.map(result),
      validatorUpdates: updates,
      consensusParamUpdates: undefined,
      appHash: sha256(made.bytes),
    }));
    this.blocks.push(made);
  }
}

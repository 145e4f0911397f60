/**
 * The blocks of a test chain: real headers, commits and validator sets, made and judged by the chain room. A commit is
 * signed when somebody wants it, so that the next block gets the time it is made at (BFT time is the votes').
 * @module
 */
import { Header as TendermintHeader } from "cosmjs-types/ibc/lightclients/tendermint/v1/tendermint";
import type { Commit } from "cosmjs-types/tendermint/types/types";
import type { ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import type { BlockOutput } from "../../../node/app/mod.ts";
import { applyBlock, type ChainState, makeBlock, nextHeight, validateBlock } from "../../../node/chain/mod.ts";
import { type IbcHeight, revisionOfChainId } from "../../../node/core/ibc/mod.ts";
import type { LightBlock } from "../../../node/core/light/mod.ts";
import { type Nanos, NANOS_PER_MS, timestampToNanos } from "../../../node/core/time.ts";
import { encoded, type Made, NO_HISTORY, seal, type SealOptions, valueOf } from "../mini_chain.ts";
import type { ValidatorKeys } from "./keys.ts";

/** A committed block and what is known of it. */
export interface Committed extends Made {
  readonly validators: ValidatorSet;
  readonly nextValidators: ValidatorSet;
  readonly output: BlockOutput;
  /** The commit that a light client is shown: the next block's, once there is one. */
  commit: Commit | undefined;
}

/** A light block in which nothing is left out. */
export interface SealedBlock extends LightBlock {
  readonly signedHeader: { readonly header: Made["block"]["header"]; readonly commit: Commit };
  readonly validatorSet: ValidatorSet;
  readonly nextValidatorSet: ValidatorSet;
}

export class Blocks {
  readonly #byHeight = new Map<bigint, Committed>();
  readonly revision: bigint;
  /** Who does not vote for the next commits: validator set indices. */
  absent: readonly number[] = [];

  constructor(public state: ChainState, private readonly keys: ValidatorKeys) {
    this.revision = revisionOfChainId(state.chainId);
  }

  /** The same blocks; neither sees what the other makes later. */
  fork(): Blocks {
    const copy = new Blocks(this.state, this.keys);
    copy.absent = this.absent;
    for (const [height, committed] of this.#byHeight) copy.#byHeight.set(height, { ...committed });
    return copy;
  }

  /** Height of the last block; the one before the initial height at the start. */
  get height(): bigint {
    return nextHeight(this.state) - 1n;
  }

  at(height: bigint): Committed {
    const found = this.#byHeight.get(height);
    if (found === undefined) throw new Error(`${this.state.chainId} has no block ${height}: it is at ${this.height}`);
    return found;
  }

  has(height: bigint): boolean {
    return this.#byHeight.has(height);
  }

  /** The next block, on a commit whose votes are of `now` (or a millisecond after the last block, if that is later). */
  make(txs: readonly Uint8Array[], now: Nanos): Made {
    const { state } = this;
    const height = nextHeight(state);
    const last = height === state.initialHeight ? undefined : this.at(height - 1n);
    if (last !== undefined) last.commit = this.#seal(last, now);
    const made = encoded(makeBlock(state, {
      height,
      txs,
      lastCommit: last?.commit,
      evidence: [],
      proposerAddress: state.validators.proposer!.address,
    }));
    valueOf(validateBlock(state, made.block, made.blockId, NO_HISTORY));
    return made;
  }

  /** Takes a block that {@linkcode make} made, with what executing it gave. */
  take(made: Made, output: BlockOutput): void {
    const { validators, nextValidators } = this.state;
    this.state = valueOf(applyBlock(this.state, made.block, made.blockId, output));
    this.#byHeight.set(made.block.header.height, { ...made, validators, nextValidators, output, commit: undefined });
  }

  #seal({ block, blockId, validators }: Committed, now: Nanos, options: SealOptions = {}): Commit {
    const { chainId, height, time } = block.header;
    const earliest = timestampToNanos(time) + NANOS_PER_MS;
    const voted = now > earliest ? now : earliest;
    const { absent } = this;
    const sign = this.keys.sign;
    return seal(chainId, validators, height, blockId, voted, { absent, time: () => voted, sign, ...options });
  }

  /** Header, commit and validators of `height`. */
  light(height: bigint): SealedBlock {
    const found = this.at(height);
    const { block: { header }, validators, nextValidators } = found;
    const commit = found.commit ??= this.#seal(found, 0n);
    return { signedHeader: { header, commit }, validatorSet: validators, nextValidatorSet: nextValidators };
  }

  /** Height with the revision of the chain. */
  ibcHeight(height: bigint = this.height): IbcHeight {
    return { revisionNumber: this.revision, revisionHeight: height };
  }

  /** The header with which a client that trusts `trustedHeight` is updated to `height`. */
  header(height: bigint, trustedHeight: bigint): TendermintHeader {
    return headerOf(this.light(height), this.ibcHeight(trustedHeight), this.at(trustedHeight).nextValidators);
  }
}

/** `ibc.lightclients.tendermint.v1.Header` of a light block: a copy, so that a test may spoil it. */
export function headerOf(
  { signedHeader, validatorSet }: SealedBlock,
  trustedHeight: IbcHeight,
  trustedValidators: ValidatorSet,
): TendermintHeader {
  const header = TendermintHeader.fromPartial({
    signedHeader,
    validatorSet: withPower(validatorSet),
    trustedHeight,
    trustedValidators: withPower(trustedValidators),
  });
  return TendermintHeader.decode(TendermintHeader.encode(header).finish());
}

/** With the total, which protobuf carries and nobody believes. */
function withPower(set: ValidatorSet): ValidatorSet {
  return { ...set, totalVotingPower: set.validators.reduce((sum, { votingPower }) => sum + votingPower, 0n) };
}

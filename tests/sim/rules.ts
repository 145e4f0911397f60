/**
 * What the order of signatures of honest validators must obey, whatever the world does. Stronger than agreement: a lock
 * broken once is caught at once, not only when a fork comes of it.
 * @module
 */
import { SignedMsgType } from "cosmjs-types/tendermint/types/types";
import type { ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import { bytesToHex } from "../../node/core/bytes.ts";
import type { Signable } from "../../node/consensus/mod.ts";
import { idKey, totalPower } from "./chain.ts";

/** One signature that left a signer. */
export interface SignatureSeen {
  readonly address: Uint8Array;
  readonly honest: boolean;
  readonly message: Signable;
  /** The validators of the message's height; undefined for a height nobody honest has reached. */
  readonly validators: ValidatorSet | undefined;
}

/** Sees all signatures in order; answers with what is wrong, if anything. */
export type Rule = (seen: SignatureSeen) => string | undefined;
export type RuleFactory = () => Rule;

interface Precommit {
  readonly round: number;
  readonly block: string;
}

/**
 * Locking of arXiv 1807.04938, from the outside. An honest validator
 * - precommits a block only after more than 2/3 of the power prevoted it in that round [L36],
 * - prevotes another block than it precommitted last only if that block gathered such prevotes since [L23, L29],
 * - proposes, after it precommitted a block, only what gathered such prevotes no earlier than that [L15, L16].
 */
export const lockingRule: RuleFactory = () => {
  /** height/round/block → who prevoted it, all signatures counted. */
  const prevotes = new Map<string, Set<string>>();
  /** height/validator → the last block it precommitted. */
  const locks = new Map<string, Precommit>();

  const polka = (height: bigint, round: number, block: string, validators: ValidatorSet): boolean => {
    const voters = prevotes.get(`${height}/${round}/${block}`);
    if (voters === undefined) return false;
    const power = validators.validators.reduce(
      (sum, v) => voters.has(bytesToHex(v.address)) ? sum + v.votingPower : sum,
      0n,
    );
    return power * 3n > totalPower(validators) * 2n;
  };

  return ({ address, honest, message, validators }) => {
    const who = bytesToHex(address);
    const { height, round, blockId } = message.type === "vote" ? message.vote : message.proposal;
    const block = idKey(blockId);
    const isPrevote = message.type === "vote" && message.vote.type === SignedMsgType.SIGNED_MSG_TYPE_PREVOTE;
    if (isPrevote) {
      const key = `${height}/${round}/${block}`;
      const voters = prevotes.get(key) ?? new Set();
      prevotes.set(key, voters.add(who));
    }
    if (!honest || validators === undefined || block === "nil") return undefined;
    const lock = locks.get(`${height}/${who}`);
    if (message.type === "proposal") {
      const { polRound } = message.proposal;
      if (lock !== undefined && lock.round < round && polRound < lock.round) {
        return `proposed at ${height}/${round} with valid round ${polRound} after it precommitted in round ${lock.round}`;
      }
      if (polRound >= 0 && !polka(height, polRound, block, validators)) {
        return `proposed at ${height}/${round} with valid round ${polRound}, in which no quorum prevoted the block`;
      }
      return undefined;
    }
    if (isPrevote) {
      if (lock === undefined || lock.block === block || lock.round >= round) return undefined;
      for (let since = lock.round; since < round; since++) {
        if (polka(height, since, block, validators)) return undefined;
      }
      return `prevoted another block at ${height}/${round} than it precommitted in round ${lock.round}`;
    }
    if (!polka(height, round, block, validators)) {
      return `precommitted at ${height}/${round} without a quorum of prevotes`;
    }
    locks.set(`${height}/${who}`, { round, block });
    return undefined;
  };
};

/** For tests: a height with readable names, signatures that cost nothing, and effects as lines of text. @module */
import { type BlockID, type Proposal, SignedMsgType, type Vote } from "cosmjs-types/tendermint/types/types";
import type { Validator, ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import { equalBytes } from "../../core/bytes.ts";
import { sha256 } from "../../core/crypto/mod.ts";
import { type Nanos, nanosToTimestamp } from "../../core/time.ts";
import { blockIdKey, EMPTY_BLOCK_ID, isNilBlockId, proposalSignBytes, voteSignBytes } from "../../core/types/mod.ts";
import type { Effect } from "../effect.ts";
import type { EngineConfig, EngineContext } from "../engine.ts";
import type { HeightContext, Input, ProposedBlock, Signable } from "../input.ts";
import type { TendermintMessage, TendermintRecord } from "./messages.ts";

export type TestInput = Input<TendermintMessage, TendermintRecord>;
export type TestEffect = Effect<TendermintMessage, TendermintRecord>;

export const CHAIN = "test-chain";
export const GENESIS_TIME: Nanos = 1_700_000_000_000_000_000n;

export const CONFIG: EngineConfig = {
  propose: { baseMs: 3000, deltaMs: 500 },
  prevote: { baseMs: 1000, deltaMs: 500 },
  precommit: { baseMs: 1000, deltaMs: 500 },
  commitMs: 1000,
  createEmptyBlocks: true,
};

const text = (words: string) => sha256(new TextEncoder().encode(words));
const keyOf = (i: number) => text(`key ${i}`);

/** Address i starts with i, so that addresses sort as their numbers. */
export const addressOf = (i: number): Uint8Array => Uint8Array.from({ length: 20 }, (_, at) => (at === 0 ? i + 1 : i));

function signatureOf(publicKey: Uint8Array, message: Uint8Array): Uint8Array {
  const seed = new Uint8Array(publicKey.length + message.length);
  seed.set(publicKey);
  seed.set(message, publicKey.length);
  return sha256(seed);
}

const verify = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) =>
  equalBytes(signatureOf(publicKey, message), signature);

/** What validator `self` knows; undefined: a full node. */
export const contextOf = (self: number | undefined, config = CONFIG, nowNanos = GENESIS_TIME): EngineContext => ({
  chainId: CHAIN,
  self: self === undefined ? undefined : addressOf(self),
  config,
  nowNanos,
  verify,
});

/** Validators 0, 1, … with these powers; 0 proposes in round 0, and with equal powers i in round i. */
export function validatorSet(powers: readonly number[]): ValidatorSet {
  const validators: Validator[] = powers.map((power, i) => ({
    address: addressOf(i),
    pubKey: { ed25519: keyOf(i) },
    votingPower: BigInt(power),
    proposerPriority: 0n,
  }));
  const total = powers.reduce((sum, power) => sum + power, 0);
  validators[0] = { ...validators[0]!, proposerPriority: BigInt(powers[0]! - total) };
  for (let i = 1; i < validators.length; i++) {
    validators[i] = { ...validators[i]!, proposerPriority: BigInt(powers[i]!) };
  }
  return { validators, proposer: validators[0]!, totalVotingPower: BigInt(total) };
}

export function heightContext(powers: readonly number[], height = 1n): HeightContext {
  const validators = validatorSet(powers);
  return {
    height,
    validators,
    lastCommit: undefined,
    lastValidators: undefined,
    lastBlockTime: GENESIS_TIME,
    proofBlock: false,
  };
}

/** A block with a name: its bytes are the name, its id follows from it. A name starting with "bad" is invalid. */
export function block(name: string): ProposedBlock {
  const bytes = new TextEncoder().encode(name);
  const hash = text(`block ${name}`);
  return { blockId: { hash, partSetHeader: { total: 1, hash } }, bytes, time: GENESIS_TIME + 5_000_000n };
}

export const nameOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
export const isValidName = (name: string): boolean => !name.startsWith("bad");

/** The signature of validator `i`. */
export function sign(i: number, message: Signable): Signable {
  if (message.type === "vote") {
    return {
      type: "vote",
      vote: { ...message.vote, signature: signatureOf(keyOf(i), voteSignBytes(CHAIN, message.vote)) },
    };
  }
  const signature = signatureOf(keyOf(i), proposalSignBytes(CHAIN, message.proposal));
  return { type: "proposal", proposal: { ...message.proposal, signature } };
}

/** A signed vote; without a block it is for nil. */
export function vote(
  i: number,
  kind: "prevote" | "precommit",
  round: number,
  name?: string,
  height = 1n,
  time = GENESIS_TIME + 10_000_000n,
): Vote {
  const empty = new Uint8Array(0);
  const unsigned: Vote = {
    type: kind === "prevote" ? SignedMsgType.SIGNED_MSG_TYPE_PREVOTE : SignedMsgType.SIGNED_MSG_TYPE_PRECOMMIT,
    height,
    round,
    blockId: name === undefined ? EMPTY_BLOCK_ID : block(name).blockId,
    timestamp: nanosToTimestamp(time),
    validatorAddress: addressOf(i),
    validatorIndex: i,
    signature: empty,
    extension: empty,
    extensionSignature: empty,
  };
  return (sign(i, { type: "vote", vote: unsigned }) as Signable & { type: "vote" }).vote;
}

export function proposal(i: number, round: number, name: string, polRound = -1, height = 1n): Proposal {
  const unsigned: Proposal = {
    type: SignedMsgType.SIGNED_MSG_TYPE_PROPOSAL,
    height,
    round,
    polRound,
    blockId: block(name).blockId,
    timestamp: nanosToTimestamp(GENESIS_TIME),
    signature: new Uint8Array(0),
  };
  return (sign(i, { type: "proposal", proposal: unsigned }) as Signable & { type: "proposal" }).proposal;
}

export const voteMessage = (...args: Parameters<typeof vote>): TestInput => ({
  type: "message_received",
  from: `peer${args[0]}`,
  message: { type: "vote", vote: vote(...args) },
});

export const proposalMessage = (i: number, round: number, name: string, polRound = -1, height = 1n): TestInput => ({
  type: "message_received",
  from: `peer${i}`,
  message: { type: "proposal", proposal: proposal(i, round, name, polRound, height), block: block(name).bytes },
});

/** Gives blocks their names back in {@linkcode line}. */
export class Names {
  readonly #names = new Map<string, string>();

  constructor(names: readonly string[]) {
    for (const name of names) this.#names.set(blockIdKey(block(name).blockId), name);
  }

  of(id: BlockID | undefined): string {
    return isNilBlockId(id) ? "nil" : this.#names.get(blockIdKey(id)) ?? "?";
  }

  #vote(vote: Vote): string {
    const kind = vote.type === SignedMsgType.SIGNED_MSG_TYPE_PREVOTE ? "prevote" : "precommit";
    return `${kind} ${this.of(vote.blockId)} r${vote.round}`;
  }

  #proposal(proposal: Proposal): string {
    const valid = proposal.polRound < 0 ? "" : ` vr${proposal.polRound}`;
    return `proposal ${this.of(proposal.blockId)} r${proposal.round}${valid}`;
  }

  signable(message: Signable): string {
    return message.type === "vote" ? this.#vote(message.vote) : this.#proposal(message.proposal);
  }

  message(message: TendermintMessage): string {
    switch (message.type) {
      case "vote":
        return `${this.#vote(message.vote)} of ${message.vote.validatorIndex}`;
      case "proposal":
        return this.#proposal(message.proposal);
      case "decided":
        return `decided ${this.of(message.commit.blockId)} h${message.commit.height} r${message.commit.round}`;
      case "status":
        return `status h${message.height} r${message.round}`;
    }
  }

  record(record: TendermintRecord): string {
    switch (record.type) {
      case "round_entered":
        return `round ${record.round} by ${record.votes.length} votes`;
      case "block_kept":
        return `block ${this.of(record.block.blockId)}`;
      case "valid_value":
        return `valid ${this.of(record.blockId)} r${record.round} by ${record.prevotes.length} prevotes`;
      case "intent": {
        const { lockedBlockId, lockedRound } = record.snapshot;
        const lock = lockedRound < 0 ? "" : `, locked ${this.of(lockedBlockId)} r${lockedRound}`;
        return `intent ${this.signable(record.message)}${lock}`;
      }
    }
  }

  effect(effect: TestEffect): string {
    switch (effect.type) {
      case "persist":
        return `persist ${effect.records.map((record) => this.record(record)).join("; ")}`;
      case "sign":
        return `sign ${this.signable(effect.message)}`;
      case "broadcast":
        return `broadcast ${this.message(effect.message)}`;
      case "send":
        return `send ${effect.to} ${this.message(effect.message)}`;
      case "start_timer":
        return `start ${effect.timer.kind} r${effect.timer.round} ${effect.durationMs}ms`;
      case "cancel_timer":
        return `cancel ${effect.timer.kind} r${effect.timer.round}`;
      case "build_block":
        return `build r${effect.round}`;
      case "validate_block":
        return `validate ${this.of(effect.blockId)}`;
      case "commit":
        return `commit ${this.of(effect.decision.block.blockId)} r${effect.decision.round}`;
      case "report_evidence":
        return "evidence";
      case "report_peer":
        return `report ${effect.peer} ${effect.code}`;
    }
  }
}

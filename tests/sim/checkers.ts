/**
 * What must hold in every world. The first violation ends a run. Checked here: agreement, validity, certificates, app hash,
 * no double sign, evidence, signature rules of the engine, and that nothing of ours throws; the world checks liveness.
 * @module
 */
import type { Evidence } from "cosmjs-types/tendermint/types/evidence";
import { SignedMsgType, type Vote } from "cosmjs-types/tendermint/types/types";
import type { ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import { bytesToHex, equalBytes } from "../../node/core/bytes.ts";
import { blockIdKey, proposalSignBytes, voteSignBytes } from "../../node/core/types/mod.ts";
import { ProposerRotation, verifyCommit } from "../../node/core/validators/mod.ts";
import type { Decision, Signable } from "../../node/consensus/mod.ts";
import {
  blockIdOf,
  CHAIN_ID,
  type ChainWorld,
  decodeBlock,
  idKey,
  judgeSeal,
  sameId,
  SimChain,
  totalPower,
} from "./chain.ts";
import type { Rule, RuleFactory } from "./rules.ts";
import type { SwarmOptions } from "./swarm.ts";

export interface Violation {
  readonly checker:
    | "agreement"
    | "validity"
    | "certificates"
    | "app_hash"
    | "double_sign"
    | "evidence"
    | "accusation"
    | "ban"
    | "memory"
    | "takeover"
    | "rules"
    | "halt"
    | "liveness";
  readonly text: string;
}

/** CometBFT orders the two votes by their block ids; nil is the least. */
const orderKey = (vote: Vote) => blockIdKey(vote.blockId);

/** No world gets so far; it only bounds the check. */
const ROUNDS_MAX = 2_000;

export class Checkers {
  readonly #world: ChainWorld;
  readonly #options: SwarmOptions;
  readonly #real: boolean;
  readonly #addresses: readonly string[];
  /** The chain as it must be: fed with the first decision of each height. */
  readonly #reference: SimChain;
  readonly #decided: string[] = [];
  /** By height - 1. */
  readonly #validators: ValidatorSet[];
  readonly #signed = new Map<string, string>();
  /** Height → round/block → addresses of those who signed a precommit for it. */
  readonly #precommits = new Map<bigint, Map<string, Set<string>>>();
  readonly #rules: readonly Rule[];
  /** Blocks that correct nodes applied from others, and how often they left consensus for that. */
  synced = 0;
  takeovers = 0;
  violation: Violation | undefined;

  constructor(
    world: ChainWorld,
    options: SwarmOptions,
    addresses: readonly Uint8Array[],
    rules: readonly RuleFactory[],
    real: boolean,
  ) {
    this.#world = world;
    this.#options = options;
    this.#real = real;
    this.#addresses = addresses.map(bytesToHex);
    this.#reference = new SimChain(world);
    this.#validators = [this.#reference.validators];
    this.#rules = rules.map((make) => make());
  }

  /** Heights decided by anybody honest. */
  get heights(): number {
    return this.#decided.length;
  }

  fail(checker: Violation["checker"], text: string): void {
    this.violation ??= { checker, text };
  }

  /** A signature left the signer of a validator. */
  onSigned(validator: number, honest: boolean, address: Uint8Array, message: Signable): void {
    const height = message.type === "vote" ? message.vote.height : message.proposal.height;
    if (honest) this.#onHonestSignature(validator, message, height);
    if (message.type === "vote") this.#notePrecommit(message.vote);
    const validators = this.#validators[Number(height) - 1];
    for (const rule of this.#rules) {
      const wrong = rule({ address, honest, message, validators });
      if (wrong !== undefined) this.fail("rules", `validator ${validator} ${wrong}`);
    }
  }

  #notePrecommit({ type, height, round, blockId, validatorAddress }: Vote): void {
    const key = idKey(blockId);
    if (type !== SignedMsgType.SIGNED_MSG_TYPE_PRECOMMIT || key === "nil") return;
    const places = this.#precommits.get(height) ?? new Map<string, Set<string>>();
    const place = `${round}/${key}`;
    const voters = places.get(place) ?? new Set();
    this.#precommits.set(height, places.set(place, voters.add(bytesToHex(validatorAddress))));
  }

  /** Whether a seal for the height could be made of the signatures that there are. */
  #isSealed(height: bigint): boolean {
    const set = this.#validators[Number(height) - 1];
    if (set === undefined) return false;
    for (const voters of this.#precommits.get(height)?.values() ?? []) {
      const power = set.validators.reduce(
        (sum, v) => voters.has(bytesToHex(v.address)) ? sum + v.votingPower : sum,
        0n,
      );
      if (power * 3n > totalPower(set) * 2n) return true;
    }
    return false;
  }

  #onHonestSignature(validator: number, message: Signable, height: bigint): void {
    const place = message.type === "vote"
      ? `${validator}/${height}/${message.vote.round}/${message.vote.type}`
      : `${validator}/${height}/${message.proposal.round}/proposal`;
    const bytes = bytesToHex(
      message.type === "vote" ? voteSignBytes(CHAIN_ID, message.vote) : proposalSignBytes(CHAIN_ID, message.proposal),
    );
    const before = this.#signed.get(place);
    if (before !== undefined && before !== bytes) {
      this.fail("double_sign", `validator ${validator} signed two things at ${place}`);
    }
    this.#signed.set(place, bytes);
  }

  /** An honest node's engine decided. */
  onDecision(node: number, decision: Decision): void {
    const { height, block, commit } = decision;
    const key = idKey(block.blockId);
    const before = this.#decided[Number(height) - 1];
    if (before !== undefined && before !== key) {
      return this.fail("agreement", `node ${node} decided ${key} at height ${height}, others ${before}`);
    }
    const validators = this.#validators[Number(height) - 1];
    if (validators === undefined) return this.fail("validity", `node ${node} decided height ${height} out of order`);
    const seal = judgeSeal(this.#world.scheme, validators, height, block.blockId, commit);
    if (seal !== undefined) return this.fail("certificates", `node ${node} at height ${height}: ${seal}`);
    if (this.#real && !verifyCommit(CHAIN_ID, validators, block.blockId, height, commit).ok) {
      return this.fail("certificates", `node ${node} at height ${height}: verifyCommit refuses the seal`);
    }
    if (before === undefined) this.#onFirstDecision(node, decision, validators);
  }

  #onFirstDecision(node: number, decision: Decision, validators: ValidatorSet): void {
    const { height, block, commit } = decision;
    const wrong = this.#reference.judge(height, block.blockId, block.bytes);
    if (wrong !== undefined) {
      return this.fail("validity", `node ${node} decided an invalid block at height ${height}: ${wrong}`);
    }
    const proposer = decodeBlock(block.bytes)!.header.proposerAddress;
    const turns = new ProposerRotation(validators.validators);
    let legitimate = equalBytes(validators.proposer!.address, proposer);
    for (let round = 1; round <= Math.min(commit.round, ROUNDS_MAX) && !legitimate; round++) {
      turns.increment(1);
      legitimate = equalBytes(turns.proposer.address, proposer);
    }
    if (!legitimate) {
      return this.fail(
        "validity",
        `the block of height ${height} is by a validator whose turn it was not up to round ${commit.round}`,
      );
    }
    this.#decided.push(idKey(block.blockId));
    this.#reference.commit(decision);
    this.#validators.push(this.#reference.validators);
  }

  /** An honest node is about to apply a block that it did not decide itself: it must be proven like any decision. */
  onApplied(node: number, decision: Decision): void {
    this.synced++;
    const { height, block } = decision;
    if (!sameId(block.blockId, blockIdOf(block.bytes))) {
      return this.fail("validity", `node ${node} takes other bytes for the block of height ${height}`);
    }
    this.onDecision(node, decision);
  }

  /** An honest node stops consensus, at this height, since others are ahead: that must be so. */
  onTakenBack(node: number, height: bigint): void {
    this.takeovers++;
    if (BigInt(this.#decided.length) > height || this.#isSealed(height + 1n)) return;
    this.fail("takeover", `node ${node} left consensus at height ${height + 1n}, which nobody has decided`);
  }

  /** An honest node executed a block. */
  onExecuted(node: number, chain: SimChain): void {
    const mine = chain.appHashes.at(-1);
    const theirs = this.#reference.appHashes[chain.appHashes.length - 1];
    if (mine === undefined || theirs === undefined || !equalBytes(mine, theirs)) {
      this.fail("app_hash", `node ${node} has another app hash after height ${chain.height}`);
    }
  }

  onEvidence(node: number, evidence: Evidence): void {
    const found = evidence.duplicateVoteEvidence;
    const a = found?.voteA;
    const b = found?.voteB;
    if (a === undefined || b === undefined) {
      return this.fail("evidence", `node ${node} reported evidence of unknown shape`);
    }
    const guilty = this.#addresses.indexOf(bytesToHex(a.validatorAddress));
    if (guilty < 0 || this.#options.byzantine[guilty] === undefined) {
      return this.fail("evidence", `node ${node} accuses honest validator ${guilty} of equivocation`);
    }
    const same = a.height === b.height && a.round === b.round && a.type === b.type &&
      orderKey(a) < orderKey(b);
    if (!same || !equalBytes(a.validatorAddress, b.validatorAddress)) {
      return this.fail("evidence", `node ${node} reported two votes that are no equivocation`);
    }
    const set = this.#validators[Number(a.height) - 1];
    const key = set?.validators.find((v) => equalBytes(v.address, a.validatorAddress))?.pubKey?.ed25519;
    const signedBy = (vote: Vote) => this.#world.scheme.verify(key!, voteSignBytes(CHAIN_ID, vote), vote.signature);
    if (key === undefined || !signedBy(a) || !signedBy(b)) {
      this.fail("evidence", `node ${node} reported votes without valid signatures`);
    }
  }
}

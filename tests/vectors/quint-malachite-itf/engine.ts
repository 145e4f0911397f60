/**
 * The whole engine in the place of the model's validators: it is fed what the trace says a validator took in, and must say
 * what the validator said. The model needs several steps for what the engine does in one, so states are compared where
 * the model's validator has nothing left to do.
 * @module
 */
import { SignedMsgType } from "cosmjs-types/tendermint/types/types";
import { blockIdKey } from "../../../node/core/types/mod.ts";
import { ProposerRotation } from "../../../node/core/validators/mod.ts";
import type { HeightContext, Signable } from "../../../node/consensus/input.ts";
import { createTendermintEngine, type TendermintState } from "../../../node/consensus/tendermint/mod.ts";
import {
  block,
  contextOf,
  GENESIS_TIME,
  isValidName,
  nameOf,
  proposal,
  sign,
  type TestInput,
  validatorSet,
  vote,
} from "../../../node/consensus/tendermint/_testing.ts";
import { type Itf, key } from "./itf.ts";
import { toKey, toValue } from "./project.ts";

const KIND: Record<string, "prevote" | "precommit"> = { Prevote: "prevote", Precommit: "precommit" };
/** The model calls this value invalid; the test blocks call invalid what starts with "bad". */
const blockName = (value: string) => value === "invalid" ? "bad invalid" : value;

/** Heights start at 0 in the model, at 1 here. */
const toHeight = (height: number) => BigInt(height) + 1n;

function heightContext(weights: readonly number[], height: number): HeightContext {
  // The model lets validator `(round + 1) % n` propose, at every height.
  const rotation = new ProposerRotation(validatorSet(weights).validators.map((v) => ({ ...v, proposerPriority: 0n })));
  rotation.increment(2);
  const validators = rotation.toValidatorSet();
  return {
    height: toHeight(height),
    validators,
    lastCommit: undefined,
    lastValidators: undefined,
    lastBlockTime: GENESIS_TIME,
    proofBlock: false,
  };
}

/** One validator: the engine, what it asked to sign, and the values it has heard of. */
export class EngineValidator {
  // The model counts the first of an equivocator's votes when they come singly, and all when they come in a certificate.
  readonly #strict = createTendermintEngine({ countConflicting: false });
  readonly #lenient = createTendermintEngine();
  #engine = this.#strict;
  readonly #names: readonly string[];
  readonly #index: number;
  readonly #height: number;
  readonly #values = new Map<string, string>();
  #state: TendermintState = this.#strict.initial();
  #unsigned: Signable[] = [];
  /** Everything it wanted to say, in the model's words. */
  readonly said = new Set<string>();

  constructor(name: string, names: readonly string[], weights: readonly number[], height: number) {
    this.#names = names;
    this.#index = names.indexOf(name);
    this.#height = height;
    this.#feed({ type: "started", height: heightContext(weights, height), replay: [] });
  }

  #feed(first: TestInput): void {
    const queue = [first];
    for (let input = queue.shift(); input !== undefined; input = queue.shift()) {
      const step = this.#engine.step(contextOf(this.#index), this.#state, input);
      this.#state = step.state;
      for (const effect of step.effects) {
        if (effect.type === "report_peer") throw new Error(`the engine refuses a message: ${effect.reason}`);
        if (effect.type === "sign") {
          this.#unsigned.push(effect.message);
          this.said.add(key(this.#describe(effect.message)));
        }
        if (effect.type === "validate_block") {
          const name = nameOf(effect.bytes);
          const { height, round, blockId } = effect;
          const { time } = block(name);
          queue.push({ type: "block_validated", height, round, blockId, time, valid: isValidName(name) });
        }
      }
    }
  }

  #describe(message: Signable): Itf {
    const srcAddress = this.#names[this.#index];
    if (message.type === "proposal") {
      const { round, polRound, blockId } = message.proposal;
      return {
        height: this.#height,
        proposal: this.#values.get(blockIdKey(blockId)),
        round,
        srcAddress,
        validRound: polRound,
      };
    }
    const { round, type, blockId } = message.vote;
    const tag = type === SignedMsgType.SIGNED_MSG_TYPE_PREVOTE ? "Prevote" : "Precommit";
    const valueId = toValue(this.#values.get(blockIdKey(blockId)) ?? "");
    return { height: this.#height, round, srcAddress, valueId, voteType: { tag, value: [] } };
  }

  /** An own message counts when the trace delivers it, so that is when it gets its signature. */
  #deliver(item: Itf, input: TestInput): void {
    if (item.srcAddress !== this.#names[this.#index]) return this.#feed(input);
    const wanted = key(item);
    const found = this.#unsigned.find((message) => key(this.#describe(message)) === wanted);
    if (found !== undefined) this.#feed({ type: "signed", message: sign(this.#index, found) });
  }

  #learn(value: string) {
    const named = block(blockName(value));
    this.#values.set(blockIdKey(named.blockId), value);
    return named;
  }

  vote(item: Itf): void {
    const value = toKey(item.valueId);
    if (value !== "") this.#learn(value);
    const name = value === "" ? undefined : blockName(value);
    const voter = this.#names.indexOf(item.srcAddress);
    const counted = vote(voter, KIND[item.voteType.tag]!, item.round, name, toHeight(item.height));
    this.#deliver(item, { type: "message_received", from: item.srcAddress, message: { type: "vote", vote: counted } });
  }

  proposal(item: Itf): void {
    const { bytes } = this.#learn(item.proposal);
    const proposer = this.#names.indexOf(item.srcAddress);
    const proposed = proposal(proposer, item.round, blockName(item.proposal), item.validRound, toHeight(item.height));
    const message = { type: "proposal", proposal: proposed, block: bytes } as const;
    this.#deliver(item, { type: "message_received", from: item.srcAddress, message });
  }

  /** Votes that come together, for one value. */
  certificate(votes: readonly Itf[]): void {
    this.#engine = this.#lenient;
    for (const item of votes) this.vote(item);
    this.#engine = this.#strict;
  }

  /** One driver input of the trace. */
  input({ tag, value }: Itf): void {
    const { round } = this.#state.height!.machine;
    const height = toHeight(this.#height);
    if (tag === "ProposalDInput") this.proposal(value);
    if (tag === "VoteDInput") this.vote(value);
    if (tag === "CertificateDInput") this.certificate(value.set);
    if (tag === "ProposeValueDInput") {
      this.#feed({ type: "block_built", height, round, block: this.#learn(value) });
    }
    if (tag === "TimeoutDInput") {
      const kind = value.tag.replace("Timeout", "").toLowerCase();
      this.#feed({ type: "timer_fired", timer: { kind, height, round } });
    }
  }

  get decided(): { round: number; value: string } | undefined {
    const decision = this.#state.height!.decision;
    return decision && { round: decision.round, value: this.#values.get(blockIdKey(decision.block.blockId))! };
  }

  /** Round, step, lock and valid value in the model's words. */
  get position(): Itf {
    const { machine } = this.#state.height!;
    const value = (name: string) => toValue(this.#values.get(name) ?? "");
    return {
      lockedRound: machine.lockedRound,
      lockedValue: value(machine.lockedValue),
      round: machine.round,
      step: machine.step,
      validRound: machine.validRound,
      validValue: value(machine.validValue),
    };
  }
}

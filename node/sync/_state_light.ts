/** Headers for state sync: which are believed, by the light client from a trusted block and back by hashes from there. */
import type { ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import { equalBytes } from "../core/bytes.ts";
import {
  answerBisection,
  type Bisection,
  type BisectionPlan,
  type CheckedLightBlock,
  checkSealed,
  type FailedBisection,
  type KnownBlock,
  type LightBlock,
  readLightBlock,
  startBisection,
} from "../core/light/mod.ts";
import type { PeerId } from "../core/peer.ts";
import { err, ok, type Result } from "../core/result.ts";
import type { Nanos } from "../core/time.ts";
import { equalBlockIds, hashCommit, hashHeader } from "../core/types/mod.ts";
import { hashValidatorSet, ProposerRotation, totalVotingPower, validateValidatorSet } from "../core/validators/mod.ts";
import type { Header } from "cosmjs-types/tendermint/types/types";
import type { RequestId } from "./ports.ts";
import { ANSWER_MS } from "./state_limits.ts";
import type { LinkedHeader, SealedHeader } from "./state_ports.ts";

/** Priorities lie within twice the total power of each other, and one step moves one by the total. */
const PRIORITY_FACTOR = 4n;

/** A validator set of a peer in the form of our own; the error is the state found. */
export function readValidators(given: LightBlock["validatorSet"]): Result<ValidatorSet, string> {
  if (given === undefined || !("validators" in given)) return err("the validators are missing");
  const set = given as ValidatorSet;
  const form = validateValidatorSet(set);
  if (!form.ok) return err(form.error.message);
  const most = PRIORITY_FACTOR * totalVotingPower(set);
  if (set.validators.some(({ proposerPriority: p }) => p > most || p < -most)) return err("a priority is out of range");
  return ok(ProposerRotation.of(set).toValidatorSet());
}

/** What a peer sent as the block below `above`, if that is what it is; the error is the state found. */
export function linkBelow(above: Header, block: LightBlock): Result<LinkedHeader, string> {
  const read = readLightBlock(block);
  if (!read.ok) return read;
  const { header } = read.value;
  if (header.height !== above.height - 1n || !equalBytes(hashHeader(header), above.lastBlockId.hash)) {
    return err(`it is not the block before height ${above.height}`);
  }
  const linked = withValidators(read.value, block);
  if (!linked.ok) return linked;
  const { commit } = read.value;
  return ok({ ...linked.value, commit: equalBytes(hashCommit(commit), above.lastCommitHash) ? commit : undefined });
}

/** Priorities that are none are no fault here: nothing rests on them. */
function withValidators(
  { header, validators = [] }: CheckedLightBlock,
  given: LightBlock,
): Result<Omit<SealedHeader, "commit">, string> {
  if (!equalBytes(hashValidatorSet({ validators }), header.validatorsHash)) {
    return err("its validators are not those of the header");
  }
  const own = readValidators(given.validatorSet);
  if (own.ok) return ok({ header, validators: own.value });
  const set = { validators: [...validators], totalVotingPower: 0n };
  const form = validateValidatorSet(set);
  return form.ok ? ok({ header, validators: new ProposerRotation(set).toValidatorSet() }) : err(form.error.message);
}

/** The same with its seal. */
export function sealedBelow(above: Header, block: LightBlock): Result<SealedHeader, string> {
  const linked = linkBelow(above, block);
  if (!linked.ok) return linked;
  const sealed = sealedHeader(block);
  if (!sealed.ok) return sealed;
  if (!equalBlockIds(sealed.value.commit.blockId, above.lastBlockId)) return err("its commit is for another block id");
  return sealed;
}

/** A block that is believed already, with its seal. Its priorities are a claim. */
export function sealedHeader(block: LightBlock): Result<SealedHeader, string> {
  const sealed = checkSealed(block);
  if (!sealed.ok) return err(sealed.error.message);
  const read = readLightBlock(block);
  if (!read.ok) return read;
  const linked = withValidators(read.value, block);
  return linked.ok ? ok({ ...linked.value, commit: read.value.commit! }) : linked;
}

export interface BisectionHost {
  ask(peer: PeerId, height: bigint): RequestId;
  cancel(request: RequestId): void;
  /** Since the epoch. */
  nowNanos(): Nanos;
}

/** One run of the light client: the first peer is the primary, the others are witnesses. */
export class LightRun {
  readonly #plan: BisectionPlan;
  readonly #sources: readonly PeerId[];
  readonly #host: BisectionHost;
  #state: Bisection;
  #question: { readonly request: RequestId; readonly peer: PeerId; readonly askedAt: number } | undefined;

  constructor(plan: Omit<BisectionPlan, "witnesses">, sources: readonly PeerId[], host: BisectionHost, now: number) {
    this.#plan = { ...plan, witnesses: sources.length - 1 };
    this.#sources = sources;
    this.#host = host;
    this.#state = startBisection(this.#plan);
    this.#ask(now);
  }

  get primary(): PeerId {
    return this.#sources[0]!;
  }

  /** The block that was to be proven; undefined while it is not. */
  get proven(): KnownBlock | undefined {
    return this.#state.tag === "done" ? this.#state.verified.at(-1) : undefined;
  }

  get failure(): FailedBisection | undefined {
    return this.#state.tag === "failed" ? this.#state : undefined;
  }

  /** Witnesses that were asked and did not confirm the block, and why. */
  get faults(): readonly (readonly [PeerId, string])[] {
    return this.#state.faults.map(({ witness, reason }) => [this.#sources[witness]!, reason] as const);
  }

  /** An answer, if it is to this run's question; undefined: the peer has not got it, or did not answer. */
  answered(request: RequestId, block: LightBlock | undefined, now: number): void {
    if (this.#question?.request !== request || this.#state.tag !== "asking") return;
    this.#question = undefined;
    this.#state = answerBisection(this.#state, block, this.#plan, this.#host.nowNanos());
    this.#ask(now);
  }

  /** A peer is gone, or not to be listened to. */
  dropped(peer: PeerId, now: number): void {
    if (this.#question?.peer === peer) this.#giveUp(now);
  }

  step(now: number): void {
    if (this.#question !== undefined && now - this.#question.askedAt >= ANSWER_MS) this.#giveUp(now);
  }

  stop(): void {
    if (this.#question !== undefined) this.#host.cancel(this.#question.request);
    this.#question = undefined;
  }

  #giveUp(now: number): void {
    const { request } = this.#question!;
    this.#host.cancel(request);
    this.answered(request, undefined, now);
  }

  #ask(now: number): void {
    if (this.#state.tag !== "asking") return;
    const peer = this.#sources[this.#state.source]!;
    this.#question = { request: this.#host.ask(peer, this.#state.height), peer, askedAt: now };
  }
}

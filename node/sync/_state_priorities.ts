/**
 * The proposer priorities of a validator set. No hash covers them (CometBFT's light client takes them from whom it asks), so
 * several peers are asked and the most frequent answer counts, unless the block shows that it cannot be. A wrong one costs
 * this node its sense of who proposes: it could not take part in deciding, but not be led to another chain.
 * @module
 */
import { ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import { equalBytes } from "../core/bytes.ts";
import type { LightBlock } from "../core/light/mod.ts";
import type { PeerId } from "../core/peer.ts";
import { hashValidatorSet } from "../core/validators/mod.ts";
import type { RequestId } from "./ports.ts";
import { ANSWER_MS } from "./state_limits.ts";
import { readValidators } from "./_state_light.ts";
import type { SealedHeader } from "./state_ports.ts";

interface Vote {
  readonly set: ValidatorSet;
  /** It names the proposer that the block shows. */
  readonly fits: boolean;
  count: number;
}

export class PriorityPoll {
  readonly #block: SealedHeader;
  readonly #votes = new Map<string, Vote>();
  readonly #questions = new Map<RequestId, PeerId>();
  readonly #cancel: (request: RequestId) => void;
  readonly #askedAt: number;

  /** `block` is believed; its own set counts when nobody answers. */
  constructor(
    block: SealedHeader,
    peers: readonly PeerId[],
    ask: (peer: PeerId, height: bigint) => RequestId,
    cancel: (request: RequestId) => void,
    now: number,
  ) {
    this.#block = block;
    this.#cancel = cancel;
    this.#askedAt = now;
    for (const peer of peers) this.#questions.set(ask(peer, block.header.height), peer);
  }

  get isOver(): boolean {
    return this.#questions.size === 0;
  }

  /** The set that most peers gave. */
  get winner(): ValidatorSet {
    let best: Vote | undefined;
    for (const vote of this.#votes.values()) if (best === undefined || isBetter(vote, best)) best = vote;
    return best?.set ?? this.#block.validators;
  }

  /** How many different answers came. */
  get opinions(): number {
    return this.#votes.size;
  }

  answered(request: RequestId, block: LightBlock | undefined): void {
    if (!this.#questions.delete(request) || block === undefined) return;
    const read = readValidators(block.validatorSet);
    if (!read.ok || !equalBytes(hashValidatorSet(read.value), this.#block.header.validatorsHash)) return;
    const key = ValidatorSet.encode(read.value).finish().toHex();
    const vote = this.#votes.get(key);
    if (vote === undefined) this.#votes.set(key, { set: read.value, fits: this.#fits(read.value), count: 1 });
    else vote.count++;
  }

  /** In engines that rotate proposers a block of round 0 was made by the first of them. */
  #fits({ proposer }: ValidatorSet): boolean {
    const { header, commit } = this.#block;
    return commit.round !== 0 || (proposer !== undefined && equalBytes(proposer.address, header.proposerAddress));
  }

  dropped(peer: PeerId): void {
    for (const [request, asked] of this.#questions) if (asked === peer) this.#forget(request);
  }

  step(now: number): void {
    if (now - this.#askedAt >= ANSWER_MS) this.stop();
  }

  stop(): void {
    for (const request of this.#questions.keys()) this.#forget(request);
  }

  #forget(request: RequestId): void {
    this.#cancel(request);
    this.#questions.delete(request);
  }
}

const isBetter = (a: Vote, b: Vote) => a.fits === b.fits ? a.count > b.count : a.fits;

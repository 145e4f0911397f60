/**
 * Byzantine validators: the production engine and driver behind a transport that lies. They share nothing but what a real
 * one could: their own key, what they hear, and blocks they build themselves.
 * @module
 */
import type { BlockID, Proposal, Vote } from "cosmjs-types/tendermint/types/types";
import { SignedMsgType } from "cosmjs-types/tendermint/types/types";
import { equalBytes, utf8ToBytes } from "../../node/core/bytes.ts";
import type { Prng } from "../../node/core/prng.ts";
import { proposalSignBytes, voteSignBytes } from "../../node/core/types/mod.ts";
import type { ProposedBlock, Signable, TransportPort } from "../../node/consensus/mod.ts";
import { CHAIN_ID, idKey } from "./chain.ts";
import type { Dissected, EngineKit } from "./engines.ts";
import { randomBytes, type SimKey } from "./signatures.ts";
import type { Strategy } from "./swarm.ts";

/** What the world lends to a Byzantine validator. */
export interface ByzantineHands {
  readonly kit: EngineKit;
  readonly strategy: Strategy;
  readonly prng: Prng;
  readonly key: SimKey;
  readonly endpoint: number;
  readonly endpoints: readonly number[];
  /** Addresses of all validators in the order of the first set. */
  readonly addresses: readonly Uint8Array[];
  send(to: number, message: Uint8Array, extraMs: number): void;
  /** Tells the checkers that something was signed. */
  signed(message: Signable): void;
  /** A valid block for the next height, different at every call; undefined before a seal is known. */
  freshBlock(): ProposedBlock | undefined;
}

const NIL: BlockID = { hash: new Uint8Array(), partSetHeader: { total: 0, hash: new Uint8Array() } };
/** Medleys act by a strategy drawn for each message. */
const ACTIVE: readonly Strategy[] = [
  "nil",
  "equivocate",
  "echo",
  "delay",
  "garbage",
  "mutant",
  "forger",
  "usurper",
  "silent",
];

/** They act on what others say. */
const OVERHEARING: readonly Strategy[] = ["echo", "forger", "usurper", "fickle", "stuffer"];
/** More than anybody keeps of one validator, kind and round. */
const STUFFING = 10;

export class ByzantineTransport implements TransportPort {
  readonly #hands: ByzantineHands;
  readonly #favoured: ReadonlySet<number>;
  readonly #done = new Set<string>();
  #index: number;

  constructor(hands: ByzantineHands) {
    this.#hands = hands;
    this.#index = hands.addresses.findIndex((address) => equalBytes(address, hands.key.address));
    this.#favoured = new Set(hands.endpoints.filter(() => hands.prng.chance(0.5)));
  }

  broadcast(message: Uint8Array): void {
    const act = this.#act();
    if (act === "silent") return;
    if (act === "delay") return this.#toAll(message, this.#hands.prng.below(3_000));
    const seen = this.#open(message);
    if (act === "nil" && seen?.type === "vote") return this.#vote({ ...seen.vote, blockId: NIL });
    if (act === "equivocate" && seen !== undefined) return this.#equivocate(message, seen);
    if (act === "mutant" && seen?.type === "vote") this.#mutate(seen.vote);
    if (act === "fickle" && seen?.type === "proposal") return this.#proposeAfresh(seen.proposal);
    if (act === "garbage") this.#garbage(message);
    this.#toAll(message, 0);
  }

  send(to: string, message: Uint8Array): void {
    const act = this.#act();
    if (act === "silent") return;
    this.#hands.send(Number(to.slice(1)), message, act === "delay" ? this.#hands.prng.below(3_000) : 0);
  }

  report(): void {}

  /** Hears what the engine will hear too. */
  overhear(message: Uint8Array): void {
    const act = this.#act();
    if (!OVERHEARING.includes(act)) return;
    const seen = this.#open(message);
    if (seen === undefined || seen.type === "other") return;
    // Its own words, which others passed on.
    if (seen.type === "vote" && equalBytes(seen.vote.validatorAddress, this.#hands.key.address)) return;
    const { height, round, blockId } = seen.type === "vote" ? seen.vote : seen.proposal;
    if (act === "usurper") {
      if (this.#once(`usurp/${height}/${round}`)) this.#usurp(height, round);
      return;
    }
    // Supports whatever anybody stands for, in both steps: every quorum that can be had with this vote is had.
    if (blockId === undefined || idKey(blockId) === "nil") return;
    if (!this.#once(`support/${height}/${round}/${idKey(blockId)}`)) return;
    const time = seen.type === "vote" ? seen.vote.timestamp : seen.proposal.timestamp;
    for (const type of [SignedMsgType.SIGNED_MSG_TYPE_PREVOTE, SignedMsgType.SIGNED_MSG_TYPE_PRECOMMIT]) {
      const vote = this.#blankVote(type, height, round, blockId, time);
      if (act === "forger") this.#forge(vote);
      else if (act === "stuffer") this.#stuff(vote);
      else this.#vote(vote);
    }
  }

  #act(): Strategy {
    const { strategy, prng } = this.#hands;
    return strategy === "medley" ? prng.pick(ACTIVE) : strategy;
  }

  #once(key: string): boolean {
    if (this.#done.has(key)) return false;
    this.#done.add(key);
    return true;
  }

  #open(message: Uint8Array): Dissected | undefined {
    const { kit } = this.#hands;
    const decoded = kit.engine.codec.decodeMessage(message);
    return decoded.ok ? kit.dissect(decoded.value) : undefined;
  }

  #toAll(message: Uint8Array, extraMs: number): void {
    for (const to of this.#hands.endpoints) this.#hands.send(to, message, extraMs);
  }

  #encode(message: Exclude<Dissected, { type: "other" }>): Uint8Array {
    return this.#hands.kit.engine.codec.encodeMessage(this.#hands.kit.assemble(message));
  }

  #blankVote(type: SignedMsgType, height: bigint, round: number, blockId: BlockID, timestamp: Vote["timestamp"]): Vote {
    const empty = new Uint8Array();
    const validatorAddress = this.#hands.key.address;
    const validatorIndex = this.#index;
    const rest = { signature: empty, extension: empty, extensionSignature: empty };
    return { type, height, round, blockId, timestamp, validatorAddress, validatorIndex, ...rest };
  }

  /** Told of every vote that the own engine signs: so it knows its index in the set. */
  learn(message: Signable): void {
    if (message.type === "vote") this.#index = message.vote.validatorIndex;
  }

  #sign(vote: Vote): Vote {
    const signed = { ...vote, signature: this.#hands.key.sign(voteSignBytes(CHAIN_ID, vote)) };
    this.#hands.signed({ type: "vote", vote: signed });
    return signed;
  }

  #vote(vote: Vote, to?: (endpoint: number) => boolean): void {
    const message = this.#encode({ type: "vote", vote: this.#sign(vote) });
    for (const endpoint of this.#hands.endpoints) {
      if (to === undefined || to(endpoint)) this.#hands.send(endpoint, message, 0);
    }
  }

  #propose(proposal: Proposal, block: ProposedBlock, to: (endpoint: number) => boolean): void {
    const changed: Proposal = { ...proposal, blockId: block.blockId };
    const signature = this.#hands.key.sign(proposalSignBytes(CHAIN_ID, changed));
    this.#hands.signed({ type: "proposal", proposal: { ...changed, signature } });
    const message = this.#encode({ type: "proposal", proposal: { ...changed, signature }, block: block.bytes });
    for (const endpoint of this.#hands.endpoints) if (to(endpoint)) this.#hands.send(endpoint, message, 0);
  }

  /** One thing to one half, another to the other half. */
  #equivocate(message: Uint8Array, seen: Dissected): void {
    const favoured = (endpoint: number) => this.#favoured.has(endpoint);
    for (const to of this.#hands.endpoints) if (favoured(to)) this.#hands.send(to, message, 0);
    if (seen.type === "vote") this.#vote({ ...seen.vote, blockId: NIL }, (to) => !favoured(to));
    else if (seen.type === "proposal") {
      const other = this.#hands.freshBlock();
      if (other !== undefined) this.#propose({ ...seen.proposal, polRound: -1 }, other, (to) => !favoured(to));
    } else for (const to of this.#hands.endpoints) if (!favoured(to)) this.#hands.send(to, message, 0);
  }

  /** Never proposes what others may have locked, and supports whatever anybody proposes. */
  #proposeAfresh(proposal: Proposal): void {
    const block = this.#hands.freshBlock();
    if (block !== undefined && this.#once(`afresh/${proposal.height}/${proposal.round}`)) {
      this.#propose({ ...proposal, polRound: -1 }, block, () => true);
    }
  }

  #usurp(height: bigint, round: number): void {
    const block = this.#hands.freshBlock();
    if (block === undefined) return;
    const proposal: Proposal = {
      type: SignedMsgType.SIGNED_MSG_TYPE_PROPOSAL,
      height,
      round: round + this.#hands.prng.below(2),
      polRound: -1,
      blockId: block.blockId,
      timestamp: { seconds: 1_700_000_000n, nanos: 0 },
      signature: new Uint8Array(),
    };
    this.#propose(proposal, block, () => true);
  }

  /** The vote in the name of every other validator, with signatures that are none. */
  #forge(vote: Vote): void {
    const { addresses, prng } = this.#hands;
    for (const [index, validatorAddress] of addresses.entries()) {
      const forged = { ...vote, validatorAddress, validatorIndex: index, signature: randomBytes(prng, 64) };
      this.#toAll(this.#encode({ type: "vote", vote: forged }), 0);
    }
  }

  /** Votes for what does not exist fill whatever room there is for them, before half of the others get the one that counts. */
  #stuff(vote: Vote): void {
    const { prng } = this.#hands;
    for (let i = 0; i < STUFFING; i++) {
      const blockId = { hash: randomBytes(prng, 32), partSetHeader: { total: 1, hash: randomBytes(prng, 32) } };
      this.#vote({ ...vote, blockId });
      this.#vote({ ...vote, blockId, height: vote.height + 1n, round: prng.below(2) });
    }
    this.#vote(vote, (to) => this.#favoured.has(to));
  }

  /** Validly signed nonsense. */
  #mutate(vote: Vote): void {
    const { prng } = this.#hands;
    const far = prng.pick([1, 2, 50, 1_000_000, 0x7fffffff]);
    const mutants: Vote[] = [
      { ...vote, round: Math.min(0x7fffffff, vote.round + far) },
      { ...vote, height: vote.height + BigInt(far) },
      { ...vote, validatorIndex: (vote.validatorIndex + 1) % this.#hands.addresses.length },
      { ...vote, validatorAddress: prng.pick(this.#hands.addresses) },
      { ...vote, blockId: { hash: randomBytes(prng, 32), partSetHeader: { total: 1, hash: randomBytes(prng, 32) } } },
      { ...vote, timestamp: { seconds: BigInt(prng.u32()), nanos: prng.below(1_000_000_000) } },
    ];
    this.#vote(prng.pick(mutants));
  }

  #garbage(message: Uint8Array): void {
    const { prng } = this.#hands;
    const broken = Uint8Array.from(message);
    for (let flips = 1 + prng.below(4); flips > 0; flips--) broken[prng.below(broken.length)]! ^= 1 << prng.below(8);
    this.#toAll(prng.chance(0.5) ? broken : broken.slice(0, prng.below(broken.length)), 0);
    this.#toAll(prng.chance(0.5) ? randomBytes(prng, prng.below(200)) : utf8ToBytes("garbage"), 0);
  }
}

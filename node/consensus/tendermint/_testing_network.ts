/**
 * For tests: a few engines in a world of messages that get lost and processes that die between any two effects. Everything
 * follows from the seed. Small on purpose; the simulator in `tests/sim` has the whole zoo of faults.
 * @module
 */
import type { Commit } from "cosmjs-types/tendermint/types/types";
import { equalBytes } from "../../core/bytes.ts";
import { NANOS_PER_MS } from "../../core/time.ts";
import { Prng } from "../../core/prng.ts";
import { blockIdKey, voteSignBytes } from "../../core/types/mod.ts";
import type { EngineConfig } from "../engine.ts";
import type { Decision } from "../effect.ts";
import type { HeightContext, Signable } from "../input.ts";
import { indexValidators } from "../proposer.ts";
import { verifySeal } from "../seal.ts";
import { createTendermintEngine, type TendermintEngine } from "./engine.ts";
import {
  block,
  CHAIN,
  CONFIG,
  contextOf,
  GENESIS_TIME,
  isValidName,
  nameOf,
  sign,
  type TestEffect,
  type TestInput,
  validatorSet,
  vote,
} from "./_testing.ts";
import type { TendermintMessage } from "./messages.ts";
import type { TendermintState } from "./state.ts";

export interface NetworkOptions {
  readonly seed: number;
  readonly powers: readonly number[];
  /** Validators that say whatever they like. */
  readonly byzantine?: readonly number[];
  readonly loss?: number;
  /** Chance to die after an effect. */
  readonly crash?: number;
  /** From then on nothing is lost and nobody dies. */
  readonly healAtMs?: number;
  readonly config?: EngineConfig;
  readonly engine?: TendermintEngine;
  /** Instead of chance: the process of validator 0 dies after its n-th effect. */
  readonly crashAfterEffect?: number;
}

interface Process {
  readonly index: number;
  state: TendermintState;
  alive: boolean;
  /** Counts restarts: what was scheduled for an earlier life is void. */
  life: number;
  wal: { height: bigint; record: Uint8Array }[];
  guard: { slot: string; bytes: Uint8Array; message: Signable } | undefined;
  readonly chain: Decision[];
  readonly timers: Map<string, number>;
}

type Event = { readonly at: number; readonly order: number; readonly run: () => void };

export class Network {
  now = 0;
  readonly processes: Process[] = [];
  /** Refusals of the double-sign guard: an honest engine that remembers never meets one. */
  readonly refusals: string[] = [];
  readonly accused = new Set<number>();
  effectCount = 0;
  readonly #options: NetworkOptions;
  readonly #random: Prng;
  readonly #engine: TendermintEngine;
  #events: Event[] = [];
  #order = 0;
  #timerIds = 0;

  constructor(options: NetworkOptions) {
    this.#options = options;
    this.#random = new Prng(options.seed);
    this.#engine = options.engine ?? createTendermintEngine();
    options.powers.forEach((_, index) => {
      const state = this.#engine.initial();
      const process = { index, state, alive: true, life: 0, wal: [], guard: undefined, chain: [], timers: new Map() };
      this.processes.push(process);
      if (!this.#isByzantine(index)) this.#schedule(0, () => this.#start(process));
    });
  }

  get honest(): Process[] {
    return this.processes.filter(({ index }) => !this.#isByzantine(index));
  }

  #isByzantine(index: number): boolean {
    return this.#options.byzantine?.includes(index) ?? false;
  }

  get #healed(): boolean {
    return this.now >= (this.#options.healAtMs ?? 0);
  }

  #schedule(delayMs: number, run: () => void): void {
    const event = { at: this.now + delayMs, order: this.#order++, run };
    let low = 0, high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#events[middle]!;
      if (other.at < event.at || (other.at === event.at && other.order < event.order)) low = middle + 1;
      else high = middle;
    }
    this.#events.splice(low, 0, event);
  }

  /** Runs until `done` or `untilMs`. True when done. */
  run(untilMs: number, done: () => boolean): boolean {
    while (this.#events.length > 0 && this.#events[0]!.at <= untilMs) {
      const event = this.#events.shift()!;
      this.now = event.at;
      event.run();
      if (done()) return true;
    }
    return false;
  }

  #context({ chain }: Process): HeightContext {
    const last = chain.at(-1);
    const validators = validatorSet(this.#options.powers);
    return {
      height: BigInt(chain.length + 1),
      validators,
      lastCommit: last?.commit,
      lastValidators: last === undefined ? undefined : validators,
      lastBlock: last?.block,
      lastBlockTime: last?.block.time ?? GENESIS_TIME,
      proofBlock: false,
    };
  }

  #start(process: Process): void {
    const height = this.#context(process);
    process.alive = true;
    process.state = this.#engine.initial();
    const replay = process.wal.filter((entry) => entry.height === height.height).map(({ record }) => {
      const decoded = this.#engine.codec.decodeRecord(record);
      if (!decoded.ok) throw new Error(decoded.error.message);
      return decoded.value;
    });
    this.#feed(process, { type: "started", height, replay });
    const life = process.life;
    const sync = () => {
      if (process.life !== life) return;
      const best = this.honest.reduce((a, b) => (b.chain.length > a.chain.length ? b : a)).chain;
      if (best.length > process.chain.length + 1) {
        process.chain.push(...best.slice(process.chain.length));
        this.#die(process);
      } else this.#schedule(5000, sync);
    };
    this.#schedule(5000, sync);
  }

  #die(process: Process): void {
    process.alive = false;
    process.life++;
    process.timers.clear();
    this.#schedule(this.#random.below(500), () => this.#start(process));
  }

  #feed(process: Process, input: TestInput): void {
    if (!process.alive) return;
    const now = GENESIS_TIME + BigInt(Math.floor(this.now)) * NANOS_PER_MS;
    const context = contextOf(process.index, this.#options.config ?? CONFIG, now);
    const { state, effects } = this.#engine.step(context, process.state, input);
    process.state = state;
    for (const effect of effects) {
      if (process.index === 0) this.effectCount++;
      const { life } = process;
      this.#carryOut(process, effect);
      if (process.life !== life) return;
      const { crash = 0, crashAfterEffect } = this.#options;
      const dies = crashAfterEffect !== undefined
        ? process.index === 0 && this.effectCount === crashAfterEffect
        : !this.#healed && this.#random.chance(crash);
      if (dies) return this.#die(process);
    }
  }

  /** Answers come back as later inputs of the same life. */
  #answer(process: Process, delayMs: number, input: TestInput): void {
    const { life } = process;
    this.#schedule(delayMs, () => process.life === life && this.#feed(process, input));
  }

  #carryOut(process: Process, effect: TestEffect): void {
    const height = BigInt(process.chain.length + 1);
    switch (effect.type) {
      case "persist":
        for (const record of effect.records) {
          process.wal.push({ height, record: this.#engine.codec.encodeRecord(record) });
        }
        return;
      case "sign":
        return this.#sign(process, effect.message);
      case "broadcast":
        for (const other of this.processes) if (other !== process) this.#transmit(process, other, effect.message);
        return;
      case "send":
        return this.#transmit(process, this.processes[Number(effect.to)]!, effect.message);
      case "start_timer": {
        const { kind, height, round } = effect.timer;
        const id = ++this.#timerIds;
        const name = `${kind}/${height}/${round}`;
        process.timers.set(name, id);
        const { life } = process;
        this.#schedule(effect.durationMs, () => {
          if (process.life !== life || process.timers.get(name) !== id) return;
          process.timers.delete(name);
          this.#feed(process, { type: "timer_fired", timer: effect.timer });
        });
        return;
      }
      case "cancel_timer":
        process.timers.delete(`${effect.timer.kind}/${effect.timer.height}/${effect.timer.round}`);
        return;
      case "build_block": {
        const name = `${effect.height} by ${process.index} in ${effect.round} at ${Math.floor(this.now)}`;
        this.#answer(process, this.#random.below(40), { ...effect, type: "block_built", block: block(name) });
        return;
      }
      case "validate_block": {
        const name = nameOf(effect.bytes);
        const valid = isValidName(name) && blockIdKey(block(name).blockId) === blockIdKey(effect.blockId);
        const { height, round, blockId } = effect;
        const time = block(name).time;
        this.#answer(process, this.#random.below(40), { type: "block_validated", height, round, blockId, time, valid });
        return;
      }
      case "commit":
        return this.#commit(process, effect.decision);
      case "report_evidence":
        this.accused.add(effect.evidence.duplicateVoteEvidence!.voteA!.validatorIndex);
        return;
      case "report_peer":
        return;
    }
  }

  #commit(process: Process, decision: Decision): void {
    this.#checkDecision(process, decision);
    process.chain.push(decision);
    process.wal = process.wal.filter((entry) => entry.height > decision.height);
    this.#answer(process, this.#random.below(20), { type: "height_committed", next: this.#context(process) });
  }

  #checkDecision({ chain }: Process, { height, commit, block }: Decision): void {
    if (height !== BigInt(chain.length + 1)) throw new Error(`decided ${height} at ${chain.length + 1}`);
    const validators = indexValidators(validatorSet(this.#options.powers));
    const proven = (seal: Commit) => verifySeal(CHAIN, validators, seal, contextOf(0).verify);
    if (!proven(commit)) throw new Error(`height ${height}: the seal proves nothing`);
    for (const other of this.honest) {
      const theirs = other.chain[Number(height) - 1];
      if (theirs && !equalBytes(theirs.block.bytes, block.bytes)) {
        throw new Error(`height ${height}: ${nameOf(theirs.block.bytes)} and ${nameOf(block.bytes)}`);
      }
    }
  }

  /** A guard as CometBFT's: remembers the last height, round and step. */
  #sign(process: Process, message: Signable): void {
    const value = message.type === "vote" ? message.vote : message.proposal;
    const step = message.type === "vote" ? message.vote.type : 0;
    const pad = (number: number | bigint) => String(number).padStart(9, "0");
    const slot = `${pad(value.height)}/${pad(value.round)}/${step}`;
    const bytes = message.type === "vote"
      ? voteSignBytes(CHAIN, message.vote)
      : new TextEncoder().encode(blockIdKey(value.blockId));
    const { guard } = process;
    if (guard !== undefined && (slot < guard.slot || (slot === guard.slot && !equalBytes(bytes, guard.bytes)))) {
      this.refusals.push(`${process.index}: ${slot} after ${guard.slot}`);
      return this.#answer(process, 0, { type: "sign_refused", message, reason: "guard" });
    }
    const signed = guard?.slot === slot ? guard.message : sign(process.index, message);
    process.guard = { slot, bytes, message: signed };
    this.#answer(process, 0, { type: "signed", message: signed });
  }

  #transmit(from: Process, to: Process, message: TendermintMessage): void {
    if (this.#isByzantine(to.index)) return this.#misbehave(to, message);
    if (!this.#healed && this.#random.chance(this.#options.loss ?? 0)) return;
    const bytes = this.#engine.codec.encodeMessage(message);
    const delay = this.#healed ? 1 + this.#random.below(30) : 1 + this.#random.below(400);
    this.#schedule(delay, () => {
      const decoded = this.#engine.codec.decodeMessage(bytes);
      if (!decoded.ok) throw new Error(decoded.error.message);
      this.#feed(to, { type: "message_received", from: String(from.index), message: decoded.value });
    });
  }

  /** Says different things to different peers about whatever round it hears of. */
  #misbehave(process: Process, message: TendermintMessage): void {
    if (message.type === "status" || message.type === "decided" || !this.#random.chance(0.3)) return;
    const heard = message.type === "vote" ? message.vote : message.proposal;
    const blockId = message.type === "proposal" ? message.proposal.blockId : message.vote.blockId;
    for (const other of this.honest) {
      const round = Math.max(0, heard.round + this.#random.below(3) - 1);
      const kind = this.#random.chance(0.5) ? "prevote" : "precommit";
      const base = vote(process.index, kind, round, undefined, heard.height);
      const signed = sign(process.index, {
        type: "vote",
        vote: this.#random.chance(0.6) ? { ...base, blockId } : base,
      });
      if (signed.type === "vote") this.#transmit(process, other, { type: "vote", vote: signed.vote });
    }
  }
}

/** The machine of consensus gossip; see `ports.ts`. @module */
import type { Part } from "cosmjs-types/tendermint/types/types";
import type { GossipFacts } from "../consensus/engine.ts";
import { invariant, unreachable } from "../core/invariant.ts";
import type { GossipVerdict, PeerId } from "../core/peer.ts";
import { Prng } from "../core/prng.ts";
import { PART_BYTES } from "../core/types/mod.ts";
import { blockName, BlockParts, isPartOf } from "./_block_parts.ts";
import { CatchUp, type Place } from "./_catch_up.ts";
import { type Head, Heads, type NewHead } from "./_heads.ts";
import { type GossipCodec, type OwnMessage, takeApart } from "./_own.ts";
import { isOtherVersion } from "./_versioned.ts";
import { Waiting, type WaitingHead } from "./_waiting.ts";
import { GOSSIP_LIMITS_DEFAULT, type GossipLimits } from "./limits.ts";
import {
  type ConsensusGossip,
  GOSSIP_TICK_MS,
  type GossipEffect,
  type GossipInput,
  type GossipObserver,
  type GossipStep,
} from "./ports.ts";
import { type Carry, decodeFrame, encodeCarry, HEAD_BYTES_MAX, isHave, nameOf } from "./wire.ts";

/** Between two ticks of a process that is not busy less than this passes. */
const LATE_TICK_MS = 1.5 * GOSSIP_TICK_MS;

export interface ConsensusGossipOptions<M> {
  readonly codec: GossipCodec<M>;
  /** As `Engine.judge` of the engine that runs; `ignore` when none does. */
  readonly judge: (message: M) => GossipVerdict;
  /** Chooses what goes first when not all has room. */
  readonly random?: Prng;
  readonly limits?: Partial<GossipLimits>;
  readonly observer?: GossipObserver | undefined;
}

/** Names of rejected heads that are remembered, so that their signatures are not verified again. */
const REFUSED_MAX = 1_024;

type By = "topic" | "direct";

/** How much is held now: for observers and tests. */
export interface GossipHeld {
  /** Heads that were found good. */
  readonly heads: number;
  /** Bytes of parts that were found good. */
  readonly partsBytes: number;
  /** Bytes of what waits to be judged. */
  readonly waitingBytes: number;
}

/** A machine for any engine. */
export function createConsensusGossip<M>(
  options: ConsensusGossipOptions<M>,
): ConsensusGossip & { readonly held: GossipHeld } {
  return new Machine(options);
}

class Machine<M> implements ConsensusGossip {
  readonly #options: ConsensusGossipOptions<M>;
  readonly #limits: GossipLimits;
  readonly #catchUp: CatchUp<M>;
  readonly #waiting: Waiting<M>;
  /** Of the heights before, the one that runs and the next. */
  readonly #heights = new Map<bigint, Heads<M>>();
  readonly #refused = new Set<string>();
  #at: Place = { height: 0n, round: 0, base: 0n, running: false, decided: false };
  /** The engine was shown in this tick that others are ahead. */
  #hinted = false;
  #tickedAt = Number.POSITIVE_INFINITY;
  #effects: GossipEffect[] = [];

  constructor(options: ConsensusGossipOptions<M>) {
    this.#options = options;
    this.#limits = { ...GOSSIP_LIMITS_DEFAULT, ...options.limits };
    this.#waiting = new Waiting(this.#limits);
    this.#catchUp = new CatchUp({
      limits: this.#limits,
      random: options.random ?? new Prng(0),
      observer: options.observer,
      at: () => this.#at,
      heads: (height) => this.#heightAt(height),
      emit: (effect) => this.#effects.push(effect),
    });
  }

  get held(): GossipHeld {
    let [heads, partsBytes] = [0, 0];
    for (const each of this.#heights.values()) {
      heads += each.size;
      partsBytes += each.partsBytes;
    }
    return { heads, partsBytes, waitingBytes: this.#waiting.bytes };
  }

  on(input: GossipInput, nowMs: number): GossipStep {
    this.#effects = [];
    const verdict = this.#handle(input, nowMs) ?? "ignore";
    return { effects: this.#effects, verdict };
  }

  #handle(input: GossipInput, nowMs: number): GossipVerdict | void {
    switch (input.type) {
      case "peer_joined":
        return this.#catchUp.onJoined(input.peer);
      case "peer_left":
        this.#waiting.drop(input.peer);
        return this.#catchUp.peers.leave(input.peer);
      case "own_broadcast":
        return this.#onOwn(takeApart(this.#options.codec, input.message));
      case "own_send":
        return this.#sendTo([input.to], takeApart(this.#options.codec, input.message));
      case "heard":
        return this.#onHeard(input.from, input.by, input.bytes);
      case "moved":
        return this.#onMoved(input);
      case "ticked":
        return this.#onTick(nowMs);
      default:
        return unreachable(input);
    }
  }

  /** Undefined for heights that nothing is kept of. */
  #heightAt(height: bigint): Heads<M> | undefined {
    const { height: at, running } = this.#at;
    const known = this.#heights.get(height);
    if (known !== undefined || !running || height < at - 1n || height > at + 1n) return known;
    const heads = new Heads<M>(height, this.#limits);
    this.#heights.set(height, heads);
    return heads;
  }

  #find(name: string): Head<M> | undefined {
    for (const heads of this.#heights.values()) {
      const head = heads.get(name);
      if (head !== undefined) return head;
    }
    return undefined;
  }

  // What the engine says.

  #onOwn(own: OwnMessage<M>): void {
    const { name, bytes, facts, block } = own;
    if (facts.spread === "once") return this.#sendTo([...this.#catchUp.peers.all()].map(({ id }) => id), own);
    // Said again: somebody may lack it, and peers find out who.
    if (this.#find(name) !== undefined) return this.#catchUp.lack();
    this.#catchUp.news("topic");
    const kept = this.#heightAt(facts.height)?.add(own);
    if (kept !== undefined) [kept.delivered, kept.passedOn] = [true, true];
    if (block === undefined) return this.#publish(encodeCarry(bytes));
    const parts = kept?.block ?? new BlockParts(blockName(facts.blockId!), facts.blockId!);
    invariant(parts.fill(block), "publish an own message: its block is not that of its block id");
    this.#catchUp.peers.published(parts.name);
    for (let index = 0; index < parts.total; index++) {
      kept?.partsPassedOn.add(index);
      this.#publish(encodeCarry(bytes, parts.part(index)));
    }
  }

  #publish(bytes: Uint8Array): void {
    this.#effects.push({ type: "publish", bytes });
  }

  /** A long block is not sent before the peer asks for it: others may have sent it already. */
  #sendTo(peers: readonly PeerId[], own: OwnMessage<M>): void {
    const { name, bytes, facts, block } = own;
    if (bytes.length > HEAD_BYTES_MAX) return;
    let part: Part | undefined;
    if (block !== undefined) {
      const heads = this.#heightAt(facts.height);
      const kept = heads?.get(name) ?? heads?.add(own);
      if (kept?.block === undefined) return;
      kept.delivered = true;
      invariant(kept.block.fill(block), "send an own message: its block is not that of its block id");
      if (kept.block.total === 1) part = kept.block.part(0);
    }
    for (const to of peers) this.#effects.push({ type: "send", to, bytes: encodeCarry(bytes, part) });
  }

  // What peers say.

  #onHeard(from: PeerId, by: By, bytes: Uint8Array): GossipVerdict {
    if ((this.#catchUp.peers.get(from)?.rejects ?? 0) >= this.#limits.rejectsPerTickMax) return "ignore";
    // What would not be answered is not read: that costs most.
    if (by === "direct" && isHave(bytes) && this.#catchUp.isDeafTo(from)) return "ignore";
    const decoded = decodeFrame(bytes);
    if (!decoded.ok) {
      return isOtherVersion(decoded.error) ? "ignore" : this.#reject(from, "undecodable", decoded.error.message);
    }
    const { carry, status, have } = decoded.value;
    const count = Number(carry !== undefined) + Number(status !== undefined) + Number(have !== undefined);
    if (count !== 1) return this.#reject(from, "bad_message", `read gossip: it says ${count} things`);
    if (carry !== undefined) return this.#onCarry(from, by, carry);
    if (by === "topic") return this.#reject(from, "bad_message", "read gossip: said to everybody, meant for one");
    if (status !== undefined) this.#catchUp.onStatus(from, status);
    if (have !== undefined) this.#catchUp.onHave(from, have);
    return "ignore";
  }

  #reject(peer: PeerId, code: string, reason: string): GossipVerdict {
    const known = this.#catchUp.peers.get(peer);
    if (known !== undefined) known.rejects++;
    this.#effects.push({ type: "report", peer, code, reason });
    return "reject";
  }

  #badPart(peer: PeerId): GossipVerdict {
    return this.#reject(peer, "bad_part", "take part of a block: it is not proven by the block id of its message");
  }

  #onCarry(from: PeerId, by: By, { head: bytes, part }: Carry): GossipVerdict {
    if (bytes.length > HEAD_BYTES_MAX) return this.#reject(from, "bad_message", `read head: ${bytes.length} bytes`);
    const name = nameOf(bytes);
    if (this.#refused.has(name)) return this.#reject(from, "bad_message", "take message: it was found bad before");
    const known = this.#find(name);
    if (known !== undefined) {
      // Who knows it as said directly must not pass it on to those who do not.
      const fault = faultOf(known.facts, by, part);
      if (fault !== undefined) return this.#reject(from, "bad_message", fault);
      if (part === undefined) this.#observe(known.facts, false);
      else this.#options.observer?.heard("part", known.block?.has(part.index) === false);
      return this.#onGood(known, from, by, part, false);
    }
    const waiting = this.#waiting.get(from, name);
    if (waiting === undefined) return this.#onNew(from, by, name, bytes, part);
    return part === undefined ? "ignore" : this.#onWaitingPart(from, waiting, part);
  }

  #onNew(from: PeerId, by: By, name: string, view: Uint8Array, part: Part | undefined): GossipVerdict {
    const { codec, judge } = this.#options;
    // A copy: the view keeps the whole frame with its part.
    const bytes = view.slice();
    const decoded = codec.decodeMessage(bytes);
    if (!decoded.ok) return this.#reject(from, "undecodable", decoded.error.message);
    const message = decoded.value;
    const facts = codec.facts(message);
    const fault = codec.blockOf(message) === undefined ? faultOf(facts, by, part) : "read head: its block is in it";
    if (fault !== undefined) return this.#reject(from, "bad_message", fault);
    if (!this.#at.running || this.#isTooBig(facts)) return "ignore";
    if (facts.spread === "once" && facts.blockId === undefined) {
      this.#effects.push({ type: "deliver", from, message: bytes });
      return "ignore";
    }
    if (!this.#isOfUse(facts)) return "ignore";
    const verdict = judge(message);
    if (verdict === "reject") {
      if (this.#refused.size < REFUSED_MAX) this.#refused.add(name);
      return this.#notGood(from, facts);
    }
    const made = { name, bytes, message, facts, from };
    if (verdict === "ignore") return this.#wait(made, part);
    if (part !== undefined) this.#options.observer?.heard("part", true);
    const kept = this.#keep(made, by);
    return kept === undefined ? this.#onNoRoom(made) : this.#onGood(kept, from, by, part, true);
  }

  /** The engine decides about room of its own: it may wait for this one, as for old votes that a proposal rests on. */
  #onNoRoom({ bytes, facts, from }: NewHead<M> & { readonly from: PeerId }): GossipVerdict {
    if (facts.height !== this.#at.height || facts.blockId !== undefined) return "ignore";
    this.#effects.push({ type: "deliver", from, message: bytes });
    return "accept";
  }

  #notGood(from: PeerId, { kind, height, round }: GossipFacts): GossipVerdict {
    return this.#reject(from, "bad_message", `judge ${kind} of height ${height} and round ${round}: it is not good`);
  }

  #isTooBig({ blockId }: GossipFacts): boolean {
    const partsMax = Math.ceil(this.#limits.blockBytesMax / PART_BYTES);
    return blockId !== undefined && (blockId.partSetHeader.total < 1 || blockId.partSetHeader.total > partsMax);
  }

  #isOfUse({ height, spread }: GossipFacts): boolean {
    const at = this.#at.height;
    if (spread === "once") return height === at;
    return height >= at - 1n && height <= at + 1n + BigInt(this.#limits.aheadHeightsMax);
  }

  #observe({ kind }: GossipFacts, fresh: boolean): void {
    const isNamed = kind === "proposal" || kind === "prevote" || kind === "precommit";
    this.#options.observer?.heard(isNamed ? kind : "other", fresh);
  }

  // What may become good later.

  #wait(made: NewHead<M> & { readonly from: PeerId }, part: Part | undefined): GossipVerdict {
    const { height, round, spread } = made.facts;
    const { height: at, round: now } = this.#at;
    if (spread === "once" || height < at || (height === at && round <= now + 1)) return "ignore";
    const waiting = { ...made, parts: new Map<number, Part>() };
    if (!this.#waiting.add(waiting)) return "ignore";
    return part === undefined ? "ignore" : this.#onWaitingPart(made.from, waiting, part);
  }

  #onWaitingPart(from: PeerId, waiting: WaitingHead<M>, part: Part): GossipVerdict {
    const { blockId } = waiting.facts;
    if (blockId === undefined || waiting.parts.has(part.index)) return "ignore";
    if (!isPartOf(blockId, part)) return this.#badPart(from);
    this.#waiting.addPart(waiting, part);
    return "ignore";
  }

  /** Judges what waited for this height or round. */
  #judgeWaiting(): void {
    const { height: at, round: now } = this.#at;
    const isDue = ({ height, round }: GossipFacts) =>
      height < at || (height === at && round <= now + 1) || height === at + 1n;
    for (const waiting of this.#waiting.take(isDue)) {
      const { facts, from, name, parts } = waiting;
      if (!this.#isOfUse(facts) || this.#refused.has(name)) continue;
      const known = this.#find(name);
      const verdict = known === undefined ? this.#options.judge(waiting.message) : "accept";
      if (verdict === "reject") this.#notGood(from, facts);
      if (verdict === "ignore" && facts.height > at) this.#waiting.add(waiting);
      const kept = verdict === "accept" ? known ?? this.#keep(waiting, "topic") : undefined;
      if (kept === undefined) continue;
      for (const part of parts.values()) this.#takePart(kept, part, "topic");
      this.#deliverReady(kept);
    }
  }

  // What is good.

  #keep(made: NewHead<M>, by: By): Head<M> | undefined {
    const kept = this.#heightAt(made.facts.height)?.add(made);
    this.#observe(made.facts, kept !== undefined);
    if (kept === undefined) return undefined;
    this.#catchUp.news(by);
    const { from, facts } = kept;
    if (facts.height > this.#at.height) this.#catchUp.onAhead(from!);
    return kept;
  }

  /** A head that is kept was heard. Passed on is what the topic brings for the first time. */
  #onGood(head: Head<M>, from: PeerId, by: By, part: Part | undefined, isNew: boolean): GossipVerdict {
    const { block } = head;
    if (part !== undefined && block === undefined) {
      return this.#reject(from, "bad_message", "read part: its message has no block");
    }
    const first = part === undefined ? !head.passedOn : !head.partsPassedOn.has(part.index);
    if (!isNew && (by === "direct" || !first) && (part === undefined || block!.has(part.index))) return "ignore";
    if (part !== undefined && !isPartOf(block!.blockId, part)) return this.#badPart(from);
    if (by === "topic" && part === undefined) head.passedOn = true;
    if (by === "topic" && part !== undefined) head.partsPassedOn.add(part.index);
    const taken = part !== undefined && this.#takePart(head, part, by);
    if (taken || isNew) this.#deliverReady(head);
    // What is proven but long is asked for at once from whoever proved it.
    if (isNew && head.facts.spread === "once" && block?.whole === undefined) this.#catchUp.askFor(from);
    return "accept";
  }

  /** True when a proven part is new and found room. */
  #takePart({ block }: Head<M>, part: Part, by: By): boolean {
    if (block === undefined || block.has(part.index) || !this.#hasRoom(part.bytes.length)) return false;
    block.add(part);
    this.#catchUp.news(by);
    return true;
  }

  /** What the heights before still have is only for those who are late: the oldest gives way. */
  #hasRoom(length: number): boolean {
    const { partsBytesMax } = this.#limits;
    let bytes = length;
    for (const heads of this.#heights.values()) bytes += heads.partsBytes;
    const before = [...this.#heights.keys()].filter((height) => height < this.#at.height).sort((a, b) => Number(a - b));
    for (const height of before) {
      if (bytes <= partsBytesMax) break;
      bytes -= this.#heights.get(height)!.partsBytes;
      this.#heights.delete(height);
    }
    return bytes <= partsBytesMax;
  }

  /** Gives the engine a head that is whole, and the others that name the same block. */
  #deliverReady(head: Head<M>): void {
    const { block } = head;
    if (block === undefined) return this.#deliver(head);
    if (block.whole === undefined) return;
    for (const other of this.#heights.get(head.facts.height)?.all() ?? []) {
      if (other.block === block) this.#deliver(other);
    }
  }

  #deliver(head: Head<M>): void {
    const { height, round } = head.facts;
    if (head.delivered || head.from === undefined) return;
    if (height > this.#at.height) return this.#hint(head, head.from);
    head.delivered = true;
    head.far = height === this.#at.height && round > this.#at.round + 1;
    this.#give(head, head.from);
  }

  /** Messages of the next height wait here until it begins; but an engine that is stuck must see that others are ahead. */
  #hint(head: Head<M>, from: PeerId): void {
    if (this.#hinted || this.#at.decided || head.block !== undefined) return;
    this.#hinted = true;
    this.#give(head, from);
  }

  #give(head: Head<M>, from: PeerId): void {
    const { codec } = this.#options;
    const message = head.block === undefined
      ? head.bytes
      : codec.encodeMessage(codec.withBlock(head.message, head.block.whole));
    this.#effects.push({ type: "deliver", from, message });
  }

  // Where we are.

  #onMoved({ height, round, base, running, decided }: Place): void {
    const before = this.#at;
    this.#at = { height, round, base, running, decided };
    if (!running) {
      this.#heights.clear();
      this.#waiting.clear();
      this.#refused.clear();
      return;
    }
    if (!before.running || before.height !== height) this.#onHeight();
    if (!before.running || before.height !== height || before.round !== round) {
      for (const head of this.#heights.get(height)?.all() ?? []) {
        // The engine may not have kept what was far from its round.
        if (head.far && head.facts.round <= round + 1) [head.far, head.delivered] = [false, false];
        this.#deliverReady(head);
      }
      this.#judgeWaiting();
    }
    this.#catchUp.onMoved(before);
  }

  #onHeight(): void {
    const { height } = this.#at;
    this.#refused.clear();
    const first = height - BigInt(this.#limits.behindHeightsMax);
    for (const [at, heads] of this.#heights) {
      if (at < first || at > height + 1n) this.#heights.delete(at);
      else if (at < height) heads.settle();
    }
  }

  #onTick(nowMs: number): void {
    this.#hinted = false;
    // Timers come before what waits to be read: who was busy does not yet know what it lacks.
    const late = nowMs - this.#tickedAt > LATE_TICK_MS;
    this.#tickedAt = nowMs;
    if (!this.#catchUp.onTick(late)) return;
    // The engine gets again what it may have had no room for.
    for (const head of this.#heights.get(this.#at.height)?.all() ?? []) {
      if (head.from === undefined || !head.delivered || head.facts.round < this.#at.round - 1) continue;
      this.#give(head, head.from);
    }
  }
}

/** What no honest node says. */
function faultOf({ spread, blockId }: GossipFacts, by: By, part: Part | undefined): string | undefined {
  if (spread === "once" && by === "topic") return "read head: said to everybody, meant for one";
  return part !== undefined && blockId === undefined ? "read part: its message has no block" : undefined;
}

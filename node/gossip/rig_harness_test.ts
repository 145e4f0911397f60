/** For tests: one machine that is fed by hand, and the messages of a toy engine. @module */
import { assert } from "@std/assert";
import type { GossipVerdict, PeerId } from "../core/peer.ts";
import { partSet } from "../core/types/mod.ts";
import { blockBytes, toy, toyCodec, type ToyMessage } from "./_testing.ts";
import { createConsensusGossip } from "./consensus.ts";
import type { GossipLimits } from "./limits.ts";
import type { GossipEffect, GossipInput, GossipStep } from "./ports.ts";
import { decodeFrame, encodeCarry, nameOf } from "./wire.ts";

export const headOf = (message: ToyMessage) => toyCodec.encodeMessage(toyCodec.withBlock(message, undefined));
export const whole = (message: ToyMessage) => toyCodec.encodeMessage(message);
export const carry = (message: ToyMessage) => encodeCarry(headOf(message));
export const partsOf = (message: ToyMessage) =>
  partSet(message.block).parts.map((part) => encodeCarry(headOf(message), part));

export const vote = (fields: Partial<ToyMessage> = {}) => toy({ kind: "prevote", height: 5, author: 0, ...fields });
export const proposal = (fields: Partial<ToyMessage> = {}) =>
  toy({ kind: "proposal", height: 5, block: blockBytes(1, 150_000), ...fields });
export const decided = (fields: Partial<ToyMessage> = {}) => proposal({ kind: "decided", once: true, ...fields });

/** A machine at height 5, round 0, with peers a, b and c. */
export class Rig {
  /** What the engine thinks; by default good is accepted at this height and the next. */
  judge: (message: ToyMessage) => GossipVerdict = ({ good, height }) =>
    !good ? "reject" : height >= this.height - 1 && height <= this.height + 1 ? "accept" : "ignore";
  judged = 0;
  height = 5;
  nowMs = 0;
  /** What the observer was told. */
  readonly heard: string[] = [];
  readonly machine;
  effects: readonly GossipEffect[] = [];

  constructor(limits: Partial<GossipLimits> = {}, running = true) {
    const judge = (message: ToyMessage) => {
      this.judged++;
      return this.judge(message);
    };
    const observer = {
      heard: (what: string, fresh: boolean) => void this.heard.push(`${what} ${fresh ? "new" : "known"}`),
      helped: (count: number) => void this.heard.push(`helped ${count}`),
    };
    this.machine = createConsensusGossip({ codec: toyCodec, judge, limits, observer });
    for (const peer of ["a", "b", "c"]) this.on({ type: "peer_joined", peer });
    this.moved(5, 0, { running });
  }

  on(input: GossipInput): GossipStep {
    const step = this.machine.on(input, this.nowMs);
    this.effects = step.effects;
    return step;
  }

  moved(height: number, round = 0, more: { running?: boolean; decided?: boolean } = {}): GossipStep {
    this.height = height;
    return this.on({ type: "moved", height: BigInt(height), round, base: 1n, running: true, decided: false, ...more });
  }

  topic(bytes: Uint8Array, from: PeerId = "a"): GossipVerdict {
    return this.on({ type: "heard", from, by: "topic", bytes }).verdict;
  }

  direct(bytes: Uint8Array, from: PeerId = "a"): readonly GossipEffect[] {
    return this.on({ type: "heard", from, by: "direct", bytes }).effects;
  }

  get delivered(): string[] {
    return this.effects.flatMap((effect) =>
      effect.type === "deliver" ? [`${effect.from} ${nameOf(effect.message)}`] : []
    );
  }

  get reports(): string[] {
    return this.effects.flatMap((effect) => effect.type === "report" ? [`${effect.peer} ${effect.code}`] : []);
  }

  /** Frames sent to a peer, or published. */
  frames(to?: PeerId) {
    return this.effects.flatMap((effect) => {
      if (to === undefined ? effect.type !== "publish" : effect.type !== "send" || effect.to !== to) return [];
      const frame = decodeFrame((effect as { bytes: Uint8Array }).bytes);
      assert(frame.ok);
      return [frame.value];
    });
  }

  tick(count = 1): void {
    const all: GossipEffect[] = [];
    for (let i = 0; i < count; i++) all.push(...this.on({ type: "ticked" }).effects);
    this.effects = all;
  }
}

export const from = (peer: PeerId, message: ToyMessage) => `${peer} ${nameOf(whole(message))}`;

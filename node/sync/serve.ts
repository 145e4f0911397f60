/**
 * Answers other nodes' questions for blocks and light blocks: only what is published, bounded in count and bytes, a frame loaded
 * only when the asker has taken the one before.
 * @module
 */
import type { ClockPort } from "../consensus/mod.ts";
import { IoError } from "../core/errors.ts";
import type { PeerId } from "../core/peer.ts";
import { NANOS_PER_MS } from "../core/time.ts";
import { RESPONSE_FRAME_BYTES_MAX } from "../network/ports.ts";
import { RANGE_BLOCKS_MAX } from "./block_limits.ts";
import type { BlockSource } from "./ports.ts";
import { decodeBlocksQuestion, decodeLightBlockQuestion, encodeBlockFrame, encodeLightBlock } from "./wire.ts";

/** Blocks of one answer. */
const ANSWER_BLOCKS_MAX = RANGE_BLOCKS_MAX;
/** An answer ends after the frame that passes this, in bytes: askers aim at half of it. */
const ANSWER_BYTES_MAX = 8 * 1024 * 1024;
/** Answers under way to one peer: what an honest one asks at once, and those it has just called off. */
const PEER_ANSWERS_MAX = 6;
/** Answers under way in all. Each holds at most a frame. */
const ANSWERS_MAX = 32;
/** Who has not taken a frame for so long makes room when there is none, in milliseconds. */
const STALE_MS = 3000;

export interface BlockServerOptions {
  readonly source: BlockSource;
  readonly clock: ClockPort;
  /** Told of a question that means nothing: no honest peer asks it. */
  readonly report: (peer: PeerId, code: string, reason: string) => void;
}

/** An answer under way. */
interface Answer {
  readonly peer: PeerId;
  takenAt: number;
  isOver: boolean;
}

export class BlockServer {
  readonly #options: BlockServerOptions;
  readonly #answers = new Set<Answer>();

  constructor(options: BlockServerOptions) {
    this.#options = options;
  }

  /**
   * Frames of the answer to a question by the protocol `blocks` or `light_blocks`; none for what is not here. Throws an IoError
   * `sync_busy` when too many are being answered: the asker sees an answer that is cut, which is no lie.
   */
  answer(protocol: "blocks" | "light_blocks", from: PeerId, body: Uint8Array): AsyncGenerator<Uint8Array> {
    return protocol === "blocks" ? this.#blocks(from, body) : this.#lightBlock(from, body);
  }

  async *#blocks(peer: PeerId, body: Uint8Array): AsyncGenerator<Uint8Array> {
    const question = decodeBlocksQuestion(body);
    if (!question.ok) return this.#options.report(peer, "sync_bad_question", question.error.message);
    if (question.value === undefined) return;
    const { from, count } = question.value;
    const { source } = this.#options;
    const answer = this.#begin(peer);
    try {
      const heights = await source.heights();
      if (heights === undefined || from < heights.base) return;
      let bytes = 0;
      for (let i = 0; i < Math.min(count, ANSWER_BLOCKS_MAX) && bytes < ANSWER_BYTES_MAX; i++) {
        const sealed = await source.loadSealed(from + BigInt(i));
        if (sealed === undefined) return;
        if (answer.isOver) throw busy("this one waited too long");
        const frame = encodeBlockFrame(sealed.block, sealed.commit);
        if (frame.length > RESPONSE_FRAME_BYTES_MAX) {
          throw new IoError("sync_block_long", "answer: a block is too long");
        }
        bytes += frame.length;
        yield frame;
        answer.takenAt = this.#now();
      }
    } finally {
      this.#answers.delete(answer);
    }
  }

  async *#lightBlock(peer: PeerId, body: Uint8Array): AsyncGenerator<Uint8Array> {
    const question = decodeLightBlockQuestion(body);
    if (!question.ok) return this.#options.report(peer, "sync_bad_question", question.error.message);
    if (question.value === undefined) return;
    const { source } = this.#options;
    const answer = this.#begin(peer);
    try {
      const { height } = question.value;
      const block = await source.loadLightBlock(height === 0n ? (await source.heights())?.last ?? 0n : height);
      if (block !== undefined) yield encodeLightBlock(block);
    } finally {
      this.#answers.delete(answer);
    }
  }

  #begin(peer: PeerId): Answer {
    let own = 0;
    for (const answer of this.#answers) if (answer.peer === peer) own++;
    if (own >= PEER_ANSWERS_MAX) throw busy(`${own} questions of this peer are being answered`);
    if (this.#answers.size >= ANSWERS_MAX && !this.#makeRoom()) {
      throw busy(`${this.#answers.size} questions are being answered`);
    }
    const answer: Answer = { peer, takenAt: this.#now(), isOver: false };
    this.#answers.add(answer);
    return answer;
  }

  /** Ends the answer whose asker has been slow for longest. */
  #makeRoom(): boolean {
    let slowest: Answer | undefined;
    for (const answer of this.#answers) {
      if (slowest === undefined || answer.takenAt < slowest.takenAt) slowest = answer;
    }
    if (slowest === undefined || this.#now() - slowest.takenAt < STALE_MS) return false;
    slowest.isOver = true;
    return this.#answers.delete(slowest);
  }

  #now(): number {
    return Number(this.#options.clock.nowNanos() / NANOS_PER_MS);
  }
}

const busy = (state: string) => new IoError("sync_busy", `answer a question for blocks: ${state}`);

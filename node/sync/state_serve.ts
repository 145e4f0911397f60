/**
 * Answers other nodes' questions for snapshots and their chunks. A chunk is made when it is asked for, so it is bounded how many
 * are in the making; who asks for more sees an answer that is cut short and asks somebody else.
 * @module
 */
import { IoError } from "../core/errors.ts";
import type { PeerId } from "../core/peer.ts";
import { OFFERS_PER_PEER_MAX } from "./state_limits.ts";
import type { SnapshotOffer } from "./state_ports.ts";
import { decodeChunkQuestion, encodeChunk, encodeSnapshotOffer, isSnapshotsQuestion } from "./state_wire.ts";

/** Answers under way to one peer: what an honest one asks at once, and those it has just called off. */
const PEER_ANSWERS_MAX = 4;
/** Answers under way in all: with the longest chunks 320 MiB, as a rule 16. */
const ANSWERS_MAX = 16;

/** Where snapshots come from. */
export interface SnapshotSource {
  /** What can be offered now, the newest first. */
  offers(): readonly SnapshotOffer[];
  /** undefined: there is no such chunk (any more). */
  chunk(height: bigint, format: number, index: number): Promise<Uint8Array | undefined>;
}

export interface SnapshotServerOptions {
  readonly source: SnapshotSource;
  /** Told of a question that means nothing: no honest peer asks it. */
  readonly report: (peer: PeerId, code: string, reason: string) => void;
}

export class SnapshotServer {
  readonly #options: SnapshotServerOptions;
  readonly #answers = new Map<PeerId, number>();
  #count = 0;

  constructor(options: SnapshotServerOptions) {
    this.#options = options;
  }

  /** Frames of the answer to a question by the protocol `snapshots` or `chunks`. Throws an IoError `sync_busy`. */
  answer(protocol: "snapshots" | "chunks", from: PeerId, body: Uint8Array): AsyncGenerator<Uint8Array> {
    return protocol === "snapshots" ? this.#snapshots(from, body) : this.#chunk(from, body);
  }

  async *#snapshots(peer: PeerId, body: Uint8Array): AsyncGenerator<Uint8Array> {
    if (!isSnapshotsQuestion(body)) {
      return this.#options.report(peer, "sync_bad_question", `question for snapshots: ${body.length} bytes`);
    }
    for (const offer of this.#options.source.offers().slice(0, OFFERS_PER_PEER_MAX)) yield encodeSnapshotOffer(offer);
  }

  async *#chunk(peer: PeerId, body: Uint8Array): AsyncGenerator<Uint8Array> {
    const question = decodeChunkQuestion(body);
    if (!question.ok) return this.#options.report(peer, "sync_bad_question", question.error.message);
    const own = this.#answers.get(peer) ?? 0;
    if (own >= PEER_ANSWERS_MAX || this.#count >= ANSWERS_MAX) {
      throw new IoError("sync_busy", `answer a question for a chunk: ${this.#count} are being answered`);
    }
    this.#answers.set(peer, own + 1);
    this.#count++;
    try {
      const { height, format, index } = question.value;
      yield encodeChunk(question.value, await this.#options.source.chunk(height, format, index));
    } finally {
      this.#count--;
      const left = this.#answers.get(peer)! - 1;
      if (left === 0) this.#answers.delete(peer);
      else this.#answers.set(peer, left);
    }
  }
}

/** A question and the frames of its answer, over a stream of its own between two simulated nodes. @module */
import { IoError } from "../../node/core/errors.ts";
import type { RequestLimits } from "../../node/network/ports.ts";
import type { Network } from "./network.ts";

/** Frames on their way at once. */
const AHEAD_MAX = 8;

export interface Question {
  readonly asker: number;
  readonly answerer: number;
  readonly body: Uint8Array;
  readonly limits: RequestLimits;
  /** Holds something against whoever answers. */
  readonly fault: (code: string, reason: string) => void;
}

type End = { readonly error: IoError | undefined };

export class Exchange {
  readonly asker: number;
  readonly answerer: number;
  readonly body: Uint8Array;
  /** When the last thing that was sent arrives: streams keep their order. */
  lastUs = 0;
  /** What is on its way, in order. */
  readonly toAnswerer: (() => void)[] = [];
  readonly toAsker: (() => void)[] = [];
  readonly #network: Network;
  readonly #question: Question;
  readonly #frames: Uint8Array[] = [];
  /** How it ended, as the asker sees it. */
  #end: End | undefined;
  #wakeAsker = () => {};
  /** Frames on their way. */
  #ahead = 0;
  #isOver = false;
  #wakeAnswerer = () => {};
  #closeAnswer = () => {};

  constructor(network: Network, question: Question) {
    this.#network = network;
    this.#question = question;
    this.asker = question.asker;
    this.answerer = question.answerer;
    this.body = question.body;
  }

  /** Frames as they arrive. Throws as `PeerNetwork.request`. */
  async *frames(): AsyncGenerator<Uint8Array> {
    const { limits, fault, answerer } = this.#question;
    const what = `ask n${answerer} for blocks`;
    if (!this.#network.open(this)) throw new IoError("peer_unknown", `${what}: not connected`);
    const abort = () => this.#endAsking(new IoError("request_aborted", `${what}: aborted`));
    limits.signal?.addEventListener("abort", abort);
    try {
      for (let taken = 0;; taken++) {
        while (this.#frames.length === 0 && this.#end === undefined) {
          await new Promise<void>((resolve) => this.#wakeAsker = resolve);
        }
        const frame = this.#frames.shift();
        if (frame === undefined) {
          if (this.#end!.error !== undefined) throw this.#end!.error;
          return;
        }
        if (taken >= limits.framesMax || frame.length > limits.frameBytesMax) {
          fault("oversized", "an answer of more than was asked for");
          throw new IoError("answer_too_long", `${what}: more than was asked for`);
        }
        yield frame;
      }
    } finally {
      limits.signal?.removeEventListener("abort", abort);
      this.#hangUp();
    }
  }

  /** Sends the frames of an answer, each made when there is room for it. Never rejects. */
  async answer(frames: AsyncIterable<Uint8Array>): Promise<void> {
    const iterator = frames[Symbol.asyncIterator]();
    this.#closeAnswer = () => void iterator.return?.().catch(() => {});
    let error: IoError | undefined;
    try {
      while (!this.#isOver) {
        const next = await iterator.next();
        if (next.done) break;
        if (this.#isOver) break;
        this.#ahead++;
        this.#sendToAsker(() => {
          this.#ahead--;
          this.#frames.push(next.value);
          this.#wakeAnswerer();
        });
        while (this.#ahead >= AHEAD_MAX && !this.#isOver) {
          await new Promise<void>((resolve) => this.#wakeAnswerer = resolve);
        }
      }
    } catch (cause) {
      error = new IoError("answer_cut", `ask n${this.answerer} for blocks: ${cause}`);
    }
    this.#closeAnswer();
    if (!this.#isOver) this.#sendToAsker(() => this.#end ??= { error });
  }

  /** The connection is gone, for both. */
  cut(): void {
    this.#endAsking(new IoError("peer_gone", `ask n${this.answerer} for blocks: disconnected`));
    this.#endAnswer();
  }

  #sendToAsker(arrive: () => void): void {
    this.#network.carry(this, this.answerer, this.asker, () => {
      arrive();
      this.#wakeAsker();
    });
  }

  #endAsking(error: IoError): void {
    this.#end ??= { error };
    this.#frames.length = 0;
    this.#wakeAsker();
  }

  /** The asker wants nothing more. */
  #hangUp(): void {
    if (this.#isOver) return;
    this.#network.carry(this, this.asker, this.answerer, () => {
      this.#endAnswer();
      this.#network.close(this);
    });
  }

  #endAnswer(): void {
    this.#isOver = true;
    this.#wakeAnswerer();
    this.#closeAnswer();
  }
}

/** Questions and answers, each on a stream of its own. @module */
import type { Connection, Stream } from "@libp2p/interface";
import { IoError } from "../core/errors.ts";
import { invariant } from "../core/invariant.ts";
import type { PeerId } from "../core/peer.ts";
import { answered } from "./_answer.ts";
import { flushed, framesOf, OversizedFrame } from "./_streams.ts";
import { encodeFrame } from "./frames.ts";
import { ANSWERS_MAX, QUESTION_TIMEOUT_MS, SEND_AHEAD_BYTES, WRITE_TIMEOUT_MS } from "./limits.ts";
import { type Protocol, REQUEST_BYTES_MAX, type RequestLimits, RESPONSE_FRAME_BYTES_MAX } from "./ports.ts";

/** What is counted, and what is held against the peer. */
export interface RequestHooks {
  readonly fault: (code: string, reason: string) => void;
  readonly sent: (bytes: number) => void;
  readonly received: (bytes: number) => void;
}

export interface Question extends RequestHooks {
  readonly peer: PeerId;
  readonly connection: Connection;
  readonly protocol: Protocol;
  /** Its name on the wire. */
  readonly wireName: string;
  readonly body: Uint8Array;
  readonly limits: RequestLimits;
  /** Aborted when the peer is gone. */
  readonly closed: AbortSignal;
}

/** Asks a connected peer. Throws what {@linkcode answered} throws. */
export async function* ask(question: Question): AsyncGenerator<Uint8Array> {
  const { peer, connection, protocol, wireName, body, limits, closed, fault } = question;
  let stream: Stream | undefined;
  let cancelled = false;
  const cancel = () => {
    cancelled = true;
    if (stream?.status === "open") stream.abort(new Error("no longer wanted"));
  };
  async function* source(): AsyncGenerator<Uint8Array> {
    stream = await connection.newStream([wireName], { runOnLimitedConnection: true });
    if (cancelled) return cancel();
    stream.send(encodeFrame(body));
    question.sent(body.length);
    // Half closed: the answerer sees that nothing more comes. A failure shows in what is read.
    stream.close().catch(() => {});
    try {
      yield* framesOf(stream, Math.min(limits.frameBytesMax, RESPONSE_FRAME_BYTES_MAX));
    } catch (error) {
      if (!(error instanceof OversizedFrame)) throw error;
      fault("oversized", `${error.message} in an answer for ${protocol}`);
      throw new IoError("answer_too_long", `ask ${peer} for ${protocol}: ${error.message}`);
    }
  }
  try {
    for await (
      const bytes of answered(source(), { what: `ask ${peer} for ${protocol}`, limits, fault, closed, cancel })
    ) {
      question.received(bytes.length);
      yield bytes;
    }
  } finally {
    cancel();
  }
}

export interface Answering extends RequestHooks {
  readonly peer: PeerId;
  readonly stream: Stream;
  readonly protocol: Protocol;
  readonly frames: (body: Uint8Array) => AsyncIterable<Uint8Array>;
  /** Told when an answer of ours failed: not the peer's doing. */
  readonly failed: (error: unknown) => void;
  /** Told when the stream was opened and nothing asked. */
  readonly idle: (reason: string) => void;
}

/** Our own refusal for want of room, as the contract of `onRequest` has it: nothing failed. */
const isBusy = (error: unknown): boolean => error instanceof IoError && error.code.endsWith("_busy");

/**
 * Answers questions, a bounded number at a time. When all places are taken, whoever has most of them gives its oldest to
 * whoever has fewer: a few that ask nothing or read nothing keep nobody else from asking.
 */
export class AnswerDesk {
  /** By peer, the oldest first. */
  readonly #open = new Map<PeerId, Set<Stream>>();
  #count = 0;

  /** Reads one question and answers it. Never throws; the stream is over afterwards. */
  async answer(answering: Answering): Promise<void> {
    const { peer, stream, failed } = answering;
    if (this.#count >= ANSWERS_MAX && !this.#makeRoom(peer)) return stream.abort(new Error("too many questions"));
    const own = this.#open.get(peer) ?? new Set();
    this.#open.set(peer, own.add(stream));
    this.#count++;
    try {
      const body = await this.#question(answering);
      if (body !== undefined) await this.#reply(answering, body);
    } catch (error) {
      if (!isBusy(error)) failed(error);
      stream.abort(new Error("the answer failed"));
    } finally {
      this.#leave(peer, stream);
    }
  }

  #makeRoom(peer: PeerId): boolean {
    let most = (this.#open.get(peer)?.size ?? 0) + 1;
    let victim: PeerId | undefined;
    for (const [other, { size }] of this.#open) if (size > most) [victim, most] = [other, size];
    if (victim === undefined) return false;
    const [oldest] = this.#open.get(victim)!;
    this.#leave(victim, oldest!);
    oldest!.abort(new Error("others ask, too"));
    return true;
  }

  #leave(peer: PeerId, stream: Stream): void {
    const streams = this.#open.get(peer);
    if (streams?.delete(stream) !== true) return;
    this.#count--;
    if (streams.size === 0) this.#open.delete(peer);
  }

  async #question({ stream, protocol, fault, received, idle }: Answering): Promise<Uint8Array | undefined> {
    const timer = setTimeout(() => {
      idle(`asked nothing for ${protocol} in ${QUESTION_TIMEOUT_MS} ms`);
      stream.abort(new Error("no question"));
    }, QUESTION_TIMEOUT_MS);
    try {
      for await (const body of framesOf(stream, REQUEST_BYTES_MAX)) {
        received(body.length);
        return body;
      }
      stream.abort(new Error("no question"));
    } catch (error) {
      if (error instanceof OversizedFrame) fault("oversized", `${error.message} as a question for ${protocol}`);
      if (stream.status === "open") stream.abort(new Error("no question"));
    } finally {
      clearTimeout(timer);
    }
    return undefined;
  }

  async #reply({ stream, protocol, frames, fault, sent }: Answering, body: Uint8Array): Promise<void> {
    const flush = async (): Promise<boolean> => {
      const outcome = await flushed(stream, WRITE_TIMEOUT_MS);
      if (outcome === "slow") {
        fault("slow", `took nothing of an answer for ${protocol} in ${WRITE_TIMEOUT_MS} ms`);
        stream.abort(new Error("too slow"));
      }
      return outcome === "flushed";
    };
    for await (const bytes of frames(body)) {
      invariant(bytes.length <= RESPONSE_FRAME_BYTES_MAX, `answer for ${protocol}: a frame of ${bytes.length} bytes`);
      if (stream.writeStatus !== "writable") return;
      stream.send(encodeFrame(bytes));
      sent(bytes.length);
      if (stream.writeBufferLength > SEND_AHEAD_BYTES && !await flush()) return;
    }
    if (await flush()) await stream.close();
  }
}

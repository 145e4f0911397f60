/** One signer at the other end of a link, as the node sees it: one question at a time, each with its answer. @module */
import type { ClockPort } from "../consensus/ports.ts";
import { IoError } from "../core/errors.ts";
import { delimited, type Link, LinkReader } from "./link.ts";
import { decodeSignerMessage, encodeSignerMessage, SIGNER_MESSAGE_BYTES_MAX, type SignerMessage } from "./wire.ts";

/** Ends, and with it the link, at the first thing that is not an answer: garbage, silence, or words nobody asked for. */
export class SignerSession {
  /** Who this is, for people. */
  readonly name: string;
  readonly #link: Link;
  readonly #clock: ClockPort;
  readonly #ended = Promise.withResolvers<string>();
  #end: string | undefined;
  #waiter: { resolve(answer: SignerMessage): void; reject(error: unknown): void } | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(link: Link, clock: ClockPort, name: string) {
    this.#link = link;
    this.#clock = clock;
    this.name = name;
    this.#listen();
  }

  get isOpen(): boolean {
    return this.#end === undefined;
  }

  /** Resolves with the reason when it is over; never rejects. */
  get ended(): Promise<string> {
    return this.#ended.promise;
  }

  /**
   * Asks, and resolves with the answer of whatever kind. Rejects with an `IoError` `signer_link_lost` when the session ends
   * first, as it does when there is no answer within `timeoutMs`, the wait for questions before this one included.
   */
  async ask(question: SignerMessage, timeoutMs: number): Promise<SignerMessage> {
    const before = this.#turn;
    const cancel = this.#clock.schedule(timeoutMs, () => this.close(`no answer within ${timeoutMs} ms`));
    const answer = before.then(() => this.#askNow(question));
    this.#turn = answer.catch(() => {});
    try {
      return await answer;
    } finally {
      cancel();
    }
  }

  close(reason: string): void {
    if (this.#end !== undefined) return;
    this.#end = reason;
    this.#link.close();
    this.#waiter?.reject(this.#lost());
    this.#waiter = undefined;
    this.#ended.resolve(reason);
  }

  async #askNow(question: SignerMessage): Promise<SignerMessage> {
    if (this.#end !== undefined) throw this.#lost();
    const { promise, resolve, reject } = Promise.withResolvers<SignerMessage>();
    // It may be rejected while the question is still being written.
    promise.catch(() => {});
    this.#waiter = { resolve, reject };
    try {
      await this.#link.write(delimited(encodeSignerMessage(question)));
    } catch (error) {
      this.close(text(error));
    }
    return await promise;
  }

  async #listen(): Promise<void> {
    const reader = new LinkReader(this.#link);
    try {
      for (;;) {
        const bytes = await reader.message(SIGNER_MESSAGE_BYTES_MAX);
        if (bytes === undefined) return this.close("it hung up");
        const message = decodeSignerMessage(bytes);
        if (!message.ok) return this.close(message.error.message);
        const waiter = this.#waiter;
        if (waiter === undefined) return this.close("it spoke without being asked");
        this.#waiter = undefined;
        waiter.resolve(message.value);
      }
    } catch (error) {
      this.close(text(error));
    }
  }

  #lost(): IoError {
    return new IoError("signer_link_lost", `ask the signer ${this.name}: ${this.#end}`);
  }
}

const text = (error: unknown) => error instanceof Error ? error.message : String(error);

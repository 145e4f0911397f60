/**
 * Where a node waits for its signer. Signers dial; the one that is there is asked, and one that takes its place is let in
 * only when the other no longer answers. Whoever else connects costs a socket and a few seconds, within limits.
 * @module
 */
import type { ClockPort } from "../consensus/ports.ts";
import { equalBytes } from "../core/bytes.ts";
import type { Ed25519Key } from "../core/crypto/mod.ts";
import { IoError } from "../core/errors.ts";
import { type SignerAddress, signerAddressText } from "./address.ts";
import { type Link, plainLink, within } from "./link.ts";
import type { SignerLog } from "./log.ts";
import { secretConnection } from "./secret_connection.ts";
import { SignerSession } from "./session.ts";
import { PING } from "./wire.ts";
import { type Listening, listenSocket } from "./_sockets.ts";

/** A signer that hears nothing for 5 s (CometBFT's default) dials again. */
export const PING_EVERY_MS = 3_000;
/** A handshake takes milliseconds. */
export const HANDSHAKE_MS = 3_000;
/** How long the present signer has to show that it is still there when another one comes. */
const PROBE_MS = 2_000;
/** Connections that have not shown yet who they are; the oldest goes when there is one more. */
export const PENDING_MAX = 16;
/** One line of the log about strangers in this time; what they do in between is counted. */
const COMPLAIN_EVERY_MS = 1_000;

export interface ListenerOptions {
  readonly address: SignerAddress;
  /** The node's own key for secret connections. */
  readonly key: Ed25519Key;
  /** Keys of the signers that may connect over TCP; none: any. */
  readonly peerKeys: readonly Uint8Array[];
  readonly clock: ClockPort;
  readonly log: SignerLog;
  /** Says why a signer that shook hands is not the one; undefined: it is. May reject as the session does. */
  readonly vet: (session: SignerSession) => Promise<string | undefined>;
}

export class SignerListener {
  readonly #options: ListenerOptions;
  readonly #socket: Listening;
  readonly #accepting: Promise<void>;
  readonly #pending = new Set<Link>();
  /** Connections of those who may connect, until they are let in or sent away. */
  readonly #known = new Set<Link>();
  readonly #admissions = new Set<Promise<void>>();
  #active: SignerSession | undefined;
  #waiters: ((session: SignerSession | undefined) => void)[] = [];
  /** Somebody waited for a signer in vain, and none has come since. */
  #isGivenUp = false;
  #isClosed = false;
  #cancelPing = () => {};
  #complainedAt: bigint | undefined;
  #unsaid = 0;

  private constructor(options: ListenerOptions, socket: Listening) {
    this.#options = options;
    this.#socket = socket;
    this.#accepting = this.#accept();
  }

  /** Binds the address. Rejects with an `IoError` `address_in_use` or `address_unusable`. */
  static async open(options: ListenerOptions, listen = listenSocket): Promise<SignerListener> {
    return new SignerListener(options, await listen(options.address));
  }

  /** As bound: with the port that the system chose for port 0. */
  get address(): string {
    return signerAddressText(this.#socket.address);
  }

  /** The signer that is there. */
  get active(): SignerSession | undefined {
    return this.#active?.isOpen ? this.#active : undefined;
  }

  /**
   * The signer, when need be after a wait of up to `ms`; undefined when none comes. After a wait in vain nobody waits again
   * until one has come: whoever asks for signatures must go on without them, and not a wait later each time.
   */
  async session(ms: number): Promise<SignerSession | undefined> {
    const { active } = this;
    if (active !== undefined || this.#isGivenUp || this.#isClosed) return active;
    const { promise, resolve } = Promise.withResolvers<SignerSession | undefined>();
    this.#waiters.push(resolve);
    const cancel = this.#options.clock.schedule(ms, () => {
      this.#isGivenUp = true;
      resolve(undefined);
    });
    try {
      return await promise;
    } finally {
      cancel();
      this.#waiters = this.#waiters.filter((waiter) => waiter !== resolve);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelPing();
    this.#socket.close();
    for (const link of [...this.#pending, ...this.#known]) link.close();
    this.#active?.close("the node is stopping");
    for (const waiter of this.#waiters) waiter(undefined);
    await this.#accepting;
    await Promise.all(this.#admissions);
  }

  async #accept(): Promise<void> {
    for (;;) {
      const accepted = await this.#socket.accept();
      if (this.#isClosed) return accepted === undefined ? undefined : plainLink(accepted.socket).close();
      if (accepted === undefined) continue;
      const link = plainLink(accepted.socket);
      const [oldest] = this.#pending;
      if (oldest !== undefined && this.#pending.size >= PENDING_MAX) {
        this.#pending.delete(oldest);
        oldest.close();
      }
      this.#pending.add(link);
      const admission = this.#admit(link, accepted.from)
        .catch((error) => {
          link.close();
          this.#complain(accepted.from, error instanceof Error ? error.message : String(error));
        })
        .finally(() => {
          this.#pending.delete(link);
          this.#known.delete(link);
          this.#admissions.delete(admission);
        });
      this.#admissions.add(admission);
    }
  }

  async #admit(raw: Link, from: string): Promise<void> {
    const { clock, vet } = this.#options;
    const { link, name } = await within(clock, HANDSHAKE_MS, raw, "shake hands", () => this.#shakeHands(raw, from));
    if (await this.#isThere(this.active)) throw new IoError("signer_refused", "another signer is there and answers");
    const session = new SignerSession(link, clock, name);
    try {
      const refusal = await vet(session);
      if (refusal !== undefined) throw new IoError("signer_refused", refusal);
      if (this.#isClosed) throw new IoError("signer_refused", "the node is stopping");
      if (this.active !== undefined) throw new IoError("signer_refused", "another signer was quicker");
    } catch (error) {
      session.close("it was not let in");
      throw error;
    }
    if (session.isOpen) this.#welcome(session);
  }

  async #shakeHands(raw: Link, from: string): Promise<{ link: Link; name: string }> {
    const { address, key, peerKeys } = this.#options;
    if (address.transport === "unix") return { link: raw, name: "on the socket" };
    const link = await secretConnection(raw, key);
    const shown = link.peerKey.toHex();
    if (peerKeys.length > 0 && !peerKeys.some((allowed) => equalBytes(allowed, link.peerKey))) {
      throw new IoError("signer_refused", `its connection key ${shown} is not one of signer.peer_keys`);
    }
    if (peerKeys.length > 0) {
      // No number of strangers can push this one out any more.
      this.#pending.delete(raw);
      this.#known.add(raw);
    }
    return { link, name: `${from} (${shown})` };
  }

  async #isThere(session: SignerSession | undefined): Promise<boolean> {
    if (session === undefined) return false;
    try {
      return (await session.ask(PING, PROBE_MS)).type === "pingResponse";
    } catch {
      return false;
    }
  }

  #welcome(session: SignerSession): void {
    this.#active = session;
    this.#isGivenUp = false;
    this.#options.log.info("the signer is connected", { signer: session.name });
    session.ended.then((reason) => {
      if (this.#active !== session) return;
      this.#active = undefined;
      this.#cancelPing();
      if (!this.#isClosed) this.#options.log.warn("lost the signer", { signer: session.name, reason });
    });
    this.#keepAlive(session);
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter(session);
  }

  #keepAlive(session: SignerSession): void {
    this.#cancelPing = this.#options.clock.schedule(PING_EVERY_MS, async () => {
      try {
        const answer = await session.ask(PING, PING_EVERY_MS);
        if (answer.type !== "pingResponse") return session.close("it answered a ping with something else");
      } catch {
        // The session has ended, and says why.
      }
      if (session.isOpen && !this.#isClosed) this.#keepAlive(session);
    });
  }

  /** Strangers can come as often as they like; the log is not theirs. */
  #complain(from: string, reason: string): void {
    if (this.#isClosed) return;
    const now = this.#options.clock.nowNanos();
    if (this.#complainedAt !== undefined && now - this.#complainedAt < BigInt(COMPLAIN_EVERY_MS) * 1_000_000n) {
      this.#unsaid++;
      return;
    }
    this.#options.log.warn("refused a connection to the signer's address", {
      from,
      reason,
      ...(this.#unsaid > 0 && { others: this.#unsaid }),
    });
    this.#complainedAt = now;
    this.#unsaid = 0;
  }
}

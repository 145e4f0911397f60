/** Asks the questions of {@linkcode Watch}, one at a time, and has the answers proven. @module */
import type { Question } from "./_downloads.ts";
import { claims, patienceOf, type PeerTable, type SyncPeer } from "./_peers.ts";
import { type Probe, Watch } from "./_watch.ts";
import type { OfferedBlock, RequestFailure, RequestId } from "./ports.ts";

/** What the world is to do. */
export interface ProberHooks {
  ask(question: Question): RequestId;
  cancel(request: RequestId): void;
  prove(block: OfferedBlock, peer: SyncPeer): void;
  failed(peer: SyncPeer, reason: string): void;
  lied(peer: SyncPeer, code: string, reason: string): void;
}

interface Pending extends Probe {
  /** Undefined: the answer is here and is being proven. */
  request: RequestId | undefined;
  readonly askedAt: number;
}

export class Prober {
  readonly watch = new Watch();
  readonly #hooks: ProberHooks;
  #pending: Pending | undefined;

  constructor(hooks: ProberHooks) {
    this.#hooks = hooks;
  }

  /** Nothing is asked any more. */
  reset(): void {
    const request = this.#pending?.request;
    this.#pending = undefined;
    if (request !== undefined) this.#hooks.cancel(request);
  }

  /** Asks what is to be asked. True: consensus has been left behind. */
  run(peers: PeerTable, now: number): boolean {
    if (this.watch.isLost(now)) return true;
    if (this.#pending !== undefined) return false;
    const probe = this.watch.probe(peers, now);
    if (probe === undefined) return false;
    const { peer, height } = probe;
    this.#pending = { ...probe, request: this.#hooks.ask({ peer, from: height, to: height + 1n }), askedAt: now };
    return false;
  }

  /** True: it was the answer to a question of this. */
  received(request: RequestId, block: OfferedBlock): boolean {
    const pending = this.#pending;
    if (pending === undefined || pending.request !== request) return false;
    const { peer, height } = pending;
    this.reset();
    if (block.height !== height) {
      this.#hooks.lied(peer, "sync_wrong_height", `watch height ${height}: it sent block ${block.height}`);
      return true;
    }
    this.#pending = { ...pending, request: undefined };
    this.#hooks.prove(block, peer);
    return true;
  }

  /** As {@linkcode received}. */
  ended(request: RequestId, failure: RequestFailure | undefined): boolean {
    const pending = this.#pending;
    if (pending === undefined || pending.request !== request) return false;
    this.#pending = undefined;
    const { peer, height } = pending;
    if (failure?.kind === "malformed") {
      this.#hooks.lied(peer, "sync_malformed", `watch height ${height}: ${failure.reason}`);
    } else if (failure !== undefined) this.#hooks.failed(peer, failure.reason);
    else if (claims(peer, height)) {
      this.#hooks.lied(
        peer,
        "sync_no_block",
        `watch height ${height}: no block, though it has said to be at ${peer.height}`,
      );
    }
    return true;
  }

  /** The block that was to be proven is, or is not, sealed. */
  proven(height: bigint, valid: boolean, reason: string, now: number): void {
    const pending = this.#pending;
    if (pending === undefined || pending.request !== undefined || pending.height !== height) return;
    this.#pending = undefined;
    // Consensus went on meanwhile: whatever it was, it is of no use.
    if (height < this.watch.next) return;
    if (!valid) return this.#hooks.lied(pending.peer, "sync_bad_block", reason);
    pending.peer.failures = 0;
    this.watch.proven(height, now);
  }

  tick(now: number): void {
    const pending = this.#pending;
    if (pending?.request === undefined || now - pending.askedAt <= patienceOf(pending.peer)) return;
    this.reset();
    this.#hooks.failed(pending.peer, `watch height ${pending.height}: no answer for ${now - pending.askedAt} ms`);
  }

  /** The peer is gone. */
  abandon(peer: SyncPeer): void {
    if (this.#pending?.peer === peer) this.reset();
  }
}

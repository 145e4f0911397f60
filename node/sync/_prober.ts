/** Asks the questions of {@linkcode Watch} and has the answers proven, one at a time. @module */
import { PROBES_MAX } from "./block_limits.ts";
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
  readonly askedAt: number;
}

export class Prober {
  readonly watch = new Watch();
  readonly #hooks: ProberHooks;
  readonly #pending = new Map<RequestId, Pending>();
  /** The answer that is being proven. */
  #proving: Probe | undefined;

  constructor(hooks: ProberHooks) {
    this.#hooks = hooks;
  }

  /** Nothing is asked any more. */
  reset(): void {
    for (const request of [...this.#pending.keys()]) this.#callOff(request);
    this.#proving = undefined;
  }

  /** Asks what is to be asked. True: consensus has been left behind. */
  run(peers: PeerTable, now: number): boolean {
    if (this.watch.isLost(now)) return true;
    if (this.#pending.size >= PROBES_MAX || this.#proving !== undefined) return false;
    const probe = this.watch.probe(peers, now);
    if (probe === undefined) return false;
    const { peer, height } = probe;
    this.#pending.set(this.#hooks.ask({ peer, from: height, to: height + 1n }), { ...probe, askedAt: now });
    return false;
  }

  /** True: it was the answer to a question of this. */
  received(request: RequestId, block: OfferedBlock): boolean {
    const pending = this.#pending.get(request);
    if (pending === undefined) return false;
    const { peer, height } = pending;
    this.#callOff(request);
    if (block.height !== height) {
      this.#hooks.lied(peer, "sync_wrong_height", `watch height ${height}: it sent block ${block.height}`);
    } else if (height >= this.watch.next && this.#proving === undefined) {
      this.#proving = pending;
      this.#hooks.prove(block, peer);
    }
    return true;
  }

  /** As {@linkcode received}. */
  ended(request: RequestId, failure: RequestFailure | undefined): boolean {
    const pending = this.#pending.get(request);
    if (pending === undefined) return false;
    this.#pending.delete(request);
    const { peer, height } = pending;
    const what = `watch height ${height}`;
    if (failure?.kind === "malformed") this.#hooks.lied(peer, "sync_malformed", `${what}: ${failure.reason}`);
    else if (failure !== undefined) this.#hooks.failed(peer, failure.reason);
    else if (claims(peer, height)) {
      this.#hooks.lied(peer, "sync_no_block", `${what}: no block, though it has said to be at ${peer.height}`);
    }
    return true;
  }

  /** The block that was to be proven is, or is not, sealed. */
  proven(height: bigint, valid: boolean, reason: string, now: number): void {
    const proving = this.#proving;
    if (proving?.height !== height) return;
    this.#proving = undefined;
    // Consensus went on meanwhile: whatever it was, it is of no use.
    if (height < this.watch.next) return;
    if (!valid) return this.#hooks.lied(proving.peer, "sync_bad_block", reason);
    proving.peer.failures = 0;
    this.watch.proven(height, now);
  }

  tick(now: number): void {
    for (const [request, { peer, height, askedAt }] of [...this.#pending]) {
      if (now - askedAt <= patienceOf(peer)) continue;
      this.#callOff(request);
      this.#hooks.failed(peer, `watch height ${height}: no answer for ${now - askedAt} ms`);
    }
  }

  /** The peer is gone. */
  abandon(peer: SyncPeer): void {
    for (const [request, pending] of [...this.#pending]) if (pending.peer === peer) this.#callOff(request);
  }

  #callOff(request: RequestId): void {
    if (this.#pending.delete(request)) this.#hooks.cancel(request);
  }
}

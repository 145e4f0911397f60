/**
 * The pure machine of block sync. While syncing it has blocks fetched by {@linkcode Downloads} and applied in order, and hands
 * over to consensus when nobody is ahead who gives anything. While consensus runs it watches whether that was left behind.
 * @module
 */
import type { PeerId } from "../core/peer.ts";
import {
  FRESH_MS,
  GIVE_UP_MS,
  NEAR_BLOCKS,
  NEAR_BLOCKS_MAX,
  NEAR_MS,
  SETTLE_MS,
  SETTLE_MS_MAX,
} from "./block_limits.ts";
import { type Buffered, Downloads, type Question } from "./_downloads.ts";
import { beaten, claims, doubled, failed, lied, PeerTable, type SyncPeer } from "./_peers.ts";
import { Prober } from "./_prober.ts";
import type {
  BlockSync,
  OfferedBlock,
  RequestFailure,
  RequestId,
  SyncEffect,
  SyncInput,
  SyncProgress,
} from "./ports.ts";

export interface BlockSyncOptions {
  /**
   * Whether there is anybody to wait for: as long as no peer has told where it is, consensus does not start. False for a node
   * without a network, and for one that alone has more than 2/3 of the power: nobody can be ahead of it.
   */
  readonly waitsForPeers: boolean;
}

/** Makes the machine; see {@linkcode BlockSync}. It does nothing before `started`. */
export function createBlockSync(options: BlockSyncOptions): BlockSync {
  return new Machine(options);
}

type Mode = "new" | "sync" | "watch" | "stopping";

class Machine implements BlockSync {
  readonly #options: BlockSyncOptions;
  readonly #peers = new PeerTable();
  readonly #downloads: Downloads;
  readonly #prober: Prober;
  #effects: SyncEffect[] = [];
  #now = 0;
  #mode: Mode = "new";
  #next = 0n;
  #applying: Buffered | undefined;
  #lastId: RequestId = 0;
  #firstHeardAt: number | undefined;
  #lastHeardAt = 0;
  /** Peers had time to turn up. */
  #isSettled = false;
  #progressAt = 0;
  #nearSince: number | undefined;
  /** The last block was made not long ago. */
  #isFresh = false;

  constructor(options: BlockSyncOptions) {
    this.#options = options;
    const ask = ({ peer, from, to }: Question): RequestId => {
      const request = ++this.#lastId;
      this.#effects.push({ type: "request_blocks", request, peer: peer.id, from, count: Number(to - from) });
      return request;
    };
    const cancel = (request: RequestId) => void this.#effects.push({ type: "cancel_request", request });
    this.#downloads = new Downloads({ ask, cancel, beaten: (peer) => beaten(peer, this.#now) });
    this.#prober = new Prober({
      ask,
      cancel,
      prove: (block, peer) => void this.#effects.push({ type: "prove_block", block, peer: peer.id }),
      failed: (peer, reason) => this.#failed(peer, reason),
      lied: (peer, code, reason) => this.#lied(peer, code, reason),
    });
  }

  get progress(): SyncProgress {
    const last = this.#peers.claimed(this.#now) - 1n;
    return {
      mode: this.#mode === "watch" ? "watch" : "sync",
      next: this.#next,
      target: last < this.#next ? this.#next - 1n : last,
      peers: this.#peers.count,
    };
  }

  on(input: SyncInput, nowMs: number): readonly SyncEffect[] {
    this.#now = Math.max(this.#now, nowMs);
    this.#effects = [];
    this.#take(input);
    if (this.#mode === "sync") this.#sync();
    if (this.#mode === "watch") this.#watch();
    return this.#effects;
  }

  #take(input: SyncInput): void {
    switch (input.type) {
      case "started":
        return this.#enter(input.mode, input.next);
      case "peer_status":
        return this.#onStatus(input.peer, input.base, input.height);
      case "peer_left":
        return this.#onLeft(input.peer);
      case "block_received":
        return this.#onBlock(input.request, input.block);
      case "request_ended":
        return this.#onEnded(input.request, input.failure);
      case "block_applied":
        return this.#onApplied(input.height, input.ageMs);
      case "block_refused":
        return this.#onRefused(input.height, input.reason);
      case "height_committed":
        return this.#onCommitted(input.height);
      case "block_proven":
        return this.#prober.proven(input.height, input.valid, input.reason, this.#now);
      case "consensus_stopped":
        return this.#mode === "stopping" ? this.#enter("sync", input.next) : undefined;
      case "ticked":
        return this.#onTick();
    }
  }

  #enter(mode: "sync" | "watch", next: bigint): void {
    this.#mode = mode;
    this.#next = next;
    this.#applying = undefined;
    this.#nearSince = undefined;
    this.#isFresh = false;
    this.#progressAt = this.#now;
    this.#downloads.reset(next);
    this.#prober.reset();
    if (mode === "sync") return;
    this.#isSettled = true;
    this.#prober.watch.enter(next, this.#now);
  }

  #onStatus(peer: PeerId, base: bigint, height: bigint): void {
    // Whoever has no blocks yet serves from the height on that it decides.
    if (!this.#peers.heard(peer, base === 0n ? height : base, height, this.#now)) return;
    this.#firstHeardAt ??= this.#now;
    this.#lastHeardAt = this.#now;
  }

  #onLeft(id: PeerId): void {
    const peer = this.#peers.get(id);
    if (peer === undefined) return;
    this.#peers.left(id, this.#now);
    this.#downloads.abandon(peer);
    this.#prober.abandon(peer);
    if (!this.#options.waitsForPeers || this.#mode !== "sync" || this.#peers.count > 0) return;
    // Those who turn up next have their time, too.
    this.#isSettled = false;
    this.#firstHeardAt = undefined;
  }

  #onBlock(request: RequestId, block: OfferedBlock): void {
    if (this.#prober.received(request, block)) return;
    const flight = this.#downloads.flight(request);
    // Of a question that was called off.
    if (flight === undefined) return;
    if (this.#downloads.received(flight, block, this.#now)) return this.#prepare(block);
    this.#lied(flight.peer, "sync_wrong_height", `sync from height ${flight.at}: it sent block ${block.height}`);
  }

  #onEnded(request: RequestId, failure: RequestFailure | undefined): void {
    if (this.#prober.ended(request, failure)) return;
    const flight = this.#downloads.flight(request);
    if (flight === undefined) return;
    this.#downloads.ended(flight);
    const { peer, from, at } = flight;
    if (failure?.kind === "malformed") {
      this.#lied(peer, "sync_malformed", `sync from height ${from}: ${failure.reason}`);
    } else if (failure !== undefined) this.#failed(peer, failure.reason);
    else if (at === from && claims(peer, from)) {
      this.#lied(
        peer,
        "sync_no_block",
        `sync from height ${from}: no block, though it has said to be at ${peer.height}`,
      );
    }
  }

  #onApplied(height: bigint, ageMs: number): void {
    const applied = this.#applying;
    if (applied?.block.height !== height) return;
    this.#applying = undefined;
    this.#downloads.applied(applied);
    this.#next = height + 1n;
    this.#isFresh = ageMs <= FRESH_MS;
    this.#progressAt = this.#now;
  }

  #onRefused(height: bigint, reason: string): void {
    const refused = this.#applying;
    if (refused?.block.height !== height) return;
    this.#applying = undefined;
    this.#downloads.refused(refused);
    this.#lied(refused.peer, "sync_bad_block", reason);
  }

  #onCommitted(height: bigint): void {
    if (this.#mode !== "watch" && this.#mode !== "stopping") return;
    if (height >= this.#next) this.#next = height + 1n;
    this.#prober.watch.moved(this.#next);
  }

  #onTick(): void {
    for (const flight of this.#downloads.overdue(this.#now)) {
      this.#downloads.cancel(flight);
      this.#failed(flight.peer, `sync from height ${flight.at}: nothing for ${this.#now - flight.lastFrameAt} ms`);
    }
    this.#prober.tick(this.#now);
  }

  #sync(): void {
    if (this.#applying === undefined) this.#apply();
    const claimed = this.#peers.claimed(this.#now);
    if (this.#applying === undefined && this.#mayHandOver(claimed)) return this.#handOver(claimed);
    this.#downloads.plan(this.#peers, claimed, this.#now);
  }

  #apply(): void {
    const taken = this.#downloads.take();
    if (taken === undefined) return;
    this.#applying = taken;
    this.#effects.push({ type: "apply_block", block: taken.block, peer: taken.peer.id });
    const after = this.#downloads.peek(taken.block.height + 1n);
    if (after !== undefined) this.#prepare(after);
  }

  #prepare(block: OfferedBlock): void {
    if (this.#applying?.block.height === block.height - 1n) this.#effects.push({ type: "prepare_block", block });
  }

  #mayHandOver(claimed: bigint): boolean {
    // Without peers consensus gets nowhere, and a validator that has lost its home could sign what it has signed before.
    if (this.#options.waitsForPeers && this.#peers.count === 0) return false;
    if (!this.#settles(claimed)) return false;
    if (claimed <= this.#next) return true;
    // Each time that consensus got nowhere, the next attempt has to be surer.
    const patience = (ms: number) => doubled(ms, this.#prober.watch.failures, Infinity);
    const ahead = this.#peers.believed(this.#now, !this.#isFresh) - this.#next;
    if (ahead > NEAR_BLOCKS_MAX) this.#nearSince = undefined;
    if (ahead <= NEAR_BLOCKS) {
      this.#nearSince ??= this.#now;
      if (this.#now - this.#nearSince >= patience(NEAR_MS)) return true;
    }
    return this.#now - this.#progressAt >= patience(GIVE_UP_MS);
  }

  /** Whether enough is known of others to believe that nobody is ahead. */
  #settles(claimed: bigint): boolean {
    if (this.#isSettled) return true;
    const since = (then: number) => this.#now - then;
    const isAlone = !this.#options.waitsForPeers && claimed <= this.#next;
    const hasHeard = this.#firstHeardAt !== undefined &&
      (since(this.#lastHeardAt) >= SETTLE_MS || since(this.#firstHeardAt) >= SETTLE_MS_MAX);
    if (!isAlone && !hasHeard) return false;
    this.#isSettled = true;
    this.#progressAt = this.#now;
    return true;
  }

  #handOver(claimed: bigint): void {
    const { count } = this.#peers;
    const reason = claimed > this.#next
      ? `nobody gives block ${this.#next}, though height ${claimed} is claimed`
      : count === 0
      ? "there is nobody to wait for"
      : `none of ${count} peers is ahead`;
    this.#enter("watch", this.#next);
    this.#effects.push({ type: "start_consensus", reason });
  }

  #watch(): void {
    if (this.#prober.run(this.#peers, this.#now)) {
      this.#mode = "stopping";
      this.#prober.reset();
      this.#effects.push({ type: "stop_consensus" });
    }
  }

  #lied(peer: SyncPeer, code: string, reason: string): void {
    lied(peer, this.#now);
    this.#downloads.drop(peer);
    this.#effects.push({ type: "report", peer: peer.id, code, reason });
  }

  #failed(peer: SyncPeer, reason: string): void {
    if (failed(peer, this.#now)) this.#lied(peer, "sync_no_answer", reason);
  }
}

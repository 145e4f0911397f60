/**
 * The pure machine of state sync: finds snapshots, takes the best one, and goes through the stages that make a state of it. When
 * one fails the next best is taken; liars are reported and dropped, whatever the stage. CometBFT v0.38
 * `statesync/syncer.go`, with the block of the snapshot and headers for evidence in addition.
 * @module
 */
import type { PeerId } from "../core/peer.ts";
import { unreachable } from "../core/invariant.ts";
import type { KnownBlock } from "../core/light/mod.ts";
import { type Nanos, NANOS_PER_MS } from "../core/time.ts";
import type { RequestId } from "./ports.ts";
import {
  ABOVE_MAX,
  ASK_AGAIN_MS,
  ASK_AGAIN_MS_MIN,
  CHOOSE_MS,
  CHOOSE_MS_MAX,
  GIVE_UP_STATE_MS,
  PRIORITY_PEERS_MAX,
  STALL_STATE_MS,
} from "./state_limits.ts";
import { FetchBlock, FetchChunks } from "./_state_chunks.ts";
import { AskPriorities, Backfill, FindHeaders, ProveHeader } from "./_state_headers.ts";
import { type Offer, Offers } from "./_state_offers.ts";
import { StatePeers } from "./_state_peers.ts";
import type { Stage, StageHost, StateAnswer, StateQuestion } from "./_state_stage.ts";
import type {
  EvidenceAge,
  SnapshotOffer,
  StateSync,
  StateSyncEffect,
  StateSyncFailure,
  StateSyncInput,
  StateSyncOptions,
  StateSyncProgress,
  SyncedHeaders,
} from "./state_ports.ts";

/** Makes the machine; see {@linkcode StateSync}. It does nothing before `started`. */
export function createStateSync(options: StateSyncOptions): StateSync {
  return new Machine(options);
}

/** What is known of the snapshot in work. */
interface Attempt {
  readonly id: number;
  readonly offer: Offer;
  headers?: SyncedHeaders;
  block?: Uint8Array;
}

class Machine implements StateSync, StageHost {
  readonly peers = new StatePeers();
  readonly #options: StateSyncOptions;
  readonly #offers: Offers;
  #effects: StateSyncEffect[] = [];
  #now = 0;
  #phase: "new" | "running" | "ended" = "new";
  #startedAt = 0;
  #startedNanos: Nanos = 0n;
  #lastId: RequestId = 0;
  /** Peers that were asked for their snapshots and did not answer yet. */
  readonly #asked = new Map<RequestId, PeerId>();
  /** Everything that is asked and not answered. */
  readonly #questions = new Map<RequestId, PeerId>();
  #askedAt = 0;
  #firstOfferAt: number | undefined;
  /** When a chunk was applied last. */
  #usefulAt = 0;
  /** When anything came last for the snapshot in work. */
  #progressAt = 0;
  #attempts = 0;
  #attempt: Attempt | undefined;
  #stage: Stage | undefined;
  /** The stage name for people, and what the restore is doing that the machine waits for. */
  #name: StateSyncProgress["stage"] = "snapshots";
  /** The highest header that was proven: what is below follows by hashes. */
  #anchor: KnownBlock | undefined;
  #trouble = "";

  constructor(options: StateSyncOptions) {
    this.#options = options;
    this.#offers = new Offers(options.snapshots);
  }

  get now(): number {
    return this.#now;
  }

  nowNanos(): Nanos {
    return this.#startedNanos + BigInt(Math.round(this.#now - this.#startedAt)) * NANOS_PER_MS;
  }

  get progress(): StateSyncProgress {
    const stage = this.#stage;
    const [done, of] = stage instanceof FetchChunks
      ? [stage.applied, this.#attempt!.offer.chunkHashes.length]
      : [stage instanceof Backfill ? stage.saved : 0, 0];
    const height = this.#attempt?.offer.height ?? 0n;
    return { stage: this.#name, height, done, of, peers: this.peers.all.length, trouble: this.#trouble };
  }

  on(input: StateSyncInput, nowMs: number): readonly StateSyncEffect[] {
    this.#effects = [];
    this.#now = nowMs;
    if (this.#phase === "ended" || (this.#phase === "new" && !isEarly(input))) return [];
    this.#take(input);
    if (this.#isRunning()) this.#step();
    return this.#effects;
  }

  /** A method, since every stage can end it behind the compiler's back. */
  #isRunning(): boolean {
    return this.#phase === "running";
  }

  #take(input: StateSyncInput): void {
    switch (input.type) {
      case "started":
        return this.#start(input.nowNanos);
      case "peer_joined":
        if (this.peers.joined(input.peer) && this.#isRunning()) this.#askSnapshots(input.peer);
        return;
      case "peer_left":
        return this.#drop(input.peer);
      case "snapshots_received":
        return this.#onSnapshots(input.request, input.offers);
      case "light_block_received":
        return this.#onAnswer(input.request, { type: "light_block", block: input.block });
      case "block_received":
      case "chunk_received":
        return this.#onAnswer(input.request, { type: "bytes", bytes: input.bytes });
      case "request_failed":
        return this.#onFailed(input.request, input.reason, input.lied);
      case "ticked":
        return;
      default:
        if (input.attempt === this.#attempt?.id) this.#onRestore(input);
    }
  }

  /** The restore of the snapshot in work answers. */
  #onRestore(input: Extract<StateSyncInput, { readonly attempt: number }>): void {
    switch (input.type) {
      case "restore_begun":
        return this.#fetchChunks();
      case "chunk_applied":
        this.#progressAt = this.#usefulAt = this.#now;
        if (this.#stage instanceof FetchChunks) this.#stage.appliedChunk(input.index);
        return;
      case "chunk_refused":
        // Its hash is the one the metadata name, and it is not in the state: whoever offers this snapshot lies.
        return this.#unmask(`its chunk ${input.index} is false: ${input.reason}`);
      case "restore_completed":
        return this.#backfill(input.evidence);
      case "headers_saved":
        if (this.#stage instanceof Backfill) this.#stage.saveDone();
        return;
      case "restore_finished":
        return this.#end({ type: "done", height: this.#attempt!.offer.height });
      case "restore_refused":
        return this.#fail("restore_refused", input.reason);
      default:
        return unreachable(input);
    }
  }

  #start(nowNanos: Nanos): void {
    this.#phase = "running";
    this.#startedAt = this.#askedAt = this.#usefulAt = this.#now;
    this.#startedNanos = nowNanos;
    for (const { id } of this.peers.all) this.#askSnapshots(id);
  }

  // What stages may do.

  ask(peer: PeerId, question: StateQuestion): RequestId {
    const request = ++this.#lastId;
    this.#questions.set(request, peer);
    this.emit({ ...question, request, peer });
    return request;
  }

  cancel(request: RequestId): void {
    this.#questions.delete(request);
    this.emit({ type: "cancel_request", request });
  }

  emit(effect: StateSyncEffect): void {
    this.#effects.push(effect);
  }

  lied(peer: PeerId, code: string, reason: string): void {
    this.emit({ type: "report", peer, code, reason });
    this.#trouble = `${peer}: ${reason}`;
    this.peers.lied(peer);
    this.#drop(peer);
  }

  // Snapshots.

  #askSnapshots(peer: PeerId): void {
    this.#asked.set(this.ask(peer, { type: "ask_snapshots" }), peer);
  }

  #onSnapshots(request: RequestId, offers: readonly SnapshotOffer[]): void {
    const peer = this.#asked.get(request);
    this.#questions.delete(request);
    if (peer === undefined) return;
    this.#asked.delete(request);
    if (this.peers.get(peer) === undefined) return;
    const fault = this.#offers.offered(peer, offers);
    if (fault !== undefined) this.lied(peer, "bad_snapshot", fault);
    if (this.#offers.count > 0) this.#firstOfferAt ??= this.#now;
  }

  #drop(peer: PeerId): void {
    this.peers.left(peer);
    this.#offers.left(peer);
    for (const [request, asked] of this.#asked) {
      if (asked !== peer) continue;
      this.#asked.delete(request);
      this.cancel(request);
    }
    this.#stage?.dropped(peer);
  }

  #askAgain(): void {
    if (this.#now - this.#askedAt < ASK_AGAIN_MS) return;
    this.#askedAt = this.#now;
    const waiting = new Set(this.#asked.values());
    for (const { id } of this.peers.all) if (!waiting.has(id)) this.#askSnapshots(id);
  }

  /** All who were asked have answered, or there was time enough. */
  get #mayChoose(): boolean {
    if (this.#firstOfferAt === undefined) return false;
    const waited = this.#now - this.#firstOfferAt;
    return waited >= CHOOSE_MS_MAX || (waited >= CHOOSE_MS && this.#asked.size === 0);
  }

  // Attempts.

  #step(): void {
    if (this.#attempt === undefined) {
      this.#askAgain();
      if (this.#mayChoose) this.#choose();
      if (this.#attempt === undefined) return this.#giveUpIfLate();
    }
    const { offer } = this.#attempt;
    if (this.#name === "headers" || this.#name === "chunks") {
      if (offer.peers.size === 0) this.#abandon("the peers that offered it are gone or do not have it any more");
      else if (this.#isStalled) this.#abandon("nothing came for too long");
    }
    if (this.#stage instanceof Backfill && this.#isStalled) this.#stage.endEarly();
    // A stage that ends begins the next one, which may ask at once.
    for (let stage = this.#stage; stage !== undefined && this.#isRunning();) {
      stage.step();
      if (this.#stage === stage) break;
      stage = this.#stage;
    }
  }

  get #isStalled(): boolean {
    return this.#now - this.#progressAt >= STALL_STATE_MS;
  }

  #giveUpIfLate(): void {
    const { giveUpMs = GIVE_UP_STATE_MS, initialHeight } = this.#options;
    if (this.#now - this.#usefulAt < giveUpMs) return;
    const found = this.peers.all.length === 0
      ? "no peers were found; check p2p.bootstrap"
      : `${this.peers.all.length} peers offer ${this.#offers.count} snapshots from height ${initialHeight} on, none usable` +
        (this.#trouble === "" ? "" : ` (last: ${this.#trouble})`);
    this.#fail("no_snapshot", `${found}; or start without sync.state_sync, which fetches all blocks`);
  }

  #choose(): void {
    const offer = this.#offers.best(this.#options.initialHeight, (id) => this.peers.get(id)?.disappointments ?? 0);
    if (offer === undefined) return;
    this.#attempt = { id: ++this.#attempts, offer };
    this.#progressAt = this.#now;
    this.#name = "headers";
    const { height } = offer;
    const { trusted } = this.#options;
    const target = height + 2n > trusted.height ? height + 2n : trusted.height;
    if (trusted.height - height > ABOVE_MAX) {
      return this.#abandon(
        `it is more than ${ABOVE_MAX} blocks below the trusted height; trust an earlier block`,
        true,
      );
    }
    if (this.#anchor !== undefined && this.#anchor.height >= target) return this.#findHeaders(this.#anchor);
    this.#stage = new ProveHeader(this, this.#options, target, {
      proven: (block) => this.#onProven(block),
      unproven: (reason) => this.#abandon(reason),
      hopeless: (code, reason, divergence) => this.#fail(code, reason, divergence),
    });
  }

  #onProven(block: KnownBlock): void {
    const chainId = block.block.signedHeader?.header?.chainId;
    if (chainId !== this.#options.chainId) {
      return this.#fail(
        "other_chain",
        `the trusted block belongs to ${chainId}, this genesis to ${this.#options.chainId}`,
      );
    }
    this.#anchor = block;
    this.#findHeaders(block);
  }

  #findHeaders(anchor: KnownBlock): void {
    this.#stage = new FindHeaders(this, anchor, this.#attempt!.offer.height, {
      found: (headers) => this.#onHeaders(headers),
      unavailable: (reason) => this.#abandon(reason),
    });
  }

  #onHeaders(headers: SyncedHeaders): void {
    const { offer } = this.#attempt!;
    const { appHash } = headers.current.header;
    if (appHash.toHex() !== offer.appHash.toHex()) {
      return this.#unmask("its stores do not have the app hash of the chain");
    }
    const peers = this.peers.all.map(({ id }) => id).slice(0, PRIORITY_PEERS_MAX);
    this.#stage = new AskPriorities(this, headers.current, peers, ({ winner, opinions }) => {
      if (opinions > 1) this.#trouble = `peers name ${opinions} different proposer priorities; those of most are taken`;
      this.#attempt!.headers = { ...headers, current: { ...headers.current, validators: winner } };
      this.#fetchBlock();
    });
  }

  #fetchBlock(): void {
    const { id: attempt, offer, headers } = this.#attempt!;
    this.#stage = new FetchBlock(this, offer.height, headers!.current.header.lastBlockId, {
      fetched: (block) => {
        this.#attempt!.block = block;
        this.#wait("chunks");
        this.emit({ type: "begin_restore", attempt, height: offer.height, metadata: offer.metadata });
      },
      unavailable: (reason) => this.#abandon(reason),
    });
  }

  /** The restore is at work; its answer brings the next stage. */
  #wait(name: StateSyncProgress["stage"]): void {
    this.#name = name;
    this.#stage = undefined;
    this.#progressAt = this.#now;
  }

  #fetchChunks(): void {
    const { id: attempt, offer, headers } = this.#attempt!;
    this.#progressAt = this.#now;
    this.#trouble = "";
    this.#stage = new FetchChunks(this, attempt, offer, this.#offers, this.#options.snapshots.format, () => {
      this.#wait("values");
      this.emit({ type: "complete_restore", attempt, headers: headers! });
    });
  }

  #backfill(age: EvidenceAge): void {
    const { id: attempt, headers, block } = this.#attempt!;
    this.#name = "evidence";
    this.#progressAt = this.#now;
    this.#stage = new Backfill(this, attempt, headers!.last.header, this.#options.initialHeight, age, () => {
      this.#wait("finishing");
      this.emit({ type: "finish_restore", attempt, headers: headers!, block: block! });
    });
  }

  // Ends.

  /** The snapshot is a lie, and with it the word of everybody who offers it. */
  #unmask(fault: string): void {
    const { offer } = this.#attempt!;
    const reason = `the snapshot of ${offer.height}: ${fault}`;
    const peers = [...offer.peers];
    this.#abandon(fault, true);
    for (const peer of peers) this.lied(peer, "bad_snapshot", reason);
  }

  /** On to the next snapshot. Unless it is done with for good, it may be tried again when it is offered again. */
  #abandon(reason: string, forGood = false): void {
    const { offer } = this.#attempt!;
    this.#trouble = `the snapshot of ${offer.height}: ${reason}`;
    this.#stage?.stop();
    if (forGood) this.#offers.reject(offer);
    else {
      for (const peer of [...offer.peers]) {
        const known = this.peers.get(peer);
        if (known !== undefined) known.disappointments++;
        this.#offers.withdrawn(offer, peer);
      }
    }
    this.#attempt = undefined;
    this.#stage = undefined;
    this.#name = "snapshots";
    if (this.#offers.count === 0) this.#firstOfferAt = undefined;
    // Where snapshots come and go there are others by now.
    this.#askedAt = Math.min(this.#askedAt, this.#now - ASK_AGAIN_MS + ASK_AGAIN_MS_MIN);
  }

  #fail(
    code: StateSyncFailure,
    reason: string,
    divergence?: Extract<StateSyncEffect, { type: "failed" }>["divergence"],
  ) {
    const message = `sync the state: ${reason}`;
    this.#end({ type: "failed", code, reason: message, ...(divergence && { divergence }) });
  }

  #end(last: StateSyncEffect): void {
    this.#stage?.stop();
    for (const request of this.#asked.keys()) this.cancel(request);
    this.#phase = "ended";
    this.#name = "ended";
    this.#stage = undefined;
    this.emit(last);
  }

  // Answers.

  #onAnswer(request: RequestId, answer: StateAnswer): void {
    this.#questions.delete(request);
    if (answer.type === "bytes" ? answer.bytes : answer.block) this.#progressAt = this.#now;
    this.#stage?.answered(request, answer);
  }

  #onFailed(request: RequestId, reason: string, lied: boolean): void {
    const peer = this.#questions.get(request);
    if (peer === undefined) return;
    this.#questions.delete(request);
    if (this.#asked.delete(request)) this.peers.failed(peer, this.#now);
    else this.#stage?.failed(request);
    if (lied) this.lied(peer, "bad_answer", reason);
  }
}

const isEarly = ({ type }: StateSyncInput): boolean =>
  type === "started" || type === "peer_joined" || type === "peer_left";

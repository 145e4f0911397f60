/**
 * Runs the machine of block sync in the world: asks peers, has blocks proven and applied one after another, the next one proven
 * meanwhile, and tells when consensus is to start and to stop.
 * @module
 */
import type { ClockPort } from "../consensus/mod.ts";
import { IoError } from "../core/errors.ts";
import { unreachable } from "../core/invariant.ts";
import type { PeerId } from "../core/peer.ts";
import type { Result } from "../core/result.ts";
import { NANOS_PER_MS, timestampToNanos } from "../core/time.ts";
import { type PeerNetwork, RESPONSE_FRAME_BYTES_MAX } from "../network/ports.ts";
import { PATIENCE_MS_MAX } from "./block_limits.ts";
import { createBlockSync } from "./block_sync.ts";
import {
  type OfferedBlock,
  type ProvenBlock,
  type RequestFailure,
  type RequestId,
  SYNC_TICK_MS,
  type SyncEffect,
  type SyncInput,
  type SyncObserver,
  type SyncProgress,
  type SyncTarget,
} from "./ports.ts";
import { decodeBlockFrame, encodeBlocksQuestion } from "./wire.ts";

export interface BlockServiceOptions {
  readonly network: Pick<PeerNetwork, "request" | "report">;
  readonly clock: ClockPort;
  readonly target: SyncTarget;
  /** False: nobody can be ahead of this node, it starts at once. See `BlockSyncOptions`. */
  readonly waitsForPeers: boolean;
  readonly observer?: Pick<SyncObserver, "progress" | "answered"> | undefined;
  /** Caught up, as `reason` tells. Consensus may start; it is watched from now on. */
  readonly onCaughtUp: (reason: string) => void;
  /** Consensus was left behind: it is to be stopped, and `consensusStopped` called after that. */
  readonly onLeftBehind: () => void;
  /** Awaited after each frame, so that an answer that comes all at once does not starve the event loop. */
  readonly pause?: (() => Promise<void>) | undefined;
  /** The chain cannot go on here: a failed world, a block that this program cannot follow, our own bug. Said once. */
  readonly onHalt: (error: unknown) => void;
}

/** The most that passes between two inputs; ticks come ten times as often. */
const LEAP_MS_MAX = 10 * SYNC_TICK_MS;

type AskEffect = Extract<SyncEffect, { readonly type: "request_blocks" }>;

/** See the module. `start` once, `stop` once. */
export class BlockSyncService {
  readonly #options: BlockServiceOptions;
  readonly #machine;
  readonly #requests = new Map<RequestId, AbortController>();
  readonly #proofs = new WeakMap<OfferedBlock, Promise<Result<ProvenBlock>>>();
  readonly #work = new Set<Promise<void>>();
  readonly #inputs: SyncInput[] = [];
  #isDraining = false;
  /** The machine's time, in milliseconds, and when it was last set. */
  #now = 0;
  #setAt = 0;
  #isStopped = false;
  #cancelTick = () => {};

  constructor(options: BlockServiceOptions) {
    this.#options = options;
    this.#machine = createBlockSync({ waitsForPeers: options.waitsForPeers });
  }

  get progress(): SyncProgress {
    return this.#machine.progress;
  }

  start(mode: "sync" | "watch" = "sync"): void {
    this.#setAt = Number(this.#options.clock.nowNanos() / NANOS_PER_MS);
    this.#input({ type: "started", next: this.#options.target.nextHeight, mode });
    this.#scheduleTick();
  }

  /** Ends when the block in work is applied, or has failed. Idempotent. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTick();
    for (const controller of this.#requests.values()) controller.abort();
    this.#requests.clear();
    await Promise.all(this.#work);
  }

  /** The peer decides `height` and has the blocks from `base` on. */
  peerStatus(peer: PeerId, base: bigint, height: bigint): void {
    this.#input({ type: "peer_status", peer, base, height });
  }

  peerLeft(peer: PeerId): void {
    this.#input({ type: "peer_left", peer });
  }

  /** Consensus committed a block. */
  heightCommitted(height: bigint): void {
    this.#input({ type: "height_committed", height });
  }

  /** After `onLeftBehind`: consensus has ended. */
  consensusStopped(): void {
    this.#input({ type: "consensus_stopped", next: this.#options.target.nextHeight });
  }

  #scheduleTick(): void {
    this.#cancelTick = this.#options.clock.schedule(SYNC_TICK_MS, () => {
      this.#input({ type: "ticked" });
      this.#options.observer?.progress(this.#machine.progress);
      if (!this.#isStopped) this.#scheduleTick();
    });
  }

  /** One after another, also those that come while effects are carried out. */
  #input(input: SyncInput): void {
    this.#inputs.push(input);
    if (this.#isDraining) return;
    this.#isDraining = true;
    try {
      for (let next = this.#inputs.shift(); next !== undefined && !this.#isStopped; next = this.#inputs.shift()) {
        for (const effect of this.#machine.on(next, this.#time())) this.#perform(effect);
      }
    } catch (error) {
      this.#halt(error);
    } finally {
      this.#isDraining = false;
    }
  }

  /** A process that was stopped for an hour, or a clock that was set, has not waited an hour for anybody. */
  #time(): number {
    const at = Number(this.#options.clock.nowNanos() / NANOS_PER_MS);
    this.#now += Math.min(Math.max(at - this.#setAt, 0), LEAP_MS_MAX);
    this.#setAt = at;
    return this.#now;
  }

  #perform(effect: SyncEffect): void {
    const { network, onCaughtUp, onLeftBehind } = this.#options;
    switch (effect.type) {
      case "request_blocks":
        return this.#run(this.#ask(effect));
      case "cancel_request":
        this.#requests.get(effect.request)?.abort();
        return void this.#requests.delete(effect.request);
      case "prepare_block":
        return void this.#prove(effect.block).catch(() => {}); // heard when the block's turn comes
      case "apply_block":
        return this.#run(this.#apply(effect.block));
      case "prove_block":
        return this.#run(this.#judge(effect.block));
      case "report":
        return network.report(effect.peer, effect.code, effect.reason);
      case "start_consensus":
        return onCaughtUp(effect.reason);
      case "stop_consensus":
        return onLeftBehind();
      default:
        return unreachable(effect);
    }
  }

  #run(work: Promise<void>): void {
    const done = work.catch((error) => this.#halt(error)).finally(() => this.#work.delete(done));
    this.#work.add(done);
  }

  #halt(error: unknown): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#cancelTick();
    for (const controller of this.#requests.values()) controller.abort();
    this.#requests.clear();
    this.#options.onHalt(error);
  }

  async #ask({ request, peer, from, count }: AskEffect): Promise<void> {
    const { network, observer, pause } = this.#options;
    const controller = new AbortController();
    this.#requests.set(request, controller);
    const { signal } = controller;
    const limits = {
      frameBytesMax: RESPONSE_FRAME_BYTES_MAX,
      framesMax: count,
      // The machine is less patient; this is for a machine that is gone.
      timeoutMs: 2 * PATIENCE_MS_MAX,
      signal,
    };
    const begun = performance.now();
    let frames = 0;
    let failure: RequestFailure | undefined;
    try {
      for await (const bytes of network.request(peer, "blocks", encodeBlocksQuestion({ from, count }), limits)) {
        if (signal.aborted) break;
        const frame = decodeBlockFrame(bytes, RESPONSE_FRAME_BYTES_MAX);
        if (!frame.ok) failure = { kind: "malformed", reason: frame.error.message };
        else if (frame.value === undefined) failure = { kind: "lost", reason: "it answers in another version" };
        if (!frame.ok || frame.value === undefined) break;
        frames++;
        this.#input({ type: "block_received", request, block: frame.value });
        if (pause !== undefined) await pause();
      }
    } catch (error) {
      failure = failureOf(error);
    }
    const ms = performance.now() - begun;
    const outcome = signal.aborted ? "called off" : failure?.reason;
    observer?.answered({ protocol: "blocks", peer, ms, frames, failure: outcome });
    if (!this.#requests.delete(request)) return;
    this.#input({ type: "request_ended", request, failure });
  }

  #prove(block: OfferedBlock): Promise<Result<ProvenBlock>> {
    let proof = this.#proofs.get(block);
    if (proof === undefined) this.#proofs.set(block, proof = this.#options.target.prove(block));
    return proof;
  }

  async #apply(block: OfferedBlock): Promise<void> {
    const { target, clock } = this.#options;
    const { height } = block;
    const proof = await this.#prove(block);
    if (this.#isStopped) return;
    if (!proof.ok) return this.#input({ type: "block_refused", height, reason: proof.error.message });
    await target.apply(proof.value);
    const age = clock.nowNanos() - timestampToNanos(proof.value.block.header.time);
    this.#input({ type: "block_applied", height, ageMs: Number(age / NANOS_PER_MS) });
  }

  async #judge(block: OfferedBlock): Promise<void> {
    const { target } = this.#options;
    const { height } = block;
    // Consensus may have gone on before the machine hears of it; what is below has no use for a proof.
    const isOf = height >= target.nextHeight;
    const proof = isOf ? await this.#prove(block) : undefined;
    this.#input({ type: "height_committed", height: target.nextHeight - 1n });
    const reason = proof?.ok === false ? proof.error.message : "";
    this.#input({ type: "block_proven", height, valid: proof?.ok ?? false, reason });
  }
}

/** The network has reported what was too long; here it is what no honest peer sends. */
function failureOf(error: unknown): RequestFailure {
  const reason = error instanceof Error ? error.message : String(error);
  return { kind: error instanceof IoError && error.code === "answer_too_long" ? "malformed" : "lost", reason };
}

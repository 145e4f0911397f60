/**
 * State sync as the node uses it: carries out what the machine asks for over the network, and hands what comes to the restore.
 * @module
 */
import type { ClockPort } from "../consensus/mod.ts";
import { IoError } from "../core/errors.ts";
import { unreachable } from "../core/invariant.ts";
import type { LightBlock } from "../core/light/mod.ts";
import type { PeerId } from "../core/peer.ts";
import type { Result } from "../core/result.ts";
import { NANOS_PER_MS } from "../core/time.ts";
import { type PeerNetwork, RESPONSE_FRAME_BYTES_MAX } from "../network/ports.ts";
import { appHashOfSnapshot, decodeMetadata, SNAPSHOT_FORMAT, snapshotHash } from "../state/mod.ts";
import type { RequestId } from "./ports.ts";
import { ANSWER_MS, OFFERS_PER_PEER_MAX } from "./state_limits.ts";
import {
  type EvidenceAge,
  type LinkedHeader,
  type SnapshotOffer,
  type SnapshotReading,
  STATE_SYNC_TICK_MS,
  type StateSyncEffect,
  type StateSyncInput,
  type StateSyncOptions,
  type StateSyncProgress,
  type SyncedHeaders,
} from "./state_ports.ts";
import { createStateSync } from "./state_sync.ts";
import {
  CHUNK_FRAME_BYTES_MAX,
  decodeChunk,
  decodeSnapshotOffer,
  encodeChunkQuestion,
  SNAPSHOT_FRAME_BYTES_MAX,
  SNAPSHOTS_QUESTION,
} from "./state_wire.ts";
import {
  decodeBlockFrame,
  decodeLightBlock,
  encodeBlocksQuestion,
  encodeLightBlockQuestion,
  LIGHT_BLOCK_BYTES_MAX,
} from "./wire.ts";

/** Where the state goes: an empty store. Calls come one after the other. A failing world is an IoError. */
export interface StateRestore {
  /** Clears what an earlier attempt left. */
  begin(height: bigint, metadata: Uint8Array): Promise<void>;
  /** The next chunk, whose hash is that of the metadata. Refused: it is not in the state that the metadata name. */
  apply(chunk: Uint8Array): Promise<Result<void>>;
  /** All chunks were applied. Refused: the state does not fit the headers or the genesis. */
  complete(headers: SyncedHeaders): Promise<Result<EvidenceAge>>;
  /** In descending order. */
  saveHeaders(headers: readonly LinkedHeader[]): Promise<void>;
  /** The last write: what was restored becomes the node's state. `block` is the encoded block of the snapshot's height. */
  finish(headers: SyncedHeaders, block: Uint8Array): Promise<Result<void>>;
}

/** Snapshots in the format of node/state. */
const SNAPSHOTS: SnapshotReading = {
  format: SNAPSHOT_FORMAT,
  metadata(bytes) {
    const read = decodeMetadata(bytes);
    if (!read.ok) return undefined;
    return { hash: snapshotHash(bytes), appHash: appHashOfSnapshot(read.value), chunkHashes: read.value.chunkHashes };
  },
};

export interface StateSyncServiceOptions extends Omit<StateSyncOptions, "snapshots"> {
  readonly network: Pick<PeerNetwork, "request" | "report" | "peers">;
  readonly restore: StateRestore;
  readonly clock: ClockPort;
  /** Told when the stage, the snapshot, the number of its chunks or the trouble changes. */
  readonly onProgress?: ((progress: StateSyncProgress) => void) | undefined;
}

/** One run: `run` once. Joining and leaving peers are told to it by whoever has the network's handlers. */
export class StateSyncService {
  readonly #options: StateSyncServiceOptions;
  readonly #machine;
  readonly #requests = new Map<RequestId, AbortController>();
  readonly #running = new Set<Promise<void>>();
  /** What the restore does, one thing after the other. */
  #restoring: Promise<void> = Promise.resolve();
  #cancelTick: (() => void) | undefined;
  #outcome = Promise.withResolvers<bigint>();
  #told = "";
  #isOver = false;
  #isStarted = false;

  constructor(options: StateSyncServiceOptions) {
    this.#options = options;
    this.#machine = createStateSync({ ...options, snapshots: SNAPSHOTS });
    // Stopped before it ran, nobody listens.
    this.#outcome.promise.catch(() => {});
  }

  get progress(): StateSyncProgress {
    return this.#machine.progress;
  }

  peerJoined(peer: PeerId): void {
    if (this.#isStarted) this.#input({ type: "peer_joined", peer });
  }

  peerLeft(peer: PeerId): void {
    if (this.#isStarted) this.#input({ type: "peer_left", peer });
  }

  /**
   * Resolves with the height of the restored state, which is in the store. Rejects with an IoError whose code is
   * `state_sync_` and the machine's failure, or `state_sync_stopped`; or with what the store threw.
   */
  async run(): Promise<bigint> {
    this.#isStarted = true;
    for (const { id } of this.#options.network.peers) this.#input({ type: "peer_joined", peer: id });
    this.#input({ type: "started", nowNanos: this.#options.clock.nowNanos() });
    this.#tick();
    try {
      return await this.#outcome.promise;
    } finally {
      this.#shutDown();
      await Promise.all([...this.#running, this.#restoring]);
    }
  }

  /** Ends a run that is under way. */
  stop(): void {
    this.#reject(
      new IoError("state_sync_stopped", "sync the state: stopped before it was complete; start again to begin anew"),
    );
  }

  #reject(error: unknown): void {
    this.#shutDown();
    this.#outcome.reject(error);
  }

  #shutDown(): void {
    this.#isOver = true;
    this.#cancelTick?.();
    for (const request of this.#requests.values()) request.abort();
  }

  #tick(): void {
    if (this.#isOver) return;
    this.#cancelTick = this.#options.clock.schedule(STATE_SYNC_TICK_MS, () => {
      this.#input({ type: "ticked" });
      this.#tick();
    });
  }

  #input(input: StateSyncInput): void {
    if (this.#isOver) return;
    try {
      for (const effect of this.#machine.on(input, this.#nowMs())) this.#perform(effect);
      this.#tell();
    } catch (error) {
      this.#reject(error);
    }
  }

  #nowMs(): number {
    return Number(this.#options.clock.nowNanos() / NANOS_PER_MS);
  }

  #tell(): void {
    const { progress } = this.#machine;
    const { stage, height, done, trouble } = progress;
    const text = `${stage}/${height}/${stage === "chunks" ? done : ""}/${trouble}`;
    if (text === this.#told) return;
    this.#told = text;
    this.#options.onProgress?.(progress);
  }

  #perform(effect: StateSyncEffect): void {
    switch (effect.type) {
      case "ask_snapshots":
        return this.#ask(effect.request, async (signal): Promise<StateSyncInput> => ({
          type: "snapshots_received",
          request: effect.request,
          offers: await this.#offers(effect.peer, signal),
        }));
      case "ask_light_block":
        return this.#ask(effect.request, async (signal): Promise<StateSyncInput> => ({
          type: "light_block_received",
          request: effect.request,
          block: await this.#lightBlock(effect.peer, effect.height, signal),
        }));
      case "ask_block":
        return this.#ask(effect.request, async (signal): Promise<StateSyncInput> => ({
          type: "block_received",
          request: effect.request,
          bytes: await this.#block(effect.peer, effect.height, signal),
        }));
      case "ask_chunk":
        return this.#ask(effect.request, async (signal): Promise<StateSyncInput> => ({
          type: "chunk_received",
          request: effect.request,
          bytes: await this.#chunk(effect, signal),
        }));
      case "cancel_request":
        this.#requests.get(effect.request)?.abort();
        this.#requests.delete(effect.request);
        return;
      case "report":
        return this.#options.network.report(effect.peer, effect.code, effect.reason);
      case "done":
        return this.#outcome.resolve(effect.height);
      case "failed":
        return this.#reject(new IoError(`state_sync_${effect.code}`, effect.reason, { cause: effect.divergence }));
      default:
        return this.#restore(effect);
    }
  }

  // Questions.

  #ask(request: RequestId, answer: (signal: AbortSignal) => Promise<StateSyncInput>): void {
    const controller = new AbortController();
    this.#requests.set(request, controller);
    const { signal } = controller;
    const running = this.#answerOf(request, answer(signal), signal).then((input) => {
      this.#running.delete(running);
      // Called off: the machine does not want to hear of it.
      if (this.#requests.delete(request)) this.#input(input);
    });
    this.#running.add(running);
  }

  async #answerOf(
    request: RequestId,
    answer: Promise<StateSyncInput>,
    signal: AbortSignal,
  ): Promise<StateSyncInput> {
    try {
      return await answer;
    } catch (error) {
      const lied = error instanceof Malformed;
      if (!lied && !(error instanceof IoError) && !signal.aborted) this.#reject(error);
      return { type: "request_failed", request, reason: (error as Error).message, lied };
    }
  }

  async #offers(peer: PeerId, signal: AbortSignal): Promise<SnapshotOffer[]> {
    const offers: SnapshotOffer[] = [];
    const limits = {
      frameBytesMax: SNAPSHOT_FRAME_BYTES_MAX,
      framesMax: OFFERS_PER_PEER_MAX,
      timeoutMs: ANSWER_MS,
      signal,
    };
    for await (const frame of this.#options.network.request(peer, "snapshots", SNAPSHOTS_QUESTION, limits)) {
      offers.push(valueOf(decodeSnapshotOffer(frame)));
    }
    return offers;
  }

  async #lightBlock(peer: PeerId, height: bigint, signal: AbortSignal): Promise<LightBlock | undefined> {
    const question = encodeLightBlockQuestion(height);
    const frame = await this.#oneFrame(peer, "light_blocks", question, LIGHT_BLOCK_BYTES_MAX, signal);
    return frame && valueOf(decodeLightBlock(frame));
  }

  async #block(peer: PeerId, height: bigint, signal: AbortSignal): Promise<Uint8Array | undefined> {
    const question = encodeBlocksQuestion({ from: height, count: 1 });
    const frame = await this.#oneFrame(peer, "blocks", question, RESPONSE_FRAME_BYTES_MAX, signal);
    return frame && valueOf(decodeBlockFrame(frame, RESPONSE_FRAME_BYTES_MAX))?.bytes;
  }

  async #chunk(
    { peer, height, format, index }: Extract<StateSyncEffect, { type: "ask_chunk" }>,
    signal: AbortSignal,
  ): Promise<Uint8Array | undefined> {
    const question = { height, format, index };
    const frame = await this.#oneFrame(peer, "chunks", encodeChunkQuestion(question), CHUNK_FRAME_BYTES_MAX, signal);
    return frame && valueOf(decodeChunk(frame, question));
  }

  async #oneFrame(
    peer: PeerId,
    protocol: "light_blocks" | "blocks" | "chunks",
    question: Uint8Array,
    frameBytesMax: number,
    signal: AbortSignal,
  ): Promise<Uint8Array | undefined> {
    const limits = { frameBytesMax, framesMax: 1, timeoutMs: ANSWER_MS, signal };
    let only: Uint8Array | undefined;
    for await (const frame of this.#options.network.request(peer, protocol, question, limits)) only = frame;
    return only;
  }

  // The restore.

  #restore(effect: Extract<StateSyncEffect, { readonly attempt: number }>): void {
    this.#restoring = this.#restoring.then(async () => {
      if (this.#isOver) return;
      try {
        this.#input(await this.#carryOut(effect));
      } catch (error) {
        this.#reject(error);
      }
    });
  }

  async #carryOut(effect: Extract<StateSyncEffect, { readonly attempt: number }>): Promise<StateSyncInput> {
    const { restore } = this.#options;
    const { attempt } = effect;
    switch (effect.type) {
      case "begin_restore":
        await restore.begin(effect.height, effect.metadata);
        return { type: "restore_begun", attempt };
      case "apply_chunk": {
        const { index } = effect;
        const applied = await restore.apply(effect.bytes);
        if (applied.ok) return { type: "chunk_applied", attempt, index };
        return { type: "chunk_refused", attempt, index, reason: applied.error.message };
      }
      case "complete_restore": {
        const completed = await restore.complete(effect.headers);
        if (completed.ok) return { type: "restore_completed", attempt, evidence: completed.value };
        return { type: "restore_refused", attempt, reason: completed.error.message };
      }
      case "save_headers":
        await restore.saveHeaders(effect.headers);
        return { type: "headers_saved", attempt };
      case "finish_restore": {
        const finished = await restore.finish(effect.headers, effect.block);
        if (finished.ok) return { type: "restore_finished", attempt };
        return { type: "restore_refused", attempt, reason: finished.error.message };
      }
      default:
        return unreachable(effect);
    }
  }
}

/** What came is nothing an honest peer sends. Raised and caught inside this file only. */
class Malformed extends Error {}

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Malformed(result.error.message);
  return result.value;
}

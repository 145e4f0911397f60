/** The stages of state sync that are about contents: the snapshot's own block, and its chunks. @module */
import type { BlockID } from "cosmjs-types/tendermint/types/types";
import { equalBytes } from "../core/bytes.ts";
import { sha256 } from "../core/crypto/mod.ts";
import type { PeerId } from "../core/peer.ts";
import { BLOCK_BYTES_MAX, blockIdOf, decodeBlock, equalBlockIds } from "../core/types/mod.ts";
import type { RequestId } from "./ports.ts";
import { CHUNKS_AHEAD } from "./state_limits.ts";
import { StateDownloads } from "./_state_downloads.ts";
import type { Offer, Offers } from "./_state_offers.ts";
import type { Stage, StageHost, StateAnswer } from "./_state_stage.ts";

const bytesOf = (answer: StateAnswer) => answer.type === "bytes" ? answer.bytes : undefined;

export interface FetchEnds<T> {
  fetched(value: T): void;
  unavailable(reason: string): void;
}

/** The block of the snapshot's height, known by its id. */
export class FetchBlock implements Stage {
  readonly #host: StageHost;
  readonly #downloads: StateDownloads<Uint8Array>;
  readonly #height: bigint;
  readonly #ends: FetchEnds<Uint8Array>;

  constructor(
    host: StageHost,
    height: bigint,
    readonly blockId: BlockID,
    ends: FetchEnds<Uint8Array>,
  ) {
    this.#host = host;
    this.#height = height;
    this.#ends = ends;
    this.#downloads = new StateDownloads({
      count: 1,
      ahead: 1,
      peers: host.peers,
      sources: () => host.peers.all.map(({ id }) => id),
      ask: (_, peer) => host.ask(peer, { type: "ask_block", height }),
      cancel: (request) => host.cancel(request),
    });
  }

  step(): void {
    const got = this.#downloads.take();
    if (got !== undefined) return this.#ends.fetched(got.value);
    this.#downloads.step(this.#host.now);
    if (this.#downloads.isExhausted) this.#ends.unavailable(`nobody has the block at height ${this.#height}`);
  }

  answered(request: RequestId, answer: StateAnswer): void {
    const bytes = bytesOf(answer);
    const asked = this.#downloads.about(request);
    if (asked === undefined) return;
    if (bytes === undefined) return this.#downloads.missing(request);
    const block = decodeBlock(bytes, BLOCK_BYTES_MAX);
    if (block.ok && equalBlockIds(blockIdOf(block.value, bytes), this.blockId)) {
      return this.#downloads.received(request, bytes);
    }
    this.#downloads.failed(request, this.#host.now);
    this.#host.lied(asked.peer, "bad_block", `the block at height ${this.#height} is not the one its commit names`);
  }

  failed(request: RequestId): void {
    this.#downloads.failed(request, this.#host.now);
  }

  dropped(peer: PeerId): void {
    this.#downloads.drop(peer, false);
  }

  stop(): void {
    this.#downloads.stop();
  }
}

/** The chunks of a snapshot: had from whoever offers it, known by their hashes, applied in order. */
export class FetchChunks implements Stage {
  readonly #host: StageHost;
  readonly #attempt: number;
  readonly #offer: Offer;
  readonly #offers: Offers;
  readonly #downloads: StateDownloads<Uint8Array>;
  readonly #done: () => void;
  /** The chunk that is being applied. */
  #applying: number | undefined;
  #applied = 0;

  constructor(host: StageHost, attempt: number, offer: Offer, offers: Offers, format: number, done: () => void) {
    this.#host = host;
    this.#attempt = attempt;
    this.#offer = offer;
    this.#offers = offers;
    this.#done = done;
    const { height } = offer;
    this.#downloads = new StateDownloads({
      count: offer.chunkHashes.length,
      ahead: CHUNKS_AHEAD,
      peers: host.peers,
      sources: () => offer.peers,
      ask: (index, peer) => host.ask(peer, { type: "ask_chunk", height, format, index }),
      cancel: (request) => host.cancel(request),
    });
  }

  get applied(): number {
    return this.#applied;
  }

  step(): void {
    if (this.#applying === undefined) {
      const next = this.#downloads.take();
      if (next !== undefined) {
        this.#applying = next.index;
        this.#host.emit({ type: "apply_chunk", attempt: this.#attempt, index: next.index, bytes: next.value });
      } else if (this.#downloads.isDone) return this.#done();
    }
    this.#downloads.step(this.#host.now);
  }

  /** The answer to `apply_chunk`. */
  appliedChunk(index: number): void {
    if (this.#applying !== index) return;
    this.#applying = undefined;
    this.#applied++;
  }

  answered(request: RequestId, answer: StateAnswer): void {
    const asked = this.#downloads.about(request);
    if (asked === undefined) return;
    const bytes = bytesOf(answer);
    if (bytes === undefined) {
      // Snapshots are dropped when newer ones are there.
      this.#downloads.missing(request);
      this.#offers.withdrawn(this.#offer, asked.peer);
      return;
    }
    if (equalBytes(sha256(bytes), this.#offer.chunkHashes[asked.index]!)) {
      return this.#downloads.received(request, bytes);
    }
    this.#downloads.failed(request, this.#host.now);
    this.#host.lied(
      asked.peer,
      "bad_chunk",
      `chunk ${asked.index} of the snapshot of ${this.#offer.height} is not the one its hash names`,
    );
  }

  failed(request: RequestId): void {
    this.#downloads.failed(request, this.#host.now);
  }

  dropped(peer: PeerId): void {
    this.#downloads.drop(peer, false);
  }

  stop(): void {
    this.#downloads.stop();
  }
}

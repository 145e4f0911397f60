import { type Instruments, SECONDS } from "./instruments.ts";

const PROTOCOLS = ["blocks", "light_blocks", "snapshots", "chunks"] as const;
export type SyncProtocol = typeof PROTOCOLS[number];
const QUESTION_SECONDS = [...SECONDS.slice(2), 30];

/** Block sync and state sync; names as CometBFT v0.38's `blocksync` and `statesync` where they have them. */
export class SyncMetrics {
  readonly #questions;
  readonly #seconds;
  readonly #blocks;
  readonly #switches;
  #syncing = 0;
  #next = 0;
  #target = 0;
  #peers = 0;
  #snapshot = { height: 0, chunks: 0, total: 0 };

  constructor(make: Instruments) {
    make.read("blocksync_syncing", "1 while blocks are synced, 0 while consensus has the chain", () => this.#syncing);
    make.read(
      "blocksync_latest_block_height",
      "The last block that is here, as sync knows",
      () => Math.max(0, this.#next - 1),
    );
    make.read("blocksync_target_height", "The highest block that peers claim to have", () => this.#target);
    make.read("blocksync_peers", "Peers that told what they have", () => this.#peers);
    this.#blocks = make.counter("blocksync_blocks_total", "Blocks that were synced");
    this.#switches = make.counter("blocksync_switches_total", "Hand-overs of the chain", ["to"]);
    make.read("statesync_syncing", "1 while a snapshot is restored", () => this.#snapshot.total > 0 ? 1 : 0);
    make.read("statesync_snapshot_height", "Height of the snapshot being restored", () => this.#snapshot.height);
    make.read("statesync_snapshot_chunk", "Its chunks that are here", () => this.#snapshot.chunks);
    make.read("statesync_snapshot_chunk_total", "Its chunks in all", () => this.#snapshot.total);
    this.#questions = make.tallies("sync_questions_total", "Questions to peers that ended", ["protocol", PROTOCOLS], [
      "outcome",
      ["answered", "failed"],
    ]);
    this.#seconds = make.histogram("sync_question_duration_seconds", "From a question to the end of its answer", {
      labels: ["protocol"],
      buckets: QUESTION_SECONDS,
    });
  }

  progress(mode: "sync" | "watch", next: bigint, target: bigint, peers: number): void {
    this.#syncing = mode === "sync" ? 1 : 0;
    const before = this.#next;
    this.#next = Number(next);
    this.#target = Number(target);
    this.#peers = peers;
    if (mode === "sync" && before > 0 && this.#next > before) this.#blocks.inc(this.#next - before);
  }
  switched(to: "sync" | "consensus"): void {
    this.#syncing = to === "sync" ? 1 : 0;
    // What consensus decides meanwhile was not synced.
    this.#next = 0;
    this.#switches.inc({ to });
  }
  answered(protocol: SyncProtocol, seconds: number, failed: boolean): void {
    this.#questions[protocol].add(failed ? "failed" : "answered");
    this.#seconds.observe({ protocol }, seconds);
  }
  restoring(snapshot: { readonly height: bigint; readonly chunks: number; readonly total: number } | undefined): void {
    this.#snapshot = snapshot === undefined
      ? { height: 0, chunks: 0, total: 0 }
      : { height: Number(snapshot.height), chunks: snapshot.chunks, total: snapshot.total };
  }
}

/** From what sync does to numbers, lines and spans. @module */
import type { LogLines } from "../log_lines.ts";
import type { SyncObserver, SyncProgress, SyncQuestion } from "../sync/ports.ts";
import type { Spans, SyncMetrics } from "../telemetry/mod.ts";

export class SyncMeter implements SyncObserver {
  readonly #metrics: SyncMetrics;
  readonly #log: () => LogLines;
  readonly #spans: Spans;

  constructor(metrics: SyncMetrics, log: () => LogLines, spans: Spans) {
    this.#metrics = metrics;
    this.#log = log;
    this.#spans = spans;
  }

  progress(progress: SyncProgress): void {
    const { mode, next, target, peers } = progress;
    this.#metrics.progress(mode, next, target, peers);
    this.#log().syncProgress(progress);
  }
  switched(to: "sync" | "consensus", reason: string): void {
    this.#metrics.switched(to);
    this.#log().syncSwitched(to, reason);
  }
  answered(question: SyncQuestion): void {
    const { protocol, peer, ms, frames, failure } = question;
    this.#metrics.answered(protocol, ms / 1000, failure !== undefined);
    if (failure !== undefined) this.#log().questionFailed(question);
    if (!this.#spans.on) return;
    const toMs = performance.now();
    this.#spans.record("sync.question", { fromMs: toMs - ms, toMs, failure }, {
      "catenary.protocol": protocol,
      "catenary.peer": peer,
      "catenary.frames": frames,
    });
  }
  restoring(state: { readonly height: bigint; readonly chunks: number; readonly total: number } | undefined): void {
    this.#metrics.restoring(state);
    if (state !== undefined) this.#log().restoring(state.height, state.chunks, state.total);
  }
}

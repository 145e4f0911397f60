/** One trace for each height: what was built, judged, executed and stored, as children of one span. @module */
import type { CommitTimings } from "../runtime/mod.ts";
import type { OpenSpan, Spans } from "../telemetry/mod.ts";

/** How long a piece of work took, on the clock of `performance.now()`. */
export interface Took {
  readonly fromMs: number;
  readonly toMs: number;
  readonly failure?: string | undefined;
}

const HEIGHT = "catenary.height";

/** Calls that come while spans are off must not be made. */
export class HeightTrace {
  readonly #spans: Spans;
  #height = 0n;
  #span: OpenSpan | undefined;

  constructor(spans: Spans) {
    this.#spans = spans;
  }

  /** Consensus works on `height` now. */
  begun(height: bigint, nowMs: number): void {
    if (height === this.#height) return;
    // The height before was ended by its commit; if it was not, sync took over and it is dropped.
    this.#height = height;
    this.#span = this.#spans.open("consensus.height", nowMs, { [HEIGHT]: Number(height) });
  }

  built(height: bigint, round: number, took: Took): void {
    this.#spans.record("block.build", took, this.#place(height, round), this.#parent(height));
  }

  validated(height: bigint, round: number, took: Took): void {
    this.#spans.record("block.validate", took, this.#place(height, round), this.#parent(height));
  }

  /** By consensus, or by sync: then it is a trace of its own. */
  committed(timings: CommitTimings): void {
    const { height, round, txs, bytes, begunAt, executeMs, persistMs, publishMs, totalMs } = timings;
    const parent = this.#parent(height);
    const attributes = { ...this.#place(height, round), "catenary.txs": txs, "catenary.bytes": bytes };
    const toMs = begunAt + totalMs;
    const commit = this.#spans.open("block.commit", begunAt, attributes, parent);
    const executedAt = begunAt + executeMs;
    const persistedAt = executedAt + persistMs;
    this.#spans.record("block.execute", { fromMs: begunAt, toMs: executedAt }, attributes, commit);
    this.#spans.record("block.persist", { fromMs: executedAt, toMs: persistedAt - publishMs }, attributes, commit);
    this.#spans.record("block.publish", { fromMs: persistedAt - publishMs, toMs: persistedAt }, attributes, commit);
    commit?.end(toMs);
    if (parent === undefined) return;
    parent.set({ "catenary.round": round, "catenary.txs": txs });
    parent.end(toMs);
    this.#span = undefined;
  }

  #parent(height: bigint): OpenSpan | undefined {
    return height === this.#height ? this.#span : undefined;
  }

  #place(height: bigint, round: number) {
    return { [HEIGHT]: Number(height), "catenary.round": round };
  }
}

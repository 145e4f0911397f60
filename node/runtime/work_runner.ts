/** Runs work of the pure rooms against storage, in slices that leave the event loop free. @module */
import { unreachable } from "../core/invariant.ts";
import type { Entries, Reply, Request, Work } from "../core/work.ts";
import type { Store, StorePart } from "../storage/mod.ts";
import { breathe, SLICE_MS } from "./breathe.ts";

/** Where answers come from. */
export interface WorkSource {
  /** Flat values, by version. */
  readonly versioned: Pick<Store["versioned"], "snapshot">;
  /** Tree nodes, by their storage keys. */
  readonly nodes: Pick<StorePart, "getMany">;
}

export class WorkRunner {
  readonly #source: WorkSource;
  readonly #sliceMs: number;

  constructor(source: WorkSource, sliceMs: number = SLICE_MS) {
    this.#source = source;
    this.#sliceMs = sliceMs;
  }

  /**
   * Runs `work` against what was published as `version` (undefined: nothing yet). Answers at once when nothing had to be
   * loaded and the slice was long enough. A failing store becomes a rejection with its IoError, after the work was told.
   */
  run<T>(work: Work<T>, version: bigint | undefined): T | Promise<T> {
    const sliceEnd = performance.now() + this.#sliceMs;
    let step = work.next(undefined);
    while (!step.done) {
      if (step.value.type !== "pause" || performance.now() >= sliceEnd) {
        return this.#waiting(work, step.value, version, sliceEnd);
      }
      step = work.next(undefined);
    }
    return step.value;
  }

  async #waiting<T>(work: Work<T>, first: Request, version: bigint | undefined, firstEnd: number): Promise<T> {
    let request = first;
    let sliceEnd = firstEnd;
    for (;;) {
      // Also after loads: a store in memory answers without letting the event loop turn.
      if (performance.now() >= sliceEnd) {
        await breathe();
        sliceEnd = performance.now() + this.#sliceMs;
      }
      let reply: Reply;
      try {
        reply = request.type === "pause" ? undefined : await this.answer(request, version);
      } catch (error) {
        work.throw(error);
        throw error;
      }
      const step = work.next(reply);
      if (step.done) return step.value;
      request = step.value;
    }
  }

  /** The answer from storage, as of a version. */
  async answer(request: Exclude<Request, { type: "pause" }>, version: bigint | undefined): Promise<Reply> {
    switch (request.type) {
      case "load_nodes":
        return await this.#source.nodes.getMany(request.keys);
      case "load_keys":
        if (version === undefined) return request.keys.map(() => undefined);
        return await this.#source.versioned.snapshot(version).getMany(request.keys);
      case "wait":
        await request.done;
        return undefined;
      case "load_range":
        return version === undefined ? [] : await this.#loadRange(request, version);
      default:
        return unreachable(request);
    }
  }

  async #loadRange(request: Extract<Request, { type: "load_range" }>, version: bigint): Promise<Entries> {
    const { start, end, reverse, limit, bytesMax = Infinity } = request;
    const entries: [Uint8Array, Uint8Array][] = [];
    const reader = this.#source.versioned.snapshot(version);
    let bytes = 0;
    for await (const [key, value] of reader.iterate({ start, end }, { reverse, limit })) {
      entries.push([key, value]);
      bytes += key.length + value.length;
      if (bytes >= bytesMax) break;
    }
    return entries;
  }
}

/**
 * Follows what each node of a network says it has committed, and tells of each height once it is final in all that keep up.
 * Knows no clock and no processes.
 * @module
 */

/** A block as a node reports it. Hashes in upper-case hexadecimal. */
export interface BlockReport {
  readonly height: bigint;
  readonly hash: string;
  /** After the block. */
  readonly appHash: string;
  readonly txs: number;
}

export type HeightEvent =
  | {
    readonly type: "final";
    readonly block: BlockReport;
    /** Who has it. */
    readonly nodes: readonly string[];
    /** From the first node that had it to the last. */
    readonly spreadMs: number;
    /** Since the height before was first known; undefined: of the first one. */
    readonly intervalMs: number | undefined;
  }
  /** `node` is waited for no longer. */
  | { readonly type: "behind"; readonly node: string; readonly height: bigint; readonly newest: bigint }
  | { readonly type: "in_step"; readonly node: string; readonly height: bigint }
  /** Two nodes committed different things: must never be. */
  | { readonly type: "conflict"; readonly node: string; readonly block: BlockReport; readonly known: BlockReport };

/** How long a node may lack what another has before nobody waits for it. */
export const LATE_MS = 2000;
/** Blocks that are remembered, to judge those who catch up. */
const BLOCKS_KEPT = 10_000;

interface NodeState {
  /** Nothing was heard of it: -1. */
  height: bigint;
  state: "in_step" | "behind" | "down";
}

/** See the module. Every method answers what follows from it, in order; `nowMs` never goes back. */
export class HeightBoard {
  readonly #nodes: Map<string, NodeState>;
  readonly #blocks = new Map<bigint, { readonly report: BlockReport; readonly firstMs: number }>();
  /** The height told next; undefined before anybody is up. */
  #next: bigint | undefined;
  #newest = -1n;
  #lastFirstMs: number | undefined;

  constructor(names: readonly string[]) {
    this.#nodes = new Map(names.map((name) => [name, { height: -1n, state: "in_step" }]));
  }

  /** Names of those that are not down. */
  get running(): readonly string[] {
    return [...this.#nodes].filter(([, { state }]) => state !== "down").map(([name]) => name);
  }
  /** Those that have all that was told. */
  get inStep(): readonly string[] {
    return [...this.#nodes].filter(([, { state }]) => state === "in_step").map(([name]) => name);
  }

  /** A node begins with `height` blocks. */
  up(name: string, height: bigint, nowMs: number): HeightEvent[] {
    const node = this.#nodes.get(name)!;
    const began = this.#lastFirstMs === undefined;
    if (this.#next === undefined || (began && height >= this.#next)) this.#next = height + 1n;
    node.height = height;
    node.state = began || height >= this.#next - 1n ? "in_step" : "behind";
    return this.tick(nowMs);
  }

  down(name: string, nowMs: number): HeightEvent[] {
    this.#nodes.get(name)!.state = "down";
    return this.tick(nowMs);
  }

  block(name: string, report: BlockReport, nowMs: number): HeightEvent[] {
    const node = this.#nodes.get(name)!;
    const known = this.#blocks.get(report.height)?.report;
    if (known === undefined) this.#keep(report, nowMs);
    else if (known.hash !== report.hash || known.appHash !== report.appHash) {
      return [{ type: "conflict", node: name, block: report, known }];
    }
    if (report.height > node.height) node.height = report.height;
    this.#next ??= report.height;
    const events: HeightEvent[] = [];
    if (node.state === "behind" && node.height >= this.#next - 1n) {
      node.state = "in_step";
      events.push({ type: "in_step", node: name, height: node.height });
    }
    return [...events, ...this.tick(nowMs)];
  }

  /** To be called now and then: who is late is seen by the clock only. */
  tick(nowMs: number): HeightEvent[] {
    const events: HeightEvent[] = [];
    for (let block = this.#nextBlock(); block !== undefined; block = this.#nextBlock()) {
      const { report, firstMs } = block;
      const waitedFor = [...this.#nodes].filter(([, { state, height }]) =>
        state === "in_step" && height < report.height
      );
      if (waitedFor.length > 0 && nowMs - firstMs < LATE_MS) break;
      for (const [name, node] of waitedFor) {
        node.state = "behind";
        events.push({ type: "behind", node: name, height: node.height < 0n ? 0n : node.height, newest: report.height });
      }
      events.push({
        type: "final",
        block: report,
        nodes: [...this.#nodes].filter(([, { state, height }]) => state !== "down" && height >= report.height)
          .map(([name]) => name),
        spreadMs: nowMs - firstMs,
        intervalMs: this.#lastFirstMs === undefined ? undefined : firstMs - this.#lastFirstMs,
      });
      this.#lastFirstMs = firstMs;
      this.#next = report.height + 1n;
    }
    return events;
  }

  /** The next one to tell: after heights that nobody reported because all had them, the lowest that somebody did. */
  #nextBlock() {
    if (this.#next === undefined || this.#newest < this.#next) return undefined;
    const block = this.#blocks.get(this.#next);
    if (block !== undefined) return block;
    let lowest: bigint | undefined;
    for (const height of this.#blocks.keys()) {
      if (height > this.#next && (lowest === undefined || height < lowest)) lowest = height;
    }
    return lowest === undefined ? undefined : this.#blocks.get(lowest);
  }

  #keep(report: BlockReport, firstMs: number): void {
    this.#blocks.set(report.height, { report, firstMs });
    if (report.height > this.#newest) this.#newest = report.height;
    if (this.#blocks.size > BLOCKS_KEPT) this.#blocks.delete(this.#blocks.keys().next().value!);
  }
}

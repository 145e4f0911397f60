/**
 * Reading the blocks of a chain in order, each once: new ones as they come, missed ones beside them. The cursor moves in
 * memory together with what a block said, and both are written in one commit.
 * @module
 */
import { afterPruning, afterReading, catchUp, type Cursor, firstCursor } from "../packet/mod.ts";
import { parseReadEvent } from "../calls/mod.ts";
import { type BlockEvents, chainFaultCode, type ChainHead } from "../chain/mod.ts";
import type { WorkerCore } from "./core.ts";
import { endOfEvent, noteEvents, parseEvents } from "./note.ts";
import type { WorkerChain } from "./ports.ts";
import { noteRead } from "./reads.ts";
import type { LaneResolver } from "./resolve.ts";
import { SameChain } from "./same_chain.ts";

/** Blocks asked for at once. */
const AHEAD_MAX = 8;
/** Blocks of a gap in one go, so that new ones are looked at in between. */
const GAP_BLOCKS = 32;

export class Scanner {
  readonly #sameChain: SameChain;

  constructor(
    readonly core: WorkerCore,
    readonly chain: WorkerChain,
    readonly lanes: LaneResolver,
    /** Blocks were given up: all channels of the chain must be searched. */
    readonly onMissed: (chain: string) => void,
    /** Something may be possible now. */
    readonly onRead: () => void,
    readonly poke: () => void,
  ) {
    this.#sameChain = new SameChain(core, chain);
  }

  async #latest(): Promise<ChainHead> {
    try {
      return await this.chain.endpoint.latest();
    } catch (error) {
      // Who comes back may be another one.
      this.#sameChain.doubt();
      throw error;
    }
  }

  get #cursor(): Cursor | undefined {
    return this.core.state.cursors.get(this.chain.name);
  }

  set #cursor(cursor: Cursor) {
    this.core.state.setCursor(this.chain.name, cursor);
  }

  /**
   * Reads what is new, and some of what was missed. Answers whether there is more of that to read now. Throws the
   * endpoint's fault, or `chain_renewed`; what was read until then stays read.
   */
  async run(isOver: () => boolean): Promise<boolean> {
    const { policy } = this.core.world;
    const latest = await this.#latest();
    await this.#sameChain.check(latest, isOver);
    if (isOver()) return false;
    const head = this.core.noteHead(this.chain, latest);
    if (this.#cursor === undefined) {
      this.#cursor = firstCursor(head.height);
      if (policy.clearOnStart) this.onMissed(this.chain.name);
    }
    const { cursor, mustSearch } = catchUp(this.#cursor!, head.height, policy);
    if (cursor !== this.#cursor) this.#cursor = cursor;
    if (mustSearch) this.onMissed(this.chain.name);
    this.onRead();
    if (this.#isFull()) return false;
    await this.#read(this.#cursor!.next, head.height, false, isOver);
    const gap = this.#cursor!.gaps[0];
    if (gap === undefined || isOver() || this.#isFull()) return false;
    const last = gap.from + BigInt(GAP_BLOCKS) - 1n;
    await this.#read(gap.from, last < gap.to ? last : gap.to, true, isOver);
    return this.#cursor!.gaps.length > 0;
  }

  #isFull(): boolean {
    return this.core.state.pending > this.core.world.policy.pendingMax;
  }

  /** Blocks from `from` to `to`, several asked for at once, taken in order. */
  async #read(from: bigint, to: bigint, backlog: boolean, isOver: () => boolean): Promise<void> {
    const asked: Promise<BlockEvents>[] = [];
    let next = from;
    const askMore = () => {
      while (asked.length < AHEAD_MAX && next <= to) {
        const block = this.chain.endpoint.blockEvents(next++);
        // Its failure is looked at when its turn comes.
        block.catch(() => {});
        asked.push(block);
      }
    };
    for (let height = from; height <= to; height++) {
      if (this.#isFull()) return;
      askMore();
      try {
        const block = await asked.shift()!;
        await this.#take(block, height, backlog, isOver);
      } catch (error) {
        if (chainFaultCode(error) !== "chain_pruned") throw error;
        if (isOver()) return;
        this.#onPruned(height, to, backlog);
        return;
      }
      if (isOver()) return;
    }
  }

  async #take(block: BlockEvents, height: bigint, backlog: boolean, isOver: () => boolean): Promise<void> {
    const { name } = this.chain;
    const txs = [...block.txs, { hash: "", events: block.block }].map(({ hash, events }) => ({
      hash,
      events: parseEvents(events),
    }));
    const reads = this.core.world.policy.answersReads
      ? block.txs.flatMap(({ events }) => events.map(parseReadEvent)).filter((said) => said !== undefined)
      : [];
    const all = txs.flatMap(({ events }) => events);
    const ends = all.map((said) => endOfEvent(name, said));
    const opened = all.flatMap((said) => said.tag === "opened" ? [endOfEvent(name, said)] : []);
    const unknown = ends.filter((end) => !this.lanes.isKnown(end));
    const wanted = new Map([...unknown, ...opened].map((end) => [`${end.portId}/${end.channelId}`, end]));
    await Promise.all(wanted.values().map((end) => this.lanes.resolve(end)));
    if (isOver()) return;
    const head = this.core.heads.get(name);
    const timeNanos = head?.height === height ? head.timeNanos : undefined;
    for (const { hash, events } of txs) {
      if (events.length > 0) noteEvents(this.core, { chain: name, height, txHash: hash, timeNanos, backlog }, events);
    }
    for (const said of reads) noteRead(this.core, name, said);
    this.#cursor = afterReading(this.#cursor!, height);
    if (all.length > 0) this.onRead();
    else if (reads.length > 0) this.poke();
  }

  /** Older blocks are not served either: the whole stretch is left to a search. */
  #onPruned(height: bigint, to: bigint, backlog: boolean): void {
    this.#cursor = afterPruning(this.#cursor!, backlog ? to : height);
    this.onMissed(this.chain.name);
  }
}

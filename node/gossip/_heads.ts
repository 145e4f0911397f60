/** The heads and blocks of one height that were found good. Bounded however many validators lie. @module */
import type { GossipFacts } from "../consensus/engine.ts";
import type { PeerId } from "../core/peer.ts";
import { blockName, BlockParts } from "./_block_parts.ts";
import type { GossipLimits } from "./limits.ts";

/** A message without its block. */
export interface Head<M> {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly message: M;
  readonly facts: GossipFacts;
  /** Who said it first; undefined: this node's own engine. */
  readonly from: PeerId | undefined;
  readonly block: BlockParts | undefined;
  /** The engine has it. */
  delivered: boolean;
  /** The engine got it long before its round, and may not have kept it. */
  far: boolean;
  /** What came by the topic and was passed on: the head alone, and with each part. */
  passedOn: boolean;
  readonly partsPassedOn: Set<number>;
}

export type NewHead<M> = Pick<Head<M>, "name" | "bytes" | "message" | "facts" | "from">;

export class Heads<M> {
  readonly height: bigint;
  readonly #limits: GossipLimits;
  readonly #byName = new Map<string, Head<M>>();
  readonly #blocks = new Map<string, BlockParts>();
  /** Author (or kind, where there is none) → round → heads. */
  readonly #lanes = new Map<string, Map<number, Head<M>[]>>();

  constructor(height: bigint, limits: GossipLimits) {
    this.height = height;
    this.#limits = limits;
  }

  get(name: string): Head<M> | undefined {
    return this.#byName.get(name);
  }

  /** In order of arrival. */
  all(): IterableIterator<Head<M>> {
    return this.#byName.values();
  }

  get size(): number {
    return this.#byName.size;
  }

  blocks(): IterableIterator<BlockParts> {
    return this.#blocks.values();
  }

  block(name: string): BlockParts | undefined {
    return this.#blocks.get(name);
  }

  /** Bytes of parts. */
  get partsBytes(): number {
    let bytes = 0;
    for (const block of this.#blocks.values()) bytes += block.bytes;
    return bytes;
  }

  /** Keeps a head that was found good; undefined when there is no room for it. */
  add({ name, bytes, message, facts, from }: NewHead<M>): Head<M> | undefined {
    const slot = this.#slot(facts);
    if (slot === undefined) return undefined;
    const block = facts.blockId === undefined ? undefined : this.#blockFor(blockName(facts.blockId), facts);
    if (facts.blockId !== undefined && block === undefined) return undefined;
    const head: Head<M> = {
      name,
      bytes,
      message,
      facts,
      from,
      block,
      delivered: false,
      far: false,
      passedOn: false,
      partsPassedOn: new Set(),
    };
    slot.push(head);
    this.#byName.set(head.name, head);
    return head;
  }

  remove(head: Head<M>): void {
    if (!this.#byName.delete(head.name)) return;
    const rounds = this.#lanes.get(laneOf(head.facts));
    const slot = rounds?.get(head.facts.round);
    if (slot !== undefined) slot.splice(slot.indexOf(head), 1);
    if (slot?.length === 0) rounds!.delete(head.facts.round);
    if (head.block !== undefined && this.#rankOf(head.block) < 0) this.#blocks.delete(head.block.name);
  }

  /** The height is over: what is not whole will not be asked for. */
  settle(): void {
    for (const head of [...this.#byName.values()]) {
      if (head.block !== undefined && head.block.whole === undefined) this.remove(head);
    }
  }

  /** The place for a head; makes room for newer rounds. */
  #slot(facts: GossipFacts): Head<M>[] | undefined {
    const lane = laneOf(facts);
    let rounds = this.#lanes.get(lane);
    if (rounds === undefined) this.#lanes.set(lane, rounds = new Map());
    let slot = rounds.get(facts.round);
    if (slot !== undefined) {
      const same = slot.filter((head) => head.facts.kind === facts.kind).length;
      return same < this.#limits.perSlotMax ? slot : undefined;
    }
    if (rounds.size >= this.#limits.roundsPerAuthorMax) {
      const oldest = Math.min(...rounds.keys());
      if (oldest > facts.round) return undefined;
      for (const head of [...rounds.get(oldest)!]) this.remove(head);
      rounds.delete(oldest);
    }
    rounds.set(facts.round, slot = []);
    return slot;
  }

  #blockFor(name: string, facts: GossipFacts): BlockParts | undefined {
    const known = this.#blocks.get(name);
    if (known !== undefined) return known;
    const { size } = this.#blocks;
    if (size >= this.#limits.blocksPerHeightMax && !this.#dropBlockBefore(rankOf(facts))) return undefined;
    const block = new BlockParts(name, facts.blockId!);
    this.#blocks.set(name, block);
    return block;
  }

  /** Makes room for a block of this rank: the one of least rank goes. */
  #dropBlockBefore(rank: number): boolean {
    let last: BlockParts | undefined;
    let least = rank;
    for (const block of this.#blocks.values()) {
      const other = this.#rankOf(block);
      if (other < least) [last, least] = [block, other];
    }
    if (last === undefined) return false;
    for (const head of [...this.#byName.values()]) if (head.block === last) this.remove(head);
    return true;
  }

  /** The highest rank of the heads that name a block; -1: none does. */
  #rankOf(block: BlockParts): number {
    let rank = -1;
    for (const head of this.#byName.values()) if (head.block === block) rank = Math.max(rank, rankOf(head.facts));
    return rank;
  }
}

/** The newer the round the better; what is said once about a block is its proof. */
const rankOf = ({ round, spread }: GossipFacts): number => spread === "once" ? Infinity : round;

const laneOf = ({ author, kind }: GossipFacts): string => author === undefined ? kind : String(author);

/** What we have of a height, in words, and what somebody lacks who has less. @module */
import { bytesToHex, hexToBytes } from "../core/bytes.ts";
import type { Prng } from "../core/prng.ts";
import { hasBit } from "./_block_parts.ts";
import type { Head, Heads } from "./_heads.ts";
import { encodeCarry, type Have, joinNames } from "./wire.ts";

/** What is said once goes to whom it was said. */
const isToldOn = <M>({ facts }: Head<M>): boolean => facts.spread === "relay";

/** At most `max` names; the newest rounds come first when not all have room. */
export function haveOf<M>(heads: Heads<M>, max: number): Have {
  let told = [...heads.all()].filter(isToldOn);
  if (told.length > max) told = told.sort((a, b) => b.facts.round - a.facts.round).slice(0, max);
  const blocks = [...heads.blocks()].filter(({ bytes }) => bytes > 0);
  return {
    height: heads.height,
    heads: joinNames(told.map(({ name }) => name)),
    blocks: blocks.map((block) => ({ id: hexToBytes(block.name), parts: block.bits() })),
  };
}

/** Frames for whoever has `have`: `parts` of blocks, each with a head, and `heads` of what has no block or whose block is there. */
export interface Lacked {
  readonly pieces: readonly { readonly block: string; readonly index: number }[];
  /** Frames of the pieces, in their order. */
  readonly parts: readonly Uint8Array[];
  readonly heads: readonly Uint8Array[];
}

/** `onItsWay`: whether a part was sent there a moment ago, so that `have` could not tell of it yet. */
/** `names`: those of the heads in `have`. */
export function lackedBy<M>(
  have: Have,
  names: ReadonlySet<string>,
  heads: Heads<M>,
  max: { readonly heads: number; readonly parts: number },
  random: Prng,
  onItsWay: (block: string, index: number) => boolean = () => false,
): Lacked {
  const bits = new Map(have.blocks.map(({ id, parts }) => [bytesToHex(id), parts]));
  const pieces: { head: Head<M>; index: number }[] = [];
  const lacked: Head<M>[] = [];
  const seen = new Set<string>();
  for (const head of heads.all()) {
    const { block } = head;
    const before = pieces.length;
    let waits = false;
    if (block !== undefined && !seen.has(block.name)) {
      seen.add(block.name);
      for (let index = 0; index < block.total; index++) {
        if (!block.has(index) || hasBit(bits.get(block.name), index)) continue;
        waits ||= onItsWay(block.name, index);
        if (!onItsWay(block.name, index)) pieces.push({ head, index });
      }
    }
    if (pieces.length === before && !waits && isToldOn(head) && !names.has(head.name)) lacked.push(head);
  }
  const chosen = someOf(pieces, max.parts, random);
  return {
    pieces: chosen.map(({ head, index }) => ({ block: head.block!.name, index })),
    parts: chosen.map(({ head, index }) => encodeCarry(head.bytes, head.block!.part(index)!)),
    heads: someOf(lacked, max.heads, random).map(({ bytes }) => encodeCarry(bytes)),
  };
}

/** Whether a `have` names anything that is not here. */
export function hasMore<M>(have: Have, names: ReadonlySet<string>, heads: Heads<M>): boolean {
  for (const name of names) if (heads.get(name) === undefined) return true;
  for (const { id, parts } of have.blocks) {
    const block = heads.block(bytesToHex(id));
    if (block === undefined) return true;
    if (block.whole !== undefined) continue;
    for (let index = 0; index < block.total; index++) if (hasBit(parts, index) && !block.has(index)) return true;
  }
  return false;
}

/** At most `max` in their order, from a place that chance chooses: what one answer left out is in another. */
function someOf<T>(items: readonly T[], max: number, random: Prng): readonly T[] {
  if (items.length <= max) return items;
  const from = random.below(items.length);
  return [...items.slice(from), ...items.slice(0, from)].slice(0, max);
}

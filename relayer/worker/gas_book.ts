/**
 * What messages of packets use, learnt from those that were in blocks: a large batch of known kind need not be simulated
 * before it is sent, which costs the node as much as running it.
 * @module
 */
import type { ActionKind } from "../packet/mod.ts";

/** Messages from which on a batch tells what one of them uses, and is guessed: the client update does not weigh much then. */
const COUNT_MIN = 10;
/** Batches that are remembered; the most one of them used counts. */
const REMEMBERED = 8;
/** Batches that must have been seen. */
const SEEN_MIN = 2;

type Kinds = Readonly<Partial<Record<ActionKind, number>>>;

export class GasBook {
  /** Per message, by kind; the latest last. */
  readonly #used = new Map<ActionKind, bigint[]>();

  /** A batch was in a block. */
  learn(kinds: Kinds, gasUsed: bigint): void {
    const one = single(kinds);
    if (one === undefined || one.count < COUNT_MIN) return;
    const known = this.#used.get(one.kind) ?? [];
    this.#used.set(one.kind, [...known, gasUsed / BigInt(one.count)].slice(-REMEMBERED));
  }

  /** What a batch will use; undefined: simulate it. */
  guess(kinds: Kinds): bigint | undefined {
    const one = single(kinds);
    const known = one && this.#used.get(one.kind);
    if (one === undefined || known === undefined || one.count < COUNT_MIN || known.length < SEEN_MIN) return undefined;
    return known.reduce((most, gas) => gas > most ? gas : most) * BigInt(one.count);
  }

  /** A guess was wrong: begin again. */
  forget(): void {
    this.#used.clear();
  }
}

function single(kinds: Kinds): { readonly kind: ActionKind; readonly count: number } | undefined {
  const [first, ...more] = Object.entries(kinds) as [ActionKind, number][];
  return first === undefined || more.length > 0 ? undefined : { kind: first[0], count: first[1] };
}

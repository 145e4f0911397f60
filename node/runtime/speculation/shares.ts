/** Who runs which transactions of a block, and what happens when somebody is late. */
import type { SpeculatedTx } from "../../app/ports.ts";

/**
 * Splits transactions into `count` shares of about the same length. What one sender sent stays in one share, in order: each
 * needs what the one before left. Senders who come first are in the first share, which is the asker's: the longer it takes him to
 * come to those of the others, the more of them are done.
 */
export function sharesOf(txs: readonly SpeculatedTx[], count: number): SpeculatedTx[][] {
  const sentBy = new Map<number, number>();
  for (const { sender } of txs) sentBy.set(sender, (sentBy.get(sender) ?? 0) + 1);
  const shareOf = new Map<number, number>();
  let before = 0;
  for (const [sender, sent] of sentBy) {
    shareOf.set(sender, Math.min(count - 1, Math.floor((before + sent / 2) * count / txs.length)));
    before += sent;
  }
  const shares: SpeculatedTx[][] = Array.from({ length: count }, () => []);
  for (const tx of txs) shares[shareOf.get(tx.sender)!]!.push(tx);
  return shares;
}

/**
 * A share, and how much of it the asker has taken back. Whenever he comes to a transaction that nobody has run, he takes over half
 * of what is left, so that whoever is late gets ahead of him again, and one that is dead costs nothing.
 */
export class Share {
  readonly #txs: readonly SpeculatedTx[];
  #next = 0;
  readonly #takenBack = new Set<number>();

  constructor(txs: readonly SpeculatedTx[]) {
    this.#txs = txs;
  }

  /**
   * The asker runs the transaction at a place, which is in here and behind all others he ran. The place from which on the share's
   * transactions are still to be run, infinite: none; undefined: as before.
   */
  passBy(index: number): number | undefined {
    const txs = this.#txs;
    while (this.#next < txs.length && txs[this.#next]!.index < index) this.#next++;
    if (this.#takenBack.has(txs[this.#next]!.sender)) return undefined;
    const kept = (txs.length - this.#next) >> 1;
    const from = txs.length - kept;
    for (let i = this.#next; i < from; i++) this.#takenBack.add(txs[i]!.sender);
    return kept === 0 ? Infinity : txs[from]!.index;
  }
}

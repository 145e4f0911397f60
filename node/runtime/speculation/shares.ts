/** Who runs which transactions of a block. */
import type { SpeculatedTx } from "../../app/ports.ts";

/**
 * Splits transactions into `count` shares of about the same length. What one sender sent stays in one share, in order: each
 * needs what the one before left.
 */
export function sharesOf(txs: readonly SpeculatedTx[], count: number): SpeculatedTx[][] {
  const bySender = new Map<string, SpeculatedTx[]>();
  for (const tx of txs) {
    const sent = bySender.get(tx.sender);
    if (sent === undefined) bySender.set(tx.sender, [tx]);
    else sent.push(tx);
  }
  const shares: SpeculatedTx[][] = Array.from({ length: count }, () => []);
  for (const sent of [...bySender.values()].sort((a, b) => b.length - a.length)) {
    const least = shares.reduce((best, share) => share.length < best.length ? share : best);
    least.push(...sent);
  }
  for (const share of shares) share.sort((a, b) => a.index - b.index);
  return shares;
}

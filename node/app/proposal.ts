/** Which transactions go into a block, and whether a block's transactions may stand. @module */
import type { TxCache } from "./tx_cache.ts";

/** Bytes that one transaction takes in `Data`: tag, length, bytes. */
function bytesInData(tx: Uint8Array): number {
  let varint = 1;
  for (let rest = tx.length >>> 7; rest > 0; rest >>>= 7) varint++;
  return 1 + varint + tx.length;
}

/** In the order of `candidates`, what fits; a sender whose transaction does not fit is passed over from there on. */
export function buildBlock(
  cache: TxCache,
  candidates: readonly Uint8Array[],
  bytesMax: number,
  gasMax: bigint,
): Uint8Array[] {
  const chosen: Uint8Array[] = [];
  const passedOver = new Set<string>();
  let bytesLeft = bytesMax;
  let gasLeft = gasMax;
  for (const candidate of candidates) {
    const tx = cache.decode(candidate);
    if (!tx.ok) continue;
    const { signers, gasLimit } = tx.value;
    const bytes = bytesInData(candidate);
    const fits = bytes <= bytesLeft && (gasMax < 0n || gasLimit <= gasLeft);
    // Its later sequences would fail without the one that is left out.
    if (!fits || (passedOver.size > 0 && signers.some(({ address }) => passedOver.has(address.text)))) {
      for (const { address } of signers) passedOver.add(address.text);
      continue;
    }
    chosen.push(candidate);
    bytesLeft -= bytes;
    gasLeft -= gasLimit;
  }
  return chosen;
}

/** Refuses a block with a transaction that does not decode, or whose transactions want more gas than a block has. */
export function validateBlock(
  cache: TxCache,
  txs: readonly Uint8Array[],
  gasMax: bigint,
): { ok: true } | { ok: false; reason: string } {
  let gas = 0n;
  for (const [i, bytes] of txs.entries()) {
    const tx = cache.decode(bytes);
    if (!tx.ok) return { ok: false, reason: `validate block: transaction ${i}: ${tx.error.message}` };
    gas += tx.value.gasLimit;
    if (gasMax >= 0n && gas > gasMax) {
      return { ok: false, reason: `validate block: transactions want ${gas} gas, limit ${gasMax}` };
    }
  }
  return { ok: true };
}

/** Decoded transactions by hash, so that check, proposal and delivery decode once. @module */
import { ok, type Result } from "../core/result.ts";
import { hashTx } from "../core/types/mod.ts";
import { type DecodedTx, type DecodeOptions, decodeTx } from "./decode.ts";

/**
 * Two generations: when the young one is full, by number or bytes, it becomes the old one. Only successes are kept; a
 * refusal is decoded again, and the mempool remembers what it refused.
 */
export class TxCache {
  #young = new Map<string, DecodedTx>();
  #old = new Map<string, DecodedTx>();
  #youngBytes = 0;

  constructor(readonly options: DecodeOptions) {}

  /** Bytes of transactions are never written to once somebody decoded them: `hashTx` hashes an array once. */
  decode(tx: Uint8Array): Result<DecodedTx> {
    if (tx.length > this.options.limits.txBytesMax) return decodeTx(tx, this.options);
    const key = hashTx(tx).toHex();
    const known = this.#young.get(key) ?? this.#promote(key);
    if (known !== undefined) return ok(known);
    const decoded = decodeTx(tx, this.options);
    if (decoded.ok) this.#put(key, decoded.value);
    return decoded;
  }

  #promote(key: string): DecodedTx | undefined {
    const known = this.#old.get(key);
    if (known !== undefined) this.#put(key, known);
    return known;
  }

  #put(key: string, tx: DecodedTx): void {
    const { decodedMax, decodedBytesMax } = this.options.limits;
    if (this.#young.size * 2 >= decodedMax || this.#youngBytes * 2 >= decodedBytesMax) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngBytes = 0;
    }
    this.#young.set(key, tx);
    this.#youngBytes += tx.size;
  }
}

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
  /** By the very array: most come back as the object they were first seen as, and need not be hashed again. */
  readonly #byArray = new WeakMap<Uint8Array, DecodedTx>();

  constructor(readonly options: DecodeOptions) {}

  /** Bytes of transactions are never written to once somebody decoded them. */
  decode(tx: Uint8Array): Result<DecodedTx> {
    const seen = this.#byArray.get(tx);
    if (seen !== undefined) return ok(seen);
    const { limits } = this.options;
    if (tx.length > limits.txBytesMax) return decodeTx(tx, this.options);
    const decoded = this.#decodeByHash(tx);
    if (decoded.ok) this.#byArray.set(tx, decoded.value);
    return decoded;
  }

  #decodeByHash(tx: Uint8Array): Result<DecodedTx> {
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

/** The keys that a block's transactions are known to read, so that they are loaded in one batch. @module */
import type { Result } from "../core/result.ts";
import type { Work } from "../core/work.ts";
import { Miss, type StateReader } from "../state/mod.ts";
import type { DecodedTx } from "./decode.ts";
import type { ExpectedAccounts, ExpectedFees } from "./expected.ts";

/** Transactions whose keys are loaded in one request. */
const PREFETCH_TXS = 500;

export interface StoreKey {
  readonly store: string;
  readonly key: Uint8Array;
}

/** Accounts of signers, balances that pay fees, and what the messages name; each key once. */
export function keysOf(txs: Iterable<DecodedTx>, accounts: ExpectedAccounts, fees: ExpectedFees): StoreKey[] {
  const seen = new Set<string>();
  const keys: StoreKey[] = [];
  const add = (store: string, key: Uint8Array) => {
    const text = store + "/" + key.toHex();
    if (seen.has(text)) return;
    seen.add(text);
    keys.push({ store, key });
  };
  for (const tx of txs) {
    for (const { address } of tx.signers) accounts.touch(address, add);
    fees.touch(tx.payer, tx.fee, add);
    for (const { route, value } of tx.messages) route.handler.touch(value, add);
  }
  return keys;
}

/** Undefined when something is not resident: then `run` is to be called again. */
export function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (thrown) {
    if (thrown instanceof Miss) return undefined;
    throw thrown;
  }
}

/** A state that may not be resident, and whoever knows keys of transactions. */
export interface PrefetchParts {
  readonly state: {
    readonly committed: StateReader;
    resident<T>(run: () => T): Work<T>;
    prefetch(keys: readonly StoreKey[]): Work<void>;
  };
  readonly accounts: ExpectedAccounts;
  readonly fees: ExpectedFees;
}

/** Loads what the next transactions are known to read, once one of them misses something. */
export class Prefetch {
  #next = 0;

  constructor(
    readonly parts: PrefetchParts,
    readonly count: number,
    readonly txAt: (index: number) => Result<DecodedTx>,
  ) {}

  /** Runs a part of the transaction at `index`, with everything it turns out to need. */
  *thenRun<T>(index: number, run: () => T): Work<T> {
    const { state, accounts, fees } = this.parts;
    if (index >= this.#next) {
      const from = index;
      this.#next = Math.min(this.count, from + PREFETCH_TXS);
      const coming: DecodedTx[] = [];
      for (let i = from; i < this.#next; i++) {
        const tx = this.txAt(i);
        if (tx.ok) coming.push(tx.value);
      }
      yield* state.prefetch(keysOf(coming, accounts, fees));
    }
    return yield* state.resident(run);
  }
}

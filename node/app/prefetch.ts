/** The keys that a block's transactions are known to read, so that they are loaded in one batch. @module */
import type { DecodedTx } from "./decode.ts";
import type { ExpectedAccounts, ExpectedFees } from "./expected.ts";

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

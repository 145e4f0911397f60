/** What the phases of a transaction need from modules. The composition in `standard_modules.ts` provides it. @module */
import type { Coins } from "../core/coins.ts";
import type { Result } from "../core/result.ts";
import type { StateReader, StateView } from "../state/view.ts";
import type { Account, Address, Context } from "./module.ts";

/** Bounds of a transaction that the chain agreed on. */
export interface AuthParams {
  readonly maxMemoCharacters: bigint;
  readonly txSigLimit: bigint;
  readonly txSizeCostPerByte: bigint;
  readonly sigVerifyCostEd25519: bigint;
  readonly sigVerifyCostSecp256k1: bigint;
}

export interface ExpectedAccounts {
  params(view: StateReader): AuthParams;
  get(view: StateReader, address: Address): Account | undefined;
  set(view: StateView, account: Account): void;
  /** Names the key of an account, for prefetching. */
  touch(address: Address, key: (store: string, key: Uint8Array) => void): void;
}

export interface ExpectedFees {
  /** Takes the fee from `payer`, with the events of a transfer to the fee collector, who gets it at the end of the block. */
  deduct(context: Context, payer: Address, fee: Coins): Result<undefined>;
  /** Gives the fee collector what a block's transactions paid. */
  collect(view: StateView, paid: Coins): void;
  touch(payer: Address, fee: Coins, key: (store: string, key: Uint8Array) => void): void;
}

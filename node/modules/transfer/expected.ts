/** What this module needs from others; the composition of the application provides it. @module */
import type { Metadata } from "cosmjs-types/cosmos/bank/v1beta1/bank";
import type { Address, Context } from "../../app/ports.ts";
import type { Coins } from "../../core/coins.ts";
import type { Result } from "../../core/result.ts";
import type { StateReader, StateView } from "../../state/view.ts";

type OnKey = (store: string, key: Uint8Array) => void;

export interface ExpectedBank {
  /** Addresses that may not get coins from outside, as texts. */
  readonly blocked: ReadonlySet<string>;
  balance(view: StateReader, address: Uint8Array, denom: string): bigint;
  send(context: Context, from: Address, to: Address, coins: Coins): Result<undefined>;
  mint(context: Context, minter: Address, coins: Coins): Result<undefined>;
  burn(context: Context, burner: Address, coins: Coins): Result<undefined>;
  checkSendEnabled(view: StateReader, coins: Coins): Result<undefined>;
  metadata(view: StateReader, denom: string): Metadata | undefined;
  setMetadata(view: StateView, metadata: Metadata): void;
  touch(address: Address, coins: Coins, key: OnKey): void;
}

export interface ExpectedAccounts {
  moduleAddress(name: string): Address;
  ensureModule(view: StateView, name: string): void;
  touch(address: Address, key: OnKey): void;
}

export interface ExpectedAuthority {
  /** Whether `address` may change parameters. */
  isAuthority(view: StateReader, address: Address): boolean;
}

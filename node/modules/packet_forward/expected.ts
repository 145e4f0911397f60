/** What this module needs from others; the composition of the application provides it. @module */
import type { Address, Context } from "../../app/ports.ts";
import type { Coin, Coins } from "../../core/coins.ts";
import type { IbcHeight } from "../../core/ibc/mod.ts";
import type { Result } from "../../core/result.ts";
import type { StateView } from "../../state/view.ts";

/** The tokens' own application (ICS-20). */
export interface ExpectedTransfers {
  /** Of the account that mints and burns vouchers. */
  readonly address: Address;
  /** Sends over a channel of the port `transfer`; answers the sequence. */
  send(context: Context, transfer: {
    readonly sourceChannel: string;
    readonly coin: Coin;
    readonly sender: Address;
    readonly receiver: string;
    readonly timeoutHeight: IbcHeight;
    readonly timeoutTimestamp: bigint;
    readonly memo: string;
  }): Result<bigint>;
  /** Counts what went into escrow. */
  addEscrow(view: StateView, coin: Coin): void;
  /** Counts what left escrow. */
  takeEscrow(view: StateView, coin: Coin): void;
}

export interface ExpectedBank {
  send(context: Context, from: Address, to: Address, coins: Coins): Result<undefined>;
  mint(context: Context, minter: Address, coins: Coins): Result<undefined>;
  burn(context: Context, burner: Address, coins: Coins): Result<undefined>;
}

/** Balances and supply. Coins move, are minted or burned; nothing else changes an amount. @module */
import { Metadata, type Params } from "cosmjs-types/cosmos/bank/v1beta1/bank";
import type { Address, AddressCodec, Context } from "../../app/ports.ts";
import { AMOUNT_LIMIT, type Coin, type Coins, formatCoins } from "../../core/coins.ts";
import { sdkRefusal } from "../../core/errors.ts";
import { invariant } from "../../core/invariant.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { StateReader, StateView } from "../../state/view.ts";
import { sendDisabled } from "./errors.ts";
import { burn, coinbase, coinReceived, coinSpent, messageSender, transfer } from "./events.ts";
import type { ExpectedAccounts } from "./expected.ts";
import {
  balanceKey,
  balanceKeyOf,
  holderKey,
  metadataKey,
  PARAMS_KEY,
  sendEnabledKey,
  STORE,
  supplyKey,
} from "./keys.ts";
import { decodeParams, encodeParams } from "./params.ts";
import { decodeAmount, encodeAmount } from "./types.ts";

const HOLDS: Uint8Array = new Uint8Array(1);
const DONE: Result<undefined, never> = ok(undefined);

export class BankKeeper {
  #params: { readonly bytes: Uint8Array; readonly params: Params } | undefined;

  constructor(
    readonly codec: AddressCodec,
    readonly accounts: ExpectedAccounts,
    /** Addresses that messages may not send to: those of modules. */
    readonly blocked: ReadonlySet<string>,
  ) {}

  balance(view: StateReader, address: Uint8Array, denom: string): bigint {
    const bytes = view.get(STORE, balanceKey(address, denom));
    return bytes === undefined ? 0n : decodeAmount(bytes);
  }

  supply(view: StateReader, denom: string): bigint {
    const bytes = view.get(STORE, supplyKey(denom));
    return bytes === undefined ? 0n : decodeAmount(bytes);
  }

  /** Moves coins between accounts and makes the receiver's account (`SendCoins`). Nothing moves on a refusal. */
  send(context: Context, from: Address, to: Address, coins: Coins): Result<undefined> {
    const text = formatCoins(coins);
    const spent = this.spend(context, from, coins, text);
    if (!spent.ok) return spent;
    this.receive(context, to, coins, text);
    this.accounts.ensure(context.view, to);
    context.emit(transfer(to.text, from.text, text));
    context.emit(messageSender(from.text));
    return DONE;
  }

  /**
   * As {@linkcode BankKeeper.send}, except that `to` has the coins only when the caller gives them with {@linkcode BankKeeper.credit}
   * at the end of the block: what many send to one must not be a balance that all of them write.
   */
  sendLater(context: Context, from: Address, to: Address, coins: Coins): Result<undefined> {
    const text = formatCoins(coins);
    const spent = this.spend(context, from, coins, text);
    if (!spent.ok) return spent;
    context.emit(coinReceived(to.text, text));
    context.emit(transfer(to.text, from.text, text));
    context.emit(messageSender(from.text));
    return DONE;
  }

  /** Gives what {@linkcode BankKeeper.sendLater} took. */
  credit(view: StateView, to: Address, coins: Coins): void {
    for (const coin of coins) this.#credit(view, to, coin);
    this.accounts.ensure(view, to);
  }

  /** Takes coins from an account. What was taken before a refusal is reverted by the caller's checkpoint. */
  spend(context: Context, from: Address, coins: Coins, text: string): Result<undefined> {
    const { view } = context;
    for (const { denom, amount } of coins) {
      const key = balanceKeyOf(from, denom);
      const bytes = view.get(STORE, key);
      const balance = bytes === undefined ? 0n : decodeAmount(bytes);
      if (balance < amount) {
        const detail = `spendable balance ${balance}${denom} is smaller than ${amount}${denom}`;
        return err(sdkRefusal("insufficientFunds", detail));
      }
      if (balance === amount) {
        view.delete(STORE, key);
        view.delete(STORE, holderKey(denom, from.bytes));
      } else view.set(STORE, key, encodeAmount(balance - amount));
    }
    context.emit(coinSpent(from.text, text));
    return DONE;
  }

  /** Gives coins that were taken or minted before. */
  receive(context: Context, to: Address, coins: Coins, text: string): void {
    for (const coin of coins) this.#credit(context.view, to, coin);
    context.emit(coinReceived(to.text, text));
  }

  #credit(view: StateView, to: Address, { denom, amount }: Coin): void {
    const key = balanceKeyOf(to, denom);
    const bytes = view.get(STORE, key);
    // The supply is below the limit, and no balance is above the supply.
    if (bytes === undefined) {
      view.set(STORE, key, encodeAmount(amount));
      view.set(STORE, holderKey(denom, to.bytes), HOLDS);
    } else view.set(STORE, key, encodeAmount(decodeAmount(bytes) + amount));
  }

  /** Makes new coins in the account of a module. */
  mint(context: Context, minter: Address, coins: Coins): Result<undefined> {
    for (const { denom, amount } of coins) {
      const supply = this.supply(context.view, denom) + amount;
      if (supply >= AMOUNT_LIMIT) return err(sdkRefusal("invalidCoins", `mint: supply of ${denom} exceeds 2^256`));
      this.setSupply(context.view, denom, supply);
    }
    const text = formatCoins(coins);
    this.receive(context, minter, coins, text);
    context.emit(coinbase(minter.text, text));
    return DONE;
  }

  /** Destroys coins of an account of a module. */
  burn(context: Context, burner: Address, coins: Coins): Result<undefined> {
    const text = formatCoins(coins);
    const spent = this.spend(context, burner, coins, text);
    if (!spent.ok) return spent;
    for (const { denom, amount } of coins) {
      const supply = this.supply(context.view, denom) - amount;
      invariant(supply >= 0n, `burn ${denom}: more than the supply`);
      this.setSupply(context.view, denom, supply);
    }
    context.emit(burn(burner.text, text));
    return DONE;
  }

  setSupply(view: StateView, denom: string, amount: bigint): void {
    if (amount === 0n) view.delete(STORE, supplyKey(denom));
    else view.set(STORE, supplyKey(denom), encodeAmount(amount));
  }

  /** Only for genesis: elsewhere coins move. */
  setBalance(view: StateView, address: Address, { denom, amount }: Coin): void {
    view.set(STORE, balanceKey(address.bytes, denom), encodeAmount(amount));
    view.set(STORE, holderKey(denom, address.bytes), HOLDS);
  }

  params(view: StateReader): Params {
    const bytes = view.get(STORE, PARAMS_KEY);
    invariant(bytes !== undefined, "read bank params: the genesis wrote none");
    if (this.#params?.bytes !== bytes) this.#params = { bytes, params: decodeParams(bytes) };
    return this.#params.params;
  }

  setParams(view: StateView, params: Params): void {
    view.set(STORE, PARAMS_KEY, encodeParams(params));
  }

  setSendEnabled(view: StateView, denom: string, enabled: boolean): void {
    view.set(STORE, sendEnabledKey(denom), Uint8Array.of(enabled ? 1 : 0));
  }

  /** Refuses when one of the denoms may not be sent by messages. */
  checkSendEnabled(view: StateReader, coins: Coins): Result<undefined> {
    for (const { denom } of coins) {
      const entry = view.get(STORE, sendEnabledKey(denom));
      const enabled = entry === undefined ? this.params(view).defaultSendEnabled : entry[0] === 1;
      if (!enabled) return err(sendDisabled(denom));
    }
    return DONE;
  }

  metadata(view: StateReader, denom: string): Metadata | undefined {
    const bytes = view.get(STORE, metadataKey(denom));
    return bytes === undefined ? undefined : Metadata.decode(bytes);
  }

  setMetadata(view: StateView, metadata: Metadata): void {
    view.set(STORE, metadataKey(metadata.base), Metadata.encode(metadata).finish());
  }

  /** Names the balances of an account in the denoms of `coins`, for prefetching. */
  touch(address: Address, coins: Coins, key: (store: string, key: Uint8Array) => void): void {
    for (const { denom } of coins) key(STORE, balanceKeyOf(address, denom));
  }
}

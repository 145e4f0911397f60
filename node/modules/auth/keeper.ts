/** Accounts: reading, writing, numbering. @module */
import type { Params } from "cosmjs-types/cosmos/auth/v1beta1/auth";
import type { Account, Address, AddressCodec } from "../../app/ports.ts";
import { bytesToU64, u64ToBytes } from "../../core/bytes.ts";
import { invariant } from "../../core/invariant.ts";
import type { StateReader, StateView } from "../../state/view.ts";
import { accountKey, NEXT_NUMBER_KEY, PARAMS_KEY, STORE } from "./keys.ts";
import { decodeParams, encodeParams } from "./params.ts";
import { decodeStoredAccount, encodeStoredAccount, moduleAddress } from "./types.ts";

export class AuthKeeper {
  /** Decoded accounts by the very bytes they were decoded from; stored bytes are never written to. */
  readonly #decoded = new WeakMap<Uint8Array, Account>();
  #params: { readonly bytes: Uint8Array; readonly params: Params } | undefined;

  constructor(
    readonly codec: AddressCodec,
    /** Permissions of the module accounts of this chain, by name. */
    readonly modulePermissions: Readonly<Record<string, readonly string[]>>,
  ) {}

  params(view: StateReader): Params {
    const bytes = view.get(STORE, PARAMS_KEY);
    invariant(bytes !== undefined, "read auth params: the genesis wrote none");
    if (this.#params?.bytes !== bytes) this.#params = { bytes, params: decodeParams(bytes) };
    return this.#params.params;
  }

  setParams(view: StateView, params: Params): void {
    view.set(STORE, PARAMS_KEY, encodeParams(params));
  }

  get(view: StateReader, address: Address): Account | undefined {
    const bytes = view.get(STORE, accountKey(address.bytes));
    return bytes === undefined ? undefined : this.decode(bytes);
  }

  decode(bytes: Uint8Array): Account {
    let account = this.#decoded.get(bytes);
    if (account === undefined) {
      account = decodeStoredAccount(bytes, this.codec);
      this.#decoded.set(bytes, account);
    }
    return account;
  }

  has(view: StateReader, address: Address): boolean {
    return view.get(STORE, accountKey(address.bytes)) !== undefined;
  }

  set(view: StateView, account: Account): void {
    const bytes = encodeStoredAccount(account);
    this.#decoded.set(bytes, account);
    view.set(STORE, accountKey(account.address.bytes), bytes);
  }

  /** Takes the next account number. */
  nextNumber(view: StateView): bigint {
    const bytes = view.get(STORE, NEXT_NUMBER_KEY);
    const number = bytes === undefined ? 0n : bytesToU64(bytes);
    view.set(STORE, NEXT_NUMBER_KEY, u64ToBytes(number + 1n));
    return number;
  }

  /** Makes an account for `address` unless there is one. */
  ensure(view: StateView, address: Address): void {
    if (this.has(view, address)) return;
    const accountNumber = this.nextNumber(view);
    this.set(view, { address, pubKey: undefined, accountNumber, sequence: 0n, module: undefined });
  }

  /** Makes the account of the module `name` unless there is one. */
  ensureModule(view: StateView, name: string): void {
    const address = this.moduleAddress(name);
    if (this.has(view, address)) return;
    const permissions = this.modulePermissions[name];
    invariant(permissions !== undefined, `make module account: ${name} is not one of this chain`);
    const accountNumber = this.nextNumber(view);
    this.set(view, { address, pubKey: undefined, accountNumber, sequence: 0n, module: { name, permissions } });
  }

  moduleAddress(name: string): Address {
    return this.codec.of(moduleAddress(name));
  }

  touch(address: Address, key: (store: string, key: Uint8Array) => void): void {
    key(STORE, accountKey(address.bytes));
  }
}

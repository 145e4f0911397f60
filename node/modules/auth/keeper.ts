/** Accounts: reading, writing, numbering. @module */
import type { Params } from "cosmjs-types/cosmos/auth/v1beta1/auth";
import type { Account, Address, AddressCodec } from "../../app/ports.ts";
import { bytesToU64, u64ToBytes } from "../../core/bytes.ts";
import { invariant } from "../../core/invariant.ts";
import type { StateReader, StateView } from "../../state/view.ts";
import { NEXT_NUMBER_KEY, PARAMS_KEY, STORE } from "./keys.ts";
import { RecentAccounts } from "./_recent_accounts.ts";
import { decodeParams, encodeParams } from "./params.ts";
import { decodeStoredAccount, encodeStoredAccount, moduleAddress } from "./types.ts";

export class AuthKeeper {
  readonly #recent = new RecentAccounts();
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
    const recent = this.#recent.of(address);
    const bytes = view.get(STORE, recent.key);
    if (bytes === undefined) return undefined;
    const known = recent.find(bytes);
    if (known !== undefined) return known;
    const account = this.decode(bytes);
    recent.add(bytes, account);
    return account;
  }

  decode(bytes: Uint8Array): Account {
    return decodeStoredAccount(bytes, this.codec);
  }

  has(view: StateReader, address: Address): boolean {
    return view.get(STORE, this.#recent.of(address).key) !== undefined;
  }

  set(view: StateView, account: Account): void {
    const bytes = encodeStoredAccount(account);
    const recent = this.#recent.of(account.address);
    recent.add(bytes, account);
    view.set(STORE, recent.key, bytes);
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
    key(STORE, this.#recent.of(address).key);
  }
}

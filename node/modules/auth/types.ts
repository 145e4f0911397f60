/** Accounts as they are stored: an `Any` of `BaseAccount` or `ModuleAccount`. @module */
import { BaseAccount, ModuleAccount } from "cosmjs-types/cosmos/auth/v1beta1/auth";
import { Any } from "cosmjs-types/google/protobuf/any";
import type { Account, AddressCodec } from "../../app/ports.ts";
import { sha256 } from "../../core/crypto/mod.ts";
import { utf8ToBytes } from "../../core/bytes.ts";
import { invariant } from "../../core/invariant.ts";
import { writeBaseAccount } from "./_base_account.ts";
import { decodePubKey, encodePubKey } from "../../core/pub_key.ts";

/** Type URLs of the two kinds of accounts. */
export const BASE_ACCOUNT_TYPE_URL = "/cosmos.auth.v1beta1.BaseAccount";
export const MODULE_ACCOUNT_TYPE_URL = "/cosmos.auth.v1beta1.ModuleAccount";

/** The account that collects fees. */
export const FEE_COLLECTOR = "fee_collector";

/** A module's address: the first 20 bytes of the hash of its name (`address.Module`). */
export const moduleAddress = (name: string): Uint8Array => sha256(utf8ToBytes(name)).slice(0, 20);

/** What is stored for `account`. */
export function encodeAccount(account: Account): Any {
  const base = BaseAccount.fromPartial({
    address: account.address.text,
    accountNumber: account.accountNumber,
    sequence: account.sequence,
  });
  if (account.pubKey !== undefined) base.pubKey = encodePubKey(account.pubKey);
  if (account.module === undefined) {
    return { typeUrl: BASE_ACCOUNT_TYPE_URL, value: BaseAccount.encode(base).finish() };
  }
  const { name, permissions } = account.module;
  const value = ModuleAccount.encode({ baseAccount: base, name, permissions: [...permissions] }).finish();
  return { typeUrl: MODULE_ACCOUNT_TYPE_URL, value };
}

/** What is stored. Accounts are written for every transaction, so the usual kind has a writer of its own. */
export const encodeStoredAccount = (account: Account): Uint8Array =>
  account.module === undefined ? writeBaseAccount(account) : Any.encode(encodeAccount(account)).finish();

/** Reads what {@linkcode encodeStoredAccount} wrote; anything else in the store is our own fault. */
export function decodeStoredAccount(bytes: Uint8Array, codec: AddressCodec): Account {
  const any = Any.decode(bytes);
  if (any.typeUrl === BASE_ACCOUNT_TYPE_URL) return fromBase(BaseAccount.decode(any.value), codec, undefined);
  invariant(any.typeUrl === MODULE_ACCOUNT_TYPE_URL, `read account: unknown type ${any.typeUrl}`);
  const { baseAccount, name, permissions } = ModuleAccount.decode(any.value);
  invariant(baseAccount !== undefined, "read account: module account without a base account");
  return fromBase(baseAccount, codec, { name, permissions });
}

function fromBase(base: BaseAccount, codec: AddressCodec, module: Account["module"]): Account {
  const address = codec.parse(base.address);
  invariant(address !== undefined, `read account: address ${base.address}`);
  const pubKey = base.pubKey === undefined ? undefined : decodePubKey(base.pubKey);
  invariant(base.pubKey === undefined || pubKey !== undefined, "read account: unknown public key");
  return { address, pubKey, accountNumber: base.accountNumber, sequence: base.sequence, module };
}

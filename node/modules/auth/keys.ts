/** Where accounts are kept: the layout of cosmos-sdk `x/auth` v0.50. @module */
import { utf8ToBytes } from "../../core/bytes.ts";

/** Name of the store. */
export const STORE = "acc";
/** Parameters. */
export const PARAMS_KEY: Uint8Array = Uint8Array.of(0x00);
/** Prefix of accounts. */
export const ACCOUNT_PREFIX: Uint8Array = Uint8Array.of(0x01);
/** The number that the next new account gets: eight bytes, big-endian. */
export const NEXT_NUMBER_KEY: Uint8Array = utf8ToBytes("globalAccountNumber");

/** `0x01 | address`. */
export function accountKey(address: Uint8Array): Uint8Array {
  const key = new Uint8Array(address.length + 1);
  key[0] = 0x01;
  key.set(address, 1);
  return key;
}

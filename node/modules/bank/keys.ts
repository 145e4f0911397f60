/** Where balances are kept: the layout of cosmos-sdk `x/bank` v0.50. @module */
import type { Address } from "../../app/ports.ts";
import { concatBytes, utf8ToBytes } from "../../core/bytes.ts";

/** Name of the store. */
export const STORE = "bank";
export const SUPPLY_PREFIX: Uint8Array = Uint8Array.of(0x00);
export const METADATA_PREFIX: Uint8Array = Uint8Array.of(0x01);
export const BALANCE_PREFIX: Uint8Array = Uint8Array.of(0x02);
/** Index of who holds a denom. */
export const HOLDER_PREFIX: Uint8Array = Uint8Array.of(0x03);
export const SEND_ENABLED_PREFIX: Uint8Array = Uint8Array.of(0x04);
export const PARAMS_KEY: Uint8Array = Uint8Array.of(0x05);

/** Denoms as bytes; a chain has few, and the table starts over when somebody makes many. */
const denoms = new Map<string, Uint8Array>();
const DENOMS_REMEMBERED_MAX = 4096;

function denomBytes(denom: string): Uint8Array {
  let bytes = denoms.get(denom);
  if (bytes === undefined) {
    if (denoms.size >= DENOMS_REMEMBERED_MAX) denoms.clear();
    bytes = utf8ToBytes(denom);
    denoms.set(denom, bytes);
  }
  return bytes;
}

/** `0x02 | length of address | address`: the prefix of all balances of an account. */
export const balancesPrefix = (address: Uint8Array): Uint8Array =>
  concatBytes(BALANCE_PREFIX, Uint8Array.of(address.length), address);

/** `0x02 | length of address | address | denom` → the amount in decimal. */
export function balanceKey(address: Uint8Array, denom: string): Uint8Array {
  const tail = denomBytes(denom);
  const key = new Uint8Array(2 + address.length + tail.length);
  key[0] = 0x02;
  key[1] = address.length;
  key.set(address, 2);
  key.set(tail, 2 + address.length);
  return key;
}

/** Keys of balances that were asked for lately, by denom and address; the table starts over when it is full. */
const balanceKeys = new Map<string, Map<string, Uint8Array>>();
const BALANCE_KEYS_MAX = 65_536;
let balanceKeysCount = 0;

/** As {@linkcode balanceKey}; the same few are asked for over and over in a block. Shared: nobody changes its bytes. */
export function balanceKeyOf({ bytes, text }: Address, denom: string): Uint8Array {
  let keys = balanceKeys.get(denom);
  const known = keys?.get(text);
  if (known !== undefined) return known;
  if (balanceKeysCount >= BALANCE_KEYS_MAX) {
    balanceKeys.clear();
    balanceKeysCount = 0;
    keys = undefined;
  }
  if (keys === undefined) balanceKeys.set(denom, keys = new Map());
  const key = balanceKey(bytes, denom);
  keys.set(text, key);
  balanceKeysCount++;
  return key;
}

/** The address and denom of a key of {@linkcode balanceKey}. */
export function splitBalanceKey(key: Uint8Array): { address: Uint8Array; denom: string } {
  const end = 2 + key[1]!;
  return { address: key.slice(2, end), denom: new TextDecoder().decode(key.subarray(end)) };
}

/** `0x00 | denom` → the amount in decimal. */
export const supplyKey = (denom: string): Uint8Array => concatBytes(SUPPLY_PREFIX, denomBytes(denom));
/** `0x01 | denom` → `Metadata`. */
export const metadataKey = (denom: string): Uint8Array => concatBytes(METADATA_PREFIX, denomBytes(denom));
/** As `denoms`, for keys that every transfer reads. */
const sendEnabledKeys = new Map<string, Uint8Array>();

/** `0x04 | denom` → one byte. Shared: nobody changes its bytes. */
export function sendEnabledKey(denom: string): Uint8Array {
  let key = sendEnabledKeys.get(denom);
  if (key === undefined) {
    if (sendEnabledKeys.size >= DENOMS_REMEMBERED_MAX) sendEnabledKeys.clear();
    sendEnabledKeys.set(denom, key = concatBytes(SEND_ENABLED_PREFIX, denomBytes(denom)));
  }
  return key;
}
/** `0x03 | denom | 0x00`: the prefix of all holders of a denom. */
export const holdersPrefix = (denom: string): Uint8Array =>
  concatBytes(HOLDER_PREFIX, denomBytes(denom), new Uint8Array(1));
/** `0x03 | denom | 0x00 | length of address | address` → one zero byte. */
export const holderKey = (denom: string, address: Uint8Array): Uint8Array =>
  concatBytes(holdersPrefix(denom), Uint8Array.of(address.length), address);

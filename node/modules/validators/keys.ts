/** Where the validators of the chain are kept. @module */

/** Name of the store. */
export const STORE = "validators";
/** `Params`. */
export const PARAMS_KEY: Uint8Array = Uint8Array.of(0x00);
/** Sum of all powers and number of validators: two times eight bytes, big-endian. */
export const TOTALS_KEY: Uint8Array = Uint8Array.of(0x01);
/** Prefix of the validators. */
export const VALIDATOR_PREFIX: Uint8Array = Uint8Array.of(0x02);
/** What this block changed so far; gone when the block ends. */
export const PENDING_KEY: Uint8Array = Uint8Array.of(0x03);

/** `0x02 | public key` → power, eight bytes, big-endian. */
export function validatorKey(pubKey: Uint8Array): Uint8Array {
  const key = new Uint8Array(1 + pubKey.length);
  key[0] = 0x02;
  key.set(pubKey, 1);
  return key;
}

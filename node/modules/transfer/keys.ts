/** Where transfers keep what they know: the layout of ibc-go v10 `apps/transfer/types/keys.go`. @module */
import { concatBytes, utf8ToBytes } from "../../core/bytes.ts";

/** Name of the store, of the module and of its account. */
export const STORE = "transfer";
/** The port that the application is bound to. */
export const PORT = "transfer";
/** The one version of channels that is spoken. */
export const VERSION = "ics20-1";

/** The name of the port. */
export const PORT_KEY: Uint8Array = Uint8Array.of(0x01);
/** Prefix of denoms. */
export const DENOM_PREFIX: Uint8Array = Uint8Array.of(0x03);
/** `Params`. */
export const PARAMS_KEY: Uint8Array = utf8ToBytes("params");
/** Prefix of what is in escrow. */
export const TOTAL_ESCROW_PREFIX: Uint8Array = utf8ToBytes("totalEscrowForDenom/");

/** `0x03 | SHA-256 of the path` → `Denom`. */
export const denomKey = (hash: Uint8Array): Uint8Array => concatBytes(DENOM_PREFIX, hash);
/** `totalEscrowForDenom/<denom>` → `IntProto`; no entry for none. */
export const totalEscrowKey = (denom: string): Uint8Array => concatBytes(TOTAL_ESCROW_PREFIX, utf8ToBytes(denom));

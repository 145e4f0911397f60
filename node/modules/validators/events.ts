/** Events of changes of the validators. @module */
import type { Event } from "cosmjs-types/tendermint/abci/types";

/** `pub_key` in base64, as genesis files print it. */
export const updateValidator = (authority: string, pubKey: Uint8Array, power: bigint): Event => ({
  type: "update_validator",
  attributes: [
    { key: "authority", value: authority, index: true },
    { key: "pub_key", value: pubKey.toBase64(), index: true },
    { key: "power", value: power.toString(), index: true },
  ],
});

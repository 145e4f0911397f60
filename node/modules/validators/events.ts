/** Events of changes of the validators, and of what they did. @module */
import { type Event, type Misbehavior, MisbehaviorType } from "cosmjs-types/tendermint/abci/types";

/** `pub_key` in base64, as genesis files print it. */
export const updateValidator = (authority: string, pubKey: Uint8Array, power: bigint): Event => ({
  type: "update_validator",
  attributes: [
    { key: "authority", value: authority, index: true },
    { key: "pub_key", value: pubKey.toBase64(), index: true },
    { key: "power", value: power.toString(), index: true },
  ],
});

const MISBEHAVIOR_NAMES: Readonly<Partial<Record<MisbehaviorType, string>>> = {
  [MisbehaviorType.DUPLICATE_VOTE]: "duplicate_vote",
  [MisbehaviorType.LIGHT_CLIENT_ATTACK]: "light_client_attack",
};

/** `validator` is its consensus address as CometBFT prints it, `height` and `power` are those of the misdeed. */
export const misbehavior = ({ type, validator, height }: Misbehavior): Event => ({
  type: "misbehavior",
  attributes: [
    { key: "type", value: MISBEHAVIOR_NAMES[type] ?? "unknown", index: true },
    { key: "validator", value: validator.address.toHex().toUpperCase(), index: true },
    { key: "height", value: height.toString(), index: true },
    { key: "power", value: validator.power.toString(), index: true },
  ],
});

/** `/catenary.validators.v1.MsgUpdateValidator`: an admin sets the power of a validator. @module */
import type { Address, Context, MessageHandler } from "../../app/ports.ts";
import { decodeStrict } from "../../core/codec/mod.ts";
import { sdkRefusal } from "../../core/errors.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { badPower, badPubKey, notAdmin } from "./errors.ts";
import { updateValidator } from "./events.ts";
import type { ValidatorsKeeper } from "./keeper.ts";
import { PARAMS_KEY, STORE, TOTALS_KEY, validatorKey } from "./keys.ts";
import { PUB_KEY_BYTES, TOTAL_POWER_MAX } from "./params.ts";
import { MsgUpdateValidatorCodec } from "./types.ts";

/** Longest message, in bytes. */
const BYTES_MAX = 1024;
const EMPTY = new Uint8Array();

/** A checked message. */
export interface UpdateValidator {
  readonly authority: Address;
  readonly pubKey: Uint8Array;
  readonly power: bigint;
}

export const msgUpdateValidator = (keeper: ValidatorsKeeper): MessageHandler<UpdateValidator> => ({
  typeUrl: MsgUpdateValidatorCodec.typeUrl,
  responseTypeUrl: "/catenary.validators.v1.MsgUpdateValidatorResponse",
  decode: (bytes) => decode(keeper, bytes),
  signers: ({ authority }) => [authority],
  touch({ pubKey }, key) {
    key(STORE, PARAMS_KEY);
    key(STORE, TOTALS_KEY);
    key(STORE, validatorKey(pubKey));
  },
  execute: (context, message) => execute(keeper, context, message),
});

function decode(keeper: ValidatorsKeeper, bytes: Uint8Array): Result<UpdateValidator> {
  const decoded = decodeStrict(MsgUpdateValidatorCodec, bytes, "MsgUpdateValidator", BYTES_MAX);
  if (!decoded.ok) return decoded;
  const { authority, pubKey, power } = decoded.value;
  const address = keeper.codec.parse(authority);
  if (address === undefined) {
    return err(sdkRefusal("invalidAddress", `invalid authority address: ${authority.slice(0, 100)}`));
  }
  if (pubKey.length !== PUB_KEY_BYTES) return err(badPubKey(pubKey.length));
  if (power < 0n || power > TOTAL_POWER_MAX) return err(badPower(power));
  return ok({ authority: address, pubKey: pubKey.slice(), power });
}

function execute(keeper: ValidatorsKeeper, context: Context, message: UpdateValidator): Result<Uint8Array> {
  const { authority, pubKey, power } = message;
  if (!keeper.params(context.view).admins.includes(authority.text)) return err(notAdmin(authority.text));
  const updated = keeper.update(context.view, { pubKey, power });
  if (!updated.ok) return updated;
  context.emit(updateValidator(authority.text, pubKey, power));
  return ok(EMPTY);
}

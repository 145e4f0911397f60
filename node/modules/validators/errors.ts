/** Refusals of the codespace `validators`. Append-only. @module */
import type { CodedError } from "../../core/errors.ts";

const refusal = (code: number, detail: string): CodedError => ({
  codespace: "validators",
  code,
  message: `update validator: ${detail}`,
});

export const notAdmin = (address: string): CodedError => refusal(2, `${address} is not one of the admins`);
export const badPubKey = (bytes: number): CodedError => refusal(3, `public key has ${bytes} bytes, not 32`);
export const badPower = (power: bigint): CodedError => refusal(4, `power ${power} is not in [0, 2^60)`);
export const unknownValidator = (): CodedError => refusal(5, "there is no such validator to remove");
export const lastPower = (): CodedError => refusal(6, "nobody would be left");
export const tooMuchPower = (total: bigint): CodedError => refusal(7, `total power would be ${total}`);
export const tooMany = (what: string): CodedError => refusal(8, `too many ${what}`);

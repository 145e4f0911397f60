/**
 * Refusals of the codespace `packetfowardmiddleware`, with the numbers of ibc-go. Acknowledgements carry the number alone.
 * Append-only.
 * @module
 */
import type { CodedError } from "../../core/errors.ts";
import { STORE } from "./keys.ts";

/** An error without a number of its own in ibc-go, as giving up is. */
export const INTERNAL_CODE = 1;
export const INVALID_FORWARD_CODE = 2;
export const FORWARD_FAILED_CODE = 3;

export const forwardFailed = (detail: string): CodedError => ({
  codespace: STORE,
  code: FORWARD_FAILED_CODE,
  message: `${detail}: failed to forward transfer packet`,
});

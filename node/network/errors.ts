/** Refusals of the codespace `network`. Append-only. @module */
import type { CodedError } from "../core/errors.ts";

export const NETWORK_CODESPACE = "network";
export const NETWORK_CODE = {
  badPeerId: 1,
  badAddress: 2,
  badHello: 3,
  otherChain: 4,
  otherVersion: 5,
  badProof: 6,
} as const;

/** A refusal with one of {@linkcode NETWORK_CODE}. */
export const networkRefusal = (code: keyof typeof NETWORK_CODE, message: string): CodedError => ({
  codespace: NETWORK_CODESPACE,
  code: NETWORK_CODE[code],
  message,
});

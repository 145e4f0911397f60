import type { CodedError } from "../core/errors.ts";
import { err, type Result } from "../core/result.ts";

/** Codes of the codespace `chain`. Append-only. */
export const CHAIN_CODE = {
  genesis: 1,
  consensusParams: 2,
  blockBasic: 3,
  blockHeader: 4,
  lastCommit: 5,
  proposer: 6,
  blockTime: 7,
  blockSize: 8,
  evidence: 9,
  validatorUpdate: 10,
  stateEncoding: 11,
} as const;

/** A refusal in the codespace `chain`. */
export const chainError = (code: keyof typeof CHAIN_CODE, message: string): CodedError => ({
  codespace: "chain",
  code: CHAIN_CODE[code],
  message,
});

/** {@linkcode chainError} as a failed Result. */
export const refuse = (code: keyof typeof CHAIN_CODE, message: string): Result<never> => err(chainError(code, message));

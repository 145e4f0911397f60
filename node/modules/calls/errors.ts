/** Refusals of the codespace `calls`. Acknowledgements and results carry codespace and code alone. Append-only. @module */
import type { CodedError } from "../../core/errors.ts";

/** Name of the codespace. */
export const CODESPACE = "calls";
/** Codes that results carry without a message. */
export const TIMED_OUT_CODE = 8;
export const UNREADABLE_CODE = 9;
export const RESULT_TOO_LONG_CODE = 5;

const refusal = (code: number) => (detail: string): CodedError => ({ codespace: CODESPACE, code, message: detail });

export const invalidCall = refusal(2);
export const unknownTarget = refusal(3);
export const wrongCaller = refusal(4);
export const resultTooLong = refusal(RESULT_TOO_LONG_CODE);
export const invalidPacket = refusal(6);
export const invalidVersion = refusal(7);
export const queryNotAllowed = refusal(10);
export const unknownCall = refusal(11);
export const invalidRead = refusal(12);
export const unknownRead = refusal(13);
export const readExpired = refusal(14);
export const readAnswered = refusal(15);
export const proofTooOld = refusal(16);
export const closingRefused = refusal(17);
export const invalidPort = refusal(18);
export const invalidOrdering = refusal(19);

/** Refusals of the codespace `bank`, with the numbers and texts of cosmos-sdk v0.50. Append-only. @module */
import type { CodedError } from "../../core/errors.ts";

const refusal = (code: number, message: string): CodedError => ({ codespace: "bank", code, message });

export const noInputs = (): CodedError => refusal(2, "no inputs to send transaction");
export const noOutputs = (): CodedError => refusal(3, "no outputs to send transaction");
export const inputOutputMismatch = (): CodedError => refusal(4, "sum inputs != sum outputs");
export const sendDisabled = (denom: string): CodedError =>
  refusal(5, `${denom} transfers are currently disabled: send transactions are disabled`);
export const metadataNotFound = (denom: string): CodedError =>
  refusal(6, `client metadata for denom ${denom}: client denom metadata not found`);
export const multipleSenders = (): CodedError => refusal(9, "multiple senders not allowed");

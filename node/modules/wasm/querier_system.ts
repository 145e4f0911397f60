/** `SystemError` of cosmwasm-std: why the chain has no answer, told to the contract as it is. @module */
import type { CodedError } from "../../core/errors.ts";

/** Exactly one of its variants. */
export type SystemError =
  | { readonly invalid_request: { readonly error: string; readonly request: Uint8Array } }
  | { readonly no_such_contract: { readonly addr: string } }
  | { readonly no_such_code: { readonly code_id: bigint } }
  | { readonly unknown: Record<string, never> }
  | { readonly unsupported_request: { readonly kind: string } };

/** The chain does not answer such requests. */
export const unsupported = (kind: string): SystemError => ({ unsupported_request: { kind } });

export const isSystemError = (error: CodedError | SystemError): error is SystemError => !("codespace" in error);

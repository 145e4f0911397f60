/**
 * Refusals with the codespaces, numbers and texts of ibc-go v10: `transfer` (`apps/transfer/types/errors.go`), `ibc`
 * (`core/errors`), `channel`, `port`. Append-only.
 * @module
 */
import type { CodedError } from "../../core/errors.ts";

const refusal = (codespace: string, code: number, text: string) => (detail: string): CodedError => ({
  codespace,
  code,
  message: `${detail}: ${text}`,
});

export const invalidDenom = refusal("transfer", 3, "invalid denomination for cross-chain transfer");
export const invalidVersion = refusal("transfer", 4, "invalid ICS20 version");
export const invalidAmount = refusal("transfer", 5, "invalid token amount");
export const denomNotFound = refusal("transfer", 6, "denomination not found");
export const sendDisabled = refusal("transfer", 7, "fungible token transfers from this chain are disabled");
export const receiveDisabled = refusal("transfer", 8, "fungible token transfers to this chain are disabled");
export const tooManyChannels = refusal("transfer", 9, "max transfer channels");
export const invalidMemo = refusal("transfer", 11, "invalid memo");

export const unauthorized = refusal("ibc", 2, "unauthorized");
export const unknownRequest = refusal("ibc", 4, "unknown request");
export const invalidAddress = refusal("ibc", 5, "invalid address");
export const invalidCoins = refusal("ibc", 6, "invalid coins");
export const invalidRequest = refusal("ibc", 8, "invalid request");

export const channelNotFound = refusal("channel", 3, "channel not found");
export const invalidOrdering = refusal("channel", 6, "invalid channel ordering");
export const invalidChannelId = refusal("channel", 18, "invalid channel identifier");
export const invalidPort = refusal("port", 4, "invalid port");

/** What a memo says of callbacks (ibc-go `apps/callbacks/types/callbacks.go`). @module */
import type { CodedError } from "../../core/errors.ts";
import { decodePacketData } from "../../core/ibc/mod.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { trimSpace } from "./text.ts";

/** Under which key of a memo it stands: who sent the packet, or who receives it. */
export type CallbackKey = "src_callback" | "dest_callback";

export interface Callback {
  /** Of the contract, as it is written. */
  readonly address: string;
  /** Who sent the packet, as the packet says. */
  readonly sender: string;
  /** The gas it gets: what it may have, or what is left if that is less. */
  readonly gasLimit: number;
  /** The gas it may have. */
  readonly gasWanted: number;
}

/** Most gas that a callback gets (wasmd `DefaultMaxIBCCallbackGas`). */
export const CALLBACK_GAS_MAX = 1_000_000;

/** Of channels of tokens. */
export const VERSION = "ics20-1";
const U64 = /^[0-9]+$/;
const U64_MAX = (1n << 64n) - 1n;
const HEX = /^(?:[0-9a-fA-F]{2})*$/;

const unreadable = (detail?: string): Result<never> => {
  const error: CodedError = { codespace: "ibccallbacks", code: 8, message: "invalid callback data" };
  return err(detail === undefined ? error : { ...error, message: `${detail}: ${error.message}` });
};

/**
 * Undefined: the packet is none of tokens, or wants no callback; a refusal: what it wants cannot be read. `version`: of the
 * channel; `gasLeft`: of the transaction.
 */
export function callbackOf(
  data: Uint8Array,
  key: CallbackKey,
  version: () => string,
  gasLeft: number,
): Result<Callback> | undefined {
  const tokens = decodePacketData(data);
  if (!tokens.ok) return undefined;
  const { memo, sender } = tokens.value;
  const callback = memberOf(memo, key);
  if (callback === undefined || version() !== VERSION) return undefined;
  const address = callback.get("address");
  if (typeof address !== "string" || trimSpace(address) === "") return unreadable();
  const gas = gasOf(callback.get("gas_limit"));
  if (!gas.ok) return gas;
  const calldata = callback.has("calldata") ? callback.get("calldata") : "";
  if (typeof calldata !== "string") return unreadable("calldata must be a string");
  if (!HEX.test(calldata)) return unreadable("calldata must be a valid hex string");
  return ok({ address, sender, gasLimit: Math.min(gasLeft, gas.value), gasWanted: gas.value });
}

/** The object under a key of a JSON object, by its own keys; undefined: it is not there, or nothing is. */
function memberOf(memo: string, key: CallbackKey): ReadonlyMap<string, unknown> | undefined {
  if (!memo.includes(key)) return undefined;
  try {
    return fieldsOf(fieldsOf(JSON.parse(memo))?.get(key));
  } catch {
    return undefined;
  }
}

const fieldsOf = (value: unknown): ReadonlyMap<string, unknown> | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? new Map(Object.entries(value)) : undefined;

/** 0 and nothing are as much as there may be. */
function gasOf(limit: unknown): Result<number> {
  if (limit === undefined || limit === "") return ok(CALLBACK_GAS_MAX);
  if (typeof limit !== "string") return unreadable("gas limit must be a string");
  const gas = U64.test(limit) && limit.length <= 40 ? BigInt(limit) : -1n;
  if (gas < 0n || gas > U64_MAX) return unreadable("gas limit must be a valid uint64");
  return ok(gas === 0n || gas > BigInt(CALLBACK_GAS_MAX) ? CALLBACK_GAS_MAX : Number(gas));
}

/** Parts of messages that are checked without state (`ValidateBasic`; wasmd `types/tx.go`, `types/validation.go`). @module */
import type { Address, AddressCodec } from "../../app/ports.ts";
import { addressFault } from "../../core/address_fault.ts";
import { type Coins, type CoinText, formatCoins, parseCoinTexts } from "../../core/coins.ts";
import { sdkRefusal } from "../../core/errors.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { empty, exceedsLimit, invalid, uncoded, wrap } from "./errors.ts";
import { isJson } from "./json.ts";
import { CODE_BYTES_MAX } from "./limits.ts";
import { checkAccess } from "./params.ts";
import { checkLabel } from "./text.ts";
import type { AccessConfig } from "./types.ts";

export function checkAddress(codec: AddressCodec, text: string, what: string): Result<Address> {
  const address = codec.parse(text);
  return address === undefined ? err(uncoded(`${what}: ${addressFault(codec.prefix, text)}`)) : ok(address);
}

/** Undefined: empty text, which is nobody. */
export function checkAdmin(codec: AddressCodec, text: string): Result<Address | undefined> {
  return text === "" ? ok(undefined) : checkAddress(codec, text, "admin");
}

export function checkFunds(texts: readonly CoinText[]): Result<Coins> {
  const coins = parseCoinTexts(texts);
  return coins === undefined ? err(uncoded(`funds: invalid coins: ${formatCoins(texts).slice(0, 200)}`)) : ok(coins);
}

export const checkPayload = (msg: Uint8Array): Result<undefined> =>
  isJson(msg) ? ok(undefined) : err(invalid("payload msg"));

export const checkCodeId = (id: bigint): Result<undefined> =>
  id === 0n ? err(sdkRefusal("invalidRequest", "code id is required")) : ok(undefined);

export function checkLabelOf(label: string): Result<undefined> {
  const checked = checkLabel(label);
  return checked.ok ? checked : err(wrap(checked.error, "label"));
}

export function checkCode(code: Uint8Array): Result<undefined> {
  const why = code.length === 0
    ? empty("is required").message
    : code.length > CODE_BYTES_MAX
    ? exceedsLimit(`cannot be longer than ${CODE_BYTES_MAX} bytes`).message
    : undefined;
  return why === undefined ? ok(undefined) : err(sdkRefusal("invalidRequest", `code bytes ${why}`));
}

export function checkPermission(codec: AddressCodec, access: AccessConfig | undefined): Result<undefined> {
  if (access === undefined) return ok(undefined);
  const checked = checkAccess(codec, access);
  return checked.ok ? checked : err(wrap(checked.error, "instantiate permission"));
}

/** The first refusal. */
export function firstFault(...checks: readonly Result<unknown>[]): Result<undefined> {
  for (const check of checks) if (!check.ok) return check;
  return ok(undefined);
}

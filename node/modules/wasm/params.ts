/** Who may upload and make contracts. @module */
import { AccessType } from "cosmjs-types/cosmwasm/wasm/v1/types";
import type { CodeRules } from "../../../contracts/engine.ts";
import { CONTRACT_LIMITS } from "../../../contracts/wasm/mod.ts";
import type { AddressCodec } from "../../app/ports.ts";
import { addressFault } from "../../core/address_fault.ts";
import { sdkRefusal } from "../../core/errors.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { duplicate, empty, invalid, uncoded, wrap } from "./errors.ts";
import { ADDRESSES_MAX } from "./limits.ts";
import { type AccessConfig, ParamsCodec } from "./types.ts";

export { AccessType };

export interface Params {
  readonly codeUploadAccess: AccessConfig;
  /** Who may make contracts of a code when its uploader does not say: an `AccessType`. */
  readonly instantiateDefaultPermission: number;
}

/** What a chain decides about code unless its genesis file says otherwise, which is the only one that can. Ours. */
export const DEFAULT_CODE_RULES: Required<CodeRules> = { floats: "canonicalise", locals: CONTRACT_LIMITS.locals };

export const EVERYBODY: AccessConfig = { permission: AccessType.ACCESS_TYPE_EVERYBODY, addresses: [] };
const NOBODY: AccessConfig = { permission: AccessType.ACCESS_TYPE_NOBODY, addresses: [] };

/** What a chain starts with. */
export const DEFAULT_PARAMS: Params = {
  codeUploadAccess: EVERYBODY,
  instantiateDefaultPermission: AccessType.ACCESS_TYPE_EVERYBODY,
};

export function decodeParams(bytes: Uint8Array): Params {
  const { codeUploadAccess = NOBODY, instantiateDefaultPermission } = ParamsCodec.decode(bytes);
  return { codeUploadAccess, instantiateDefaultPermission };
}

/** The names that wasmd prints and reads. */
const TYPE_NAMES: ReadonlyMap<number, string> = new Map([
  [AccessType.ACCESS_TYPE_NOBODY, "Nobody"],
  [AccessType.ACCESS_TYPE_ANY_OF_ADDRESSES, "AnyOfAddresses"],
  [AccessType.ACCESS_TYPE_EVERYBODY, "Everybody"],
]);
export const nameOfType = (type: number): string => TYPE_NAMES.get(type) ?? "Unspecified";
export const typeOfName = (name: string): number =>
  [...TYPE_NAMES].find(([, known]) => known === name)?.[0] ?? AccessType.ACCESS_TYPE_UNSPECIFIED;

function checkType(type: number): Result<undefined> {
  if (type === AccessType.ACCESS_TYPE_UNSPECIFIED) return err(empty("type"));
  return TYPE_NAMES.has(type) ? ok(undefined) : err(invalid(`unknown type: "${nameOfType(type)}"`));
}

/** Refuses lists that are empty, too long or name an address twice. */
export function checkAddresses(codec: AddressCodec, addresses: readonly string[]): Result<undefined> {
  if (addresses.length === 0) return err(empty("addresses"));
  if (addresses.length > ADDRESSES_MAX) {
    return err(sdkRefusal("invalidRequest", `total number of addresses is greater than ${ADDRESSES_MAX}`));
  }
  const seen = new Set<string>();
  for (const text of addresses) {
    const address = codec.parse(text);
    if (address === undefined) {
      return err(uncoded(`address: ${text.slice(0, 100)}: ${addressFault(codec.prefix, text)}`));
    }
    if (seen.has(address.text)) return err(duplicate("duplicate addresses"));
    seen.add(address.text);
  }
  return ok(undefined);
}

export function checkAccess(codec: AddressCodec, config: AccessConfig): Result<undefined> {
  const type = checkType(config.permission);
  if (!type.ok || config.permission !== AccessType.ACCESS_TYPE_ANY_OF_ADDRESSES) return type;
  const addresses = checkAddresses(codec, config.addresses);
  return addresses.ok ? addresses : err(wrap(addresses.error, "addresses"));
}

export function checkParams(codec: AddressCodec, params: Params): Result<undefined> {
  const type = checkType(params.instantiateDefaultPermission);
  if (!type.ok) return err(wrap(type.error, "instantiate default permission"));
  const access = checkAccess(codec, params.codeUploadAccess);
  return access.ok ? access : err(wrap(access.error, "upload access"));
}

/** The permission that `type` means for what `actor` uploads (`AccessType.With`). */
export const accessOf = (type: number, actor: string): AccessConfig => ({
  permission: type,
  addresses: type === AccessType.ACCESS_TYPE_ANY_OF_ADDRESSES ? [actor] : [],
});

export function allows(config: AccessConfig, actor: string): boolean {
  if (config.permission === AccessType.ACCESS_TYPE_ANY_OF_ADDRESSES) return config.addresses.includes(actor);
  return config.permission === AccessType.ACCESS_TYPE_EVERYBODY;
}

/** Whether `type` permits no more than `whole` (`AccessType.IsSubset`). */
export function isNarrowerType(type: number, whole: number): boolean {
  switch (whole) {
    case AccessType.ACCESS_TYPE_EVERYBODY:
      return type !== AccessType.ACCESS_TYPE_UNSPECIFIED;
    case AccessType.ACCESS_TYPE_NOBODY:
      return type === AccessType.ACCESS_TYPE_NOBODY;
    case AccessType.ACCESS_TYPE_ANY_OF_ADDRESSES:
      return type === AccessType.ACCESS_TYPE_NOBODY || type === AccessType.ACCESS_TYPE_ANY_OF_ADDRESSES;
    default:
      return false;
  }
}

/** Whether `config` permits no more than `whole` (`AccessConfig.IsSubset`). */
export function isNarrower(config: AccessConfig, whole: AccessConfig): boolean {
  if (whole.permission !== AccessType.ACCESS_TYPE_ANY_OF_ADDRESSES) {
    return isNarrowerType(config.permission, whole.permission);
  }
  return config.permission === AccessType.ACCESS_TYPE_NOBODY ||
    (config.permission === AccessType.ACCESS_TYPE_ANY_OF_ADDRESSES &&
      config.addresses.every((address) => whole.addresses.includes(address)));
}

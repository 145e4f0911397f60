/** Which types of clients may be used (ibc-go v10 `02-client/types/params.go`). @module */
import { Params } from "cosmjs-types/ibc/core/client/v1/client";

/** In place of a list: every type that is wired. */
export const ALLOW_ALL = "*";
/** Most entries of the list. */
export const ALLOWED_CLIENTS_MAX = 200;
/** What a chain starts with. */
export const DEFAULT_PARAMS: Params = { allowedClients: [ALLOW_ALL] };

export const encodeParams = (params: Params): Uint8Array => Params.encode(params).finish();
export const decodeParams = (bytes: Uint8Array): Params => Params.decode(bytes);

/** Whether clients of that type may be created and used. */
export const isAllowed = ({ allowedClients }: Params, clientType: string): boolean =>
  (allowedClients.length === 1 && allowedClients[0] === ALLOW_ALL) || allowedClients.includes(clientType);

/** What is wrong with parameters; undefined: nothing. */
export function paramsFault({ allowedClients }: Params): string | undefined {
  if (allowedClients.length > ALLOWED_CLIENTS_MAX) return `${allowedClients.length} allowed clients`;
  if (allowedClients.length > 1 && allowedClients.includes(ALLOW_ALL)) return `${ALLOW_ALL} and others are allowed`;
  if (allowedClients.some((clientType) => clientType.trim() === "")) return "an allowed client type is blank";
  return new Set(allowedClients).size === allowedClients.length ? undefined : "an allowed client type is there twice";
}

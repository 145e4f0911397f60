/** What the queries of this module have in common. @module */
import type { PageRequest } from "cosmjs-types/cosmos/base/query/v1beta1/pagination";
import type { Address } from "../../app/ports.ts";
import { addressFault } from "../../core/address_fault.ts";
import { sdkRefusal } from "../../core/errors.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { WasmKeeper } from "./keeper.ts";

/** The path of the queries, up to their names. */
export const SERVICE = "/cosmwasm.wasm.v1.Query/";
/** Most entries of a page, and what it has when the request does not say. */
const PAGE_MAX = 100n;

/** An address of this chain. */
export function addressOf({ parts: { codec } }: WasmKeeper, text: string): Result<Address> {
  const address = codec.parse(text);
  return address === undefined ? err(sdkRefusal("invalidRequest", addressFault(codec.prefix, text))) : ok(address);
}

/** Pages go on from keys; nothing is counted or skipped (`ensurePaginationParams`). */
export function pageOf(request: PageRequest | undefined): Result<PageRequest> {
  if (request === undefined) {
    return ok({ key: new Uint8Array(), offset: 0n, limit: PAGE_MAX, countTotal: false, reverse: false });
  }
  if (request.offset !== 0n || request.countTotal) return err(badArgument("offset and count queries not supported"));
  const limit = request.limit === 0n || request.limit > PAGE_MAX ? PAGE_MAX : request.limit;
  return ok({ ...request, limit });
}

/** A gRPC status, as the cosmos-sdk puts it into the answer of `abci_query`. */
export const badArgument = (detail: string) =>
  sdkRefusal("invalidRequest", `rpc error: code = InvalidArgument desc = ${detail}`);

/** What all queries of IBC have in common: requests decoded strictly, refusals as gRPC statuses, heights. @module */
import type { QueryContext, QueryHandler } from "../../app/ports.ts";
import { decodeStrict, type MessageCodec } from "../../core/codec/mod.ts";
import { type CodedError, sdkRefusal } from "../../core/errors.ts";
import { IBC_ERRORS } from "../../core/ibc/mod.ts";
import { type Page, paginate } from "../../core/pagination.ts";
import { err, type Result } from "../../core/result.ts";
import { STORE } from "./connection/keys.ts";

/** Longest request, in bytes: a list of a thousand sequences. */
const REQUEST_BYTES_MAX = 16_384;

/** Answers never carry a proof: that is what raw keys are asked for. */
export const NO_PROOF = new Uint8Array();

/** A handler whose request is decoded before it runs. */
export function at<T>(
  path: string,
  codec: MessageCodec<T>,
  handle: (context: QueryContext, request: T) => Result<Uint8Array>,
): QueryHandler {
  return {
    path,
    handle(context, data) {
      const request = decodeStrict(codec, data, `request of ${path}`, REQUEST_BYTES_MAX);
      return request.ok ? handle(context, request.value) : request;
    },
  };
}

/** What is asked for is not there: gRPC `NotFound`, which is code 22 in the codespace `sdk`. */
export const notFound = (name: keyof typeof IBC_ERRORS, detail: string): Result<never> =>
  err(sdkRefusal("keyNotFound", `${detail}: ${IBC_ERRORS[name][2]}`));

/** The request is wrong: gRPC `InvalidArgument`, which is code 18 in the codespace `sdk`. */
export const invalid = ({ message }: Pick<CodedError, "message">): Result<never> =>
  err(sdkRefusal("invalidRequest", message));

/** A page of the store. */
export const pageOf = (
  { view }: QueryContext,
  prefix: Uint8Array,
  request: Parameters<typeof paginate>[2],
): Result<Page> => paginate((range) => view.page(STORE, range), prefix, request);

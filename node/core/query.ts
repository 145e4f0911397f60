/** gRPC queries as modules answer them: between two codecs. @module */
import { decodeStrict, encode, type MessageCodec } from "./codec/mod.ts";
import { ok, type Result } from "./result.ts";

/** Answers one method of a service. `Context` is what a query may read. */
interface Answering<Context> {
  /** For example `/cosmos.bank.v1beta1.Query/Balance`. */
  readonly path: string;
  handle(context: Context, data: Uint8Array): Result<Uint8Array>;
}

/**
 * Makes the handlers of a service. Requests are decoded strictly before they are handled; longer ones than
 * `requestBytesMax` are refused.
 *
 * @param service the path of its methods up to their names: `/cosmos.bank.v1beta1.Query/`
 */
export function queryService<Context>(service: string, requestBytesMax: number) {
  return <Request, Response>(
    method: string,
    request: MessageCodec<Request>,
    response: MessageCodec<Response>,
    handle: (context: Context, request: Request) => Result<Response>,
  ): Answering<Context> => ({
    path: service + method,
    handle(context, data) {
      const decoded = decodeStrict(request, data, `request of ${method}`, requestBytesMax);
      if (!decoded.ok) return decoded;
      const answer = handle(context, decoded.value);
      return answer.ok ? ok(encode(response, answer.value)) : answer;
    },
  });
}

/** Targets made of what modules have anyway: messages and queries. @module */
import type { MessageHandler, QueryHandler } from "../../app/ports.ts";
import { decodeStrict } from "../../core/codec/mod.ts";
import { err } from "../../core/result.ts";
import { queryNotAllowed, wrongCaller } from "./errors.ts";
import type { CallTarget } from "./expected.ts";
import { PAYLOAD_BYTES_MAX } from "./params.ts";
import { QueryCallCodec } from "./types.ts";

/** Payload: the encoded message, signed by nobody but the caller. Result: the encoded response. */
export function messageTarget<M>(handler: MessageHandler<M>): CallTarget {
  return {
    execute(context, caller, payload) {
      const message = handler.decode(payload);
      if (!message.ok) return message;
      const signers = handler.signers(message.value);
      if (signers.length !== 1 || signers[0]!.text !== caller.text) {
        return err(wrongCaller(`call as ${caller.text}: the message is ${signers.map(({ text }) => text)}'s`));
      }
      return handler.execute(context, message.value);
    },
  };
}

/** Payload: a `QueryCall` whose path is one of `handlers`. Result: the encoded response, of the state of this moment. */
export function queryTarget(handlers: readonly QueryHandler[]): CallTarget {
  const byPath = new Map(handlers.map((handler) => [handler.path, handler]));
  return {
    execute({ view, block }, _caller, payload) {
      const call = decodeStrict(QueryCallCodec, payload, "QueryCall", PAYLOAD_BYTES_MAX);
      if (!call.ok) return call;
      const handler = byPath.get(call.value.path);
      if (handler === undefined) {
        return err(queryNotAllowed(`query ${call.value.path.slice(0, 100)}: it is not for other chains`));
      }
      const { chainId, height, time } = block;
      return handler.handle({ view, chainId, height, time }, call.value.request);
    },
  };
}

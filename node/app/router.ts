/** Who handles which message and which query. @module */
import { invariant } from "../core/invariant.ts";
import type { MessageHandler, Module, QueryHandler } from "./module.ts";

/** A message handler and the module it belongs to, by the second part of its type URL, as cosmos-sdk tells it in events. */
export interface Route {
  readonly module: string;
  /** It may run contracts. */
  readonly mayRunContracts: boolean;
  // Each route's handler decodes the very messages it is given later.
  // deno-lint-ignore no-explicit-any
  readonly handler: MessageHandler<any>;
}

export class Router {
  readonly #messages = new Map<string, Route>();
  readonly #queries = new Map<string, QueryHandler>();

  constructor(modules: readonly Module[]) {
    for (const module of modules) {
      for (const handler of module.messages) {
        invariant(!this.#messages.has(handler.typeUrl), `register ${handler.typeUrl}: it has a handler`);
        const mayRunContracts = module.withoutContracts !== true;
        this.#messages.set(handler.typeUrl, { module: handler.typeUrl.split(".")[1] ?? "", mayRunContracts, handler });
      }
      for (const handler of module.queries) {
        invariant(!this.#queries.has(handler.path), `register ${handler.path}: it has a handler`);
        this.#queries.set(handler.path, handler);
      }
    }
  }

  /** The handler of a message type URL. */
  message(typeUrl: string): Route | undefined {
    return this.#messages.get(typeUrl);
  }

  /** The handler of a gRPC path. */
  query(path: string): QueryHandler | undefined {
    return this.#queries.get(path);
  }
}

import type { Context, QueryContext } from "../../../app/ports.ts";
import { InvariantError } from "../../../core/invariant.ts";

function refuseWrite(): never {
  throw new InvariantError("answer a query: it wants to write");
}

/** A query as a keeper sees it: gas is not counted, and nothing may be written. */
export function readOnly({ view, height, chainId, time }: QueryContext): Context {
  return {
    view: {
      get: (store, key) => view.get(store, key),
      page: (store, page) => view.page(store, page),
      set: refuseWrite,
      delete: refuseWrite,
    },
    gas: { used: 0, limit: Number.MAX_SAFE_INTEGER, consume: () => {} },
    block: { chainId, height, time },
    emit: () => {},
    attempt: refuseWrite,
  };
}

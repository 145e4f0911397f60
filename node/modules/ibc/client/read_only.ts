import type { Context, QueryContext } from "../../../app/ports.ts";
import { InvariantError } from "../../../core/invariant.ts";
import type { PageRequest } from "../../../state/view.ts";

function refuseWrite(): never {
  throw new InvariantError("answer a query: it wants to write");
}

/** A query as a keeper sees it: gas is not counted, and nothing may be written. */
export function readOnly({ view, height, chainId, time }: QueryContext): Context {
  const readable = {
    get: (store: string, key: Uint8Array) => view.get(store, key),
    page: (store: string, page: PageRequest) => view.page(store, page),
    set: refuseWrite,
    delete: refuseWrite,
  };
  const unbounded = Number.MAX_SAFE_INTEGER;
  return {
    view: readable,
    free: readable,
    gas: { used: 0, limit: unbounded, left: unbounded, consume: () => {}, exhaust: refuseWrite },
    block: { chainId, height, time },
    tx: undefined,
    notes: { has: () => false, add: () => {} },
    events: [],
    emit: () => {},
    attempt: refuseWrite,
    branch: refuseWrite,
  };
}

/** What is asked of a worker through the store, by whoever does not hold the lease. @module */
import type { RelayerStore } from "../store/mod.ts";
import { requestKey, REQUESTS } from "./_keys.ts";
import { fromJson, toJson } from "./_records.ts";
import { listAll } from "./state.ts";

/** Look for packets, and try again what was given up. */
export interface ClearOrder {
  readonly tag: "clear";
  /** Lanes by their ids. */
  readonly laneIds: readonly string[];
  /** Paths whose channels are to be looked up first. */
  readonly pathIds: readonly string[];
  /** Null: all of the lanes. */
  readonly sequences: readonly string[] | null;
}

export type WorkerOrder = ClearOrder;

/** Leaves an order for the worker. */
export async function leaveOrder(store: RelayerStore, id: string, order: WorkerOrder): Promise<void> {
  await store.commit([], [[requestKey(id), toJson(order)]]);
}

/** Orders that nobody has taken yet. */
export async function listOrders(
  store: RelayerStore,
): Promise<readonly { readonly id: string; readonly order: WorkerOrder }[]> {
  return (await listAll(store, REQUESTS)).map(({ key, value }) => ({
    id: String(key[1]),
    order: fromJson("an order", value, (order: WorkerOrder) => order),
  }));
}

/** The module as the application sees it. @module */
import type { Module } from "../../app/ports.ts";
import { exportAuthGenesis, initAuthGenesis } from "./genesis.ts";
import type { AuthKeeper } from "./keeper.ts";
import { STORE } from "./keys.ts";
import { authQueries } from "./query.ts";

/** Accounts have no messages: transactions create and change them. */
export const authModule = (keeper: AuthKeeper): Module => ({
  name: "auth",
  stores: [STORE],
  messages: [],
  queries: authQueries(keeper),
  initGenesis: (context, json) => initAuthGenesis(keeper, context, json),
  exportGenesis: (read) => exportAuthGenesis(keeper, read),
});

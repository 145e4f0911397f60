/** The module as the application sees it. @module */
import type { Module } from "../../app/ports.ts";
import { exportCallsGenesis, initCallsGenesis } from "./genesis.ts";
import type { CallsKeeper } from "./keeper.ts";
import { STORE } from "./keys.ts";
import { msgCall } from "./msg_call.ts";
import { msgRequestRead } from "./msg_request_read.ts";
import { msgSubmitRead } from "./msg_submit_read.ts";
import { callsQueries } from "./query.ts";

export const callsModule = (keeper: CallsKeeper): Module => ({
  name: STORE,
  stores: [STORE],
  messages: [msgCall(keeper), msgRequestRead(keeper), msgSubmitRead(keeper)],
  queries: callsQueries(keeper),
  initGenesis: (context, json) => initCallsGenesis(keeper, context, json),
  exportGenesis: (read) => exportCallsGenesis(keeper, read),
});

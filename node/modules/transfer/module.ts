/** The module as the application sees it. @module */
import type { Module } from "../../app/ports.ts";
import { exportTransferGenesis, initTransferGenesis } from "./genesis.ts";
import type { TransferKeeper } from "./keeper.ts";
import { STORE } from "./keys.ts";
import { msgTransfer } from "./msg_transfer.ts";
import { msgUpdateParams } from "./msg_update_params.ts";
import { transferQueries } from "./query.ts";

export const transferModule = (keeper: TransferKeeper): Module => ({
  name: STORE,
  stores: [STORE],
  messages: [msgTransfer(keeper), msgUpdateParams(keeper)],
  queries: transferQueries(keeper),
  initGenesis: (context, json) => initTransferGenesis(keeper, context, json),
  exportGenesis: (read) => exportTransferGenesis(keeper, read),
});

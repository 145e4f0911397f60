/** The module as the application sees it. @module */
import type { Module } from "../../app/ports.ts";
import { exportBankGenesis, initBankGenesis } from "./genesis.ts";
import type { BankKeeper } from "./keeper.ts";
import { STORE } from "./keys.ts";
import { msgMultiSend } from "./msg_multi_send.ts";
import { msgSend } from "./msg_send.ts";
import { bankQueries } from "./query.ts";

export const bankModule = (keeper: BankKeeper): Module => ({
  name: "bank",
  stores: [STORE],
  messages: [msgSend(keeper), msgMultiSend(keeper)],
  withoutContracts: true,
  queries: bankQueries(keeper),
  initGenesis: (context, json) => initBankGenesis(keeper, context, json),
  exportGenesis: (read) => exportBankGenesis(keeper, read),
});

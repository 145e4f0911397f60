/** The module as the application sees it. @module */
import type { Module, QueryHandler } from "../../app/ports.ts";
import { exportWasmGenesis, initWasmGenesis } from "./genesis.ts";
import type { WasmKeeper } from "./keeper.ts";
import { STORE } from "./keys.ts";
import { msgClearAdmin, msgUpdateAdmin, msgUpdateContractLabel } from "./msg_admin.ts";
import { authorityMessages } from "./msg_authority.ts";
import { msgExecuteContract } from "./msg_execute_contract.ts";
import { msgInstantiateContract, msgInstantiateContract2 } from "./msg_instantiate_contract.ts";
import { msgMigrateContract } from "./msg_migrate_contract.ts";
import { msgStoreAndInstantiate, msgStoreAndMigrate } from "./msg_store_and.ts";
import { msgStoreCode, msgUpdateInstantiateConfig } from "./msg_store_code.ts";

export const wasmModule = (keeper: WasmKeeper, queries: readonly QueryHandler[]): Module => ({
  name: STORE,
  stores: [STORE],
  messages: [
    msgStoreCode(keeper),
    msgInstantiateContract(keeper),
    msgInstantiateContract2(keeper),
    msgExecuteContract(keeper),
    msgMigrateContract(keeper),
    msgUpdateAdmin(keeper),
    msgClearAdmin(keeper),
    msgUpdateContractLabel(keeper),
    msgUpdateInstantiateConfig(keeper),
    msgStoreAndInstantiate(keeper),
    msgStoreAndMigrate(keeper),
    ...authorityMessages(keeper),
  ],
  queries,
  initGenesis: (context, json) => initWasmGenesis(keeper, context, json),
  exportGenesis: (read) => exportWasmGenesis(keeper, read),
});

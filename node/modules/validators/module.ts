/** The module as the application sees it. @module */
import type { ValidatorUpdate } from "cosmjs-types/tendermint/abci/types";
import type { Context, Module } from "../../app/ports.ts";
import { exportValidatorsGenesis, initValidatorsGenesis } from "./genesis.ts";
import type { ValidatorsKeeper } from "./keeper.ts";
import { STORE } from "./keys.ts";
import { msgUpdateValidator } from "./msg_update_validator.ts";
import { validatorsQueries } from "./query.ts";

export const validatorsModule = (keeper: ValidatorsKeeper): Module => ({
  name: "validators",
  stores: [STORE],
  messages: [msgUpdateValidator(keeper)],
  queries: validatorsQueries(keeper),
  initGenesis: (context, json) => initValidatorsGenesis(keeper, context, json),
  exportGenesis: (read) => exportValidatorsGenesis(keeper, read),
  endBlock: ({ view }: Context): ValidatorUpdate[] =>
    keeper.takePending(view).map(({ pubKey, power }) => ({ pubKey: { ed25519: pubKey }, power })),
});

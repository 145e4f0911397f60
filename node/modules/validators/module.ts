/** The module as the application sees it. @module */
import type { ValidatorUpdate } from "cosmjs-types/tendermint/abci/types";
import type { BlockBegin, Context, Module } from "../../app/ports.ts";
import { misbehavior } from "./events.ts";
import { exportValidatorsGenesis, initValidatorsGenesis } from "./genesis.ts";
import type { ValidatorsKeeper } from "./keeper.ts";
import { STORE } from "./keys.ts";
import { msgUpdateValidator } from "./msg_update_validator.ts";
import { validatorsQueries } from "./query.ts";

export const validatorsModule = (keeper: ValidatorsKeeper): Module => ({
  name: "validators",
  stores: [STORE],
  messages: [msgUpdateValidator(keeper)],
  withoutContracts: true,
  queries: validatorsQueries(keeper),
  initGenesis: (context, json) => initValidatorsGenesis(keeper, context, json),
  exportGenesis: (read) => exportValidatorsGenesis(keeper, read),
  // Nobody is punished yet; that comes with staking. Until then it is said, so that whoever looks can see.
  beginBlock: (context: Context, begin: BlockBegin) => {
    for (const each of begin.misbehavior) context.emit(misbehavior(each));
  },
  endBlock: ({ view }: Context): ValidatorUpdate[] =>
    keeper.takePending(view).map(({ pubKey, power }) => ({ pubKey: { ed25519: pubKey }, power })),
});

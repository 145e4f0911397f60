/** The messages of clients. @module */
import type { MessageHandler } from "../../../app/ports.ts";
import type { ExpectedAuthority } from "./expected.ts";
import type { ClientKeeper } from "./keeper.ts";
import { msgCreateClient } from "./msg_create_client.ts";
import { msgRecoverClient } from "./msg_recover_client.ts";
import { msgSubmitMisbehaviour, msgUpdateClient } from "./msg_update_client.ts";
import { msgUpdateParams } from "./msg_update_params.ts";
import { msgUpgradeClient } from "./msg_upgrade_client.ts";

/** Handlers; without an authority there are none for what only an authority may do. */
// Handlers differ in their messages, which only the router's own pairs know.
// deno-lint-ignore no-explicit-any
export function clientMessages(keeper: ClientKeeper, authority?: ExpectedAuthority): MessageHandler<any>[] {
  return [
    msgCreateClient(keeper),
    msgUpdateClient(keeper),
    msgUpgradeClient(keeper),
    msgSubmitMisbehaviour(keeper),
    ...(authority === undefined ? [] : [msgRecoverClient(keeper, authority), msgUpdateParams(keeper, authority)]),
  ];
}

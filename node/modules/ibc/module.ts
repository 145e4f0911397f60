/** The core of IBC as the application sees it. @module */
import type { Context, Module, Reading } from "../../app/ports.ts";
import { channelMessages } from "./channel/messages.ts";
import { packetQueries } from "./channel/query_packets.ts";
import { channelEndQueries } from "./channel/query_channels.ts";
import {
  type ClientKeeper,
  clientMessages,
  clientQueries,
  type ExpectedAuthority,
  exportClientGenesis,
  initClientGenesis,
} from "./client/mod.ts";
import { STORE } from "./connection/keys.ts";
import { connectionMessages } from "./connection/messages.ts";
import { msgUpdateParams } from "./connection/msg_update_params.ts";
import { connectionQueries } from "./connection/query.ts";
import { exportIbcGenesis, initIbcGenesis } from "./genesis.ts";
import type { IbcKeeper } from "./keeper.ts";
import { closeFrozenMessage } from "./multihop/close_frozen.ts";

/** The keeper and the clients it was made with. Nothing is done per block. */
export function ibcModule(keeper: IbcKeeper, clients: ClientKeeper, authority?: ExpectedAuthority): Module {
  const { connections, channels } = keeper;
  const genesis = {
    init: (context: Context, json: unknown) => initClientGenesis(clients, context, json),
    export: (read: Reading) => exportClientGenesis(clients, read),
  };
  return {
    name: "ibc",
    stores: [STORE],
    messages: [
      ...clientMessages(clients, authority),
      ...connectionMessages(clients.codec, connections),
      ...(authority === undefined ? [] : [msgUpdateParams(clients.codec, connections, authority)]),
      ...channelMessages(clients.codec, keeper),
      closeFrozenMessage(clients.codec, keeper),
    ],
    queries: [
      ...clientQueries(clients),
      ...connectionQueries(connections),
      ...channelEndQueries(channels),
      ...packetQueries(channels),
    ],
    initGenesis: (context, json) => initIbcGenesis(keeper, genesis, context, json),
    exportGenesis: (read) => exportIbcGenesis(keeper, genesis, read),
  };
}

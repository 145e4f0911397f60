/** The module as the application sees it: state only; its work is done in the callbacks of packets. @module */
import type { Module } from "../../app/ports.ts";
import { exportPacketForwardGenesis, initPacketForwardGenesis } from "./genesis.ts";
import type { PacketForwardKeeper } from "./keeper.ts";
import { STORE } from "./keys.ts";

export const packetForwardModule = (keeper: PacketForwardKeeper): Module => ({
  name: STORE,
  stores: [STORE],
  messages: [],
  queries: [],
  initGenesis: (context, json) => initPacketForwardGenesis(keeper, context, json),
  exportGenesis: (read) => exportPacketForwardGenesis(keeper, read),
});

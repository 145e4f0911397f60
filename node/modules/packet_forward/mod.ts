/**
 * Transfers over several hops by memo (packet-forward middleware): a chain in the middle sends on what it receives and
 * acknowledges when the forward is acknowledged; failures and timeouts refund all the way back.
 * @module
 */
export type { ExpectedBank, ExpectedTransfers } from "./expected.ts";
export { PacketForwardKeeper } from "./keeper.ts";
export { STORE as PACKET_FORWARD_MODULE } from "./keys.ts";
export { packetForwardMiddleware } from "./middleware.ts";
export { packetForwardModule } from "./module.ts";

/**
 * Tokens across chains (ICS-20, version `ics20-1`, unordered channels): escrow and burn, mint and release, refunds. Formats,
 * store layout, events and codes are those of ibc-go v10 `apps/transfer`.
 * @module
 */
export { transferApplication } from "./application.ts";
export type { ExpectedAccounts, ExpectedAuthority, ExpectedBank } from "./expected.ts";
export { TransferKeeper } from "./keeper.ts";
export { PORT as TRANSFER_PORT, STORE as TRANSFER_MODULE, VERSION as TRANSFER_VERSION } from "./keys.ts";
export { transferModule } from "./module.ts";
export type { Transfer } from "./send.ts";

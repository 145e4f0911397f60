/**
 * Coins: balances, supply, sending to one and to many, denom metadata. Formats, store layout, events and codes are those
 * of cosmos-sdk `x/bank` v0.50.
 * @module
 */
export type { ExpectedAccounts } from "./expected.ts";
export { BankKeeper } from "./keeper.ts";
export { bankModule } from "./module.ts";

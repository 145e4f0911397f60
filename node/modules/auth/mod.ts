/**
 * Accounts: address, public key, number, sequence; the module accounts of a chain; parameters of signatures and sizes.
 * Formats and store layout are those of cosmos-sdk `x/auth` v0.50.
 * @module
 */
export { AuthKeeper } from "./keeper.ts";
export { authModule } from "./module.ts";
export { BASE_ACCOUNT_TYPE_URL, FEE_COLLECTOR, MODULE_ACCOUNT_TYPE_URL, moduleAddress } from "./types.ts";

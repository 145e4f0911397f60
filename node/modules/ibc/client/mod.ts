/**
 * Clients of other chains (ICS-02): the keeper, messages, queries and genesis. Formats, store layout, events and codes are
 * those of ibc-go v10 `02-client`.
 * @module
 */
export type { ExpectedAuthority } from "./expected.ts";
export { ClientKeeper, type ClientMessage } from "./keeper.ts";
export { type ClientUpgrade, type LightClient, type ProofBasis, selfHeight } from "./light_client.ts";
export { initClientGenesis } from "./genesis.ts";
export { exportClientGenesis } from "./genesis_export.ts";
export { clientMessages } from "./messages.ts";
export { clientQueries } from "./query.ts";

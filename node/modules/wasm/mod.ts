/**
 * Contracts: code is uploaded, contracts are made of it, called and migrated; they call each other, move coins and send
 * messages of the chain. Formats, store layout, gas, events, codes and texts are those of wasmd v0.61 `x/wasm`.
 * @module
 */
export { classicAddress, contractOfPort, port2Of, portOf, predictableAddress } from "./addresses.ts";
export type {
  ContractQuerier,
  ExpectedAccounts,
  ExpectedAuthority,
  ExpectedBank,
  ExpectedIbc,
  ExpectedMessages,
  ExpectedMetering,
  MsgResponse,
  QueryLimits,
} from "./expected.ts";
export { GAS_COMPILE_PER_BYTE } from "./gas.ts";
export { isGzip, uncompress } from "./gzip.ts";
export { contractApplication } from "./ibc_application.ts";
export { type ContractCallbacks, contractCallbacks } from "./ibc_callbacks.ts";
export { contractPackets } from "./ibc_send.ts";
export { WasmKeeper, type WasmParts } from "./keeper.ts";
export { STORE as WASM_MODULE } from "./keys.ts";
export { wasmModule } from "./module.ts";
export { wasmQuerier } from "./querier.ts";
export { wasmQueries } from "./query.ts";
export { askContract, querySmart } from "./smart.ts";

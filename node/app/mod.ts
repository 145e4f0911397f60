/**
 * The application of a chain: transactions decoded, checked and executed over a versioned state by modules, with the
 * formats, gas, codes and events of cosmos-sdk v0.50. Pure: the runtime runs its work against storage.
 * @module
 */
export {
  type ApplicationOptions,
  applicationStores,
  createApplication,
  readGasPrices,
  STANDARD_STORES,
} from "./application.ts";
export { type AsideOptions, createAside, type RunningAside } from "./aside.ts";
export { CONSENSUS_PARAMS_AT } from "./consensus_params.ts";
export type { GasPrice } from "./fee.ts";
export { developmentAppState, type DevelopmentGenesis, GenesisError } from "./genesis.ts";
export { DEFAULT_LIMITS, type Limits } from "./limits.ts";
export { createQuerying, type Querying, type QueryingOptions } from "./querying.ts";
export { createSpeculating, type Speculating, type SpeculatingOptions } from "./speculating.ts";
export { LOG_BYTES } from "./speculation_log.ts";
export { SpeculationReader } from "./speculation_reader.ts";
export { type ModuleSet, standardModules, type StandardParts } from "./standard_modules.ts";
export type * from "./ports.ts";

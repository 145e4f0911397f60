/**
 * The relayer as a library: {@linkcode createRelayer}, its configuration, and what can be asked of it.
 * @module
 */
export { createRelayer, type Relayer, type RelayerOptions } from "./relayer.ts";
export {
  loadRelayerConfig,
  parseRelayerConfig,
  parseRelayerToml,
  type RelayerConfig,
  type RelayerConfigInput,
} from "./config/mod.ts";
export type { RelayerControl, RelayerEvent } from "./api/ports.ts";

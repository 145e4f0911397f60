/** Configuration of the relayer: `relayer.toml`, its bounds and meanings, and the secrets it points to. @module */
export type {
  ApiConfig,
  ChainConfig,
  ClientsConfig,
  GasPrice,
  LogConfig,
  MisbehaviourConfig,
  RelayerConfig,
  TokenConfig,
  WalletConfig,
  WorkConfig,
} from "./types.ts";
export { isLoopback, type RelayerConfigInput } from "./schema.ts";
export { CONFIG_CODESPACE, parseRelayerConfig, parseRelayerToml } from "./parse.ts";
export { loadRelayerConfig } from "./load.ts";
export { relayerToml } from "./text.ts";
export { DEVELOPMENT_MNEMONIC, readToken, readWallet, type WalletSecret } from "./secrets.ts";
export { formatDuration, parseDuration } from "./duration.ts";

/** Configuration and the home folder of a node. @module */
export {
  configError,
  CONTRACT_CACHE_BYTES_MIN,
  type NodeConfig,
  type NodeConfigInput,
  nodeConfigSchema,
  parseNodeConfig,
} from "./schema.ts";
export { defaultNodeToml, parseNodeToml } from "./toml.ts";
export {
  generateKeyPair,
  type Home,
  type HomePaths,
  homePaths,
  homeState,
  type KeyPair,
  keyPairFromSeed,
  nodeIdOf,
  privateKeyJson,
  readHome,
  readKeyFile,
  validatorKeyJson,
  writeHome,
  writeSecret,
} from "./home.ts";

/** Chains in one process with real headers, commits and proofs, and what relayers do between them. @module */
export { SECOND, TestClock } from "./clock.ts";
export { ValidatorKeys } from "./keys.ts";
export { Blocks, type Committed, headerOf, type SealedBlock } from "./blocks.ts";
export {
  type Delivered,
  type Message,
  type Proof,
  QueryRefused,
  TestChain,
  type TestChainOptions,
  type TxOptions,
} from "./chain.ts";
export { asEndpoint, type TestEndpointOptions } from "./endpoint.ts";

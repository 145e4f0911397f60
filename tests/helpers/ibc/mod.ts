/** Chains in one process with real headers, commits and proofs, and what relayers do between them. @module */
export { SECOND, TestClock } from "./clock.ts";
export { ValidatorKeys } from "./keys.ts";
export { Blocks, type Committed, headerOf, type SealedBlock } from "./blocks.ts";
export { QueryRefused, TestChain, type TestChainOptions, type TxOptions } from "./chain.ts";
export { asEndpoint, type TestEndpointOptions } from "./endpoint.ts";
export { End, StepRefused, succeeded } from "./end.ts";
export { attribute, eventsOf, eventValue, sentPackets, writtenAcks } from "./events.ts";
export * from "./messages.ts";
export { Path, type PathOptions, relayAll } from "./path.ts";
export type { Delivered, IbcChain, Message, Proof } from "./ports.ts";
export {
  escrowOf,
  type Pair,
  pair,
  supply,
  type Three,
  three,
  transfer,
  type TransferOptions,
  voucher,
  type WorldOptions,
} from "./world.ts";
export {
  execute,
  type ExecuteOptions,
  makeContract,
  modulesWithContracts,
  portOfContract,
  smart,
  storeCode,
  tryExecute,
  tryMigrate,
} from "./contracts.ts";
export { assertRefused } from "./refused.ts";
export {
  MOCK_PORT,
  MOCK_VERSION,
  mockAcknowledge,
  mockApplication,
  mockKey,
  mockModule,
  type MockPacket,
  mockSend,
  mockWrite,
  modulesWithMock,
} from "./mock_app.ts";

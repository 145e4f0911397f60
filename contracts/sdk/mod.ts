/**
 * For those who write contracts: {@linkcode buildContract} compiles AssemblyScript, {@linkcode MockChain} runs the result in
 * a test without a chain. The AssemblyScript library itself is in `assembly/`; see README.md.
 *
 * @module
 */
export { buildContract, ContractBuildError, contractEntry } from "./build.ts";
export { newContract } from "./template.ts";
export type { BuildOptions } from "./build.ts";
export { attribute, MockChain, MockInstance } from "./mock/chain.ts";
export type { CallOptions, InstantiateOptions, MockChainOptions, Outcome, TransferOptions } from "./mock/chain.ts";
export { MockChannel } from "./mock/channel.ts";
export type { MockChannelOptions, MockPort, RelayStep } from "./mock/channel.ts";
export { ContractError } from "./mock/contract_error.ts";
export type { MockEnd, MockPacket } from "./mock/ibc_types.ts";
export { tokensOf } from "./mock/tokens.ts";
export type { Attribute, Coin, MockEvent } from "./mock/messages.ts";

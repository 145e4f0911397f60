/**
 * Chains from outside: their RPC, wallets, and how messages get into blocks. Nothing here assumes our own node.
 * @module
 */
export { type Clock, sleep, systemClock } from "./clock.ts";
export type { BlockEvents, ChainHead, CommittedTx, Endpoint, Proven, TxVerdict } from "./endpoint.ts";
export { chainFault, type ChainFaultCode, chainFaultCode } from "./faults.ts";
export type { Message, Submission, Submitter } from "./ports.ts";
export { RpcEndpoint, type RpcEndpointOptions } from "./rpc_endpoint.ts";

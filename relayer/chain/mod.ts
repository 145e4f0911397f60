/**
 * Chains from outside: their RPC, wallets, and how messages get into blocks. Nothing here assumes our own node.
 * @module
 */
export { type Clock, sleep, systemClock } from "./clock.ts";
export { type ChainAccount, queryAccount } from "./account.ts";
export type { BlockEvents, ChainHead, CommittedTx, Endpoint, Proven, TxVerdict } from "./endpoint.ts";
export { chainFault, type ChainFaultCode, chainFaultCode } from "./faults.ts";
export { feeOf, type GasPrice, parseGasPrice, scaleGas } from "./gas_price.ts";
export type { Message, Submission, Submitter } from "./ports.ts";
export { RpcEndpoint, type RpcEndpointOptions } from "./rpc_endpoint.ts";
export { type Backoff, type RetryReason, SUBMIT_CODE, SUBMIT_POLICY, type SubmitPolicy } from "./submit_policy.ts";
export { ChainSubmitter, type SubmitterOptions } from "./submitter.ts";
export { encodeBody, type Fee, type Signing, signTx, txHash, unsignedTx } from "./tx.ts";
export { hdPathOf, type KeySource, openWallet, type Wallet, walletOfKey } from "./wallet.ts";

/**
 * Host functions that are not about storage, addresses or cryptography: `query_chain debug abort`.
 * @module
 */
import { ContractFault } from "./_faults.ts";
import { HOST_COSTS, linearCost } from "./gas.ts";
import type { ContractInstance } from "./instance.ts";

/** Longest query of a contract (`MAX_LENGTH_QUERY_CHAIN_REQUEST`). */
export const QUERY_BYTES_MAX = 64 * 1024;
/** Longest line for the developer (`MAX_LENGTH_DEBUG`). */
export const DEBUG_BYTES_MAX = 2 * 1024 * 1024;
/** Longest last words (`MAX_LENGTH_ABORT`). */
export const ABORT_BYTES_MAX = 2 * 1024 * 1024;

/**
 * Taken off the stack that a contract may use when another one asks it: for the frames of the host between the two. V8's
 * stack holds both, so the sum over any chain of queries stays within one budget.
 */
export const QUERY_STACK_BYTES = 16 * 1024;

const lossy = new TextDecoder("utf-8", { ignoreBOM: true });

/** `query_chain(request) -> answer` */
export function queryChain(instance: ContractInstance, requestPointer: number): number {
  instance.charge(HOST_COSTS.call);
  const request = instance.readRegion(requestPointer, QUERY_BYTES_MAX);
  instance.charge(linearCost(HOST_COSTS.query, request.length));
  const { host } = instance.call;
  const stack = Math.max(0, instance.stack.value - QUERY_STACK_BYTES);
  const answer = host.query(request, { fuel: instance.fuel, stack });
  instance.settle();
  return instance.give(answer);
}

/** `debug(text)`: a line for the developer when anybody listens; charged in any case. */
export function debug(instance: ContractInstance, textPointer: number, listening: boolean): void {
  instance.charge(HOST_COSTS.call);
  const text = instance.readRegion(textPointer, DEBUG_BYTES_MAX);
  if (listening) instance.call.host.debug(lossy.decode(text));
}

/** `abort(text)`: ends the call. */
export function abort(instance: ContractInstance, textPointer: number): never {
  instance.charge(HOST_COSTS.call);
  const text = instance.readRegion(textPointer, ABORT_BYTES_MAX);
  instance.charge(linearCost(HOST_COSTS.text, text.length));
  throw new ContractFault("aborted", `Aborted: ${lossy.decode(text)}`);
}

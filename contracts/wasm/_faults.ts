/**
 * How a call of a contract fails, in the words of cosmwasm-vm and libwasmvm (v3.0): clients search for them. Nothing of
 * what V8 says gets into a text as it is, its wording changes.
 * @module
 */
import type { CodedError } from "../../node/core/errors.ts";

/** Codes of the codespace `wasmvm`. Append-only. */
export const WASMVM_CODE = {
  /** The fuel of the call is used up. */
  outOfGas: 2,
  /** The contract and the host do not understand each other: regions, limits, a write in a query. */
  host: 3,
  /** The contract's code ended in a trap. */
  trap: 4,
  /** The contract's stack is used up. */
  stack: 5,
  /** The contract called `abort`. */
  aborted: 6,
  /** The code has no such entry point, or it is not a function as it should be. */
  resolve: 7,
  /** The code is refused at an upload. */
  refused: 8,
} as const;

/** The codespace of {@linkcode WASMVM_CODE}. */
export const WASMVM_CODESPACE = "wasmvm";

export type FaultKind = keyof typeof WASMVM_CODE;

/** Longer texts are cut: a contract may abort with two megabytes, and logs keep what we say. */
export const ERROR_TEXT_MAX = 8_192;

/**
 * Thrown by host functions through the contract's frames, and caught where the call began. `text`: what a `VmError` of
 * cosmwasm-vm would print.
 */
export class ContractFault extends Error {
  override readonly name = "ContractFault";
  readonly kind: FaultKind;
  readonly text: string;

  constructor(kind: FaultKind, text: string) {
    super(text);
    this.kind = kind;
    this.text = text;
  }
}

export const hostFault = (text: string): ContractFault => new ContractFault("host", text);

/** `CommunicationError`. */
export const communicationFault = (text: string): ContractFault =>
  hostFault(`Error in guest/host communication: ${text}`);

/** `BackendError`. */
export const backendFault = (text: string): ContractFault => hostFault(`Error calling into the VM's backend: ${text}`);

export const outOfGas = (): ContractFault => new ContractFault("outOfGas", "Ran out of gas during contract execution");

/** What came through frames of the contract, as cosmwasm-vm wraps it each time that it does. */
export function throughContract(fault: ContractFault): ContractFault {
  return fault.kind === "outOfGas" ? fault : new ContractFault(fault.kind, executing(fault.text));
}

const executing = (text: string) => `Error executing Wasm: Wasmer runtime error: RuntimeError: ${text}`;

/** A trap of the contract's code. */
export function trapFault(v8Message: string): ContractFault {
  return new ContractFault("trap", executing(trapText(v8Message)));
}

/** Our own counter of the stack ended it. */
export const stackFault = (): ContractFault => new ContractFault("stack", executing("call stack exhausted"));

/** Of V8's messages (of WebAssembly.RuntimeError), the ones that stand for a kind of trap; in Wasmer's words. */
const TRAPS: readonly (readonly [RegExp, string])[] = [
  [/^unreachable/, "unreachable"],
  [/memory access out of bounds/, "out of bounds memory access"],
  [/divide by zero|remainder by zero/, "integer divide by zero"],
  [/divide result unrepresentable/, "integer overflow"],
  [/float unrepresentable/, "invalid conversion to integer"],
  [
    /table index is out of bounds|table access out of bounds|element segment out of bounds/,
    "out of bounds table access",
  ],
  [/signature mismatch/, "indirect call type mismatch"],
  [/null function/, "uninitialized element"],
];

function trapText(v8Message: string): string {
  for (const [pattern, text] of TRAPS) if (pattern.test(v8Message)) return text;
  return "trap";
}

/** What the caller of the engine gets. */
export function faultError(fault: ContractFault): CodedError {
  const text = fault.kind === "outOfGas" ? "Ran out of gas" : `Error calling the VM: ${fault.text}`;
  const message = text.length <= ERROR_TEXT_MAX ? text : `${text.slice(0, ERROR_TEXT_MAX)}…`;
  return { codespace: WASMVM_CODESPACE, code: WASMVM_CODE[fault.kind], message };
}

/** Refusals. @module */

/** A call that was refused. */
export class ContractError extends Error {
  override readonly name = "ContractError";
}

/** The engine stopped it: it panicked, or its fuel is used up. */
export class ContractStopped extends ContractError {}

/** The bank refused it, for want of coins. */
export class BankRefused extends ContractError {}

/** What a chain says of a refusal where texts do not count: codespace and code. */
export const codeOf = (error: ContractError): readonly [codespace: string, code: number] =>
  error instanceof BankRefused ? ["sdk", 5] : ["wasm", 5];

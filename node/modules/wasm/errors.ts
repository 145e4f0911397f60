/** Refusals of the codespace `wasm`, with the numbers and texts of wasmd v0.61 `x/wasm/types/errors.go`. Append-only. @module */
import type { CodedError } from "../../core/errors.ts";

const refusal = (code: number, text: string) => (detail: string): CodedError => ({
  codespace: "wasm",
  code,
  message: `${detail}: ${text}`,
});

export const createFailed = refusal(2, "create wasm contract failed");
export const accountExists = refusal(3, "contract account already exists");
export const instantiateFailed = refusal(4, "instantiate wasm contract failed");
export const executeFailed = refusal(5, "execute wasm contract failed");
export const invalidGenesis = refusal(7, "invalid genesis");
export const notFound = refusal(8, "not found");
export const queryFailed = refusal(9, "query wasm contract failed");
export const invalidMessage = refusal(10, "invalid CosmosMsg from the contract");
export const migrationFailed = refusal(11, "migrate wasm contract failed");
export const empty = refusal(12, "empty");
export const exceedsLimit = refusal(13, "exceeds limit");
export const invalid = refusal(14, "invalid");
export const duplicate = refusal(15, "duplicate");
export const tooManyChannels = refusal(16, "max transfer channels");
export const unsupported = refusal(17, "unsupported for this contract");
export const unknownMessage = refusal(20, "unknown message from the contract");
/** Whether nobody handles the message, or one inside of it. */
export const isUnknownMessage = ({ codespace, code }: CodedError): boolean => codespace === "wasm" && code === 20;
export const invalidEvent = refusal(21, "invalid event");
export const noSuchContract = (address: string): CodedError => refusal(22, "no such contract")(`address ${address}`);
export const queryTooDeep = (): CodedError => ({
  codespace: "wasm",
  code: 27,
  message: "max query stack size exceeded",
});
export const noSuchCode = (id: bigint): CodedError => refusal(28, "no such code")(`code id ${id}`);
/** Something went wrong in the engine, and not in what the contract said. */
export const vmError = refusal(29, "wasmvm error");
export const callTooDeep = (): CodedError => ({ codespace: "wasm", code: 30, message: "max call depth exceeded" });

/** Where wasmd panics, so that nothing of the whole transaction stays. */
export const panicked = (message: string): CodedError => ({
  codespace: "undefined",
  code: 111222,
  message: `recovered: ${message}: panic`,
});

/** As x/staking says it, which this chain has not. */
export const noSuchValidator = (): CodedError => ({
  codespace: "staking",
  code: 3,
  message: "validator does not exist",
});

/** A refusal that has no code of its own in the ecosystem. */
export const uncoded = (message: string): CodedError => ({ codespace: "undefined", code: 1, message });

/** A refusal with more said in front of it. What a contract said is then no longer told to other contracts. */
export const wrap = ({ codespace, code, message }: CodedError, detail: string): CodedError => ({
  codespace,
  code,
  message: `${detail}: ${message}`,
});

/** A refusal whose text is the same on all machines, so that contracts may see it (`DeterministicError`). */
interface PlainError extends CodedError {
  /** The text that may be seen: whoever says more in front of it, in any module, hides it. */
  readonly plain: string;
}

/** What a contract itself said when it refused. */
export const plainly = (error: CodedError): CodedError => ({ ...error, plain: error.message }) as PlainError;

/** What the contract that waits for a reply gets to see of a refusal (`redactError`). */
export const redacted = (error: CodedError): string =>
  "plain" in error && error.plain === error.message
    ? error.message
    : `codespace: ${error.codespace}, code: ${error.code}`;

/** What goes wrong with a chain's RPC, as the codes of `Endpoint`. @module */
import { IoError } from "../../node/core/errors.ts";

/** Codes of the {@linkcode IoError}s of an endpoint. Append-only. */
export type ChainFaultCode = "chain_unreachable" | "chain_refused" | "chain_bad_answer" | "chain_pruned";

/** Longest piece of a chain's own words in a message, in characters. */
const WORDS_CHARACTERS_MAX = 1_000;

/** `state` may hold the chain's words: it is cut. */
export const chainFault = (code: ChainFaultCode, action: string, state: string, cause?: unknown): IoError =>
  new IoError(code, `${action}: ${state.slice(0, WORDS_CHARACTERS_MAX)}`, cause === undefined ? undefined : { cause });

/** The code of a failure of an endpoint; undefined when `error` is something else. */
export function chainFaultCode(error: unknown): ChainFaultCode | undefined {
  return error instanceof IoError && error.code.startsWith("chain_") ? error.code as ChainFaultCode : undefined;
}

/** Words of CometBFT and of the cosmos-sdk for a height that is not there any more. */
const PRUNED = [
  /lowest height is/,
  /version does not exist/,
  /no such version/,
  /version mismatch on immutable/,
  /failed to load state at height/,
  /not persisting abci responses/i,
  /pruned/i,
  /could not find validator set for height/,
];
/** Words for one that is not there yet. */
const NOT_YET = [
  /must be less than or equal to the current blockchain height/,
  /cannot query with height in the future/,
  /not ready; please wait for first block/,
  /could not find results for height/,
  /timed out/,
  /catching up/,
];

/** Which failure the chain's own words are. They are not part of any protocol, so what is not known is a refusal. */
export function codeOfWords(words: string): ChainFaultCode {
  if (PRUNED.some((pattern) => pattern.test(words))) return "chain_pruned";
  return NOT_YET.some((pattern) => pattern.test(words)) ? "chain_unreachable" : "chain_refused";
}

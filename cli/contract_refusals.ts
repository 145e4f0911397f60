/** Why a chain did not do what somebody wanted of a contract, for people: its own words, and what helps. @module */

/** What cosmos-sdk and CosmJS put around the words that matter. */
const AROUND = /^(?:simulate: )?(?:Query failed with \(\d+\): )?(?:failed to execute message; message index: \d+: )?/;
const BEHIND = / with gas used: '\d+'$/;
/** How wasmd ends what a contract itself said. */
const CONTRACT_SAID = /^(.*): (?:instantiate|execute|migrate|query) wasm contract failed$/s;

/** What helps against refusals that every newcomer meets; the first that fits. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/no such code|unknown code/, "codes are numbered from 1; upload one with: catenary contract upload FILE.wasm"],
  [/no such contract/, "the address of a contract is what instantiate printed"],
  [/decoding bech32 failed|empty address/, "an address is wanted: that of a contract is what instantiate printed"],
  [/out of gas/, "give more with --gas, or leave it away to have it simulated"],
  [/invalid gas limit/, "give less with --gas, or leave it away to have it simulated"],
  [/can not (migrate|modify)|unauthorized/, "see who may with: catenary contract info ADDRESS"],
  [/Missing export/, "the code has no such entry point; see which it has with: catenary contract check FILE.wasm"],
  [/does not exist on chain/, "catenary tx send --from dev0 … on a development chain; see catenary tx send --help"],
  [/insufficient fund/, "see what is there with: catenary query balance ADDRESS"],
  [/Error parsing|unknown variant/, "the message is not one that this contract knows"],
];

/** One sentence from what the chain or the client wrote. */
export function explainRefusal(log: string): string {
  const words = log.replace(AROUND, "").replace(BEHIND, "");
  const said = CONTRACT_SAID.exec(words)?.[1];
  const text = said === undefined ? words : `the contract refused: ${said}`;
  const advice = ADVICE.find(([pattern]) => pattern.test(text))?.[1];
  return advice === undefined ? text : `${text} (${advice})`;
}

/** Where our chain's answer is not wasmd's. @module */
import { comparable } from "./our_chain.ts";
import type { QueryOutcome, Step, TxOutcome } from "./transcript.ts";

/** One difference. `what` names the part of the outcome. */
export interface Difference {
  readonly step: number;
  readonly say: string;
  readonly what: string;
  readonly theirs: string;
  readonly ours: string;
}

type Found = Omit<Difference, "step" | "say">;

/**
 * Everything that is different in the outcome of a step; `ours` has the form of the step's own outcome. `refusalsOnly`: where one
 * has taken a code that the other has not, later numbers of codes are not the same.
 */
export function differences(
  index: number,
  step: Step,
  ours: Step["outcome"],
  refusalsOnly: boolean,
): Difference[] {
  const found = "txs" in step
    ? ofBlock(step.outcome, ours as typeof step.outcome)
    : ofQuery(step.outcome, ours as QueryOutcome);
  return found.filter(({ what }) => !refusalsOnly || what === "code" || what === "log")
    .map((each) => ({ step: index, say: step.say, ...each }));
}

type BlockStep = Extract<Step, { txs: unknown }>;

function ofBlock(theirs: BlockStep["outcome"], ours: BlockStep["outcome"]): Found[] {
  const found = theirs.txs.flatMap((tx, i) => ofTx(tx, ours.txs[i]!));
  const state = (entries: typeof theirs.state) => entries.filter(comparable).map(([key, value]) => `${key}=${value}`);
  found.push(...lists("state", state(theirs.state), state(ours.state)));
  const balances = (entries: typeof theirs.balances) => entries.map((entry) => entry.join(" "));
  found.push(...lists("balance", balances(theirs.balances), balances(ours.balances)));
  return found;
}

function ofTx(theirs: TxOutcome, ours: TxOutcome): Found[] {
  const found = [
    ...one("code", `${theirs.codespace}/${theirs.code}`, `${ours.codespace}/${ours.code}`),
    ...one("log", gasless(theirs.log), gasless(ours.log)),
    ...one("data", theirs.data, ours.data),
  ];
  const events = (list: TxOutcome["events"]) => list.map((event) => event.join(" | "));
  found.push(...lists("event", events(theirs.events), events(ours.events)));
  return found;
}

function ofQuery(theirs: QueryOutcome, ours: QueryOutcome): Found[] {
  // `abci_query` of the cosmos-sdk hides the code of most refusals; ours says it.
  const hidden = `${theirs.codespace}/${theirs.code}` === "sdk/6" && theirs.log.endsWith(HIDDEN) && ours.code !== 0;
  const log = hidden ? theirs.log.slice(0, -HIDDEN.length) : theirs.log;
  return [
    ...(hidden ? [] : one("code", `${theirs.codespace}/${theirs.code}`, `${ours.codespace}/${ours.code}`)),
    ...one("log", gasless(log), gasless(ours.log)),
    ...one("value", theirs.value, ours.value),
  ];
}

/** What `abci_query` of the cosmos-sdk puts behind a refusal whose code it hides. */
const HIDDEN = ": unknown request";

const one = (what: string, theirs: string, ours: string): Found[] => theirs === ours ? [] : [{ what, theirs, ours }];

/** The first place at which two lists part. */
function lists(what: string, theirs: readonly string[], ours: readonly string[]): Found[] {
  const at = Array.from({ length: Math.max(theirs.length, ours.length) }, (_, i) => i)
    .find((i) => theirs[i] !== ours[i]);
  if (at === undefined) return [];
  return [{ what: `${what} ${at}`, theirs: theirs[at] ?? "none", ours: ours[at] ?? "none" }];
}

/** How much gas was used is not compared, nor where it ran out. */
const gasless = (log: string): string =>
  log.replaceAll(/out of gas in location: [A-Za-z: ]+; gasWanted: \d+, gasUsed: \d+/g, "out of gas");

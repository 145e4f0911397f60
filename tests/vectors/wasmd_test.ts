/**
 * What wasmd and libwasmvm made of every script in `wasmd/`, and what our module makes of it: the same addresses, results,
 * texts, events, state and balances, apart from what `tests/helpers/wasmd/known.ts` lists. Gas is shown, not compared.
 * `SHOW_WASMD=400` prints each difference, as many characters of it.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { type Difference, differences } from "../helpers/wasmd/compare.ts";
import { unknownOf } from "../helpers/wasmd/known.ts";
import { OurChain } from "../helpers/wasmd/our_chain.ts";
import { loadTranscript, type QueryOutcome, type Step, transcriptNames } from "../helpers/wasmd/transcript.ts";

const SHOWN = Number(Deno.env.get("SHOW_WASMD") ?? 0);

const NOTHING = { codespace: "", code: 0 };

async function replay(chain: OurChain, step: Step): Promise<Step["outcome"]> {
  return "txs" in step ? await chain.block(step.txs) : await chain.query(step.path, step.data);
}

/** Codespace and code of the only transaction, if there is one, or of the query. */
function endOf(outcome: Step["outcome"]): string {
  const { codespace, code } = "txs" in outcome ? outcome.txs[0] ?? NOTHING : outcome as QueryOutcome;
  return `${codespace}/${code}`;
}

function gasLine(ratios: readonly number[]): string {
  const sorted = ratios.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.floor((sorted.length - 1) * part)]!.toFixed(2);
  return `gas, ours ÷ wasmd's: least ${at(0)}, median ${at(0.5)}, most ${at(1)}`;
}

for (const name of transcriptNames()) {
  Deno.test(`wasmd: ${name} ends as there`, async () => {
    const { world, steps } = loadTranscript(name);
    const chain = new OurChain(world);
    const found: Difference[] = [];
    const ends: string[] = [];
    const ratios: number[] = [];
    for (const [i, step] of steps.entries()) {
      const outcome = await replay(chain, step);
      ends.push(endOf(outcome));
      found.push(...differences(i, step, outcome, name === "static_checks"));
      if (!("txs" in outcome && "txs" in step)) continue;
      for (const [j, { gasUsed }] of outcome.txs.entries()) {
        // What is refused before anything runs uses none here.
        if (gasUsed > 0) ratios.push(gasUsed / step.outcome.txs[j]!.gasUsed);
      }
    }
    console.log(gasLine(ratios));
    const left = unknownOf(name, found, (step) => ends[step]!);
    if (SHOWN > 0) for (const each of left) console.log(JSON.stringify(each).slice(0, SHOWN));
    assertEquals(left, []);
  });
}

Deno.test("wasmd: whatever is changed in an outcome is found", () => {
  const { steps } = loadTranscript("reflect");
  const step = steps.findLast((each) => "txs" in each && each.outcome.balances.length > 0)!;
  assert("txs" in step);
  const { outcome } = step;
  const [tx] = outcome.txs;
  const [event, ...events] = tx!.events;
  const [first, ...state] = outcome.state.filter(([key]) => !key.startsWith("08"));
  const changed: (typeof outcome)[] = [
    { ...outcome, txs: [{ ...tx!, code: 1 }] },
    { ...outcome, txs: [{ ...tx!, log: "x" }] },
    { ...outcome, txs: [{ ...tx!, data: "" }] },
    { ...outcome, txs: [{ ...tx!, events }] },
    { ...outcome, txs: [{ ...tx!, events: [...events, event!] }] },
    { ...outcome, txs: [{ ...tx!, events: [[...event!, "x", "y"], ...events] }] },
    { ...outcome, state },
    { ...outcome, state: [[first![0], "00"], ...state] },
    { ...outcome, balances: [] },
  ];
  assertEquals(differences(0, step, outcome, false), []);
  for (const each of changed) assertEquals(differences(0, step, each, false).length, 1, JSON.stringify(each));
  const query = steps.find((each) => "path" in each)!;
  assert("path" in query);
  for (const more of [{ code: 5 }, { value: "AA==" }, { log: "x" }]) {
    assertEquals(differences(0, query, { ...query.outcome, ...more }, false).length, 1);
  }
});

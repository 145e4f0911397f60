/**
 * wasmd with libwasmvm runs the scripts of `wasmd/scripts` again: what it says is what is kept in `tests/vectors/wasmd`, which
 * our own module repeats in the fast suite without Go. Needs Go, a C compiler and the published modules; where they cannot be
 * had the test says so and ends. `RECORD_WASMD=1` writes the transcripts anew.
 * @module
 */
import { assertEquals } from "@std/assert";
import { differences } from "../helpers/wasmd/compare.ts";
import { isOfWords } from "../helpers/wasmd/known.ts";
import { OurChain } from "../helpers/wasmd/our_chain.ts";
import { loadTranscript, saveTranscript, transcriptNames } from "../helpers/wasmd/transcript.ts";
import { buildJudge, Judge } from "./wasmd/judge.ts";
import { record, WORLD } from "./wasmd/record.ts";
import { Script } from "./wasmd/script.ts";
import { SCRIPTS } from "./wasmd/scripts/mod.ts";
import { randomPackets } from "./wasmd/scripts/packets.ts";
import { randomTrees } from "./wasmd/scripts/trees.ts";

const SEEDS = 8;
const TREES = 150;
const PACKETS = 60;

Deno.test("wasmd: its own answers are the kept ones", async (t) => {
  const missing = await buildJudge();
  if (missing !== undefined) return console.log(`skipped: ${missing}`);
  const again = Deno.env.get("RECORD_WASMD") === "1";
  for (const name of Object.keys(SCRIPTS)) {
    await t.step(name, async () => {
      const transcript = await record(name);
      if (again) saveTranscript(name, transcript);
      const { steps, ...head } = transcript;
      const { steps: kept, ...keptHead } = loadTranscript(name);
      assertEquals(head, keptHead);
      assertEquals(steps.length, kept.length);
      for (const [i, step] of steps.entries()) assertEquals(step, kept[i], `step ${i}: ${step.say}`);
    });
  }
  assertEquals(transcriptNames(), Object.keys(SCRIPTS));
});

/** What both chains are given; seed by seed, each for a new pair of chains. */
const RANDOM: Readonly<Record<string, (script: Script, seed: number) => Promise<void>>> = {
  "random trees of messages": (script, seed) => randomTrees(script, seed, TREES),
  "packets, and random things that contracts say to them,": (script, seed) => randomPackets(script, seed, PACKETS),
};

for (const [what, run] of Object.entries(RANDOM)) {
  Deno.test(`wasmd: ${what} end there as here`, async (t) => {
    const missing = await buildJudge();
    if (missing !== undefined) return console.log(`skipped: ${missing}`);
    const first = Number(Deno.env.get("WASMD_SEED") ?? Math.floor(Math.random() * 1e9));
    for (let seed = first; seed < first + SEEDS; seed++) {
      await t.step(`WASMD_SEED=${seed}`, async () => {
        await using judge = await Judge.start(WORLD);
        const script = new Script(judge);
        await run(script, seed);
        const ours = new OurChain(WORLD);
        const counts = { fine: 0, refused: 0 };
        for (const [i, step] of script.steps.entries()) {
          if (!("txs" in step)) continue;
          const found = differences(i, step, await ours.block(step.txs), false).filter((each) => !isOfWords(each));
          assertEquals(found, [], JSON.stringify(step.txs));
          for (const { code } of step.outcome.txs) counts[code === 0 ? "fine" : "refused"]++;
        }
        console.log(JSON.stringify(counts));
      });
    }
  });
}

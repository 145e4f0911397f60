/**
 * wasmd with libwasmvm runs the scripts of `wasmd/scripts` again: what it says is what is kept in `tests/vectors/wasmd`, which
 * our own module repeats in the fast suite without Go. Needs Go, a C compiler and the published modules; where they cannot be
 * had the test says so and ends. `RECORD_WASMD=1` writes the transcripts anew.
 * @module
 */
import { assertEquals } from "@std/assert";
import { loadTranscript, saveTranscript, transcriptNames } from "../helpers/wasmd/transcript.ts";
import { buildJudge } from "./wasmd/judge.ts";
import { record } from "./wasmd/record.ts";
import { SCRIPTS } from "./wasmd/scripts/mod.ts";

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

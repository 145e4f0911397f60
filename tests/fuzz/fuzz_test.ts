/**
 * Every decoder of what others send, against arbitrary bytes, inputs that are nearly valid, inputs cut short, and inputs that
 * are meant to be dear. Always the same ones; `main.ts` goes on with others for as long as one likes.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { bombsOf } from "./bombs.ts";
import { corpusOf, readMade, textOfSeeds } from "./corpus.ts";
import { judge } from "./judge.ts";
import { inputs } from "./mutations.ts";
import { readsDuring } from "./reads.ts";
import type { Target } from "./target.ts";
import { TARGETS } from "./targets.ts";

const SEED = 20_260_114;
const RUNS = 200;
/** Cuts of one input; of longer ones some are left out. */
const CUTS_MAX = 700;
/** Shorter than what `main.ts` makes: the suite is to be quick. */
const BOMB_BYTES_MAX = 128 * 1024;
/** What a decoder may read of an input of any length. A thousand validators take 10 000. */
const READS_MAX = 100_000;

async function survives(target: Target, bytes: Uint8Array, what: string): Promise<void> {
  try {
    await judge(target, bytes);
  } catch (error) {
    throw new Error(`${target.name}, ${what}: ${bytes.toHex().slice(0, 4000)}`, { cause: error });
  }
}

for (const target of TARGETS) {
  Deno.test(`fuzz ${target.name}: inputs of the corpus, cut short and changed, get an answer (seed ${SEED})`, async () => {
    const corpus = corpusOf(target);
    for (const { name, bytes } of corpus) {
      await survives(target, bytes, name);
      const step = Math.ceil(bytes.length / CUTS_MAX);
      for (let end = 0; end < bytes.length; end += step) {
        await survives(target, bytes.subarray(0, end), `${name} cut to ${end} bytes`);
      }
    }
    const property = fc.asyncProperty(inputs(corpus.map(({ bytes }) => bytes)), async (bytes) => {
      await judge(target, bytes);
    });
    await fc.assert(property, { seed: SEED, numRuns: RUNS });
  });
}

Deno.test("the corpus is what the seeds make, and every target accepts some of it", async () => {
  for (const target of TARGETS) {
    const seeds = await target.seeds();
    assertEquals(readMade(target), textOfSeeds(seeds), `${target.name}: run tests/fuzz/make_corpus.ts`);
    const accepted = await Promise.all(seeds.map(async (bytes) => (await judge(target, bytes)).accepted));
    assert(accepted.includes(true), target.name);
  }
});

Deno.test("no input makes a decoder read, and so make, more than a bounded amount", async () => {
  let most = 0;
  for (const target of TARGETS) {
    for (const { bytes } of corpusOf(target)) {
      for (const bomb of bombsOf(bytes, Math.min(target.bytesMax, BOMB_BYTES_MAX))) {
        const reads = await readsDuring(() => judge(target, bomb));
        assert(reads <= READS_MAX, `${target.name}: ${reads} reads of ${bomb.subarray(0, 40).toHex()}…`);
        most = Math.max(most, reads);
      }
    }
  }
  assert(most > 1000, "the bombs are duds");
});

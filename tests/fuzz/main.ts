/**
 * `deno run -A tests/fuzz/main.ts --seconds 60 --target block --seed 5`: fuzzes one target, or each in turn, for so long. Prints
 * the seed first; an input that breaks something is shrunk, printed, kept in `corpus/found/` with `--keep`, and ends the run
 * with exit code 1. The last line is JSON.
 * @module
 */
import { Command, InvalidArgumentError } from "commander";
import * as fc from "fast-check";
import { bombsOf } from "./bombs.ts";
import { corpusOf, keepFound } from "./corpus.ts";
import { judge } from "./judge.ts";
import { inputs } from "./mutations.ts";
import type { Target } from "./target.ts";
import { TARGETS } from "./targets.ts";

/** Inputs between two looks at the clock. */
const BATCH = 500;
/** Accepted inputs that are changed further, beside the corpus. */
const POOL_MAX = 200;
/** What takes longer is as bad as a throw: nothing else happens in a node meanwhile. */
const SLOW_MS = 2_000;

interface Flags {
  readonly seconds: number;
  readonly target: string | undefined;
  readonly seed: number;
  readonly keep: boolean;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError("not a whole number");
  return value;
}

const program = new Command("fuzz")
  .description("Feeds decoders with what hostile peers could send")
  .option("--seconds <count>", "for each target", wholeNumber, 10)
  .option("--target <name>", `one of ${TARGETS.map(({ name }) => name).join(", ")}; all when not given`)
  .option("--seed <number>", "draws the same inputs again", wholeNumber, Math.floor(Math.random() * 2 ** 31))
  .option("--keep", "writes what is found to the corpus", false);
program.parse(Deno.args, { from: "user" });
const flags = program.opts<Flags>();
const chosen = TARGETS.filter(({ name }) => flags.target === undefined || name === flags.target);
if (chosen.length === 0) program.error(`error: there is no target ${flags.target}`);

interface Tally {
  runs: number;
  accepted: number;
  slowestMs: number;
}

class Slow extends Error {}

/** Judges one input, and counts. */
async function timed(target: Target, bytes: Uint8Array, tally: Tally, pool: Uint8Array[]): Promise<void> {
  const begun = performance.now();
  const { accepted } = await judge(target, bytes);
  const ms = performance.now() - begun;
  tally.runs++;
  tally.slowestMs = Math.max(tally.slowestMs, ms);
  if (accepted) {
    tally.accepted++;
    if (bytes.length < 20_000 && pool.length < POOL_MAX) pool.push(bytes.slice());
    else if (bytes.length < 20_000 && tally.accepted % 10 === 0) pool[tally.accepted % POOL_MAX] = bytes.slice();
  }
  if (ms > SLOW_MS) throw new Slow(`it took ${Math.round(ms)} ms`);
}

function report(target: Target, bytes: Uint8Array, error: unknown): void {
  console.log(`${target.name}: ${error instanceof Error ? error.stack ?? error.message : error}`);
  console.log(`input of ${bytes.length} bytes: ${bytes.toHex().slice(0, 20_000)}`);
  if (flags.keep) keepFound(target, `seed-${flags.seed}`, bytes);
}

/** False when something was found. */
async function fuzz(target: Target): Promise<boolean> {
  const tally: Tally = { runs: 0, accepted: 0, slowestMs: 0 };
  const corpus = corpusOf(target).map(({ bytes }) => bytes);
  const pool: Uint8Array[] = [];
  const until = performance.now() + flags.seconds * 1000;
  for (const bytes of corpus) {
    for (const bomb of bombsOf(bytes, target.bytesMax)) {
      try {
        await timed(target, bomb, tally, []);
      } catch (error) {
        report(target, bomb.subarray(0, 5_000), error);
        return false;
      }
    }
  }
  for (let seed = flags.seed; performance.now() < until; seed++) {
    const property = fc.asyncProperty(inputs([...corpus, ...pool]), (bytes) => timed(target, bytes, tally, pool));
    const details = await fc.check(property, { seed, numRuns: BATCH });
    if (!details.failed) continue;
    report(target, details.counterexample![0], details.errorInstance);
    return false;
  }
  const { runs, accepted, slowestMs } = tally;
  console.log(`${target.name}: ${runs} inputs, ${accepted} accepted, the slowest took ${Math.round(slowestMs)} ms`);
  return true;
}

console.log(`seed ${flags.seed}`);
let found = 0;
for (const target of chosen) if (!await fuzz(target)) found++;
console.log(JSON.stringify({ targets: chosen.length, seconds: flags.seconds, seed: flags.seed, found }));
Deno.exit(found > 0 ? 1 : 0);

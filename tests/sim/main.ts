/**
 * `deno task sim --engine tendermint --seeds 2000`: runs seeds until one breaks a rule. Exit code 1 when any did, with or without
 * `--plant`: a planted bug that is found is a violation; exit code 0 with `--plant` means that the checkers missed it. The
 * last line is JSON: `{"engine","seeds","heights","violations","seconds"}`.
 * @module
 */
import { Command, InvalidArgumentError } from "commander";
import { ENGINES } from "./engines.ts";
import { runSeed } from "./world.ts";
import { type SimFlags, simulate } from "./simulate.ts";

function wholeNumber(least: number) {
  return (text: string): number => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`not a whole number from ${least}`);
    }
    return value;
  };
}

const program = new Command("sim")
  .description("Runs a consensus engine over simulated worlds; each is drawn from its seed and replays from it")
  .requiredOption("--engine <name>", `one of ${Object.keys(ENGINES).join(", ")}`)
  .option("--seeds <count>", "how many worlds", wholeNumber(1), 100)
  .option("--from <seed>", "the first seed", wholeNumber(0), 1)
  .option("--validators <count>", "validators in every world; drawn (1 to 7) when not given", wholeNumber(1))
  .option("--byzantine <count>", "Byzantine validators, of less than a third of the power together", wholeNumber(0))
  .option("--heights <count>", "chaos ends early when every honest node has this height", wholeNumber(1), 5)
  .option("--plant <name>", "a deliberate bug in every honest validator; the run ends at the first seed that finds it")
  .option("--keep-going", "go on after a violation", false)
  .option("--real-signatures", "ed25519 instead of a quick keyed hash", false)
  .option("--verbose", "print options and every event", false);

program.parse(Deno.args, { from: "user" });
const flags = program.opts<SimFlags>();
const fail = (message: string): never => program.error(`error: ${message}`);
const kit = ENGINES[flags.engine] ??
  fail(`unknown engine ${flags.engine}: there are ${Object.keys(ENGINES).join(", ")}`);
if (flags.plant !== undefined && kit.plants[flags.plant] === undefined) {
  fail(`unknown plant ${flags.plant}: there are ${Object.keys(kit.plants).join(", ")}`);
}
const summary = await simulate(flags, kit, runSeed, (line) => console.log(line));
console.log(JSON.stringify(summary));
Deno.exit(summary.violations > 0 ? 1 : 0);

/** Runs many seeds and tells about them. @module */
import type { EngineKit } from "./engines.ts";
import type { SwarmOptions } from "./swarm.ts";
import type { RunReport, RunRequest } from "./world.ts";

/** The command line, parsed. */
export interface SimFlags {
  readonly engine: string;
  readonly seeds: number;
  readonly from: number;
  readonly heights: number;
  readonly validators?: number;
  readonly byzantine?: number;
  readonly plant?: string;
  readonly keepGoing?: boolean;
  readonly realSignatures?: boolean;
  readonly verbose?: boolean;
}

/** The last line of output. `seeds` and all after it count what was run; see {@linkcode RunReport}. */
export interface SimSummary {
  readonly engine: string;
  readonly seeds: number;
  readonly heights: number;
  readonly synced: number;
  readonly takeovers: number;
  readonly violations: number;
  /** Of virtual time, from healing until all correct nodes were in step: half of the worlds took no longer, and one of a hundred longer. */
  readonly recoveryMs: { readonly p50: number; readonly p99: number };
  readonly seconds: number;
}

const PROGRESS_EVERY = 100;

export async function simulate(
  flags: SimFlags,
  kit: EngineKit,
  run: (request: RunRequest) => Promise<RunReport>,
  print: (line: string) => void,
): Promise<SimSummary> {
  const start = performance.now();
  const seconds = () => Math.round((performance.now() - start) / 10) / 100;
  const recoveries: number[] = [];
  const counts = { seeds: 0, heights: 0, synced: 0, takeovers: 0, violations: 0 };
  for (let seed = flags.from; seed < flags.from + flags.seeds; seed++) {
    const report = await run({
      seed,
      kit,
      plant: flags.plant === undefined ? undefined : kit.plants[flags.plant],
      validators: flags.validators,
      byzantine: flags.byzantine,
      heights: flags.heights,
      realSignatures: flags.realSignatures,
      print: flags.verbose ? print : undefined,
    });
    counts.seeds++;
    counts.heights += report.heights;
    counts.synced += report.synced;
    counts.takeovers += report.takeovers;
    if (report.recoveryMs !== undefined) recoveries.push(report.recoveryMs);
    if (flags.verbose) print(`options of seed ${seed}: ${optionsText(report.options)}`);
    if (flags.verbose) print(`trace ${report.trace}, ${report.events} events, ${report.virtualMs} ms of virtual time`);
    if (report.violation !== undefined) {
      counts.violations++;
      for (const line of violationText(report, flags)) print(line);
      if (!flags.keepGoing) break;
    }
    if (counts.seeds % PROGRESS_EVERY === 0) {
      print(`${counts.seeds} seeds, ${counts.heights} heights, ${counts.violations} violations, ${seconds()} s`);
    }
  }
  const recoveryMs = { p50: quantile(recoveries, 0.5), p99: quantile(recoveries, 0.99) };
  return { engine: flags.engine, ...counts, recoveryMs, seconds: seconds() };
}

const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? 0;

/** Everything needed to see it again. */
export function violationText(report: RunReport, flags: SimFlags): string[] {
  const { violation, seed, options } = report;
  return [
    `seed ${seed} violates ${violation!.checker}: ${violation!.text}`,
    `options: ${optionsText(options)}`,
    `trace: ${report.trace}, at ${report.virtualMs} ms of virtual time`,
    `replay: ${replayCommand(seed, flags)}`,
  ];
}

function replayCommand(seed: number, flags: SimFlags): string {
  const words = ["deno task sim", `--engine ${flags.engine}`, "--seeds 1", `--from ${seed}`];
  if (flags.validators !== undefined) words.push(`--validators ${flags.validators}`);
  if (flags.byzantine !== undefined) words.push(`--byzantine ${flags.byzantine}`);
  if (flags.plant !== undefined) words.push(`--plant ${flags.plant}`);
  if (flags.realSignatures) words.push("--real-signatures");
  return [...words, `--heights ${flags.heights}`, "--verbose"].join(" ");
}

const optionsText = (options: SwarmOptions) =>
  JSON.stringify(options, (_key, value) => typeof value === "bigint" ? Number(value) : value);

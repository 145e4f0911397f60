/** What it costs to run contracts under fuel. @module */
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { instrument, instrumentModule, loadModule } from "../../contracts/wasm/mod.ts";
import { benchTokensInBlocks } from "./contracts_blocks.ts";
import { benchTokensInEngine } from "./contracts_engine.ts";
import { benchTokensInThreads } from "./contracts_threads.ts";
import { geometricMean, type KernelFigures, KERNELS } from "./contracts_kernels.ts";

interface Options {
  readonly rounds: number;
  readonly seconds: number;
}

/** The parts, in the order in which they run; their figures stand in the result under their names. */
const PARTS: Readonly<Record<string, (options: Options) => unknown>> = {
  kernels: (options) => benchKernels(options),
  baseline: benchBaseline,
  instrumentation: benchInstrumentation,
  engine: benchTokensInEngine,
  blocks: benchTokensInBlocks,
  parallel: benchTokensInThreads,
};

const log = (text: string) => console.error(text);

interface Kernels {
  readonly each: Readonly<Record<string, KernelFigures>>;
  readonly time: number;
  readonly size: number;
}

/** One kernel in a process of its own: what ran before it in a process changes what V8 makes of it. */
async function inProcess(name: string, rounds: number, flags: readonly string[]): Promise<KernelFigures> {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-check", "--allow-all", ...flags],
      ...[fileURLToPath(new URL("./contracts_kernels.ts", import.meta.url)), name, String(rounds)],
    ],
    stderr: "inherit",
  }).output();
  if (code !== 0) throw new Error(`bench in another process: exit code ${code}`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Each kernel under fuel ÷ plain, when V8's optimising compiler has taken over. */
async function benchKernels({ rounds }: Options, flags: readonly string[] = []): Promise<Kernels> {
  const kernels: Record<string, KernelFigures> = {};
  for (const name of Object.keys(KERNELS)) {
    const figures = kernels[name] = await inProcess(name, rounds, flags);
    log(`${name.padEnd(12)} ${figures.plainMs} ms, under fuel × ${figures.time}, bytes × ${figures.size}`);
  }
  const mean = (of: "time" | "size") => geometricMean(Object.values(kernels).map((figures) => figures[of]));
  log(`geometric mean × ${mean("time")}, bytes × ${mean("size")}`);
  return { each: kernels, time: mean("time"), size: mean("size") };
}

/** The same in code that only the baseline compiler has seen: how contracts start. */
async function benchBaseline({ rounds, ...options }: Options): Promise<unknown> {
  const fewer = { ...options, rounds: Math.max(3, rounds >> 1) };
  return { time: (await benchKernels(fewer, ["--v8-flags=--liftoff-only"])).time };
}

const CONTRACT = new URL("../vectors/cosmwasm/cw20_base.wasm", import.meta.url);
const INSTRUMENTATION_RUNS = 60;

/** An unmodified contract: megabytes by the second. */
async function benchInstrumentation(): Promise<unknown> {
  const bytes = await Deno.readFile(CONTRACT);
  const loaded = loadModule(bytes);
  if (!loaded.ok) throw new Error(loaded.error[0]?.message);
  const { module } = loaded.value;
  const speed = (action: () => unknown) => {
    const times = Array.from({ length: INSTRUMENTATION_RUNS }, () => {
      const start = performance.now();
      action();
      return performance.now() - start;
    }).slice(INSTRUMENTATION_RUNS >> 2).sort((a, b) => a - b);
    return Math.round(bytes.length / times[times.length >> 1]! / 100) / 10;
  };
  const { wasm } = instrument(bytes);
  const figures = {
    module: "cw20_base.wasm",
    bytes: bytes.length,
    size: Math.round(wasm.length / bytes.length * 1000) / 1000,
    rewriteMBPerSecond: speed(() => instrumentModule(module)),
    withValidationMBPerSecond: speed(() => instrument(bytes)),
    compileMBPerSecond: speed(() => new WebAssembly.Module(wasm)),
  };
  log(`instrumentation: ${figures.rewriteMBPerSecond} MB/s, with validation ${figures.withValidationMBPerSecond} MB/s`);
  return figures;
}

/** Both tables of {@linkcode measureCosts}, each in a process of its own. */
async function benchCosts(): Promise<unknown> {
  const tables: Record<string, unknown> = {};
  for (const [name, flag] of [["optimised", "--no-liftoff"], ["baseline", "--liftoff-only"]] as const) {
    log(name);
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-check",
        "--allow-all",
        `--v8-flags=${flag}`,
        fileURLToPath(new URL("./contracts_costs.ts", import.meta.url)),
      ],
      stderr: "inherit",
    }).output();
    if (code !== 0) throw new Error(`bench in another process: exit code ${code}`);
    tables[name] = JSON.parse(new TextDecoder().decode(stdout));
  }
  return { bench: "contracts", costs: tables };
}

/** Runs the parts that `--parts` names, all without it; with `--costs` what each class of instructions takes instead. */
export async function benchContracts(args: string[]): Promise<unknown> {
  const { values } = parseArgs({
    args,
    options: {
      parts: { type: "string" },
      rounds: { type: "string", default: "9" },
      seconds: { type: "string", default: "15" },
      costs: { type: "boolean" },
    },
  });
  if (values.costs === true) return await benchCosts();
  const names = values.parts?.split(",") ?? Object.keys(PARTS);
  const figures: Record<string, unknown> = { bench: "contracts" };
  for (const name of names) {
    const part = PARTS[name];
    if (part === undefined) throw new Error(`bench contracts: no part ${name}, only ${Object.keys(PARTS).join(", ")}`);
    figures[name] = await part({ rounds: Number(values.rounds), seconds: Number(values.seconds) });
  }
  return figures;
}

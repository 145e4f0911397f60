/**
 * The kernels: small programs in AssemblyScript, compiled here, run as they are and under fuel, in turns.
 * @module
 */
import asc from "assemblyscript/asc";
import { instrument } from "../../contracts/wasm/mod.ts";

/** What each kernel is asked, so that it runs for some ten milliseconds. */
export const KERNELS: Readonly<Record<string, number>> = {
  fib: 33,
  sieve: 2_000_000,
  hash: 4_000_000,
  matmul: 240,
  sort: 400_000,
  big_integer: 4_000,
  json: 30_000,
};

/** Runs before the clock counts: the optimising compiler has then taken over. */
const WARM_RUNS = 4;

/** A kernel's module. Errors of the compiler are thrown with its words. */
export async function compileKernel(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const file = `${name}.ts`;
  const source = await Deno.readTextFile(new URL(`./kernels/${file}`, import.meta.url));
  let wasm: Uint8Array | undefined;
  const words: string[] = [];
  const { error } = await asc.main([file, "-O3", "--runtime", "stub", "--outFile", "out.wasm"], {
    readFile: (path) => path === file ? source : null,
    writeFile: (path, content) => {
      if (path === "out.wasm") wasm = content as Uint8Array;
    },
    listFiles: () => [],
    stderr: { write: (text) => void words.push(String(text)) },
  });
  if (error !== null || wasm === undefined) throw new Error(`compile ${file}: ${words.join("") || error?.message}`);
  return new Uint8Array(wasm);
}

const imports = {
  env: {
    abort: () => {
      throw new Error("abort");
    },
  },
};

/** Milliseconds of one run in a new instance, and its result. */
function run(module: WebAssembly.Module, size: number): { ms: number; result: unknown; exports: WebAssembly.Exports } {
  const { exports } = new WebAssembly.Instance(module, imports);
  const start = performance.now();
  const result = (exports["run"] as (size: number) => unknown)(size);
  return { ms: performance.now() - start, result, exports };
}

export interface KernelFigures {
  readonly plainMs: number;
  /** Time under fuel ÷ plain: the middle of the ratios of neighbouring runs. */
  readonly time: number;
  /** Bytes under fuel ÷ plain. */
  readonly size: number;
  readonly fuel: number;
  readonly fuelPerNs: number;
}

const middle = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;
const round = (value: number) => Math.round(value * 1000) / 1000;

/** Throws when the kernel says something else under fuel. */
export async function benchKernel(name: string, rounds: number): Promise<KernelFigures> {
  const size = KERNELS[name]!;
  const bytes = await compileKernel(name);
  const { wasm, fuelGlobal } = instrument(bytes);
  const plain = new WebAssembly.Module(bytes), fueled = new WebAssembly.Module(wasm);
  const plainMs: number[] = [], ratios: number[] = [];
  let fuel = 0n;
  for (let i = 0; i < WARM_RUNS + rounds; i++) {
    const a = run(plain, size), b = run(fueled, size);
    if (a.result !== b.result) throw new Error(`kernel ${name}: ${b.result} under fuel, ${a.result} plain`);
    fuel = 2n ** 63n - 1n - (b.exports[fuelGlobal] as { value: bigint }).value;
    if (i < WARM_RUNS) continue;
    plainMs.push(a.ms);
    ratios.push(b.ms / a.ms);
  }
  const ms = middle(plainMs), time = middle(ratios);
  return {
    plainMs: round(ms),
    time: round(time),
    size: round(wasm.length / bytes.length),
    fuel: Number(fuel),
    fuelPerNs: Math.round(Number(fuel) / (ms * time * 1e6)),
  };
}

/** Geometric mean. */
export function geometricMean(values: readonly number[]): number {
  return round(Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length));
}

if (import.meta.main) {
  const [name, rounds] = Deno.args;
  console.log(JSON.stringify(await benchKernel(name!, Number(rounds))));
}

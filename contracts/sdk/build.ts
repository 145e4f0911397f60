/**
 * Compiles a contract written in AssemblyScript to WebAssembly.
 * @module
 */
import { basename, dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { AstParser } from "./ast.ts";
import { readableErrors } from "./build_errors.ts";
import { ContractSourceError, transformSources } from "./transform.ts";

/** 64 KiB each. A usual call touches a few KiB; what is not touched costs nothing, and growing costs fuel. */
const MEMORY_PAGES = 2;

/** Where `import … from "catenary"` leads; a name that stands only between the compiler and {@linkcode reader}. */
const SDK_PATH = "catenary_sdk";
const ENTRY = "catenary_entry.ts";

export interface BuildOptions {
  /** Pages of memory at the start (64 KiB each); 2 unless given. */
  readonly memoryPages?: number;
  /** Keeps the names of functions, for stack traces: larger. */
  readonly names?: boolean;
}

/** The contract does not compile. `message` is the compiler's, with the places in the source. */
export class ContractBuildError extends Error {
  override readonly name = "ContractBuildError";
}

const readable = (error: unknown) =>
  error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory ||
  error instanceof Deno.errors.IsADirectory;

async function readOrNull(path: string | URL): Promise<string | null> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (readable(error)) return null;
    throw error;
  }
}

/** The main file of a contract: the file itself, or `assembly/index.ts` or `index.ts` of a folder. */
export async function contractEntry(path: string): Promise<string> {
  const full = resolve(path);
  if (extname(full) === ".ts") return full;
  for (const file of ["assembly/index.ts", "index.ts"]) {
    const candidate = join(full, file);
    if (await readOrNull(candidate) !== null) return candidate;
  }
  const there = await Deno.stat(full).then(() => true, () => false);
  throw new ContractBuildError(
    `build the contract ${path}: ${there ? "there is no assembly/index.ts in it" : "no such folder"}`,
  );
}

/** What the compiler reads: the SDK from beside this file (in a compiled binary: from inside it), the rest from disk. */
function reader(entry: string): (name: string) => Promise<string | null> {
  const folder = dirname(entry);
  const start = `import "./${basename(entry, ".ts")}";\n`;
  return async (name) => {
    const sdk = name.split(`${SDK_PATH}/catenary/`)[1];
    if (sdk !== undefined) return await readOrNull(new URL(`./assembly/${sdk}`, import.meta.url));
    if (name === ENTRY) return start;
    return await readOrNull(resolve(folder, name));
  };
}

/** What of binaryen's module is used. */
interface BinaryenModule {
  getFunction(name: string): number;
  removeFunction(name: string): void;
  removeExport(name: string): void;
  addFunction(name: string, params: number, results: number, locals: number[], body: number): number;
  call(name: string, operands: number[], type: number): number;
}

const START_CALL = "~lib/catenary/entry/start";
const START = "~start";
const START_EXPORT = "catenary_start";
/** Binaryen's type of nothing. */
const NONE = 0;

/**
 * Top-level code of the contract's files would be the module's start section, which other chains run without gas, and so
 * refuse. The first call of `allocate` runs it instead, by way of a function whose body is put in here.
 */
function moveStart(module: BinaryenModule): void {
  if (module.getFunction(START) === 0) return;
  module.removeExport(START_EXPORT);
  module.removeFunction(START_CALL);
  module.addFunction(START_CALL, NONE, NONE, [], module.call(START, [], NONE));
}

const flags = (options: BuildOptions) => [
  ENTRY,
  ...["--outFile", "contract.wasm", "--runtime", "stub", "--exportStart", START_EXPORT],
  ...["--initialMemory", String(options.memoryPages ?? MEMORY_PAGES)],
  ...["--optimizeLevel", "3", "--shrinkLevel", "1", "--noColors"],
  // What every CosmWasm chain takes, whatever else it allows.
  ...["--disable", "bulk-memory,nontrapping-f2i,sign-extension"],
  ...["--path", SDK_PATH, "--use", "abort=~lib/catenary/failure/onAbort"],
  ...(options.names ? ["--debug"] : []),
];

/**
 * Compiles the contract whose main file (or folder) is `entryFile`. The same sources give the same bytes. Refuses with
 * {@linkcode ContractBuildError}.
 */
export async function buildContract(entryFile: string | URL, options: BuildOptions = {}): Promise<Uint8Array> {
  const entry = await contractEntry(entryFile instanceof URL ? fileURLToPath(entryFile) : entryFile);
  if (await readOrNull(entry) === null) throw new ContractBuildError(`build the contract ${entryFile}: no such file`);
  // Not before it is needed: the compiler is large.
  const asc = await import("assemblyscript/asc");
  let wasm: Uint8Array | undefined;
  const read = reader(entry);
  const { error, stderr } = await asc.main(flags(options), {
    readFile: (name: string) => read(name),
    writeFile: (name: string, contents: string | Uint8Array) => {
      if (name === "contract.wasm" && contents instanceof Uint8Array) wasm = contents;
    },
    listFiles: () => [],
    transforms: [{
      afterParse: (parser: unknown) => transformSources(parser as AstParser),
      afterCompile: (module: unknown) => moveStart(module as BinaryenModule),
    } as never],
  });
  if (error !== null) {
    const text = error instanceof ContractSourceError
      ? error.message
      : readableErrors(stderr.toString()) || error.message;
    throw new ContractBuildError(`build the contract ${entryFile}: ${text}`);
  }
  return wasm!;
}

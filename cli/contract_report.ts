/** What is known of a contract's code without a chain: whether one would take it, what it exports, what its blocks cost. @module */
import {
  type Charge,
  chargesOf,
  checkContract,
  DEFAULT_COSTS,
  instantiationFuel,
  InstructionReader,
  loadContract,
  loadModule,
  Op,
  reportOf,
  type Verdict,
  type WasmModule,
} from "../contracts/wasm/mod.ts";
import { err, ok, type Result } from "../node/core/result.ts";
import { GAS_COMPILE_PER_BYTE } from "../node/modules/wasm/mod.ts";

/** The fuel in the code that an export can come to. Loops and recursion run some of it more than once, branches leave some out. */
export interface ExportFuel {
  readonly name: string;
  /** Its blocks, which are charged for when control comes to them: where they are, and their fuel. */
  readonly blocks: readonly Charge[];
  /** All of its blocks once. */
  readonly own: bigint;
  /** Every block once, of all functions that it may call, itself among them. */
  readonly reachable: bigint;
  /** How many functions that are. */
  readonly functions: number;
  /** Whether one of them calls by table: then all functions of the tables count as called. */
  readonly indirect: boolean;
}

/** One line for each reason to refuse the code, with where it is. */
export const refusalsOf = (code: Uint8Array): string[] => checkContract(code).map(verdictLine);

/** Of verdicts that some chains do not share. */
const HINTS: Readonly<Record<string, string>> = {
  locals: "unless the chain's genesis file allows more, as function_locals_max",
};

/** `limit functions: … (at byte 123)`. */
export function verdictLine({ kind, code, message, offset }: Verdict): string {
  const hint = kind === "limit" ? HINTS[code] : undefined;
  return `${kind} ${code}: ${message}${offset === undefined ? "" : ` (at byte ${offset})`}${hint ? `, ${hint}` : ""}`;
}

/** A file that a chain would take. */
export interface FileReport {
  readonly bytes: number;
  readonly checksum: string;
  readonly entryPoints: readonly string[];
  readonly capabilities: readonly string[];
  readonly migrateVersion: bigint | null;
  /** The chain's gas for compiling it. */
  readonly uploadGas: number;
  /** Fuel of one instance, before anything of it runs. */
  readonly instanceFuel: bigint;
  readonly exports: readonly ExportFuel[];
}

/** What there is to say of a file, or all verdicts against it. */
export function checkFile(code: Uint8Array): Result<FileReport, readonly (Verdict & { readonly line: string })[]> {
  const loaded = loadContract(code);
  if (!loaded.ok) return err(loaded.error.map((verdict) => ({ ...verdict, line: verdictLine(verdict) })));
  const { module } = loaded.value;
  const { checksum, entryPoints, requiredCapabilities, migrateVersion } = reportOf(module);
  return ok({
    bytes: code.length,
    checksum: checksum.toHex(),
    entryPoints: [...entryPoints],
    capabilities: requiredCapabilities,
    migrateVersion: migrateVersion ?? null,
    uploadGas: code.length * GAS_COMPILE_PER_BYTE,
    instanceFuel: instantiationFuel(module, DEFAULT_COSTS),
    exports: exportFuel(module),
  });
}

/** What code of a chain says of itself. Code that this version would refuse says nothing. */
export function describeBytes(
  code: Uint8Array,
): {
  readonly entryPoints: string[];
  readonly capabilities: readonly string[];
  readonly migrateVersion: bigint | undefined;
} {
  const loaded = loadModule(code);
  if (!loaded.ok) return { entryPoints: [], capabilities: [], migrateVersion: undefined };
  const { entryPoints, requiredCapabilities, migrateVersion } = reportOf(loaded.value.module);
  return { entryPoints: [...entryPoints], capabilities: requiredCapabilities, migrateVersion };
}

/** What one function costs and calls. */
interface Costs {
  readonly blocks: readonly Charge[];
  readonly fuel: bigint;
  readonly calls: readonly number[];
  readonly indirect: boolean;
}

/** The fuel of exported functions, in the order of the module. */
export function exportFuel(module: WasmModule): ExportFuel[] {
  const imported = module.imports.filter(({ description }) => description.kind === "function").length;
  const charges = chargesOf(module);
  const costs = module.code.map((body, i) => costsOf(module, body, charges[i]!));
  const inTables = module.elements.flatMap(({ functions }) => functions ?? []);
  return module.exports.filter(({ kind, index }) => kind === "function" && index >= imported).map(({ name, index }) => {
    const seen = new Set<number>();
    const waiting = [index];
    let reachable = 0n;
    let indirect = false;
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const found = costs[next - imported];
      if (found === undefined || seen.has(next)) continue;
      seen.add(next);
      reachable += found.fuel;
      for (const index of found.calls) waiting.push(index);
      if (found.indirect && !indirect) {
        indirect = true;
        for (const index of inTables) waiting.push(index);
      }
    }
    const { blocks, fuel: own } = costs[index - imported]!;
    return { name, blocks, own, reachable, functions: seen.size, indirect };
  });
}

function costsOf(module: WasmModule, body: WasmModule["code"][number], blocks: readonly Charge[]): Costs {
  const reader = new InstructionReader(module.bytes).seek(body.start, body.end);
  const calls = new Set<number>();
  let indirect = false;
  while (reader.next()) {
    if (reader.opcode === Op.call) calls.add(reader.a);
    else if (reader.opcode === Op.callIndirect) indirect = true;
  }
  const fuel = blocks.reduce((sum, charge) => sum + BigInt(charge.fuel), 0n);
  return { blocks, fuel, calls: [...calls], indirect };
}

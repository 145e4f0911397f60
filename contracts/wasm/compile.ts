/**
 * Compiling by V8, and what it must not be made to do: V8 keeps every function type that it ever met, in any module of any thread,
 * and ends the process at the two millionth. So types are counted here, and long before that this process is said to be used up.
 * @module
 */
import { IoError } from "../../node/core/errors.ts";
import type { FunctionType } from "./module.ts";

/**
 * Different function types that one thread lets V8 meet. V8: 2 000 000 in a process; threads that share one have met mostly the
 * same. All contracts we know together have some hundreds.
 */
export const PROCESS_TYPES_MAX = 400_000;

/** The same for code that nobody has paid for. Above, it is not compiled, and nothing else happens. */
export const UNPAID_TYPES_MAX = 100_000;

/** The types that V8 has met here. Of the thread, not of an engine: V8 does not forget them with the engine. */
const met = new Set<string>();

/** A type as a text of one character for each of its values. */
export const typeName = ({ params, results }: FunctionType): string => String.fromCharCode(...params, 0, ...results);

/** How many V8 will have met when it has compiled a module with these. */
export function typesWith(types: readonly string[]): number {
  return met.size + new Set(types.filter((type) => !met.has(type))).size;
}

/** V8 refuses a module that passed our checks. */
export class Uncompilable extends Error {
  override readonly name = "Uncompilable";
}

/**
 * Throws {@linkcode Uncompilable} when V8 refuses the module, and an IoError when this process has met too many types or has no
 * memory: another one, or this one started again, goes on.
 */
export function compile(
  wasm: Uint8Array<ArrayBuffer>,
  types: readonly string[],
  typesMax = PROCESS_TYPES_MAX,
): WebAssembly.Module {
  if (typesWith(types) > typesMax) {
    throw new IoError(
      "contract_types",
      `compile a contract: this process has met ${met.size} function types, of ${typesMax} that are safe; restart it`,
    );
  }
  for (const type of types) met.add(type);
  try {
    return new WebAssembly.Module(wasm);
  } catch (error) {
    if (error instanceof WebAssembly.CompileError) throw new Uncompilable("compile a contract", { cause: error });
    if (!(error instanceof RangeError)) throw error;
    throw new IoError("contract_memory", "compile a contract: V8 has no memory for it", { cause: error });
  }
}

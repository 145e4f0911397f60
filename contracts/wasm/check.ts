/**
 * What is wrong with a module, as a list of verdicts: for anybody ({@linkcode loadModule}) and for a CosmWasm contract
 * ({@linkcode checkContract}).
 * @module
 */
import type { Result } from "../../node/core/result.ts";
import { err, ok } from "../../node/core/result.ts";
import { Refused } from "./_refused.ts";
import { contractVerdicts, type ContractWants, WANTS } from "./check_contract.ts";
import { bodyVerdicts, limitVerdicts } from "./check_limits.ts";
import { CONTRACT_LIMITS, type ContractLimits } from "./limits.ts";
import type { Verdict, WasmModule } from "./module.ts";
import { parse } from "./parse.ts";
import type { BodyFacts } from "./validate_body.ts";
import { validateBodies, validateModule } from "./validate.ts";

/** A module that is valid, of allowed features only, and within the limits of this engine. */
export interface LoadedModule {
  readonly module: WasmModule;
  /** Most operands that are on the stack at once, for each body of `module.code`. */
  readonly operands: readonly number[];
}

export interface CheckOptions {
  /** Static limits; those that are left out are {@linkcode CONTRACT_LIMITS}. */
  readonly limits?: Partial<ContractLimits>;
  /** Imports and capabilities that the chain offers; those of this engine when absent. */
  readonly wants?: ContractWants;
}

/**
 * Parses and validates a module, contract or not. The error has at least one verdict; a `malformed` one is the last, for what
 * comes behind it can not be judged.
 */
export function loadModule(bytes: Uint8Array): Result<LoadedModule, readonly Verdict[]> {
  return load(bytes, () => [], () => []);
}

/**
 * Everything that would be refused at an upload: the module itself, then the rules for contracts, then the function bodies. Empty:
 * nothing. The order is cosmwasm-vm's, whose sentences the verdicts of kind `contract` and `limit` are where it has one.
 *
 * @example A module without anything is valid, but not a contract
 * ```ts
 * import { checkContract } from "@catenary/catenary";
 * const empty = new Uint8Array([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
 * console.log(checkContract(empty)[0]?.message); // Wasm contract must contain exactly one memory
 * ```
 */
export function checkContract(bytes: Uint8Array, options: CheckOptions = {}): readonly Verdict[] {
  const result = loadContract(bytes, options);
  return result.ok ? [] : result.error;
}

/** {@linkcode checkContract}, for who goes on with the module. */
export function loadContract(bytes: Uint8Array, options: CheckOptions = {}): Result<LoadedModule, readonly Verdict[]> {
  const limits = { ...CONTRACT_LIMITS, ...options.limits };
  if (bytes.length > limits.bytes) {
    const message = `Wasm contract is larger than ${limits.bytes} bytes: ${bytes.length}`;
    return err([{ kind: "limit", code: "bytes", message, offset: undefined }]);
  }
  return load(
    bytes,
    (module) => [
      ...limitVerdicts(module, limits, "head"),
      ...contractVerdicts(module, options.wants ?? WANTS, limits.imports),
      ...limitVerdicts(module, limits, "functions"),
    ],
    (facts) => bodyVerdicts(facts, limits),
  );
}

/** `rules`: what has to hold besides, asked between the module's head and the function bodies; `bodyRules`: after those. */
function load(
  bytes: Uint8Array,
  rules: (module: WasmModule) => readonly Verdict[],
  bodyRules: (facts: readonly BodyFacts[]) => Iterable<Verdict>,
): Result<LoadedModule, readonly Verdict[]> {
  const verdicts: Verdict[] = [];
  try {
    const module = parse(bytes);
    const context = validateModule(module);
    verdicts.push(...rules(module));
    const bodies = validateBodies(context);
    verdicts.push(...bodies.verdicts, ...bodyRules(bodies.facts));
    if (verdicts.length === 0) return ok({ module, operands: bodies.facts.map(({ operands }) => operands) });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    verdicts.push(error.verdict);
  }
  return err(verdicts);
}

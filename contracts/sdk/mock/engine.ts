/** The engine of mock chains that bring none: one for the whole process, so that a code is compiled once. @module */
import type { ExecutionEngine } from "../../engine.ts";
import { ContractEngine } from "../../wasm/mod.ts";

let engine: ExecutionEngine | undefined;

/** Takes no floating point, as the strictest chains do not. */
export function defaultEngine(): ExecutionEngine {
  return engine ??= new ContractEngine({ floats: "reject", debug: true });
}

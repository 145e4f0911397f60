/** The engine of mock chains that bring none: one for the whole process, so that a code is compiled once. @module */
import type { ExecutionEngine } from "../../engine.ts";
import { PlainEngine } from "./plain_engine.ts";

let engine: ExecutionEngine | undefined;

export function defaultEngine(): ExecutionEngine {
  return engine ??= new PlainEngine();
}

/**
 * Contracts in V8's own WebAssembly engine: modules are parsed, judged, rewritten under fuel and run.
 * @module
 */
export type { Verdict, WasmModule } from "./module.ts";
export { ALLOWED_FEATURES, DENIED_FEATURES, type DeniedFeature, type Feature } from "./features.ts";
export { Immediate, OP, Op, type Opcode, OPCODES } from "./opcodes.ts";
export { InstructionReader } from "./instructions.ts";

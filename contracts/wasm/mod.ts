/**
 * Contracts in V8's own WebAssembly engine: modules are parsed, judged, rewritten under fuel and run.
 * @module
 */
export type { Verdict, WasmModule } from "./module.ts";
export { ALLOWED_FEATURES, DENIED_FEATURES, type DeniedFeature, type Feature } from "./features.ts";
export { Immediate, OP, Op, type Opcode, OPCODES } from "./opcodes.ts";
export { InstructionReader } from "./instructions.ts";
export { checkContract, type CheckOptions, loadContract, type LoadedModule, loadModule } from "./check.ts";
export { CONTRACT_CAPABILITIES, CONTRACT_IMPORTS, type ContractWants } from "./check_contract.ts";
export { reportOf } from "./check_report.ts";
export { CONTRACT_LIMITS, type ContractLimits, ENGINE_LIMITS } from "./limits.ts";
export {
  COST_CLASSES,
  COST_MAX,
  type CostClass,
  costsByOpcode,
  type CostTable,
  costTableHash,
  DEFAULT_COSTS,
} from "./costs.ts";
export type { FloatRule } from "./floats.ts";
export {
  FUEL_MAX,
  instrument,
  type Instrumented,
  InstrumentError,
  instrumentModule,
  type InstrumentOptions,
} from "./instrument.ts";
export { STACK_BYTES } from "./stack.ts";
export { type Charge, chargesOf } from "./charges.ts";
export { instantiationFuel } from "./fuel.ts";
export { ContractEngine, type ContractEngineOptions, Interrupted } from "./engine.ts";
export { WASMVM_CODE, WASMVM_CODESPACE } from "./_faults.ts";
export { HOST_COSTS } from "./gas.ts";
export { STORAGE_KEY_BYTES_MAX } from "./host_api.ts";
export type { EngineStatistics } from "./engine.ts";

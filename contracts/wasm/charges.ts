/** What instrumentation charges, and where, without writing it: for reports. @module */
import { Edit } from "./_instrument_edits.ts";
import { makePlan } from "./_instrument_plan.ts";
import { Scan } from "./_instrument_scan.ts";
import { type CostTable, DEFAULT_COSTS } from "./costs.ts";
import type { WasmModule } from "./module.ts";

/** A segment that is charged for. */
export interface Charge {
  /** Where it begins: offset in the module. */
  readonly at: number;
  readonly fuel: number;
}

/** The segments of each function that the module defines, in order; those that cost nothing are left out. The module is valid. */
export function chargesOf(module: WasmModule, costs: CostTable = DEFAULT_COSTS): readonly (readonly Charge[])[] {
  const { edits: { at, kind, value }, first } = makePlan(module, new Scan(module, costs, false));
  return module.code.map((_body, i) => {
    const charges: Charge[] = [];
    for (let edit = first[i]!; edit < first[i + 1]!; edit++) {
      if (kind[edit] === Edit.charge && value[edit]! > 0) charges.push({ at: at[edit]!, fuel: value[edit]! });
    }
    return charges;
  });
}

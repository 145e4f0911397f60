/** What an instance of a module costs before any of its instructions runs. @module */
import type { CostTable } from "./costs.ts";
import type { WasmModule } from "./module.ts";

/**
 * `costs.instance`, the first pages of the module's own memory (they are paid here whether they are touched or not), the
 * bytes of active data, the entries of its own tables and of active element segments. Depends on nothing else.
 */
export function instantiationFuel(module: WasmModule, costs: CostTable): bigint {
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
  const pages = sum(module.memories.map(({ min }) => min));
  const data = sum(module.data.map(({ mode, start, end }) => mode === "active" ? end - start : 0));
  const entries = sum(module.tables.map(({ limits }) => limits.min)) +
    sum(
      module.elements.map(({ mode, functions, expressions }) =>
        mode === "active" ? (functions ?? expressions ?? []).length : 0
      ),
    );
  return BigInt(costs.instance) + BigInt(pages) * BigInt(costs.memoryPage) + BigInt(data) * BigInt(costs.memoryByte) +
    BigInt(entries) * BigInt(costs.tableElement);
}

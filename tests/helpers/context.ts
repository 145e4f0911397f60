/** A context for tests of keepers and handlers: an empty journal, gas that never ends, all events kept. @module */
import { RunContext } from "../../node/app/_run_context.ts";
import { FreeGasMeter } from "../../node/app/gas.ts";
import type { BlockContext, GasMeter } from "../../node/app/ports.ts";
import { Journal } from "../../node/state/mod.ts";

/** The context of one block over nothing, or over `journal`. */
export function testContext(
  block: Partial<BlockContext> = {},
  journal: Journal = new Journal({ get: () => undefined, page: () => [] }),
  gas: GasMeter = new FreeGasMeter(),
): RunContext {
  return new RunContext(journal, gas, { chainId: "test-1", height: 1n, time: 0n, ...block });
}

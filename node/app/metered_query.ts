/** Queries that run something whose cost nobody knows beforehand. @module */
import { sdkRefusal } from "../core/errors.ts";
import { err, type Result } from "../core/result.ts";
import { Journal } from "../state/mod.ts";
import { RunContext } from "./_run_context.ts";
import { LimitedGasMeter, OutOfGas } from "./gas.ts";
import type { Context, QueryContext } from "./module.ts";

/** Runs `run` over the state of a query, with at most `gasLimit` gas; nothing that it writes stays. */
export function meteredQuery<T>(
  { view, height, chainId, time }: QueryContext,
  gasLimit: number,
  run: (context: Context) => Result<T>,
): Result<T> {
  const meter = new LimitedGasMeter(BigInt(gasLimit));
  try {
    return run(new RunContext(new Journal(view), meter, { chainId, height, time }));
  } catch (thrown) {
    if (!(thrown instanceof OutOfGas)) throw thrown;
    const gas = `gasWanted: ${gasLimit}, gasUsed: ${meter.used}`;
    return err(sdkRefusal("outOfGas", `out of gas in location: ${thrown.what}; ${gas}`));
  }
}

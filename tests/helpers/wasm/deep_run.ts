/**
 * Runs the deep modules in this process and prints what became of them, as JSON: started with other flags of V8 by the test of
 * the tiers. Those that write run twice, the second time as contracts do: noting where. Arguments: how many frames of
 * JavaScript stand below each call, how many calls come before it, the budget in bytes, and `worker` to do it in one.
 * @module
 */
import { instrument } from "../../../contracts/wasm/instrument.ts";
import { exposeGlobals } from "../../../contracts/wasm/program.ts";
import { STACK_BYTES } from "../../../contracts/wasm/stack.ts";
import { DEEP, type Deep, WRITING } from "./deep.ts";
import { HOST_CALL_STACK_BYTES } from "./deep_host.ts";

export interface DeepOutcome {
  readonly name: string;
  /** `stack`: by our counter; else the exception. */
  readonly end: string;
  readonly fuelLeft: string;
  readonly stackLeft: number;
}

type Run = () => number;

/** Calls with `frames` functions of JavaScript below. */
function below(frames: number, run: () => DeepOutcome): DeepOutcome {
  if (frames === 0) return run();
  const outcome = below(frames - 1, run);
  return outcome;
}

function play({ name, wasm, reenters }: Deep, noting: boolean, warm: number, stackBytes: number): DeepOutcome {
  const changed = instrument(wasm, { stackBytes, trapFailedGrow: noting });
  const exposed = noting ? exposeGlobals(changed) : undefined;
  if (noting && exposed!.lowest === undefined) throw new Error(`${name}: nothing is noted`);
  const again = (argument: number): number => {
    const left = stack.value;
    stack.value = left - HOST_CALL_STACK_BYTES;
    const result = (exports.from as (argument: number) => number)(argument);
    stack.value = left;
    return result;
  };
  const module = new WebAssembly.Module(exposed?.wasm ?? changed.wasm);
  const { exports } = new WebAssembly.Instance(module, reenters ? { env: { again } } : {});
  const fuel = exports[changed.fuelGlobal] as WebAssembly.Global;
  const stack = exports[changed.stackGlobal] as WebAssembly.Global;
  const full = stack.value;
  for (let i = 0; i < warm; i++) (exports.warm as Run)();
  fuel.value = (1n << 63n) - 1n;
  stack.value = full;
  let end = "returned";
  try {
    (exports.run as Run)();
  } catch (error) {
    const ours = error instanceof WebAssembly.RuntimeError && stack.value < 0;
    end = ours ? "stack" : String(error);
  }
  return { name, end, fuelLeft: String(fuel.value), stackLeft: stack.value };
}

/** What becomes of each. Of the main thread or of a worker, where V8's stack begins elsewhere. */
export function playAll(frames: number, warm: number, stackBytes: number): DeepOutcome[] {
  const plays = [...DEEP.map((deep) => [deep, false] as const), ...WRITING.map((deep) => [deep, true] as const)];
  return plays.map(([deep, noting]) => below(frames, () => play(deep, noting, warm, stackBytes)));
}

if (import.meta.main) {
  const [frames = "0", warm = "0", stackBytes = `${STACK_BYTES}`, where = "main"] = Deno.args;
  const numbers = [Number(frames), Number(warm), Number(stackBytes)] as const;
  if (where === "worker") {
    const worker = new Worker(new URL("./deep_worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }) => {
      console.log(JSON.stringify(data));
      worker.terminate();
    };
    worker.postMessage(numbers);
  } else console.log(JSON.stringify(playAll(...numbers)));
}

/**
 * Runs the deep modules in this process and prints what became of them, as JSON: started with other flags of V8 by the test of
 * the tiers. Arguments: how many frames of JavaScript stand below
 * each call, how many calls come before it, and the budget in bytes.
 * @module
 */
import { instrument } from "../../../contracts/wasm/instrument.ts";
import { STACK_BYTES } from "../../../contracts/wasm/stack.ts";
import { DEEP, type Deep } from "./deep.ts";
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

function play({ name, wasm, reenters }: Deep, warm: number, stackBytes: number): DeepOutcome {
  const changed = instrument(wasm, { stackBytes });
  const again = (argument: number): number => {
    const left = stack.value;
    stack.value = left - HOST_CALL_STACK_BYTES;
    const result = (exports.from as (argument: number) => number)(argument);
    stack.value = left;
    return result;
  };
  const module = new WebAssembly.Module(changed.wasm as Uint8Array<ArrayBuffer>);
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

if (import.meta.main) {
  const [frames = "0", warm = "0", stackBytes = `${STACK_BYTES}`] = Deno.args;
  const outcomes = DEEP.map((deep) => below(Number(frames), () => play(deep, Number(warm), Number(stackBytes))));
  console.log(JSON.stringify(outcomes));
}

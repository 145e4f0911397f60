/** Modules that random ones come by rarely, against the reference. */
import { assertEquals } from "@std/assert";
import { instrument } from "../../contracts/wasm/instrument.ts";
import { STACK_BYTES } from "../../contracts/wasm/stack.ts";
import { assemble, type ModuleText } from "../helpers/wasm/assemble.ts";
import type { Engine, Running } from "../helpers/wasm/engine.ts";
import { InterpreterEngine } from "../helpers/wasm/interpreter_engine.ts";
import { publishedMeter } from "../helpers/wasm/published_meter.ts";
import { V8Engine } from "../helpers/wasm/v8_engine.ts";
import type { Value } from "../helpers/wasm/values.ts";

/** Outcome of `run`, and both counters after it. */
function ran(engine: Engine, wasm: Uint8Array, args: readonly Value[]): unknown {
  const running = engine.instantiate(wasm, () => undefined) as Running;
  const outcome = running.invoke("run", args);
  return { outcome, fuel: running.budgets!.fuel, stack: running.budgets!.stack };
}

function equal(text: ModuleText, ...args: Value[]): void {
  const wasm = assemble(text);
  const reference = new InterpreterEngine({ meter: publishedMeter() }, { stack: STACK_BYTES });
  assertEquals(ran(new V8Engine("instrumented", (wasm) => instrument(wasm)), wasm, args), ran(reference, wasm, args));
}

Deno.test("a caller sees what a light function was charged by size", () => {
  equal({
    memory: { min: 1 },
    functions: [
      {
        export: "run",
        params: ["i32"],
        results: ["i32"],
        locals: ["i32"],
        body: `loop
            local.get 0 call 1
            local.get 1 i32.const 1 i32.add local.tee 1 i32.const 5 i32.lt_u br_if 0
          end
          local.get 1 if nop else i32.const 0 drop end
          local.get 1`,
      },
      { params: ["i32"], body: "i32.const 0 i32.const 7 local.get 0 memory.fill" },
    ],
  }, 100);
});

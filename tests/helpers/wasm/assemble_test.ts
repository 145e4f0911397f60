import { assertEquals } from "@std/assert";
import { assemble } from "./assemble.ts";

Deno.test("assemble() makes a module that V8 runs: functions, memory, table, globals, segments, imports", () => {
  const wasm = assemble({
    types: [{ params: ["i32"], results: ["i32"] }],
    imports: [{ module: "env", name: "log", params: ["i64"] }],
    memory: { min: 1, export: "memory" },
    tables: [{ min: 2, max: 4 }],
    globals: [{ type: "i64", mutable: true, init: "i64.const -5", export: "g" }],
    functions: [
      { params: ["i32"], results: ["i32"], body: "local.get 0 i32.load offset=1 align=0 i32.const 2 i32.mul" },
      {
        export: "run",
        params: ["i32"],
        results: ["i32", "f64"],
        locals: ["i32", "i32", "f32"],
        body: `
          global.get 0 call 0                      ; the import
          block i32
            local.get 0
            block loop local.get 0 br_table 1 0 1 end end
            drop i32.const 7
          end
          drop
          local.get 0 i32.const 1 call_indirect 0
          f64.const -1.5`,
      },
    ],
    elements: [{ offset: "i32.const 1", functions: [1] }],
    data: [{ offset: "i32.const 0", bytes: new Uint8Array([0, 1, 2, 0, 0, 9]) }, { bytes: "passive" }],
  });
  const logged: unknown[] = [];
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasm), {
    env: { log: (x: bigint) => logged.push(x) },
  });
  assertEquals((exports.run as (x: number) => unknown)(3), [2 * 9 * 2 ** 8, -1.5]);
  assertEquals(logged, [-5n]);
});

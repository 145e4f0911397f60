import { assertEquals, assertThrows } from "@std/assert";
import { assemble, type FunctionText, type ModuleText } from "../../tests/helpers/wasm/assemble.ts";
import { decode } from "../../tests/helpers/wasm/decode.ts";
import { DEFAULT_COSTS as C } from "./costs.ts";
import { FUEL_MAX, instrument, InstrumentError, type InstrumentOptions } from "./instrument.ts";
import { FRAME_BYTES, INLINING_FACTOR } from "./stack.ts";

interface Run {
  call(name: string, ...args: unknown[]): unknown;
  /** What the call used; its end is in `trap` when it is one. */
  fuelOf(name: string, ...args: unknown[]): number;
  readonly exports: WebAssembly.Exports;
  fuel: bigint;
  stack: number;
  trap: string | undefined;
}

function run(text: ModuleText, options: InstrumentOptions = {}, imports: WebAssembly.Imports = {}): Run {
  const plain = assemble(text);
  new WebAssembly.Module(plain);
  const { wasm, fuelGlobal, stackGlobal } = instrument(plain, options);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasm), imports);
  const fuel = exports[fuelGlobal] as { value: bigint };
  const stack = exports[stackGlobal] as { value: number };
  return {
    exports,
    trap: undefined,
    call: (name, ...args) => (exports[name] as (...args: unknown[]) => unknown)(...args),
    fuelOf(name, ...args) {
      const before = fuel.value;
      this.trap = undefined;
      try {
        this.call(name, ...args);
      } catch (error) {
        this.trap = (error as Error).message;
      }
      return Number(before - fuel.value);
    },
    get fuel() {
      return fuel.value;
    },
    set fuel(value) {
      fuel.value = value;
    },
    get stack() {
      return stack.value;
    },
    set stack(value) {
      stack.value = value;
    },
  };
}

const one = (body: string, more: Partial<FunctionText> = {}): ModuleText => ({
  memory: { min: 1, export: "memory" },
  functions: [{ params: ["i32"], results: ["i32"], export: "f", ...more, body }],
});

Deno.test("instrument() counts straight code, a call's own locals included", () => {
  const it = run(one("local.get 0 i32.const 3 i32.mul", { locals: ["i64", "i64", "f32"] }));
  assertEquals(it.call("f", 7), 21);
  assertEquals(it.fuelOf("f", 7), 2 * C.simple + C.multiply + 3 * C.local);
  assertEquals(it.fuel, FUEL_MAX - 2n * BigInt(2 * C.simple + C.multiply + 3 * C.local));
});

Deno.test("instrument() charges each instruction that ran and no other, whichever way a body goes", () => {
  const arms = run(
    one("local.get 0 if i32 i32.const 1 i32.const 2 i32.div_u else i32.const 5 end i32.const 1 i32.add"),
  );
  const around = 3 * C.simple + C.branch;
  assertEquals(arms.fuelOf("f", 0), around + C.simple);
  assertEquals(arms.fuelOf("f", 1), around + 2 * C.simple + C.divide);

  const early = run(one("local.get 0 if i32.const 7 return end i32.const 1 i32.const 2 i32.mul"));
  assertEquals(early.fuelOf("f", 1), C.simple + C.branch + C.simple + C.branch);
  assertEquals(early.fuelOf("f", 0), C.simple + C.branch + 2 * C.simple + C.multiply);

  const table = run(
    one("block block block local.get 0 br_table 0 1 2 end i32.const 1 return end i32.const 2 drop end i32.const 3"),
  );
  assertEquals(table.fuelOf("f", 0), C.simple + C.branchTable + C.simple + C.branch);
  assertEquals(table.fuelOf("f", 1), C.simple + C.branchTable + 3 * C.simple);
  assertEquals(table.fuelOf("f", 2), C.simple + C.branchTable + C.simple);
});

const COUNTDOWN =
  "block loop local.get 0 i32.eqz br_if 1 local.get 0 i32.const 1 i32.sub local.set 0 br 0 end end i32.const 9";

Deno.test("instrument() charges every iteration, also where the charge has moved to the jump back", () => {
  const it = run(one(COUNTDOWN));
  const test = 2 * C.simple + C.branch, rest = 4 * C.simple + C.branch;
  for (const n of [0, 1, 2, 100]) assertEquals(it.fuelOf("f", n), (n + 1) * test + n * rest + C.simple);
  const until = run(one("loop local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end i32.const 9"));
  for (const n of [1, 2, 100]) assertEquals(until.fuelOf("f", n), n * (4 * C.simple + C.branch) + C.simple);
});

Deno.test("instrument() charges each way back to a loop that has several", () => {
  const head = "local.get 0 i32.const 1 i32.sub local.tee 0 i32.eqz if i32.const 9 return end";
  const it = run(one(`loop ${head} local.get 0 i32.const 1 i32.and br_if 0 br 0 end unreachable`));
  const iteration = 5 * C.simple + C.branch, last = C.simple + C.branch;
  const again = (left: number) => 3 * C.simple + C.branch + (left % 2 === 1 ? 0 : C.branch);
  let expected = 0;
  for (let n = 5; n > 0; n--) expected += iteration + (n === 1 ? last : again(n - 1));
  assertEquals(it.fuelOf("f", 5), expected);
});

Deno.test("instrument() pays the next test of a loop with the jump back to it", () => {
  let calls = 0;
  const body = "block loop local.get 0 i32.eqz br_if 1 call 0 local.get 0 i32.const 1 i32.sub local.set 0 br 0 end end";
  const test = 2 * C.simple + C.branch, rest = C.call + 4 * C.simple + C.branch;
  for (const [fuel, expected] of [[test + rest, 0], [test + rest + test, 1], [test + 2 * (rest + test), 2]] as const) {
    calls = 0;
    const text = { imports: [{ module: "env", name: "host" }], functions: [{ params: ["i32"], body, export: "f" }] };
    const it = run(text as ModuleText, { fuel: BigInt(fuel) }, { env: { host: () => void calls++ } });
    it.fuelOf("f", 5);
    assertEquals([it.trap, calls], ["unreachable", expected]);
  }
});

Deno.test("instrument() stops a loop that never ends, below zero, at the same place every time", () => {
  const body = "loop i32.const 0 i32.const 0 i32.load i32.const 1 i32.add i32.store br 0 end unreachable";
  const iteration = 4 * C.simple + C.load + C.store + C.branch;
  for (const spare of [0, 1, iteration - 1]) {
    const it = run(one(body), { fuel: BigInt(1000 * iteration + spare) });
    it.fuelOf("f", 0);
    assertEquals(it.trap, "unreachable");
    assertEquals(it.fuel, BigInt(spare - iteration));
    const memory = it.exports["memory"] as WebAssembly.Memory;
    assertEquals(new Uint32Array(memory.buffer)[0], 1000);
  }
});

Deno.test("instrument() does not run a segment that it cannot pay whole", () => {
  const it = run(one("i32.const 0 i32.const 1 i32.store i32.const 7"), { fuel: BigInt(3 * C.simple + C.store - 1) });
  it.fuelOf("f", 0);
  assertEquals(it.trap, "unreachable");
  assertEquals(it.fuel, -1n);
  assertEquals(new Uint8Array((it.exports["memory"] as WebAssembly.Memory).buffer)[0], 0);
});

Deno.test("instrument() leaves the whole segment charged after a trap of the module's own", () => {
  const it = run(one("i32.const 1 local.get 0 i32.div_u i32.const 1 i32.add"));
  const whole = 3 * C.simple + C.divide + C.simple;
  assertEquals(it.fuelOf("f", 0), whole);
  assertEquals(it.trap, "divide by zero");
  assertEquals(it.fuelOf("f", 3), whole);
});

Deno.test("instrument() charges by size before the work, from the operand", () => {
  const fill = run({
    memory: { min: 1, max: 3 },
    functions: [
      { params: ["i32"], body: "i32.const 0 i32.const 1 local.get 0 memory.fill", export: "fill" },
      { params: ["i32"], body: "i32.const 0 i32.const 9 local.get 0 memory.copy", export: "copy" },
      { params: ["i32"], results: ["i32"], body: "local.get 0 memory.grow", export: "grow" },
    ],
  });
  for (const n of [0, 1, 1000]) {
    assertEquals(fill.fuelOf("fill", n), 3 * C.simple + C.memoryFill + n * C.memoryByte);
    assertEquals(fill.fuelOf("copy", n), 3 * C.simple + C.bulk + n * C.memoryByte);
  }
  assertEquals(fill.fuelOf("fill", -1), 3 * C.simple + C.memoryFill + 0xffff_ffff * C.memoryByte);
  assertEquals(fill.trap, "memory access out of bounds");
  const grow = C.simple + C.memoryGrow;
  assertEquals(fill.fuelOf("grow", 3), grow + 3 * C.memoryPage);
  assertEquals(fill.fuelOf("grow", 4), grow);
  assertEquals(fill.fuelOf("grow", -1), grow);
  assertEquals(fill.call("grow", 2), 1);
  fill.fuel = BigInt(grow + C.memoryPage - 1);
  fill.fuelOf("grow", 1);
  assertEquals([fill.trap, fill.fuel], ["unreachable", -1n]);
});

Deno.test("instrument() shows an import what is left, and takes what it leaves", () => {
  const seen: bigint[] = [];
  const it: Run = run(
    {
      imports: [{ module: "env", name: "host" }],
      functions: [{ body: "call 0 i32.const 1 if call 0 end", export: "f" }],
    },
    { fuel: 100_000n },
    {
      env: {
        host: () => {
          seen.push(it.fuel);
          it.fuel -= 10n;
        },
      },
    },
  );
  const first = 100_000n - BigInt(C.call + C.simple + C.branch);
  it.call("f");
  assertEquals(seen, [first, first - 10n - BigInt(C.call)]);
  assertEquals(it.fuel, first - 20n - BigInt(C.call));
});

const FIB = {
  params: ["i32"],
  results: ["i32"],
  body:
    "local.get 0 i32.const 2 i32.lt_u if i32 local.get 0 else local.get 0 i32.const 1 i32.sub call F local.get 0 i32.const 2 i32.sub call F i32.add end",
} as const;

/** Fuel and calls of `fib(n)`, from the rule. */
function fibonacci(n: number): { fuel: number; calls: number } {
  const head = 3 * C.simple + C.branch;
  if (n < 2) return { fuel: head + C.simple, calls: 1 };
  const a = fibonacci(n - 1), b = fibonacci(n - 2);
  return { fuel: head + 7 * C.simple + 2 * C.call + a.fuel + b.fuel, calls: 1 + a.calls + b.calls };
}

Deno.test("instrument() counts recursion, through an exported function and an inner one", () => {
  const inner = run({
    functions: [
      { ...FIB, body: FIB.body.replaceAll("F", "0") },
      { params: ["i32"], results: ["i32"], body: "local.get 0 call 0", export: "f" },
    ],
  });
  assertEquals(inner.call("f", 10), 55);
  assertEquals(inner.fuelOf("f", 10), fibonacci(10).fuel + C.simple + C.call);
  const exported = run({ functions: [{ ...FIB, body: FIB.body.replaceAll("F", "0"), export: "f" }] });
  assertEquals(exported.call("f", 10), 55);
  assertEquals(exported.fuelOf("f", 10), fibonacci(10).fuel);
  for (const it of [inner, exported]) assertEquals(it.stack, 512 * 1024);
});

Deno.test("instrument() stops deep recursion by its own counter", () => {
  const deep = (more: object): ModuleText => ({
    functions: [{
      params: ["i32"],
      results: ["i32"],
      body: "local.get 0 i32.const 1 i32.add call 0",
      export: "f",
      ...more,
    }],
  });
  // What it may take of itself when V8 puts it into itself: three times its 8 bytes of code.
  const frame = FRAME_BYTES + 8 + 2 * 16 + INLINING_FACTOR * 8;
  const it = run(deep({}), { stackBytes: 10 * frame + 5 });
  assertEquals(it.fuelOf("f", 0), 10 * (2 * C.simple + C.call) + 10 * C.simple);
  assertEquals(it.trap, "unreachable");
  assertEquals(it.stack, 5 - frame);
});

/** The numbers that a host function has seen of the counter of stack. */
function stacksOf(text: ModuleText, ...args: number[]): { seen: number[]; left: number } {
  const seen: number[] = [];
  const it: Run = run(text, { stackBytes: 100_000 }, { env: { host: () => void seen.push(it.stack) } });
  it.call("f", ...args);
  return { seen, left: it.stack };
}

const HOST = [{ module: "env", name: "host" }] as const;

Deno.test("instrument() counts an inner function once in each run, calls in loops included", () => {
  const loop = "loop call 0 local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end";
  const { seen, left } = stacksOf({
    imports: HOST,
    functions: [
      { params: ["i32"], body: `local.get 0 if ${loop} local.get 0 call 1 end` },
      { params: ["i32"], body: "local.get 0 call 1 i32.const 2 call 1 call 0", export: "f" },
    ],
  }, 3);
  const outer = 100_000 - seen.at(-1)!, inner = seen.at(-1)! - seen[0]!;
  assertEquals(seen.map((stack) => 100_000 - stack - outer), [inner, inner, inner, inner, inner, 0]);
  assertEquals(inner > 0, true);
  assertEquals(left, 100_000);
});

Deno.test("instrument() takes a frame before a loop, not in it", () => {
  const turn = "call 0 i32.const 0 if i32.const 0 call 1 end local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0";
  const { seen } = stacksOf({
    imports: HOST,
    functions: [
      { params: ["i32"], body: `local.get 0 if loop ${turn} end end` },
      { body: "i32.const 3 call 1 call 0", export: "f" },
    ],
  });
  assertEquals(seen.slice(0, 3), [seen[0]!, seen[0]!, seen[0]!]);
  assertEquals(seen[0]! < seen[3]!, true);
});

Deno.test("instrument() shows every callee in a loop the same stack, though those before it took some", () => {
  const { seen, left } = stacksOf({
    imports: HOST,
    functions: [
      { params: ["i32"], body: "local.get 0 if local.get 0 i32.const 1 i32.sub call 1 call 0 end" },
      {
        params: ["i32"],
        body: "loop call 0 i32.const 2 call 1 local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end",
        export: "f",
      },
    ],
  }, 3);
  assertEquals(new Set([seen[0], seen[3], seen[6]]).size, 1);
  assertEquals(seen[0]! > seen[1]!, true);
  assertEquals(left, 100_000);
});

Deno.test("instrument() sets the stack in loops where a callee may have left it low, and in no others", () => {
  const again = "local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end i32.const 2 local.set 0";
  const f = [
    `loop call 0 ${again}`,
    `loop loop call 0 ${again} local.get 0 if i32.const 2 call 1 end local.get 1 i32.eqz local.tee 1 br_if 0 end`,
    `loop call 0 ${again}`,
  ].join(" ");
  const text: ModuleText = {
    imports: HOST,
    functions: [
      { params: ["i32"], body: "local.get 0 if local.get 0 i32.const 1 i32.sub call 1 end" },
      { params: ["i32"], locals: ["i32"], body: f, export: "f" },
    ],
  };
  const { seen, left } = stacksOf(text, 2);
  assertEquals([seen.length, new Set(seen).size, left], [8, 1, 100_000]);
  const { code } = decode(instrument(assemble(text)).wasm).bodies[1]!;
  // At the start and the end, before both calls of the second loop, and in the third, which comes behind it.
  assertEquals(code.filter(({ name, indices }) => name === "global.set" && indices[0] === 1).length, 5);
});

Deno.test("instrument() sets the stack also where an inner loop leaves it low, and takes no frame before it has to", () => {
  const turn = "local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end";
  const { seen } = stacksOf({
    imports: HOST,
    functions: [
      { params: ["i32"], body: "local.get 0 if local.get 0 i32.const 1 i32.sub call 1 end" },
      { params: ["i32"], body: `loop call 0 loop i32.const 2 call 1 end ${turn} i32.const 2 call 1`, export: "f" },
    ],
  }, 2);
  assertEquals([seen.length, new Set(seen).size], [2, 1]);
  const it = run({
    functions: [
      { params: ["i32"], body: `i32.const 0 if loop ${turn} end local.get 0 if i32.const 0 call 0 end` },
      { params: ["i32"], body: "local.get 0 call 0", export: "f" },
    ],
  }, { stackBytes: FRAME_BYTES * 2 });
  it.call("f", 0);
  assertThrows(() => it.call("f", 1), WebAssembly.RuntimeError);
});

Deno.test("instrument() leaves half of all functions small, so that V8 inlines as it did", () => {
  const { bodies } = decode(
    instrument(assemble({
      functions: Array.from({ length: 5_000 }, (_, i) => ({ export: `f${i}`, body: "nop ".repeat(50) })),
    })).wasm,
  );
  const small = bodies.filter(({ bytes, locals }) => bytes + 1 + 2 * locals.length < 50);
  assertEquals(small.length >= bodies.length / 2, true, `${small.length} of ${bodies.length}`);
});

Deno.test("instrument() goes on counting from what callees have left", () => {
  const spend = "loop local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end";
  const it = run({
    functions: [
      { params: ["i32"], body: spend },
      {
        params: ["i32"],
        results: ["i32"],
        body: "local.get 0 if local.get 0 call 0 local.get 0 if nop i32.const 1 drop end end i32.const 1",
        export: "f",
      },
    ],
  });
  const loop = (n: number) => n * (4 * C.simple + C.branch);
  const around = 6 * C.simple + 2 * C.branch + C.call;
  assertEquals(it.fuelOf("f", 7), around + loop(7));
});

Deno.test("instrument() counts also where it writes short: in code that ends in a trap", () => {
  const it = run(
    {
      imports: HOST,
      memory: { min: 1 },
      functions: [{
        params: ["i32"],
        body:
          "local.get 0 if call 0 i32.const 0 i32.const 0 i32.const 10 memory.fill unreachable end i32.const 1 if i32.const 1 drop end",
        export: "f",
      }],
    },
    {},
    { env: { host: () => void (it.fuel -= 1000n) } },
  );
  const before = C.simple + C.branch + C.simple + C.branch;
  assertEquals(it.fuelOf("f", 0), before + 2 * C.simple);
  assertEquals(it.fuelOf("f", 1), before + C.call + 3 * C.simple + C.memoryFill + 10 * C.memoryByte + 1000);
  assertEquals(it.trap, "unreachable");
});

Deno.test("instrument() gives the stack back at every way out", () => {
  const ways = [
    "local.get 0",
    "local.get 0 return",
    "local.get 0 br 0",
    "block local.get 0 local.get 0 br_if 1 drop end i32.const 4",
    "loop i32 i32.const 1 local.get 0 br_table 1 1 1 end",
    "block i32 i32.const 3 local.get 0 br_table 0 1 end",
  ];
  for (const way of ways) {
    const text: ModuleText = {
      imports: [{ module: "env", name: "host" }],
      functions: [{ params: ["i32"], results: ["i32"], body: `call 0 ${way}`, export: "f" }],
    };
    const it = run(text, {}, { env: { host: () => assertEquals(it.stack < 512 * 1024, true) } });
    const plain = new WebAssembly.Instance(new WebAssembly.Module(assemble(text)), { env: { host: () => {} } });
    for (const n of [0, 1]) assertEquals(it.call("f", n), (plain.exports["f"] as (n: number) => number)(n), way);
    assertEquals(it.stack, 512 * 1024, way);
  }
});

Deno.test("instrument() keeps results of several values, and finds a type for them", () => {
  const it = run(
    {
      imports: [{ module: "env", name: "host" }],
      functions: [{ params: ["i32"], results: ["i32", "i64"], body: "call 0 local.get 0 i64.const 5", export: "f" }],
    },
    {},
    { env: { host: () => {} } },
  );
  assertEquals(it.call("f", 3) as unknown, [3, 5n]);
  assertEquals(it.stack, 512 * 1024);
});

Deno.test("instrument() takes no name that the module has, and leaves the others", () => {
  const text: ModuleText = {
    globals: [{ type: "i32", mutable: true, init: "i32.const 4", export: "fuel" }],
    functions: [{ results: ["i32"], body: "global.get 0", export: "stack" }],
    customs: [
      { name: "name", bytes: Uint8Array.of(0, 2, 1, 0x61) },
      { name: "metadata.code.branch_hint", bytes: Uint8Array.of(0) },
    ],
  };
  const result = instrument(assemble(text));
  assertEquals([result.fuelGlobal, result.stackGlobal], ["fuel_", "stack_"]);
  const module = new WebAssembly.Module(result.wasm);
  const { exports } = new WebAssembly.Instance(module);
  assertEquals((exports["stack"] as () => number)(), 4);
  assertEquals([...new Uint8Array(WebAssembly.Module.customSections(module, "name")[0]!)], [0, 2, 1, 0x61]);
  assertEquals(WebAssembly.Module.customSections(module, "metadata.code.branch_hint"), []);
});

Deno.test("instrument() says what an instance costs, and runs the start function under the counter", () => {
  const text: ModuleText = {
    memory: { min: 2 },
    tables: [{ min: 5 }],
    functions: [{ body: "i32.const 1 drop" }],
    elements: [{ offset: "i32.const 0", functions: [0, 0] }, { functions: [0] }],
    data: [{ offset: "i32.const 8", bytes: "hello" }, { bytes: "passive" }],
    start: 0,
  };
  const { instantiationFuel } = instrument(assemble(text));
  assertEquals(
    instantiationFuel,
    BigInt(C.instance + 2 * C.memoryPage + 5 * C.memoryByte + 7 * C.tableElement),
  );
  assertEquals(run(text).fuel, FUEL_MAX - BigInt(2 * C.simple));
});

Deno.test("instrument() refuses with verdicts what is no module, and options out of range", () => {
  const error = assertThrows(() => instrument(Uint8Array.of(1, 2, 3)), InstrumentError);
  assertEquals([error.code, error.verdicts.length], ["magic", 1]);
  const wrong = assertThrows(() => instrument(assemble(one("i64.const 1"))), InstrumentError);
  assertEquals(wrong.verdicts[0]?.kind, "invalid");
  const plain = assemble(one("local.get 0"));
  assertThrows(() => instrument(plain, { fuel: -1n }), RangeError);
  assertThrows(() => instrument(plain, { stackBytes: 0.5 }), RangeError);
  assertThrows(() => instrument(plain, { costs: { ...C, branch: 0 } }), RangeError);
  assertThrows(() => instrument(plain, { costs: { ...C, memoryPage: 2 ** 31 } }), RangeError);
});

Deno.test("instrument() tells a machine without memory from a limit of the module", () => {
  const text: ModuleText = {
    memory: { min: 1, max: 3 },
    functions: [{ params: ["i32"], results: ["i32"], body: "local.get 0 memory.grow", export: "grow" }],
  };
  const { wasm, growFailedGlobal } = instrument(assemble(text), { trapFailedGrow: true });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasm));
  const grow = exports["grow"] as (pages: number) => number;
  assertEquals([grow(1), grow(2), grow(-1), grow(1), grow(0)], [1, -1, -1, 2, 3]);
  assertEquals((exports[growFailedGlobal!] as WebAssembly.Global).value, 0);
  // A machine that gives less than the module was promised: the maximum is taken down behind the instrumentation's back.
  const limits = [5, 4, 1, 1, 1, 3];
  const at = wasm.findIndex((_, i) => limits.every((byte, j) => wasm[i + j] === byte));
  wasm[at + limits.length - 1] = 2;
  const poor = new WebAssembly.Instance(new WebAssembly.Module(wasm)).exports;
  const growPoor = poor["grow"] as (pages: number) => number;
  assertEquals([growPoor(1), growPoor(2)], [1, -1]);
  assertThrows(() => growPoor(1), WebAssembly.RuntimeError, "unreachable");
  assertEquals((poor[growFailedGlobal!] as WebAssembly.Global).value, 1);
});

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { trackWrites } from "../../contracts/wasm/_writes.ts";
import { rewriteSections } from "../../contracts/wasm/_instrument_sections.ts";
import { ByteWriter } from "../../contracts/wasm/_instrument_bytes.ts";
import { instrument } from "../../contracts/wasm/instrument.ts";
import { parse, Section } from "../../contracts/wasm/parse.ts";
import { STACK_BYTES } from "../../contracts/wasm/stack.ts";
import { assemble, type FunctionText } from "../helpers/wasm/assemble.ts";
import type { Outcome } from "../helpers/wasm/engine.ts";
import { type Instrumented, V8Engine } from "../helpers/wasm/v8_engine.ts";
import type { Value } from "../helpers/wasm/values.ts";
import { Choices, choices } from "./wasm_choices.ts";
import { generate } from "./wasm_module.ts";
import { callsOf, World } from "./wasm_world.ts";

const SEED = 20_261_126;
const LIMITS = { bytesMax: 2 ** 30, bodyBytesMax: 2 ** 30 };
const LOWEST = "lowest";

/** The module with a global that notes what is written; undefined where its code is too strange. */
function tracked(wasm: Uint8Array, counters: ReadonlySet<number>): Uint8Array<ArrayBuffer> | undefined {
  const module = parse(wasm);
  const tracking = trackWrites(module, counters, LIMITS);
  if (tracking === undefined) return undefined;
  const name = [...new TextEncoder().encode(LOWEST)];
  const index = new ByteWriter(8);
  index.u32(tracking.global);
  const bytes = [name.length, ...name, 3, ...index.finish()];
  const out = new ByteWriter(wasm.length);
  rewriteSections(wasm, new Map([...tracking.changes, [Section.export, { entries: 1, bytes }]]), () => false, out);
  return out.finish();
}

/** Plays calls and looks, after each from outside, at what lies below the lowest write. */
class WatchedEngine extends V8Engine {
  writes = 0;

  override instantiate(...args: Parameters<V8Engine["instantiate"]>) {
    const made = super.instantiate(...args);
    if (!("invoke" in made) || made.exports.memory === undefined) return made;
    const lowest = made.exports[LOWEST] as { value: number };
    const memory = () => new Uint8Array((made.exports.memory as WebAssembly.Memory).buffer);
    let depth = 0;
    const byHost = new Map<number, number>();
    const invoke = (name: string, values: readonly Value[]): Outcome => {
      if (depth > 0) return made.invoke(name, values);
      const before = memory().slice();
      byHost.clear();
      lowest.value = -1;
      depth++;
      const outcome = made.invoke(name, values);
      depth--;
      const after = memory(), end = Math.min(before.length, lowest.value >>> 0);
      if (end < before.length) this.writes++;
      for (const at of byHost.keys()) before[at] = after[at]!;
      const at = before.subarray(0, end).findIndex((byte, i) => byte !== after[i]);
      if (at >= 0) throw new Error(`${name} wrote to ${at}, and noted ${lowest.value >>> 0}`);
      return outcome;
    };
    /** What a host function writes is its own matter. */
    const watchedMemory = () =>
      new Proxy(memory(), {
        get: (target, key) => Reflect.get(target, key, target),
        set(target, key, value) {
          byHost.set(Number(key), value);
          return Reflect.set(target, key, value, target);
        },
      });
    return new Proxy(made, {
      get(target, key) {
        if (key === "invoke") return invoke;
        if (key === "memory" && depth > 0) return watchedMemory;
        const value = Reflect.get(target, key, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    }) as typeof made;
  }
}

Deno.test("modules that note their writes do what they did, and below what they note nothing changes", () => {
  let [modules, strange, writes] = [0, 0, 0];
  fc.assert(
    fc.property(choices(), (bytes) => {
      const generated = generate(bytes, { floats: "none", bounded: true });
      const plain = assemble(generated.text);
      const calls = callsOf(generated, bytes);
      const under = instrument(plain);
      const globals = new Set(
        parse(under.wasm).exports.filter(({ name }) => name === under.fuelGlobal || name === under.stackGlobal).map((
          { index },
        ) => index),
      );
      const wasm = tracked(under.wasm, globals);
      if (wasm === undefined) return void strange++;
      modules++;
      const allowance = { fuel: 2n ** 62n, stack: STACK_BYTES };
      const engine = new WatchedEngine("tracked", (): Instrumented => ({ ...under, wasm }));
      const want = new World(new V8Engine("instrumented", () => under), generated, false).play(plain, calls, allowance);
      assertEquals(new World(engine, generated, false).play(plain, calls, allowance).lines, want.lines);
      writes += engine.writes;
    }),
    { seed: SEED, numRuns: 250 },
  );
  assert(modules > 200 && writes > 60, `${modules} modules, ${strange} strange, ${writes} calls that write`);
});

const LOCALS = 3;

/** Code that stores by way of a few locals, between blocks, loops and jumps of all kinds. Addresses are small, loops end. */
function stores(choices: Choices, depth: number, labels: number): string {
  const local = () => choices.below(LOCALS);
  const offset = () => choices.pick([0, 4, 1000, 3000]);
  const address = (): string =>
    choices.pick([
      () => `local.get ${local()}`,
      () => `i32.const ${choices.below(50) * 400}`,
      () => `local.get ${local()} local.get ${local()} i32.add`,
      () => `local.get ${local()} i32.const 7 local.set ${local()}`,
      () => `i32.const ${choices.below(50) * 400} local.tee ${local()}`,
    ])();
  const value = (): string =>
    choices.chance(60)
      ? `i32.const ${choices.below(50) * 300} local.tee ${local()}`
      : `i32.const ${1 + choices.below(250)}`;
  const statement = (): string =>
    choices.weighted<() => string>([
      [
        6,
        () => `${address()} ${value()} ${choices.pick(["i32.store8", "i32.store16", "i32.store"])} offset=${offset()}`,
      ],
      [1, () => `${address()} i64.const 77 i64.store offset=${offset()}`],
      [1, () => `${address()} ${value()} i32.const ${choices.below(9)} memory.fill`],
      [3, () => `i32.const ${choices.below(50) * 500} local.set ${local()}`],
      [1, () => `local.get ${local()} i32.const 48 i32.sub local.tee ${local()} global.set 0`],
      ...(depth === 0 ? [] : [
        [2, () => `block ${stores(choices, depth - 1, labels + 1)} end`],
        [2, () => `local.get ${local()} if ${stores(choices, depth - 1, labels + 1)} end`],
        [1, () => {
          const arms = [stores(choices, depth - 1, labels + 1), stores(choices, depth - 1, labels + 1)];
          return `local.get ${local()} i32.const 1024 i32.and if ${arms[0]} else ${arms[1]} end`;
        }],
        // Some times around, and not for ever.
        [
          3,
          () =>
            `loop ${
              stores(choices, depth - 1, labels + 1)
            } global.get 1 i32.const 1 i32.add global.set 1 global.get 1 ` +
            `i32.const 3 i32.rem_u global.get 1 i32.const 60 i32.lt_u i32.mul br_if 0 end`,
        ],
      ] as [number, () => string][]),
      ...(labels === 0 ? [] : [
        [1, () =>
          `global.get 1 i32.const 1 i32.add global.set 1 global.get 1 i32.const 60 i32.lt_u ` +
          `local.get ${local()} i32.const 512 i32.and i32.mul br_if ${choices.below(labels)}`],
      ] as [number, () => string][]),
    ])();
  return choices.list(1, 5, statement).join(" ");
}

Deno.test("whatever way code goes, no store is missed", () => {
  let [exact, calls] = [0, 0];
  fc.assert(
    fc.property(choices(400), (bytes) => {
      const body = `i32.const 0 global.set 1 ${stores(new Choices(bytes), 3, 0)}`;
      const functions: FunctionText[] = [{ export: "f", params: ["i32", "i32", "i32"], results: [], body }];
      const global = { type: "i32", mutable: true, init: "i32.const 0" } as const;
      const plain = assemble({ memory: { min: 1, export: "memory" }, globals: [global, global], functions } as never);
      const wasm = tracked(plain, new Set());
      assert(wasm !== undefined);
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasm));
      const lowest = exports[LOWEST] as { value: number };
      const memory = new Uint8Array((exports.memory as WebAssembly.Memory).buffer);
      for (let i = 0; i < 6; i++) {
        memory.fill(0xee);
        lowest.value = -1;
        const args = [bytes[i] ?? 0, bytes[i + 7] ?? 9, bytes[i + 3] ?? 1].map((byte, k) => byte * (150 + 31 * k * i));
        try {
          (exports.f as (...args: number[]) => void)(...args);
        } catch (error) {
          assert(error instanceof WebAssembly.RuntimeError);
        }
        const first = memory.findIndex((byte) => byte !== 0xee);
        if (first < 0) continue;
        assert(lowest.value >>> 0 <= first, `wrote to ${first}, and noted ${lowest.value >>> 0}: ${body}`);
        calls++;
        if (lowest.value >>> 0 === first) exact++;
      }
    }),
    { seed: SEED, numRuns: 800 },
  );
  assert(exact > calls / 4, `exact in ${exact} of ${calls}`);
});

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { sha256 } from "../../node/core/crypto/mod.ts";
import { contractCode } from "../../tests/helpers/contract_code.ts";
import { TestHost } from "../../tests/helpers/contract_host.ts";
import { assemble, type ModuleText } from "../../tests/helpers/wasm/assemble.ts";
import type { CallOutcome } from "../engine.ts";
import { WASMVM_CODE } from "./_faults.ts";
import { DEFAULT_COSTS } from "./costs.ts";
import { ContractEngine } from "./engine.ts";
import { InstructionReader } from "./instructions.ts";
import { instrument } from "./instrument.ts";
import { MEMORY_STEPS, memoryShift } from "./large_memory.ts";
import { Op } from "./opcodes.ts";
import { parse } from "./parse.ts";

const FUEL = 10n ** 13n;
const PAGE = BigInt(DEFAULT_COSTS.memoryPage);

/** What a call does, in this order. */
interface Deed {
  /** Iterations of a loop before the memory grows. */
  readonly before?: number;
  readonly pages?: number;
  /** Iterations behind that. */
  readonly after?: number;
  /** Reads the store, first or last, or asks the chain. */
  readonly host?: "first" | "read" | "query";
}

const REGION = 1024, DATA = 2048;
const work = (at: number) =>
  `i32.const ${DATA} i32.load offset=${at} local.set 3 ` +
  "block loop local.get 3 i32.eqz br_if 1 local.get 3 i32.const 1 i32.sub local.set 3 br 0 end end ";

/**
 * A contract with one region, for whatever comes and goes, and a memory of so many pages at the start; with `more`, one more from the
 * first `allocate` on.
 */
function contract(min: number, more: boolean): Uint8Array {
  const run = {
    results: ["i32"],
    body:
      `i32.const ${DATA} i32.load offset=12 i32.const 3 i32.eq if i32.const ${REGION} call 0 drop end ${
        work(0)
      } i32.const ${DATA} i32.load offset=4 memory.grow drop ${work(8)} ` +
      `i32.const ${DATA} i32.load offset=12 i32.const 1 i32.eq if i32.const ${REGION} call 0 drop end ` +
      `i32.const ${DATA} i32.load offset=12 i32.const 2 i32.eq if i32.const ${REGION} call 1 drop end ` +
      `i32.const ${REGION}`,
  } as const;
  const entry = (name: string) => ({ ...run, params: ["i32", "i32", "i32"], locals: ["i32"], export: name } as const);
  const text: ModuleText = {
    imports: ["db_read", "query_chain"].map((name) => ({
      module: "env",
      name,
      params: ["i32"] as const,
      results: ["i32"] as const,
    })),
    memory: { min, export: "memory" },
    functions: [
      { export: "interface_version_8", body: "" },
      {
        export: "allocate",
        params: ["i32"],
        results: ["i32"],
        body: (more ? `memory.size i32.const ${min} i32.eq if i32.const 1 memory.grow drop end ` : "") +
          `i32.const ${REGION} i32.const ${DATA} i32.store i32.const ${REGION} i32.const 4096 i32.store offset=4 ` +
          `i32.const ${REGION}`,
      },
      { export: "deallocate", params: ["i32"], body: "" },
      entry("instantiate"),
      entry("execute"),
      { ...run, params: ["i32", "i32"], locals: ["i32", "i32"], export: "query" },
    ],
  };
  return assemble(text);
}

/** By pages at the start. That of 24 is large as soon as something is allocated. */
const CODES = new Map([1, 2, 24, 40].map((min) => [min, contract(min, min === 2 || min === 24)]));

const HOSTS = ["", "read", "query", "first"];

function messageOf({ before = 0, pages = 0, after = 0, host }: Deed): Uint8Array {
  return new Uint8Array(Uint32Array.of(before, pages, after, host === undefined ? 0 : HOSTS.indexOf(host)).buffer);
}

interface Circumstances {
  readonly engine?: ContractEngine;
  readonly host?: TestHost;
  readonly fuel?: bigint;
  readonly min?: number;
}

function run(
  deed: Deed,
  { engine = new ContractEngine(), host = new TestHost(), fuel = FUEL, min = 1 }: Circumstances = {},
): CallOutcome {
  const code = CODES.get(min)!;
  const args = [new Uint8Array(5), new Uint8Array(), messageOf(deed)];
  return engine.call({ checksum: sha256(code), code: () => code, entry: "execute", args, host, fuel });
}

function used(deed: Deed, circumstances: Circumstances = {}): bigint {
  const { result, fuelUsed } = run(deed, circumstances);
  assert(result.ok, result.ok ? "" : result.error.message);
  return fuelUsed;
}

/** Pages that the contract of one page grows by to have one more than each step says. */
const GROWTHS = MEMORY_STEPS.map(({ pages, shift }) => ({ pages, shift: BigInt(shift) }));

Deno.test("steps go up, and memories of 1.5 MiB are not large", () => {
  assertEquals([0, 24, 25, 32, 33, 64, 65, 128, 129, 512, 65_536].map(memoryShift), [0, 0, 1, 1, 3, 3, 4, 4, 5, 5, 5]);
});

Deno.test("code counts 2, 8, 16 and 32 times when the memory has grown over a step, also what ran before", () => {
  const one = used({ after: 1_000 }) - used({});
  for (const { pages, shift } of GROWTHS) {
    const grown = { pages }, cost = one << shift;
    assertEquals(used({ ...grown, after: 1_000 }) - used(grown), cost);
    assertEquals(used({ ...grown, before: 1_000 }) - used(grown), cost);
  }
});

Deno.test("pages cost the same in any memory", () => {
  for (const { pages } of GROWTHS) assertEquals(used({ pages: pages + 2 }) - used({ pages }), 2n * PAGE);
});

Deno.test("what the chain charges counts once in any memory, and no fuel is gained by the rounding", () => {
  for (const { pages, shift } of GROWTHS) {
    for (const when of ["first", "read"] as const) {
      const charged = (price: bigint) => {
        const host = new TestHost();
        host.price = price;
        return used({ pages, host: when }, { host });
      };
      for (const price of [1n, 1_000_001n, 999_999_999n]) {
        const extra = charged(price) - charged(0n) - price;
        // In front of the growth it depends on what else has been rounded.
        const least = when === "first" ? -1n << shift : 0n;
        assert(extra >= least && extra < 1n << shift, `${when}, ${price}: ${extra} more`);
      }
    }
  }
});

Deno.test("a call that has all the fuel it takes ends well, and with less it is out of gas, but for a part of a unit", () => {
  for (const min of CODES.keys()) {
    for (const pages of [0, ...GROWTHS.map(({ pages }) => pages)]) {
      for (const deed of [{ pages, after: 100 }, { pages, before: 77, host: "read" as const }]) {
        const whole = used(deed, { min });
        const unit = 1 << memoryShift(min + (min === 2 || min === 24 ? 1 : 0) + pages);
        const ends = Array.from({ length: unit + 1 }, (_, less) => {
          const fuel = whole - BigInt(less);
          const { result, fuelUsed } = run(deed, { min, fuel });
          if (result.ok) assertEquals(fuelUsed, fuel);
          return result.ok ? 0 : result.error.code;
        });
        assertEquals([ends[0], ends.at(-1)], [0, WASMVM_CODE.outOfGas]);
        assertEquals(ends, ends.toSorted());
      }
    }
  }
});

Deno.test("a memory that cannot pay for being large is out of gas as soon as it is", () => {
  const before = 1_000_000;
  const code = used({ before }) - used({});
  const { result, fuelUsed } = run({ before, pages: 40 }, { fuel: used({ before }) + 40n * PAGE + code });
  assertEquals(result.ok ? undefined : result.error.code, WASMVM_CODE.outOfGas);
  assert(fuelUsed > 8n * code);
});

Deno.test("a contract with a large memory gives those it asks what it has left, and pays what they took", () => {
  for (const { pages, shift } of GROWTHS) {
    const asked = (taken: bigint) => {
      const host = new TestHost();
      let given = 0n;
      host.onQuery = (_, { fuel }) => {
        given = fuel;
        host.used += taken;
        return "{}";
      };
      return { used: used({ pages, before: 100, host: "query" }, { host }), given };
    };
    const [nothing, some] = [asked(0n), asked(123_456_789n)];
    assertEquals(nothing.given, some.given);
    assert(FUEL - some.given < nothing.used, "in fuel, not in units of the counter");
    assert(FUEL - some.given > BigInt(pages) * PAGE, "not what it began with");
    const extra = some.used - nothing.used - 123_456_789n;
    assert(extra >= 0n && extra < 1n << shift, `${extra} more`);
  }
});

Deno.test("instances that are used again count as fresh ones do, in large memories too, to the last unit", () => {
  const engine = new ContractEngine();
  const deed: fc.Arbitrary<Deed> = fc.record({
    before: fc.nat(50),
    pages: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 23, 24, 25, 32, 40, 88, 89, 130),
    after: fc.nat(50),
    host: fc.constantFrom("first", "read"),
  }, { requiredKeys: ["before", "pages", "after"] }) as fc.Arbitrary<Deed>;
  const whole = new Map([...CODES.keys()].map((min) => [min, used({}, { min })]));
  // The same ones every time, so that it is known how many can be used again.
  const seed = 3;
  fc.assert(
    fc.property(fc.constantFrom(...CODES.keys()), deed, fc.option(fc.nat(5_000_000)), (min, deed, more) => {
      // Often too little for all of it.
      const fuel = more === null ? FUEL : whole.get(min)! + BigInt(deed.pages! * 50_000_000 + more - 1_000_000);
      assertEquals(run(deed, { min, fuel, engine }), run(deed, { min, fuel }));
    }),
    { numRuns: 200, seed },
  );
  assert(engine.statistics.instancesReused > 40, "instances were used again");
});

Deno.test("calls with fuel that ends in the first allocation stop where a fresh instance stops, in a large memory", () => {
  const engine = new ContractEngine(), min = 40;
  for (let i = 0; i < 4; i++) run({}, { engine, min });
  const start = run({}, { min, fuel: 0n }).fuelUsed;
  for (let fuel = start; fuel < start + 60_000n; fuel += 1_111n) {
    assertEquals(run({}, { engine, min, fuel }), run({}, { min, fuel }), `fuel ${fuel}`);
  }
});

Deno.test("instrument() begins with the unit of the declared minimum, and leaves all alone when nobody asks", () => {
  const text: ModuleText = {
    memory: { min: 33, export: "memory" },
    functions: [{ export: "f", params: ["i32"], results: ["i32"], body: "local.get 0 memory.grow" }],
  };
  const made = instrument(assemble(text), { fuel: 1_000_000_007n, memorySteps: true });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(made.wasm));
  const value = (name: string) => (exports[name] as WebAssembly.Global).value;
  const counters = () => [made.fuelGlobal, made.baseGlobal!, made.shiftGlobal!].map(value);
  const units = 1_000_000_007n / 8n;
  assertEquals(counters(), [units, units, 3n]);
  (exports["f"] as (pages: number) => number)(0);
  const code = BigInt(DEFAULT_COSTS.simple + DEFAULT_COSTS.memoryGrow);
  assertEquals(counters(), [units - code, units, 3n]);
  const plain = instrument(assemble(text), { fuel: 1_000_000_007n });
  assertEquals([plain.baseGlobal, plain.shiftGlobal], [undefined, undefined]);
  assert(!("fuel_shift" in new WebAssembly.Instance(new WebAssembly.Module(plain.wasm)).exports));
});

Deno.test("functions that do not grow the memory are the same to the byte, whether memories may be large or not", () => {
  const code = contractCode("cw20_base");
  const bodies = (memorySteps: boolean) => {
    const { bytes, code: all } = parse(instrument(code, { memorySteps }).wasm);
    const reader = new InstructionReader(bytes);
    return all.map(({ start, end }) => {
      reader.seek(start, end);
      let grows = false;
      while (reader.next()) grows ||= reader.opcode === Op.memoryGrow;
      return { grows, bytes: bytes.slice(start, end) };
    });
  };
  const own = parse(code).code.length;
  const plain = bodies(false).slice(0, own), steps = bodies(true);
  plain.forEach(({ grows, bytes }, i) => {
    if (!grows) assertEquals(steps[i]!.bytes, bytes);
  });
  assertEquals(plain.filter(({ grows }) => grows).length, 1);
});

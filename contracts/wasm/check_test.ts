import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { hostileCode, type HostileText } from "../../tests/helpers/hostile_contracts.ts";
import { join, leb, name, section, vector, wasm } from "../../tests/helpers/wasm_bytes.ts";
import { checkContract, type CheckOptions, loadContract } from "./check.ts";
import { CONTRACT_CAPABILITIES, CONTRACT_IMPORTS } from "./check_contract.ts";
import { reportOf } from "./check_report.ts";
import type { Verdict } from "./module.ts";

const FOLDER = new URL("../../tests/vectors/cosmwasm/", import.meta.url);
const contract = (file: string) => Deno.readFileSync(new URL(file, FOLDER));

/** The parts of a small contract that tests change. */
interface Parts {
  types?: readonly (readonly number[])[];
  imports?: readonly Uint8Array[];
  tables?: readonly (readonly number[])[];
  memories?: readonly (readonly number[])[];
  /** Type of each exported function, by name. */
  functions?: Readonly<Record<string, number>>;
  exports?: readonly Uint8Array[];
  /** Runs of locals of every function. */
  locals?: readonly number[];
  customs?: readonly Uint8Array[];
}

/** Function types of the small contract: nothing to nothing; i → i; i → nothing; i i i → i. */
const TYPES = [[0x60, 0, 0], [0x60, 1, 0x7f, 1, 0x7f], [0x60, 1, 0x7f, 0], [0x60, 3, 0x7f, 0x7f, 0x7f, 1, 0x7f]];
const FUNCTIONS = { interface_version_8: 0, allocate: 1, deallocate: 2, instantiate: 3 };
const MEMORY_EXPORT = join(name("memory"), [2, 0]);

const importOf = (module: string, field: string, ...description: readonly number[]) =>
  join(name(module), name(field), description);

/** Bodies are one `unreachable`. */
function small(parts: Parts = {}): Uint8Array {
  const functions = Object.entries(parts.functions ?? FUNCTIONS);
  const imports = parts.imports ?? [];
  const imported = imports.filter((each) => each.at(-2) === 0).length;
  const exported = functions.map(([field], i) => join(name(field), [0, ...leb(imported + i)]));
  const locals = parts.locals ?? [0];
  const code = join(locals, [0x00, 0x0b]);
  const tables = parts.tables ?? [];
  return wasm(
    section(1, vector(...(parts.types ?? TYPES))),
    ...(imports.length > 0 ? [section(2, vector(...imports))] : []),
    section(3, vector(...functions.map(([, type]) => [type]))),
    ...(tables.length > 0 ? [section(4, vector(...tables))] : []),
    section(5, vector(...(parts.memories ?? [[0, 1]]))),
    section(7, vector(...exported, ...(parts.exports ?? [MEMORY_EXPORT]))),
    section(10, vector(...functions.map(() => join([code.length], code)))),
    ...(parts.customs ?? []),
  );
}

const DESCRIBED = Deno.readTextFileSync(new URL("VERDICTS.md", import.meta.url));

const codes = (bytes: Uint8Array, options: CheckOptions = {}) =>
  checkContract(bytes, options).map(({ kind, code }) => {
    assert(DESCRIBED.includes(`\`${code}\``), `${code} is not described`);
    return `${kind} ${code}`;
  });

Deno.test("real contracts have nothing against them; one of the time before 1.0 has", () => {
  for (const { name } of Deno.readDirSync(FOLDER)) {
    if (!name.endsWith(".wasm")) continue;
    const verdicts = checkContract(contract(name));
    if (name === "escrow_0.7.wasm") {
      assertEquals(verdicts[0]!.message, "Wasm contract missing a required marker export: interface_version_*");
      assert(verdicts.some(({ code }) => code === "unsupported_import"));
    } else assertEquals(verdicts, [], name);
  }
});

Deno.test("a contract is reported with its entry points, capabilities and the version of its state", () => {
  const report = (bytes: Uint8Array) => {
    const result = loadContract(bytes);
    assert(result.ok, "refused");
    return reportOf(result.value.module);
  };
  const hackatom = report(contract("hackatom_42.wasm"));
  assertEquals(hackatom.migrateVersion, 42n);
  assertEquals([...hackatom.entryPoints].sort(), ["execute", "instantiate", "migrate", "query", "sudo"]);
  assertEquals(hackatom.checksum.toHex(), "2feba100604422ad2ebcbf431d9fe9e298c723a8bd5b87cb6028daa3db379cdb");
  assertEquals(report(contract("staking.wasm")).requiredCapabilities, ["staking"]);
  assertEquals(report(contract("cw20_base.wasm")).migrateVersion, undefined);
});

Deno.test("the small contract is one", () => assertEquals(codes(small()), []));

Deno.test("exports: the marker, the two of the allocator, the memory", () => {
  const without = (field: string) => {
    const { [field]: _, ...functions } = FUNCTIONS as Record<string, number>;
    return codes(small({ functions }));
  };
  assertEquals(without("interface_version_8"), ["contract interface_version"]);
  assertEquals(without("allocate"), ["contract missing_export"]);
  assertEquals(without("deallocate"), ["contract missing_export"]);
  assertEquals(without("instantiate"), []);
  assertEquals(codes(small({ functions: { ...FUNCTIONS, interface_version_7: 0 } })), ["contract interface_version"]);
  assertEquals(codes(small({ exports: [] })), ["contract missing_memory"]);
});

Deno.test("exports and imports have the types that both sides rely on", () => {
  assertEquals(codes(small({ functions: { ...FUNCTIONS, allocate: 2 } })), ["contract export_type"]);
  assertEquals(codes(small({ functions: { ...FUNCTIONS, query: 3 } })), ["contract export_type"]);
  assertEquals(codes(small({ functions: { ...FUNCTIONS, migrate: 3 } })), []);
  assertEquals(codes(small({ imports: [importOf("env", "db_read", 0, 1)] })), []);
  assertEquals(codes(small({ imports: [importOf("env", "db_read", 0, 3)] })), ["contract import_type"]);
});

Deno.test("imports are those of the interface, functions, and few", () => {
  const [verdict] = checkContract(small({ imports: [importOf("env", "random", 0, 1)] }));
  assertStringIncludes(
    verdict!.message,
    `Wasm contract requires unsupported import: "env.random". Required imports: {"env.random"}. Available imports: ["env.abort", "env.db_read"`,
  );
  assertEquals(codes(small({ imports: [importOf("wasi", "db_read", 0, 1)] })), ["contract unsupported_import"]);
  assertEquals(codes(small({ imports: [importOf("env", "debug", 3, 0x7f, 0)] })), ["contract import_kind"]);
  const many = new Array(101).fill(importOf("env", "db_read", 0, 1));
  assertEquals(codes(small({ imports: many.slice(1) })), []);
  assertEquals(codes(small({ imports: many })), ["limit imports"]);
});

Deno.test("long lists in sentences are shortened", () => {
  const imports = Array.from({ length: 40 }, (_, i) => importOf("env", `unknown_${i}`, 0, 1));
  const [{ message }, second] = checkContract(small({ imports })) as [Verdict, Verdict];
  assertEquals(second.message, 'Wasm contract requires unsupported import: "env.unknown_1"');
  const list = message.slice(message.indexOf("{"), message.indexOf("}") + 1);
  assert(list.length <= 200, list);
  assertStringIncludes(list, `{"env.unknown_0", "env.unknown_1", `);
  assertStringIncludes(list, ` more}`);
});

Deno.test("a capability that the chain has not is named", () => {
  const named = { requires_iterator: 0, requires_cosmwasm_3_0: 0 };
  const bytes = small({ functions: { ...FUNCTIONS, ...named, requires_token_factory: 0, requires_: 0 } });
  const [verdict] = checkContract(bytes);
  assertEquals(verdict!.message, `Wasm contract requires unavailable capabilities: {"token_factory"}`);
  const capabilities = new Set([...CONTRACT_CAPABILITIES, "token_factory"]);
  assertEquals(codes(bytes, { wants: { imports: new Set(CONTRACT_IMPORTS), capabilities } }), []);
});

Deno.test("memories and tables are bounded as cosmwasm-vm bounds them", () => {
  assertEquals(codes(small({ memories: [[0, 0x80, 4]] })), []);
  assertEquals(codes(small({ memories: [[0, 0x81, 4]] })), ["limit memory_pages"]);
  assertEquals(codes(small({ memories: [[1, 1, 2]] })), ["limit memory_maximum"]);
  assertEquals(codes(small({ memories: [], exports: [] })), ["limit memories", "contract missing_memory"]);
  assertEquals(codes(small({ tables: [[0x70, 1, 0, 0xc4, 0x13]] })), []);
  assertEquals(codes(small({ tables: [[0x70, 1, 0, 0xc5, 0x13]] })), ["limit table_entries"]);
  assertEquals(codes(small({ tables: [[0x70, 0, 1]] })), ["limit unbound_table"]);
  assertEquals(codes(small({ tables: [[0x70, 1, 0, 1], [0x70, 1, 0, 1]] })), ["limit tables"]);
});

Deno.test("functions are bounded as cosmwasm-vm bounds them", () => {
  const params = (count: number) => [0x60, ...(count < 128 ? [count] : []), ...new Array(count).fill(0x7f), 0];
  assertEquals(codes(small({ types: [...TYPES, params(100)] })), []);
  assertEquals(codes(small({ types: [...TYPES, params(101)] })), ["limit params"]);
  assertEquals(codes(small({ types: [...TYPES, [0x60, 0, 2, 0x7f, 0x7f]] })), ["limit results"]);
  assertEquals(codes(small({ locals: [1, 100, 0x7f] })), []);
  assertEquals(codes(small({ locals: [2, 100, 0x7f, 1, 0x7e] })), ["limit locals"]);
  const named = (count: number, type: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, type]));
  const types = [...TYPES, params(100)];
  assertEquals(codes(small({ types, functions: { ...FUNCTIONS, ...named(99, 4) } })), []);
  assertEquals(codes(small({ types, functions: { ...FUNCTIONS, ...named(100, 4) } })), ["limit total_params"]);
  assertEquals(codes(small({ functions: { ...FUNCTIONS, ...named(97, 0) }, locals: [1, 100, 0x7f] })), [
    "limit total_locals",
  ]);
  assertEquals(codes(small({ functions: { ...FUNCTIONS, ...named(19_997, 0) } })), ["limit functions"]);
  assertEquals(codes(small({ types: [...TYPES, ...new Array(147).fill(TYPES[0])] })), ["limit types"]);
});

Deno.test("a contract has a size, and a version of its state that is a number", () => {
  assertEquals(codes(small(), { limits: { bytes: 100 } }), ["limit bytes"]);
  const version = (text: string) =>
    small({ customs: [section(0, name("cw_migrate_version"), [...text].map((c) => c.charCodeAt(0)))] });
  assertEquals(codes(version("18446744073709551615")), []);
  assertEquals(codes(version("+7")), []);
  for (const text of ["18446744073709551616", "", "+", "-1", "7 "]) {
    assertEquals(codes(version(text)), ["contract migrate_version"], text);
  }
});

Deno.test("what is wrong with a contract is told at once, bodies last", () => {
  const bytes = small({
    functions: { allocate: 2 },
    memories: [[1, 1, 2]],
    exports: [],
    imports: [importOf("env", "random", 0, 1)],
    locals: [1, 101, 0x7f],
  });
  bytes[bytes.length - 2] = 0x1a; // drop, of nothing
  assertEquals(codes(bytes), [
    "limit memory_maximum",
    "contract interface_version",
    "contract missing_export",
    "contract missing_memory",
    "contract unsupported_import",
    "contract export_type",
    "limit locals",
    "invalid type_mismatch",
  ]);
});

Deno.test("a sentence is short, whatever the contract says", () => {
  const long = "x".repeat(90_000);
  const verdicts = checkContract(small({
    functions: { ...FUNCTIONS, [`requires_${long}`]: 0, [`interface_version_${long}`]: 0 },
    imports: [importOf(long, long, 0, 1)],
  }));
  assertEquals(verdicts.length, 3);
  for (const { message } of verdicts) assert(message.length < 1_000, message);
});

Deno.test("checkContract() refuses what would run, or fail, before a call has fuel", () => {
  const refused = (more: HostileText["more"]) => codes(hostileCode({ more: more! }));
  assertEquals(codes(hostileCode({})), []);
  assertEquals(refused({ functions: [{ body: "" }], start: 7 }), ["contract start"]);
  const data = (offset: number, length: number) =>
    refused({ data: [{ offset: `i32.const ${offset}`, bytes: "x".repeat(length) }] });
  assertEquals(data(65_530, 6), []);
  assertEquals(data(65_530, 7), ["contract data_range"]);
  assertEquals(data(65_536, 0), []);
  assertEquals(data(65_537, 0), ["contract data_range"]);
  assertEquals(data(-1, 0), ["contract data_range"]);
  const elements = (offset: number, functions: number[]) =>
    refused({ tables: [{ min: 2, max: 2 }], elements: [{ offset: `i32.const ${offset}`, functions }] });
  assertEquals(elements(0, [0, 1]), []);
  assertEquals(elements(1, [0, 1]), ["contract element_range"]);
  assertEquals(elements(-1, []), ["contract element_range"]);
});

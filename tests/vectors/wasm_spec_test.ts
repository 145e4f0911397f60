/** The WebAssembly specification's test suite judges the parser and the validator; V8 is asked where they differ. */
import { assert, assertEquals } from "@std/assert";
import { loadModule } from "../../contracts/wasm/mod.ts";
import { specModule, specScripts, type SpecModuleCommand } from "../helpers/wasm_spec_vectors.ts";

const DESCRIBED = Deno.readTextFileSync(new URL("../../contracts/wasm/VERDICTS.md", import.meta.url));

/** What a command says of its module. */
const expected = ({ type }: SpecModuleCommand): string =>
  type === "assert_malformed" ? "malformed" : type === "assert_invalid" ? "invalid" : "accepted";

/** Every module of a file: `expected → found` where that differs, with the reason, and how often. */
function differences(file: "v1" | "v2" | "proposals"): { modules: number; different: Record<string, number> } {
  let modules = 0;
  const different: Record<string, number> = {};
  for (const script of specScripts(file)) {
    for (const command of script.commands) {
      if (command.filename === undefined) continue;
      modules++;
      const bytes = specModule(script, command.filename);
      const result = loadModule(bytes);
      for (const { code } of result.ok ? [] : result.error) assert(DESCRIBED.includes(`\`${code}\``), code);
      const found = result.ok ? "accepted" : result.error[0]!.kind;
      if (result.ok) assertEquals(WebAssembly.validate(bytes), true, `${script.name} ${command.line}`);
      const wanted = expected(command);
      if (found === wanted) continue;
      const why = result.ok ? command.text : result.error[0]!.code;
      const key = `${wanted} → ${found}: ${why}`;
      different[key] = (different[key] ?? 0) + 1;
    }
  }
  return { modules, different };
}

Deno.test("WebAssembly 1.0: everything is judged as the suite does, but for what 2.0 made valid", () => {
  assertEquals(differences("v1"), {
    modules: 2527,
    different: {
      // Text that 2.0 gave a meaning.
      "invalid → accepted: invalid result arity": 4,
      "invalid → accepted: multiple tables": 3,
      "invalid → accepted: type mismatch": 1,
      "malformed → invalid: unknown_table": 1,
      // What later proposals gave a meaning: refused still, by their names.
      "malformed → feature: multi_memory": 10,
      "malformed → feature: memory64": 2,
      "malformed → feature: threads": 2,
      "invalid → feature: multi_memory": 5,
      // Two things are wrong with these.
      "malformed → invalid: unknown_label": 1,
    },
  });
});

Deno.test("WebAssembly 2.0: everything is judged as the suite does", () => {
  assertEquals(differences("v2"), {
    modules: 3435,
    different: {
      "malformed → feature: multi_memory": 10,
      "malformed → feature: threads": 4,
      "malformed → feature: exceptions": 1,
      "invalid → feature: multi_memory": 5,
      "invalid → feature: gc": 6,
      "invalid → malformed: data_count": 1,
      "invalid → limit: table_entries": 1,
    },
  });
});

Deno.test("SIMD and threads: whatever uses them is refused by the name of the proposal", () => {
  assertEquals(differences("proposals"), {
    modules: 1194,
    different: {
      "accepted → feature: simd": 411,
      "accepted → feature: threads": 5,
      "invalid → feature: simd": 668,
      "invalid → feature: threads": 48,
    },
  });
});

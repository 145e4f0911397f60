/**
 * `deno task compile [OUTPUT]`: builds the single-file binary, `dist/catenary` by default.
 * @module
 */
import { Command } from "commander";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Sample data of a dependency of prom-client (`bintrees`): thousands of signed numbers, one a line, which the compiler
 * takes for one JavaScript expression and overflows its stack on. Nothing ever reads them.
 */
const EXCLUDED = ["bintrees/1.0.2/test"];

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const program = new Command("deno task compile")
  .description("Build the single-file binary of node, relayer and command line")
  .argument("[output]", "the file to write", join(ROOT, "dist", "catenary"))
  .addHelpText("after", "\nDeno's base binary comes from DENORT_BIN, or is downloaded by `deno compile` itself.")
  .parse(Deno.args, { from: "user" });
const output: string = program.processedArgs[0];

async function npmCache(): Promise<string> {
  const info = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"], cwd: ROOT }).output();
  return JSON.parse(new TextDecoder().decode(info.stdout)).npmCache;
}

/** The folder of each registry in the cache: its name is the registry's host, whatever that is here. */
async function excludes(): Promise<string[]> {
  const cache = await npmCache();
  const paths: string[] = [];
  for await (const registry of Deno.readDir(cache)) {
    if (registry.isDirectory) {
      for (const path of EXCLUDED) paths.push("--exclude", join(cache, registry.name, path));
    }
  }
  return paths;
}

// `run`: a testnet starts itself again for each of its validators.
const permissions = ["net", "read", "write", "env", "sys", "run"].map((name) => `--allow-${name}`);
const compile = new Deno.Command(Deno.execPath(), {
  args: [
    "compile",
    "--no-check",
    // As the task `node` has it.
    "--v8-flags=--max-semi-space-size=32,--min-semi-space-size=16,--expose-gc",
    "--exclude-unused-npm",
    // Started by their addresses, which no import names.
    ...["speculation", "query"].flatMap((name) => ["--include", `node/${name}_worker.ts`]),
    ...await excludes(),
    // Sources that `contract build` gives to the compiler of AssemblyScript.
    ...["--include", "contracts/sdk/assembly"],
    ...permissions,
    "--output",
    output,
    "cli/main.ts",
  ],
  cwd: ROOT,
}).spawn();
Deno.exit((await compile.status).code);

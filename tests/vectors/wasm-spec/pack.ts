/**
 * Packs the compiled test suite as this folder has it: `deno run -A pack.ts DIR`, with DIR =
 * `internal/integration_test/spectest` of wazero's source.
 * @module
 */
import { gzipSync } from "node:zlib";

interface Command {
  readonly type: string;
  readonly filename?: string;
}

const [root] = Deno.args;
const packs: Record<string, string[]> = { v1: [], v2: [], proposals: [] };
for (const version of ["v1", "v2", "threads"]) {
  const folder = `${root}/${version}/testdata`;
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.endsWith(".json")).sort();
  for (const file of names) {
    const name = file.replace(/\.json$/, "");
    const denied = version === "threads" || name.startsWith("simd");
    const all: Command[] = JSON.parse(Deno.readTextFileSync(`${folder}/${file}`)).commands;
    const commands = all.filter(({ filename = "" }) => !filename.endsWith(".wat"))
      .filter(({ filename }) => filename !== undefined || !denied);
    const modules: Record<string, string> = {};
    for (const { filename } of commands) {
      if (filename !== undefined) modules[filename] = Deno.readFileSync(`${folder}/${filename}`).toBase64();
    }
    packs[denied ? "proposals" : version]!.push(JSON.stringify({ version, name, commands, modules }));
  }
}
for (const [pack, lines] of Object.entries(packs)) {
  Deno.writeFileSync(new URL(`${pack}.jsonl.gz`, import.meta.url), gzipSync(lines.join("\n") + "\n", { level: 9 }));
}

import { assertEquals } from "@std/assert";

const root = new URL("../..", import.meta.url);
const LINES_MAX = 600;
const TOPS = ["node", "relayer", "contracts", "cli", "tests"];

async function* sources(folder: URL): AsyncGenerator<URL> {
  for await (const entry of Deno.readDir(folder)) {
    const url = new URL(entry.name + (entry.isDirectory ? "/" : ""), folder);
    if (entry.isDirectory) {
      if (!url.pathname.endsWith("/tests/vectors/")) yield* sources(url);
    } else if (entry.name.endsWith(".ts")) yield url;
  }
}

async function lineCounts(): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const top of TOPS) {
    for await (const url of sources(new URL(top + "/", root))) {
      const text = await Deno.readTextFile(url);
      counts.set(url.pathname.slice(root.pathname.length), text.split("\n").length - 1);
    }
  }
  return counts;
}

Deno.test(`no file is longer than ${LINES_MAX} lines`, async () => {
  const long = [...await lineCounts()].filter(([, lines]) => lines > LINES_MAX);
  assertEquals(long, []);
});

Deno.test("files are named in snake_case", async () => {
  const odd = [...(await lineCounts()).keys()].filter((path) => !/^[a-z0-9_/]+(\.d)?\.ts$/.test(path));
  assertEquals(odd, []);
});

Deno.test("every mod.ts only documents and re-exports", async () => {
  const faults: string[] = [];
  for (const path of (await lineCounts()).keys()) {
    if (!path.endsWith("/mod.ts") || path.startsWith("tests/")) continue;
    const code = (await Deno.readTextFile(new URL(path, root))).replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
    const rest = code.replaceAll(/export\s+(type\s+)?(\*(\s+as\s+\w+)?|\{[^}]*\})\s+from\s+"[^"]+";/g, "").trim();
    if (rest !== "") faults.push(`${path}: ${rest.slice(0, 60)}`);
  }
  assertEquals(faults, []);
});

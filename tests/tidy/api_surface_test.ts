/**
 * The public surface is a snapshot: a change of it is seen in review. After a wanted change:
 * `deno run --allow-read --allow-write --allow-run --allow-env tests/tidy/api_surface_test.ts`
 * @module
 */
import { assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SNAPSHOT = new URL("api_surface.txt", import.meta.url);

/** One line a public symbol: kind, name, and for functions their parameters and result, as `deno doc` prints them. */
async function surface(): Promise<string> {
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "mod.ts"],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).split("\n")
    .filter((line) => /^(async )?(function|class|interface|type|const|enum|namespace) /.test(line))
    .sort().join("\n") + "\n";
}

if (import.meta.main) {
  await Deno.writeTextFile(SNAPSHOT, await surface());
} else {
  Deno.test("the public surface is the one in api_surface.txt", async () => {
    assertEquals(await surface(), await Deno.readTextFile(SNAPSHOT));
  });
}

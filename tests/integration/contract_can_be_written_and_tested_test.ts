import { assertEquals } from "@std/assert";
import { main } from "../../cli/main.ts";

Deno.test("a new contract builds, and its own test passes, outside of this repository", async () => {
  const parent = await Deno.makeTempDir();
  const folder = `${parent}/my-counter`;
  try {
    assertEquals(await main(["contract", "new", folder, "--json"]), 0);
    assertEquals(await main(["contract", "new", folder, "--json"]), 1);
    assertEquals(await main(["contract", "build", folder, "--json"]), 0);
    assertEquals((await Deno.stat(`${folder}/my-counter.wasm`)).isFile, true);
    // As a newcomer does: in the folder, by its own deno.json, which leads to this checkout.
    const run = await new Deno.Command(Deno.execPath(), { args: ["test", "--no-check", "-A"], cwd: folder }).output();
    const text = new TextDecoder().decode(run.stdout) + new TextDecoder().decode(run.stderr);
    assertEquals(run.code, 0, text);
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
});

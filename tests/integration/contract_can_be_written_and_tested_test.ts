import { assertEquals } from "@std/assert";
import { main } from "../../cli/main.ts";

const ROOT = new URL("../..", import.meta.url);

Deno.test("a new contract builds, and its own test passes, outside of this repository", async () => {
  const parent = await Deno.makeTempDir();
  const folder = `${parent}/my-counter`;
  try {
    assertEquals(await main(["contract", "new", folder, "--json"]), 0);
    assertEquals(await main(["contract", "new", folder, "--json"]), 1);
    assertEquals(await main(["contract", "build", folder, "--json"]), 0);
    assertEquals((await Deno.stat(`${folder}/my-counter.wasm`)).isFile, true);
    const test = `${folder}/my_counter_test.ts`;
    const sdk = new URL("contracts/sdk/mod.ts", ROOT).href;
    await Deno.writeTextFile(test, (await Deno.readTextFile(test)).replace("@catenary/catenary/sdk", sdk));
    const run = await new Deno.Command(Deno.execPath(), {
      args: ["test", "--no-check", "--quiet", "-A", "--config", new URL("deno.json", ROOT).pathname, test],
    }).output();
    const text = new TextDecoder().decode(run.stdout) + new TextDecoder().decode(run.stderr);
    assertEquals(run.code, 0, text);
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
});

/**
 * `deno task compile` makes a binary that runs under an empty environment. It needs Deno's base binary: DENORT_BIN, or a
 * download that some machines cannot make; there the test says so and ends.
 * @module
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import { freeBasePort } from "../helpers/free_ports.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

Deno.test("the compiled binary starts a chain, three with a relayer, and a testnet, under an empty environment", async () => {
  const folder = await Deno.makeTempDir({ prefix: "catenary-binary-" });
  try {
    const binary = `${folder}/catenary`;
    const compile = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "--allow-run", "--allow-read", "--allow-env", "cli/compile.ts", binary],
      cwd: ROOT,
      stdout: "piped",
      stderr: "piped",
    }).output();
    if (!compile.success) {
      const reason = new TextDecoder().decode(compile.stderr);
      if (Deno.env.get("DENORT_BIN") === undefined && /denort|error sending request/i.test(reason)) {
        console.log(
          `skipped: no base binary for deno compile here (set DENORT_BIN): ${
            /.*(denort|error sending request).*/.exec(reason)?.[0].trim()
          }`,
        );
        return;
      }
      throw new Error(`deno compile failed: ${reason}`);
    }
    const help = await new Deno.Command(binary, { args: ["--version"], clearEnv: true, stdout: "piped" }).output();
    assertStringIncludes(new TextDecoder().decode(help.stdout), "0.1.0");
    const node = new Deno.Command(binary, {
      args: [
        "node",
        "start",
        "--json",
        "--home",
        `${folder}/home`,
        "--rpc-listen",
        "127.0.0.1:0",
        "--block-time-ms",
        "20",
      ],
      clearEnv: true,
      cwd: folder,
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    let blocks = 0;
    let text = "";
    for await (const chunk of node.stdout.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      blocks = text.split('"event":"block"').length - 1;
      if (blocks >= 3) break;
    }
    node.kill("SIGTERM");
    assertEquals((await node.status).code, 0);
    assertStringIncludes(text, '"chainId":"catenary-local-1"');
    const up = await new Deno.Command(binary, {
      args: ["up", "--once", "--json", "--block-time-ms", "20"],
      clearEnv: true,
      cwd: folder,
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    assertEquals(up.code, 0, decoder.decode(up.stderr));
    assertStringIncludes(decoder.decode(up.stdout), '"event":"done"');
    const port = await freeBasePort();
    const testnet = await new Deno.Command(binary, {
      args: ["testnet", "--validators", "1", "--heights", "2", "--base-port", `${port}`, "--home", "net", "--json"],
      clearEnv: true,
      cwd: folder,
      stdin: "null",
    }).output();
    assertEquals(testnet.code, 0, decoder.decode(testnet.stderr));
    assertStringIncludes(decoder.decode(testnet.stdout), '"event":"stopped"');
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
